// Dossiers of the usual size and shape, for measuring.
#pragma once

#include <fmt/format.h>

#include <string>

namespace dvcsync::province::test {

// About 2.3 KB: what a dossier with its steps weighs.
inline std::string usual_dossier(int number) {
    std::string text = fmt::format(
        " <dossier>\n  <code>000.00.01.H22-190301-{:06}</code>\n"
        "  <procedure>1.005129.000.00.00.H22</procedure>\n"
        "  <procedure-name>Cấp giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản "
        "khác gắn "
        "liền với đất</procedure-name>\n  <field-code>LV-012</field-code>\n"
        "  <field-name>Đất đai</field-name>\n  <agency>000.00.01.H22</agency>\n"
        "  <applicant>\n   <kind>citizen</kind>\n   <name>Người nộp số {:06}</name>\n"
        "   <address>Tổ dân phố số 5, phường Trần Phú, thành phố Hà Giang &amp; phụ cận</address>\n"
        "  </applicant>\n  <channel>direct</channel>\n  <received>01/03/2019 08:00:00</received>\n"
        "  <due>15/03/2019 17:00:00</due>\n  <finished></finished>\n  <note/>\n  <steps>\n",
        number, number);
    for (int step = 1; step <= 4; ++step)
        text += fmt::format(
            "   <step>\n    <id>{}</id>\n    <person>Cán bộ một cửa</person>\n    <title>Chuyên "
            "viên"
            "</title>\n    <unit>Bộ phận tiếp nhận và trả kết quả</unit>\n    <at>0{}/03/2019 "
            "09:30:00</at>\n    <content>Chuyển hồ sơ cho phòng chuyên môn xử lý theo quy định"
            "</content>\n    <status>processing</status>\n    <kind>normal</kind>\n   </step>\n",
            step, step);
    return text + "  </steps>\n </dossier>\n";
}

}  // namespace dvcsync::province::test
