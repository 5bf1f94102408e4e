#include "connector/sync/province_files.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "connector/base/limits.h"
#include "connector/files/download.h"

namespace dvcsync::sync {
namespace {

std::uint64_t most_bytes(const config::Config& config) {
    return static_cast<std::uint64_t>(config.uploads.max_file_mib) << 20;
}

}  // namespace

Result<files::FetchRules> upload_rules(const config::Config& config) {
    const auto& from = config.uploads;
    files::FetchRules rules;
    rules.section = "[uploads]";
    rules.hosts = from.file_hosts;
    rules.private_addresses = from.private_addresses;
    rules.plain_http = from.plain_http;
    rules.ca_file = from.file_ca;
    rules.deadline = files::time_for(most_bytes(config));
    const auto of_key = [&](std::string_view key, Status checked) {
        return checked.map_error([&](Error wrong) {
            wrong.message = config.where("uploads", key) + ": " + wrong.message;
            return wrong;
        });
    };
    DVC_TRY(of_key("file_hosts", files::check_hosts(rules)));
    DVC_TRY(of_key("file_ca", files::check_authorities(rules.ca_file)));
    return rules;
}

Result<std::function<Result<std::string>(std::string_view link)>> province_files(
    const config::Config& config, const std::atomic<bool>& stop) {
    DVC_TRY_ASSIGN(rules, upload_rules(config));
    const auto shared = std::make_shared<const files::FetchRules>(std::move(rules));
    return
        [shared, most = most_bytes(config), &stop](std::string_view link) -> Result<std::string> {
            std::string content;
            const auto keep = [&](std::string_view part) -> Status {
                if (content.size() + part.size() > most)
                    return fail(ErrorKind::Refused,
                                fmt::format("larger than the {} MiB that max_file_mib in {} allows",
                                            most >> 20, shared->section));
                content += part;
                return {};
            };
            DVC_TRY(files::download(link, most, *shared, stop, keep));
            if (content.empty()) return fail(ErrorKind::Retry, "it is empty");
            return content;
        };
}

}  // namespace dvcsync::sync
