// How far a job has come, for whoever watches. Called from the coordinating thread only.
#pragma once

#include <cstddef>
#include <string_view>

namespace dvcsync::sync {

class Progress {
  public:
    virtual ~Progress() = default;
    // A stage begins. total = 0: not known.
    virtual void begin(std::string_view what, std::size_t total) = 0;
    virtual void at(std::size_t done) = 0;
    virtual void end(std::size_t done) = 0;
};

}  // namespace dvcsync::sync
