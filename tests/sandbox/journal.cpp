#include "tests/sandbox/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "tests/sandbox/submission_lines.h"

namespace dvcsandbox {
namespace {

// False: the line is not one of ours.
bool replay_line(std::string_view line, Holdings& holdings, Journal::Replay& replay) {
    rapidjson::Document call;
    call.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
    if (call.HasParseError() || !call.IsObject()) return false;
    if (call.HasMember("citizen")) return replay_citizen(call, holdings.submissions());
    const auto service = service_named(text_of(call, "service"));
    const Json* data = list_of(call, "data");
    if (!service || info(*service).endpoint == Endpoint::Ministry || data == nullptr) return false;
    const bool updating = text_of(call, "isUpdating") == "True";
    for (const ItemAnswer& answer : holdings.take_each(*service, *data, updating))
        ++(answer.code == Code::Ok ? replay.accepted : replay.refused);
    return true;
}

}  // namespace

Journal::~Journal() {
    if (file_ >= 0) ::close(file_);
}

bool Journal::open(const std::string& file, std::string& error) {
    file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file_ >= 0) return true;
    error = fmt::format("{}: {}", file, std::strerror(errno));
    return false;
}

bool Journal::open(const std::string& file, Holdings& holdings, Replay& replay,
                   std::string& error) {
    if (!open(file, error)) return false;
    std::ifstream in(file, std::ios::binary);
    std::string line;
    std::size_t at = 0;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (in.eof()) break;  // no line break: the call that a crash cut short
        if (!replay_line(line, holdings, replay)) {
            error = fmt::format("{}: line {} is not a line of a journal", file, number);
            return false;
        }
        at += line.size() + 1;
    }
    if (in.bad() || ::ftruncate(file_, static_cast<off_t>(at)) != 0) {
        error = fmt::format("{}: {}", file, std::strerror(errno));
        return false;
    }
    return true;
}

void Journal::append(Service service, const Json& data, bool updating,
                     const std::vector<ItemAnswer>& answers) {
    std::string line = fmt::format(R"({{"service":"{}","isUpdating":"{}","data":[)",
                                   info(service).name, updating ? "True" : "False");
    bool any = false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i].code != Code::Ok) continue;
        if (any) line += ',';
        line += compact(data.IsArray() ? data[static_cast<rapidjson::SizeType>(i)] : data);
        any = true;
    }
    if (!any) return;
    append(line + "]}");
}

void Journal::append(std::string line) {
    line += '\n';
    const std::lock_guard lock(mutex_);
    if (file_ < 0) return;
    for (std::size_t done = 0; done < line.size();) {
        const auto written = ::write(file_, line.data() + done, line.size() - done);
        if (written > 0) {
            done += static_cast<std::size_t>(written);
        } else if (errno != EINTR) {
            // The portal itself goes on; a journal with a hole would be worse than a short one.
            fmt::print(stderr, "dvc-sandbox: the journal ends here: {}\n", std::strerror(errno));
            ::close(std::exchange(file_, -1));
            return;
        }
    }
}

void Journal::clear() {
    const std::lock_guard lock(mutex_);
    if (file_ >= 0 && ::ftruncate(file_, 0) != 0)
        fmt::print(stderr, "dvc-sandbox: the journal cannot be emptied\n");
}

}  // namespace dvcsandbox
