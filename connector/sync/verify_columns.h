// What the ledger keeps beside an entry to find it by: that it is what the entry tells. The columns
// are signed by nobody, and a list, a proof or a report chooses by them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connector/audit/verify.h"
#include "connector/ledger/trail.h"

namespace dvcsync::sync {

// Reads the entries of one log, in their order.
class ColumnCheck {
  public:
    void read(const ledger::TrailRow& row);
    // Entries read so far; one that is read again is not looked at again.
    std::int64_t size() const { return size_; }
    const std::string& first() const { return first_; }
    const std::string& last() const { return last_; }
    // Adds what was wrong.
    void tell(audit::Verdict& verdict) const;

  private:
    struct Wrong {
        std::int64_t count = 0;
        std::int64_t first = 0;
        void add(std::int64_t sequence) {
            if (count++ == 0) first = sequence;
        }
    };
    Wrong code_, at_;
    std::int64_t size_ = 0;
    std::string first_, last_;
};

// The text of a member of an entry; "": there is none.
std::string text_of(std::string_view entry, std::string_view member);

}  // namespace dvcsync::sync
