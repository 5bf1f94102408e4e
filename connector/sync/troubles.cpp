#include "connector/sync/troubles.h"

#include <algorithm>
#include <iterator>

namespace dvcsync::sync {

Troubles::News Troubles::after(const Result<RunReport>& run) {
    const auto before = known();
    if (!run) {
        run_ = run.error().message;
    } else if (!run->busy) {
        run_.clear();
        pull_ = run->pull.stop;
        const auto& delivery = run->delivery;
        // Where all that is left waits for its time, nobody has asked the portal.
        const bool asked = delivery.delivered > delivery.without_call || delivery.refused > 0;
        if (!delivery.stop.empty())
            delivery_ = delivery.stop_log.empty() ? delivery.stop : delivery.stop_log;
        else if (asked || run->left == 0)
            delivery_.clear();
    }
    const auto now = known();
    News news;
    std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                        std::back_inserter(news.begun));
    std::set_difference(before.begin(), before.end(), now.begin(), now.end(),
                        std::back_inserter(news.ended));
    return news;
}

std::set<std::string> Troubles::known() const {
    std::set<std::string> all;
    for (const auto* one : {&run_, &pull_, &delivery_})
        if (!one->empty()) all.insert(*one);
    return all;
}

}  // namespace dvcsync::sync
