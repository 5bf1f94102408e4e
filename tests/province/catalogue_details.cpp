// details.jsonl: one JSON object a line, members code, receive_at, authority, way, fees[],
// components[] of [name, form, originals, copies], results[] of [code, name], legal[] of [number,
// title].
#include <fmt/format.h>
#include <rapidjson/document.h>

#include <map>

#include "connector/base/files.h"
#include "tests/province/catalogue.h"

namespace dvcsync::year {

namespace {

constexpr std::size_t max_details_file = 16u << 20;

std::string text_of(const rapidjson::Value& value) {
    return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : "";
}

std::string member(const rapidjson::Value& object, const char* name) {
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? "" : text_of(found->value);
}

// Calls take(row) for each array in the array `name` that has `cells` members.
template <class Take>
void each_row(const rapidjson::Value& object, const char* name, unsigned cells, Take take) {
    const auto found = object.FindMember(name);
    if (found == object.MemberEnd() || !found->value.IsArray()) return;
    for (const auto& row : found->value.GetArray())
        if (row.IsArray() && row.Size() == cells) take(row);
}

void fill(const rapidjson::Value& object, Procedure& procedure) {
    procedure.receive_at = member(object, "receive_at");
    procedure.authority = member(object, "authority");
    procedure.way_text = member(object, "way");
    if (const auto fees = object.FindMember("fees");
        fees != object.MemberEnd() && fees->value.IsArray())
        for (const auto& fee : fees->value.GetArray())
            if (fee.IsInt64()) procedure.fees.push_back(fee.GetInt64());
    each_row(object, "components", 4, [&](const rapidjson::Value& row) {
        if (row[2].IsInt() && row[3].IsInt())
            procedure.components.push_back(
                {{}, text_of(row[0]), text_of(row[1]), row[2].GetInt(), row[3].GetInt()});
    });
    each_row(object, "results", 2, [&](const rapidjson::Value& row) {
        procedure.results.push_back({text_of(row[0]), text_of(row[1])});
    });
    each_row(object, "legal", 2, [&](const rapidjson::Value& row) {
        procedure.legal.push_back({text_of(row[0]), text_of(row[1]), {}});
    });
}

}  // namespace

Status add_details(const std::filesystem::path& file, std::vector<Procedure>& procedures) {
    std::map<std::string_view, Procedure*> by_code;
    for (Procedure& procedure : procedures)
        by_code[procedure.code] = &procedure;
    DVC_TRY_ASSIGN(text, read_file(file, max_details_file));
    std::string_view rest = text;
    for (int line = 1; !rest.empty(); ++line) {
        const auto end = std::min(rest.find('\n'), rest.size());
        rapidjson::Document document;
        document.Parse(rest.data(), end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (document.HasParseError() || !document.IsObject())
            return fail(ErrorKind::Config,
                        fmt::format("{}:{}: not a JSON object", file.string(), line));
        const auto found = by_code.find(member(document, "code"));
        if (found == by_code.end())
            return fail(ErrorKind::Config, fmt::format("{}:{}: the code is not in procedures.csv",
                                                       file.string(), line));
        fill(document, *found->second);
    }
    return {};
}

}  // namespace dvcsync::year
