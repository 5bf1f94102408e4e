// report delivery: how soon the portal knew, by agency and procedure.
#include <fmt/format.h>

#include "connector/base/files.h"
#include "connector/cli/commands.h"
#include "connector/cli/delivery_report.h"
#include "connector/cli/exit_codes.h"

namespace dvcsync::cli {
namespace {

constexpr mode_t report_mode = 0600;  // codes of dossiers are nobody else's business

std::string rendered(const sync::DeliveryReport& report, const Options& options,
                     const config::Config& config) {
    const std::string& format = options.delivery.format;
    if (format == "csv") return options.delivery.late ? late_csv(report) : delivery_csv(report);
    if (format == "html") return delivery_html(report, config.agency_name);
    if (format == "json") {
        Json json;
        json.open();
        add_delivery(json, report);
        json.close();
        return json.text() + "\n";
    }
    return delivery_text(report, static_cast<std::size_t>(options.limit));
}

}  // namespace

int run_report_delivery(const Options& options) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    sync::ReportRules rules = options.delivery.rules;
    rules.limit = std::chrono::hours{connector->config.late_after_hours};
    rules.now = system_clock().now();
    const auto report = sync::delivery_report(*connector->ledger, rules);
    if (!report) return complain(options, report.error());
    const std::string text = rendered(*report, options, connector->config);
    if (options.delivery.out.empty()) {
        fmt::print("{}", text);
        return exit_ok;
    }
    if (auto done = write_atomically(options.delivery.out, text, report_mode); !done)
        return complain(options, done.error());
    fmt::print(stderr, "written: {}\n", options.delivery.out.string());
    return exit_ok;
}

}  // namespace dvcsync::cli
