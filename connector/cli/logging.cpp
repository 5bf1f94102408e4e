#include "connector/cli/logging.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>

#include "connector/base/time.h"
#include "connector/cli/json.h"

namespace dvcsync::cli {
namespace {

// One JSON object a line; the message is escaped, so a line feed in it cannot forge a second line.
class JsonFormatter final : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& msg, spdlog::memory_buf_t& out) override {
        const auto at = std::chrono::time_point_cast<Millis>(msg.time);
        Json json;
        json.open();
        json.add("time", utc_text(at));
        json.add("level", std::string_view(spdlog::level::to_string_view(msg.level).data(),
                                           spdlog::level::to_string_view(msg.level).size()));
        json.add("message", std::string_view(msg.payload.data(), msg.payload.size()));
        json.close();
        const std::string line = json.text();
        out.append(line.data(), line.data() + line.size());
        out.push_back('\n');
    }
    std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>();
    }
};

bool to_stderr = false;  // set once, before there are threads

}  // namespace

bool errors_are_on_stderr() {
    return to_stderr && spdlog::should_log(spdlog::level::err);
}

Status start_logging(const config::Config& config) {
    const bool human =
        config.log_format == "human" ||
        (config.log_format == "auto" && config.log_file.empty() && ::isatty(STDERR_FILENO) != 0);
    try {
        spdlog::sink_ptr sink;
        if (config.log_file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(config.log_file.string());
        }
        auto logger = std::make_shared<spdlog::logger>("dvcsync", sink);
        logger->set_level(spdlog::level::from_str(config.log_level));
        logger->flush_on(spdlog::level::info);
        if (human) {
            logger->set_pattern("%Y-%m-%d %H:%M:%S %l: %v");
        } else {
            logger->set_formatter(std::make_unique<JsonFormatter>());
        }
        spdlog::set_default_logger(std::move(logger));
        to_stderr = config.log_file.empty();
    } catch (const spdlog::spdlog_ex& error) {
        return fail(ErrorKind::Config, fmt::format("[log] file {}: cannot be opened: {}",
                                                   config.log_file.string(), error.what()));
    }
    return {};
}

}  // namespace dvcsync::cli
