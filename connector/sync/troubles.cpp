#include "connector/sync/troubles.h"

#include <algorithm>
#include <iterator>

namespace dvcsync::sync {
namespace {

// What differs more often than that within one trouble tells nobody anything.
constexpr std::size_t most_told = 20;

std::string without_numbers(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit || !out.ends_with('#')) out += digit ? '#' : c;
    }
    return out;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace

Trouble::News Trouble::is(const std::string& what) {
    if (what == now_) return News::None;
    now_ = what;
    if (what.empty()) {
        told_.clear();
        return News::Over;
    }
    const bool is_new = told_.size() < most_told && told_.insert(without_numbers(what)).second;
    return is_new ? News::Begun : News::None;
}

Troubles::News Troubles::after(const Result<RunReport>& run) {
    News news;
    if (!run) {
        becomes(run_, run.error().message, news);
    } else if (!run->busy) {
        becomes(run_, "", news);
        becomes(pull_, run->pull.stop, news);
        const auto& delivery = run->delivery;
        // Where all that is left waits for its time, nobody has asked the portal.
        const bool asked = delivery.delivered > delivery.without_call || delivery.refused > 0;
        if (!delivery.stop.empty())
            becomes(delivery_, delivery.stop_log.empty() ? delivery.stop : delivery.stop_log, news);
        else if (asked || run->left == 0)
            becomes(delivery_, "", news);
    }
    // The same words on both roads are one trouble, which ends with the last of them.
    std::erase_if(news.ended, [this](const std::string& what) {
        return pull_.now() == what || delivery_.now() == what || run_.now() == what;
    });
    return news;
}

void Troubles::becomes(Trouble& one, const std::string& what, News& news) {
    const std::string before = one.now();
    const bool known = (&one != &run_ && run_.now() == what) ||
                       (&one != &pull_ && pull_.now() == what) ||
                       (&one != &delivery_ && delivery_.now() == what);
    switch (one.is(what)) {
        case Trouble::News::Begun:
            if (!known) add_once(news.begun, what);
            break;
        case Trouble::News::Over:
            add_once(news.ended, before);
            break;
        case Trouble::News::None:
            break;
    }
}

bool Troubles::any() const {
    return !run_.now().empty() || !pull_.now().empty() || !delivery_.now().empty();
}

}  // namespace dvcsync::sync
