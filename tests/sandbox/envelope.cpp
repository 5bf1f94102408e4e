#include "tests/sandbox/envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace dvcsandbox {
namespace {

// What an envelope of this service may hold. `data` is looked at apart: its type depends on the
// service.
std::vector<std::string_view> members_of(Service service) {
    const ServiceInfo& service_info = info(service);
    std::vector<std::string_view> names{"session", "madonvi", "service"};
    if (service_info.updating) names.emplace_back("isUpdating");
    if (!service_info.question.empty()) names.push_back(service_info.question);
    if (service == Service::TraCuuTechID) names.emplace_back("provider");
    if (service == Service::LayDanhSachHoSo)
        names.insert(names.end(), {"tungay", "denngay", "trang", "sokq"});
    if (service == Service::LayDanhSachHoSoMoi) names.insert(names.end(), {"tu", "trang", "sokq"});
    if (service == Service::DongBoTrangThaiHoSo) names.emplace_back("type");
    return names;
}

void check_data(Service service, const Json* data, std::size_t max_batch, Faults& faults) {
    if (data == nullptr) {
        faults.add("data", "missing", "thiếu trường bắt buộc (required field is missing)");
    } else if (!info(service).batch) {
        if (!data->IsObject())
            faults.add("data", "type", "sai kiểu JSON, cần object (JSON object expected)");
    } else if (!data->IsArray()) {
        faults.add("data", "type", "sai kiểu JSON, cần array (JSON array expected)");
    } else if (data->Empty()) {
        faults.add("data", "empty", "không được để trống (must not be empty)");
    } else if (data->Size() > max_batch) {
        faults.add("data", "members",
                   fmt::format("quá {0} bản ghi một lần gọi (more than {0} records)", max_batch));
    }
}

void check_values(Service service, const Json& body, Faults& faults) {
    const auto updating = text_of(body, "isUpdating");
    if (info(service).updating && !updating.empty() && updating != "True" && updating != "False")
        faults.add("isUpdating", "code", R"(cần "True" hoặc "False" (a string, one of these))");
    if (service == Service::TraCuuTechID && text_of(body, "provider") != "wso2is")
        faults.add("provider", "code", "cần wso2is (wso2is expected)");
    if (service == Service::DongBoTrangThaiHoSo && text_of(body, "type") != "2")
        faults.add("type", "code", "cần 2 (2 expected)");
}

}  // namespace

std::optional<Endpoint> endpoint_at(std::string_view path) {
    constexpr std::array<std::string_view, 2> prefixes{"/XrdAdapter/RestService/forward/mapi/",
                                                       "/VXPAdapter/RestService/forward/mapi/"};
    for (const auto prefix : prefixes) {
        if (!path.starts_with(prefix)) continue;
        const auto rest = path.substr(prefix.size());
        if (rest == "login") return Endpoint::Login;
        if (rest == "share") return Endpoint::Share;
        if (rest == "integration") return Endpoint::Integration;
    }
    return std::nullopt;
}

std::string destination(std::string_view header, std::string_view query) {
    std::string given(header);
    for (const auto parameter : split(query, '&')) {
        if (!parameter.starts_with("dstcode=")) continue;
        auto value = percent_decode(parameter.substr(8));
        if (!given.empty() && given != value) return {};
        given = std::move(value);
    }
    return given;
}

void check_envelope(Service service, const Json& body, std::size_t max_batch, Faults& faults) {
    const auto names = members_of(service);
    const bool has_data = info(service).endpoint == Endpoint::Integration;
    std::vector<bool> seen(names.size());
    const Json* data = nullptr;
    for (const auto& member : body.GetObject()) {
        const auto name = view(member.name);
        if (has_data && name == "data") {
            if (data != nullptr) faults.add("data", "repeated", "trường lặp lại (given twice)");
            data = &member.value;
            continue;
        }
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) {
            const bool updating = name == "isUpdating";
            faults.add(updating ? "isUpdating" : "(…)", "unknown",
                       "trường không có trong hợp đồng (field unknown to this service)");
            continue;
        }
        const auto index = static_cast<std::size_t>(found - names.begin());
        if (seen[index]) faults.add(std::string(name), "repeated", "trường lặp lại (given twice)");
        seen[index] = true;
        if (!member.value.IsString())
            faults.add(std::string(name), "type",
                       "sai kiểu JSON, cần string (JSON string expected)");
        else if (member.value.GetStringLength() == 0)
            faults.add(std::string(name), "empty", "không được để trống (must not be empty)");
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!seen[i])
            faults.add(std::string(names[i]), "missing",
                       "thiếu trường bắt buộc (required field is missing)");
    if (has_data) check_data(service, data, max_batch, faults);
    if (faults.empty()) check_values(service, body, faults);
}

std::optional<WrapperQuery> parse_wrapper_query(std::string_view query) {
    std::optional<std::string> agency, updating;
    for (const auto parameter : split(query, '&')) {
        const auto equals = parameter.find('=');
        const auto name = parameter.substr(0, equals);
        auto* const into = name == "MaDinhDanhDV" ? &agency
                           : name == "isUpdating" ? &updating
                                                  : nullptr;
        if (into == nullptr || *into || equals == std::string_view::npos) return std::nullopt;
        *into = percent_decode(parameter.substr(equals + 1));
    }
    if (!agency || !updating || (*updating != "True" && *updating != "False")) return std::nullopt;
    return WrapperQuery{*std::move(agency), *updating == "True"};
}

}  // namespace dvcsandbox
