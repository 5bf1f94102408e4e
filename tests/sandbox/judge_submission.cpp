#include <algorithm>
#include <array>

#include "tests/sandbox/judge.h"

namespace dvcsandbox {

PortalStatus judge_portal_status(const Json& item) {
    PortalStatus row;
    row.at = stamp_or_unset(text_of(item, "NgayXuLy"));
    for (const char c : text_of(item, "TrangThai"))
        row.status = static_cast<std::uint8_t>(row.status * 10 + (c - '0'));
    if (const Json* documents = list_of(item, "TaiLieuXuLy"))
        row.result_link =
            std::any_of(documents->Begin(), documents->End(), [](const Json& document) {
                const auto deleted = text_of(document, "IsDeleted");
                return !text_of(document, "DuongDanTaiTepTin").empty() && deleted != "True" &&
                       deleted != "1";
            });
    row.digest = sha256(compact(item));
    return row;
}

bool usual_portal_order(std::uint8_t before, std::uint8_t after) {
    using Pair = std::pair<int, int>;
    // Accepted or sent back first, then as other dossiers; a supplement may be asked for at once.
    constexpr std::array more{Pair{5, 2}, Pair{5, 11}, Pair{2, 5}, Pair{2, 9}, Pair{6, 2}};
    return usual_order(before, after) ||
           std::find(more.begin(), more.end(), Pair{before, after}) != more.end();
}

}  // namespace dvcsandbox
