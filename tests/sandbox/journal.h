// The journal: what was accepted, one line of JSON a call, so that a restarted portal holds the
// same. It holds the records as sent: for synthetic data, readable by its owner only. Thread-safe.
//
//   {"service":"DongBoHoSoMC","isUpdating":"False","data":[…accepted items…]}
//
// What citizens did, and what of it reached the province, is kept by lines of their own (see
// submission_lines.h).
//
// A line cut short by a crash is the last one and is ignored and cut off.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "tests/sandbox/holdings.h"

namespace dvcsandbox {

class Journal {
  public:
    Journal() = default;
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    struct Replay {
        std::size_t accepted = 0;  // items
        std::size_t refused = 0;   // items that no longer pass: the portal runs with other settings
    };
    // Appends to `file` without reading what it holds.
    bool open(const std::string& file, std::string& error);
    // Replays `file` into `holdings`, then appends to it. False: `error` says why.
    bool open(const std::string& file, Holdings& holdings, Replay& replay, std::string& error);
    // The items of `data` whose answers accept them.
    void append(Service service, const Json& data, bool updating,
                const std::vector<ItemAnswer>& answers);
    // A line of a citizen, made by submission_lines.h.
    void append(std::string line);
    void clear();

  private:
    int file_ = -1;
    std::mutex mutex_;
};

}  // namespace dvcsandbox
