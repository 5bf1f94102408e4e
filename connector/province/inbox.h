// Where submissions from the portal go: the province's side of the inbound road.
//
// put() takes a submission whole or not at all, and once: putting the same code and revision again
// changes nothing and succeeds, also when a crash came between, and also when the province has
// taken the submission away meanwhile. One thread at a time. Errors: Retry = the disk or database
// cannot be used now; Config = the place is missing or may not be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/crypto.h"
#include "connector/base/error.h"

namespace dvcsync::province {

struct InboxFile {
    std::string name;               // as the XML names it: "files/01-don.pdf"; safe
    std::filesystem::path content;  // staged, whole; copied or moved
    std::uint64_t size = 0;
    Digest sha256{};
};

struct Delivery {
    std::string code;
    int revision = 1;
    std::string kind;
    std::string xml;
    std::vector<InboxFile> files;
};

struct Put {
    bool already = false;  // it was there
    std::string place;     // folder or row, for people
};

class Inbox {
  public:
    virtual ~Inbox() = default;
    virtual Result<Put> put(const Delivery& delivery) = 0;
    virtual Status check() = 0;  // whether it can be used, for `dvcsync check`
};

// <root>/new/<code>-r<revision>/submission.xml and files/…, published by one rename.
// <root>/.building and <root>/.keys are ours: a key is kept for good, so that nothing comes twice
// after the province has taken a submission out of new/.
Result<std::unique_ptr<Inbox>> open_drop_inbox(const std::filesystem::path& root);
// Makes the folders below root (mode 2770: whoever is in its group may take submissions away).
Status create_drop_inbox(const std::filesystem::path& root);

// Tables dvcsync_submission and dvcsync_submission_file (connector/province/inbox.sql), one
// transaction a submission, unique by code and revision. `connection` is a libpq connection string
// without password.
Result<std::unique_ptr<Inbox>> open_postgres_inbox(const std::string& connection,
                                                   const std::string& password);

}  // namespace dvcsync::province
