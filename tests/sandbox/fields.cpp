#include "tests/sandbox/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/sandbox/stamp.h"

namespace dvcsandbox {
namespace {

constexpr std::size_t kMaxFaults = 50;  // of one record; a record of rubbish has thousands
constexpr std::size_t kMaxNameShown = 40;
constexpr std::size_t kFaultsDescribed = 5;

// Where the walk is, as a chain on the stack: a text is made of it only when there is a fault.
struct Place {
    const Place* parent = nullptr;
    std::string_view name;
    std::ptrdiff_t index = -1;

    std::string text() const {
        std::string out = parent != nullptr ? parent->text() : std::string();
        if (!out.empty()) out += '.';
        out += name;
        if (index >= 0) out += fmt::format("[{}]", index);
        return out;
    }
};

class Checker {
  public:
    explicit Checker(Faults& faults) : faults_(faults) {}

    void record(const RecordType& type, const Json& object, const Place* parent) {
        std::uint64_t seen = 0;
        std::size_t expected = 0;  // senders keep the order of the contract: no search then
        for (const auto& member : object.GetObject()) {
            const auto name = view(member.name);
            const auto index = find(type, name, expected);
            if (index == type.fields.size() || !faults_.knows(type.fields[index])) {
                fault({parent, shown(name)}, "unknown",
                      "trường không có trong hợp đồng (field unknown to the contract)");
                continue;
            }
            const Field& field = type.fields[index];
            const Place place{parent, field.name};
            const auto bit = std::uint64_t{1} << index;
            if ((seen & bit) != 0)
                fault(place, "repeated", "trường lặp lại (field is given twice)");
            seen |= bit;
            expected = index + 1;
            value(field, member.value, place);
        }
        for (std::size_t i = 0; i < type.fields.size(); ++i) {
            const Field& field = type.fields[i];
            if (field.need != Need::Optional && (seen >> i & 1U) == 0)
                fault({parent, field.name}, "missing",
                      "thiếu trường bắt buộc (required field is missing)");
        }
    }

  private:
    static std::size_t find(const RecordType& type, std::string_view name, std::size_t expected) {
        if (expected < type.fields.size() && type.fields[expected].name == name) return expected;
        for (std::size_t i = 0; i < type.fields.size(); ++i)
            if (type.fields[i].name == name) return i;
        return type.fields.size();
    }

    // A name that we do not know is the sender's text: shown only when it looks like a name.
    static std::string_view shown(std::string_view name) {
        const auto plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        const bool is_name = !name.empty() && name.size() <= kMaxNameShown &&
                             std::all_of(name.begin(), name.end(), plain);
        return is_name ? name : "(unprintable)";
    }

    void value(const Field& field, const Json& value, const Place& place) {
        switch (field.kind) {
            case Kind::Number:
                if (!value.IsUint64()) wrong_type(place, "number");
                return;
            case Kind::Boolean:
                if (!value.IsBool()) wrong_type(place, "boolean");
                return;
            case Kind::Object:
                if (!value.IsObject()) return wrong_type(place, "object");
                return record(*field.members, value, &place);
            case Kind::List:
                if (!value.IsArray()) return wrong_type(place, "array");
                return list(field, value, place);
            default:
                if (!value.IsString()) return wrong_type(place, "string");
                return string(field, view(value), place);
        }
    }

    void list(const Field& field, const Json& value, const Place& place) {
        if (value.Size() > field.limit)
            return fault(place, "members",
                         fmt::format("quá {0} phần tử (more than {0} members)", field.limit));
        Place member{place.parent, place.name, 0};
        for (const auto& item : value.GetArray()) {
            if (item.IsObject())
                record(*field.members, item, &member);
            else
                wrong_type(member, "object");
            ++member.index;
        }
    }

    void string(const Field& field, std::string_view text, const Place& place) {
        if (text.empty() || (field.need == Need::Required && blank(text))) {
            if (field.need == Need::Required)
                fault(place, "empty", "không được để trống (must not be empty)");
            return;
        }
        if (field.limit != 0 && longer_than(text, field.limit))
            fault(place, "length",
                  fmt::format("dài quá {0} ký tự (longer than {0} characters)", field.limit));
        if (lone_surrogate(text))
            fault(place, "text", "không phải Unicode hợp lệ (not valid Unicode)");
        form(field, text, place);
    }

    void form(const Field& field, std::string_view text, const Place& place) {
        switch (field.kind) {
            case Kind::Stamp:
                if (!parse_stamp(text)) bad_date(place, "yyyyMMddHHmmss");
                break;
            case Kind::Date:
                if (!parse_date(text)) bad_date(place, "yyyyMMdd");
                break;
            case Kind::AnyDate:
                if (!parse_stamp(text) && !parse_date(text))
                    bad_date(place, "yyyyMMdd | yyyyMMddHHmmss");
                break;
            case Kind::Code:
                if (!in_list(field.codes, text))
                    fault(place, "code",
                          fmt::format("ngoài danh mục [{0}] (not one of [{0}])", field.codes));
                break;
            case Kind::Url:
                if (!text.starts_with("https://") && !text.starts_with("http://"))
                    bad_form(place, "http(s)://…");
                break;
            case Kind::Digits:
                if (!digits(text)) bad_form(place, "0-9");
                break;
            case Kind::Percent:
                if (!percent(text)) bad_form(place, "0..100 | 0.00..100.00");
                break;
            case Kind::Dossier:
                if (!dossier_code(text)) bad_form(place, "<agency>-<YYMMDD|YYYYMMDD>-<serial>");
                break;
            case Kind::Procedure:
                if (!procedure(text)) bad_form(place, "d.dddddd[.<agency>]");
                break;
            case Kind::Agency:
                if (!agency_code(text)) bad_form(place, "000.00.00.H00 | H00.0");
                break;
            default:
                break;
        }
    }

    static bool in_list(std::string_view codes, std::string_view text) {
        for (std::size_t at = 0; at < codes.size();) {
            const auto end = std::min(codes.find(' ', at), codes.size());
            if (codes.substr(at, end - at) == text) return true;
            at = end + 1;
        }
        return false;
    }

    static bool percent(std::string_view text) {
        const auto point = text.find('.');
        const auto whole = text.substr(0, point);
        if (!digits(whole) || whole.size() > 3) return false;
        if (point == std::string_view::npos) return whole.size() < 3 || whole == "100";
        const auto part = text.substr(point + 1);
        if (!digits(part) || part.size() > 2) return false;
        return whole.size() < 3 || (whole == "100" && part.find_first_not_of('0') == part.npos);
    }

    static bool procedure(std::string_view text) {
        if (!national_procedure(text.substr(0, 8))) return false;
        return text.size() == 8 || (text[8] == '.' && agency_code(text.substr(9)));
    }

    void fault(const Place& place, std::string_view rule, std::string text) {
        if (faults_.list().size() < kMaxFaults) faults_.add(place.text(), rule, std::move(text));
    }
    void wrong_type(const Place& place, std::string_view wanted) {
        fault(place, "type", fmt::format("sai kiểu JSON, cần {0} (JSON {0} expected)", wanted));
    }
    void bad_date(const Place& place, std::string_view wanted) {
        fault(place, "date",
              fmt::format("không phải ngày giờ có thật dạng {0} (not a real date {0})", wanted));
    }
    void bad_form(const Place& place, std::string_view wanted) {
        fault(place, "form",
              fmt::format("sai định dạng, cần {0} (wrong form, {0} expected)", wanted));
    }

    Faults& faults_;
};

// "TaiLieuNop[2].TenTepDinhKem" → "TaiLieuNop[].TenTepDinhKem"
std::string without_indexes(std::string_view place) {
    std::string out;
    bool inside = false;
    for (const char c : place) {
        if (c == ']') inside = false;
        if (!inside) out += c;
        if (c == '[') inside = true;
    }
    return out;
}

}  // namespace

void Faults::add(std::string place, std::string_view rule, std::string text) {
    list_.push_back({fmt::format("{}.{}:{}", scope_, without_indexes(place), rule),
                     std::move(place), std::move(text)});
}

std::string describe(const std::vector<Fault>& faults) {
    std::string out;
    for (std::size_t i = 0; i < faults.size() && i < kFaultsDescribed; ++i) {
        if (i > 0) out += "; ";
        out += faults[i].place + ": " + faults[i].text;
    }
    if (faults.size() > kFaultsDescribed)
        out += fmt::format("; và {0} lỗi khác (and {0} more)", faults.size() - kFaultsDescribed);
    return out;
}

void check(const RecordType& type, const Json& object, Faults& faults) {
    Checker(faults).record(type, object, nullptr);
}

std::string_view name_of(Kind kind) {
    constexpr std::array<std::string_view, 15> names{"text",         "yyyyMMddHHmmss",
                                                     "yyyyMMdd",     "yyyyMMdd or yyyyMMddHHmmss",
                                                     "code",         "URL",
                                                     "digits",       "percent",
                                                     "dossier code", "procedure code",
                                                     "agency code",  "JSON number",
                                                     "JSON boolean", "list",
                                                     "object"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Need need) {
    constexpr std::array<std::string_view, 3> names{"required", "present", "optional"};
    return names[static_cast<std::size_t>(need)];
}

}  // namespace dvcsandbox
