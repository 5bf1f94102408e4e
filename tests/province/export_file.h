// One export file being written. Nothing of its name exists until finish(). Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "connector/base/error.h"
#include "tests/province/days.h"
#include "tests/province/shape.h"

namespace dvcsync::year {

class ExportFile {
  public:
    // `exported`: when the file says that it was made. `shape` must outlive the file.
    ExportFile(const std::filesystem::path& folder, std::string name, Moment exported,
               const Shape& shape);

    std::string text;  // append reference records here, whole ones

    const std::string& name() const { return name_; }
    void flush_if_full();
    // The bytes written. Config error if the folder or the disk refuses.
    Result<std::uint64_t> finish();

  private:
    void flush();
    void reshape();

    std::filesystem::path path_;
    std::filesystem::path part_;
    std::string name_;
    const Shape& shape_;
    std::size_t shaped_ = 0;  // what of `text` is in its shape already
    std::ofstream out_;
    std::uint64_t bytes_ = 0;
};

// The moment of the nightly export of a day, in the evening.
inline Moment exported(Day day) {
    return moment(day, 23 * 3'600 + 50 * 60);
}

}  // namespace dvcsync::year
