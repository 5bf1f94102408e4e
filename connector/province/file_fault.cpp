#include "connector/province/file_fault.h"

#include <fmt/format.h>

namespace dvcsync::province {
namespace {

// {} stands for the detail.
struct Words {
    FileFault::Kind kind;
    std::string_view what;
    std::string_view advice;
    std::string_view what_vi;
    std::string_view advice_vi;
};

constexpr std::string_view write_again =
    "export the file again and put it into in/ under a new name";
constexpr std::string_view write_again_vi = "kết xuất lại tệp rồi đặt vào thư mục in/ dưới tên mới";

constexpr Words words[] = {
    {FileFault::Kind::NotXml, "this is not XML",
     "only XML exports of the one-stop system belong into in/", "đây không phải là XML",
     "thư mục in/ chỉ nhận tệp XML do hệ thống một cửa kết xuất"},
    {FileFault::Kind::Encoding, "the encoding is {}, but only UTF-8 is accepted",
     "set the export to UTF-8 and write the file again", "bảng mã là {}, trong khi chỉ nhận UTF-8",
     "đặt bảng mã kết xuất là UTF-8 rồi kết xuất lại"},
    {FileFault::Kind::NotUtf8, "the bytes are not UTF-8",
     "the file is damaged or in another encoding; set the export to UTF-8 and write it again",
     "có byte không phải UTF-8",
     "tệp bị hỏng hoặc dùng bảng mã khác; đặt bảng mã kết xuất là UTF-8 rồi kết xuất lại"},
    {FileFault::Kind::Control, "a control character that XML forbids", write_again,
     "có ký tự điều khiển mà XML không cho phép", write_again_vi},
    {FileFault::Kind::Doctype,
     "a document type declaration (DTD); these are refused because entities can read other files "
     "or fill the memory",
     "switch the DTD off in the export and write the file again",
     "có khai báo kiểu tài liệu (DTD); DTD bị từ chối vì thực thể có thể đọc tệp khác hoặc làm "
     "đầy bộ nhớ",
     "tắt DTD khi kết xuất rồi kết xuất lại"},
    {FileFault::Kind::WrongRoot, "the root element is not <{}>",
     "check that this is an export for the connector, and the root element in the settings",
     "phần tử gốc không phải là <{}>",
     "kiểm tra đây có đúng là tệp kết xuất cho bộ kết nối không, và phần tử gốc trong cấu hình"},
    {FileFault::Kind::OtherProvince,
     "the root element does not say that this is an export of this province ({}), so nothing of it "
     "was taken",
     "if the file came here by mistake, bring it where it belongs; if it is ours, mend the code in "
     "the export, or code under [province] in dvcsync.toml",
     "phần tử gốc cho biết tệp không phải của tỉnh này ({}), nên không nhận bản ghi nào",
     "nếu tệp bị đặt nhầm chỗ, hãy chuyển về đúng nơi; nếu đúng là của tỉnh, sửa mã tỉnh khi kết "
     "xuất, hoặc sửa code trong mục [province] của dvcsync.toml"},
    {FileFault::Kind::AfterRoot,
     "something follows the end of the root element, or the XML begins a second time",
     "two exports may have been written into one file; put each into a file of its own",
     "còn nội dung sau khi phần tử gốc đã đóng, hoặc XML bắt đầu lần thứ hai",
     "có thể hai lần kết xuất nằm chung một tệp; hãy tách mỗi lần thành một tệp"},
    {FileFault::Kind::Truncated, "the file ends before its root element is closed", write_again,
     "tệp kết thúc khi phần tử gốc chưa đóng", write_again_vi},
    {FileFault::Kind::Unclosed, "a comment, CDATA section or instruction begins and never ends",
     write_again, "một chú thích, đoạn CDATA hoặc chỉ thị xử lý mở ra mà không đóng",
     write_again_vi},
    {FileFault::Kind::TooDeep, "the elements around the records nest too deep", write_again,
     "các phần tử bao quanh hồ sơ lồng nhau quá sâu", write_again_vi},
    {FileFault::Kind::NoRecords, "the file holds elements, but none of {}",
     "check the export, and the record elements in the vocabulary file",
     "tệp có nội dung nhưng không có phần tử nào trong số {}",
     "kiểm tra lại tệp kết xuất và tên phần tử trong tệp từ vựng"},
    {FileFault::Kind::Stale,
     "the file does not end with the end of its root element, and nobody has written to it for "
     "long",
     write_again, "tệp chưa kết thúc bằng thẻ đóng của phần tử gốc và đã lâu không được ghi thêm",
     write_again_vi},
};

const Words& words_of(FileFault::Kind kind) {
    for (const Words& entry : words)
        if (entry.kind == kind) return entry;
    return words[0];
}

std::string filled(std::string_view text, const FileFault& fault) {
    const std::size_t place = text.find("{}");
    if (place == std::string_view::npos) return std::string(text);
    return fmt::format("{}{}{}", text.substr(0, place), fault.detail, text.substr(place + 2));
}

}  // namespace

std::string sentence(const FileFault& fault) {
    const std::string what = filled(words_of(fault.kind).what, fault);
    return fault.line == 0 ? what : fmt::format("line {}: {}", fault.line, what);
}

std::string explanation(const FileFault& fault, std::string_view file, std::uint64_t records) {
    const Words& entry = words_of(fault.kind);
    const auto line = fault.line == 0 ? std::string("-") : std::to_string(fault.line);
    return fmt::format(
        "Tệp: {0}\nDòng: {1}\nLý do: {2}.\n"
        "Số bản ghi đã nhận trước chỗ này: {6} (vẫn được giữ và xử lý).\nCần làm: {3}.\n\n"
        "File: {0}\nLine: {1}\nReason: {4}.\n"
        "Records taken before this place: {6} (they stay and are processed).\nWhat to do: {5}.\n",
        file, line, filled(entry.what_vi, fault), entry.advice_vi, filled(entry.what, fault),
        entry.advice, records);
}

}  // namespace dvcsync::province
