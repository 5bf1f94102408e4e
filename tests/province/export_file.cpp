#include "tests/province/export_file.h"

#include <utility>

namespace dvcsync::year {

namespace {

constexpr std::size_t flush_at = 1u << 20;

}  // namespace

ExportFile::ExportFile(const std::filesystem::path& folder, std::string name, Moment exported,
                       const Shape& shape)
    : path_(folder / name), part_(path_.string() + ".part"), name_(std::move(name)), shape_(shape) {
    out_.open(part_, std::ios::binary | std::ios::trunc);
    text = shape_.head(exported);
    shaped_ = text.size();
}

void ExportFile::flush_if_full() {
    if (text.size() >= flush_at) flush();
}

Result<std::uint64_t> ExportFile::finish() {
    reshape();
    text += shape_.tail();
    shaped_ = text.size();
    flush();
    out_.close();
    std::error_code error;
    if (out_) std::filesystem::rename(part_, path_, error);
    if (!out_ || error)
        return fail(ErrorKind::Config,
                    "cannot write " + path_.string() + ": check the folder and the free space");
    return bytes_;
}

void ExportFile::reshape() {
    shape_.apply(text, shaped_);
    shaped_ = text.size();
}

void ExportFile::flush() {
    reshape();
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
    bytes_ += text.size();
    text.clear();
    shaped_ = 0;
}

}  // namespace dvcsync::year
