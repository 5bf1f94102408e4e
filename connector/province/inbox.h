// Where submissions from the portal go: the province's side of the inbound road.
//
// put() takes a submission whole or not at all, and once: putting the same content under the same
// code and revision again changes nothing and succeeds, also when a crash came between, and also
// when the province has taken the submission away meanwhile. Other content under a code and
// revision that the inbox has had (the ledger is older than the inbox: restored from a backup, or
// made anew) is never taken for it: put() names the revision that is free. One thread at a time.
// Errors: Retry = the disk or database cannot be used now; Config = the place is missing or may not
// be written.
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
    // Of what the citizen filed: the same for the same submission, however often it is made ready
    // for the inbox. The XML is not: its notes tell what became of files that time.
    Digest digest{};
};

struct Put {
    bool already = false;  // it was there
    std::string place;     // folder or row, for people
    // Not 0: nothing was put, for the inbox has had other content as this revision, or some that it
    // does not know the digest of. Put it as this revision: the one after the last that the inbox
    // has had of the code, or that last one if it is the same content.
    int instead = 0;
};

class Inbox {
  public:
    virtual ~Inbox() = default;
    virtual Result<Put> put(const Delivery& delivery) = 0;
    virtual Status check() = 0;  // whether it can be used, for `dvcsync check`
};

// <root>/new/<code>-r<revision>/submission.xml and files/…, published by one rename.
// <root>/.building and <root>/.keys are ours: a key (code, revision, digest of the content) is kept
// for good, so that after the province has taken a submission out of new/ the same does not come
// twice, and another one is not taken for it.
Result<std::unique_ptr<Inbox>> open_drop_inbox(const std::filesystem::path& root);
// Makes the folders below root (mode 2770: whoever is in its group may take submissions away).
Status create_drop_inbox(const std::filesystem::path& root);

// Tables dvcsync_submission and dvcsync_submission_file (connector/province/inbox.sql), one
// transaction a submission, unique by code and revision, with the digest. `connection` is a libpq
// connection string without password.
Result<std::unique_ptr<Inbox>> open_postgres_inbox(const std::string& connection,
                                                   const std::string& password);

}  // namespace dvcsync::province
