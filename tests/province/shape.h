// The form in which an export is written: the reference vocabulary, or that of another product.
//
// The writers make reference records only; a shape writes the same record again under the names,
// words and date forms of its product. So every product tells of exactly the same year. The names
// stand in shapes/<name>.csv and share nothing with mappings/: what is written here and read there
// agrees only if both describe the product.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "connector/base/error.h"
#include "tests/province/days.h"

namespace dvcsync::year {

struct ShapeNames;

// Immutable, thread-safe, cheap to copy.
class Shape {
  public:
    Shape() = default;  // the reference vocabulary

    // `folder` holds a CSV file for each shape; "reference" needs none. Config error with file and
    // line.
    static Result<Shape> load(const std::filesystem::path& folder, std::string_view name);

    bool is_reference() const { return names_ == nullptr; }
    std::string head(Moment exported) const;  // the XML declaration and the root's start tag
    std::string tail() const;                 // the root's end tag
    // Replaces the reference records that stand in `text` from `start` on. Precondition: they are
    // whole and well-formed.
    void apply(std::string& text, std::size_t start) const;

  private:
    std::shared_ptr<const ShapeNames> names_;
};

}  // namespace dvcsync::year
