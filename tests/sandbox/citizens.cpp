#include "tests/sandbox/citizens.h"

#include <fmt/format.h>

namespace dvcsandbox {

Citizens::Citizens(Portal& portal, CitizensSettings settings)
    : portal_(portal),
      settings_(std::move(settings)),
      files_(portal.injector(), portal.submissions(), portal.settings().spoil,
             settings_.failing_fetches) {
    if (!settings_.callbacks) return;
    callbacks_ = std::make_unique<Callbacks>(
        *settings_.callbacks, portal.submissions(), portal.injector(),
        [&portal](const std::string& code, std::size_t deed, bool as_new) {
            portal.acknowledged(code, deed, as_new);
        });
    portal.submissions().on_callback(
        [this](const std::string& code, std::size_t deed) { callbacks_->send(code, deed); });
    for (const auto& [code, deed] : portal.submissions().unacknowledged())
        callbacks_->send(code, deed);
}

Citizens::~Citizens() {
    portal_.submissions().on_callback(nullptr);
}

std::optional<std::string> Citizens::file(std::string_view query, std::string& error) {
    const auto& national = portal_.holdings().national_list();
    const auto spec = parse_citizen(query, national, error);
    if (!spec) return std::nullopt;
    if (spec->roads != "poll" && !callbacks_) {
        error = "roads: callbacks need --callback-url";
        return std::nullopt;
    }
    const Surroundings around{.national = national,
                              .faults = portal_.injector(),
                              .files_url = settings_.files_url,
                              .callbacks = callbacks_ != nullptr};
    const std::lock_guard lock(filing_);  // one after the other: lists stay in the order asked for
    std::uint64_t filed = 0;
    for (std::uint64_t i = 0; i < submissions_of(*spec); ++i) {
        Submission made = compose(*spec, i, around);
        const bool supplement = made.deeds.size() > 1 && made.deeds[1].act == Act::Supplement &&
                                made.deeds[1].road != Road::Poll;
        const bool ahead =
            supplement && portal_.injector().strikes(CitizenFault::CallbackReorder, i);
        filed += portal_.file(std::move(made), ahead) ? 1 : 0;
    }
    return fmt::format(R"({{"filed":{},"known":{}}})", filed, submissions_of(*spec) - filed);
}

std::optional<std::string> Citizens::hostile(std::string_view kind, std::uint64_t seconds,
                                             std::uint64_t mib, std::string& error) const {
    if (!callbacks_) {
        error = "callbacks need --callback-url";
        return std::nullopt;
    }
    const HostileSettings settings{.prefix = callbacks_->settings().prefix,
                                   .limit = std::chrono::seconds(seconds),
                                   .huge = mib << 20U};
    auto answer = dvcsandbox::hostile(callbacks_->client(), settings, kind);
    if (!answer) error = "kind: deep, huge, slow, pipelined, badutf8, dupkeys or bomb";
    return answer;
}

std::size_t Citizens::callbacks_waiting() const {
    return callbacks_ ? callbacks_->waiting() : 0;
}

}  // namespace dvcsandbox
