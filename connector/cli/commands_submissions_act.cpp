// submissions retry, release, dismiss, unlink, relink.
#include <fmt/format.h>

#include "connector/cli/commands.h"
#include "connector/cli/commands_parked.h"
#include "connector/cli/exit_codes.h"
#include "connector/cli/text.h"
#include "connector/sync/people_submissions.h"

namespace dvcsync::cli {
namespace {

using sync::SubmissionAct;

struct Words {
    const char* member;  // of the JSON answer
    const char* text;    // follows "3 submissions"
};

Words words_of(SubmissionAct what) {
    switch (what) {
        case SubmissionAct::Retry:
            return {"due", "due at once: the next dvcsync sync pull-submissions goes on with it"};
        case SubmissionAct::Release:
            return {"released",
                    "released, for the next dvcsync sync pull-submissions: what was held goes "
                    "without the files that break a rule, and waits for those that may still come; "
                    "what was waiting goes without those that cannot be had"};
        case SubmissionAct::Dismiss:
            break;
    }
    return {"dismissed", "dismissed: the province does not get it"};
}

int act(const Options& options, SubmissionAct what) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    const auto chosen = sync::choose(connector->ledger->submissions(), options.submissions);
    if (!chosen) return complain(options, chosen.error());
    if (chosen->total == 0) {
        return nothing_done(options, chosen->not_chosen.empty()
                                         ? fmt::format("nothing is held or waiting that fits {}",
                                                       sync::words_of(options.selection))
                                         : fmt::format("{}", fmt::join(chosen->not_chosen, "\n")));
    }
    if (options.all_matching && !options.json) {
        fmt::print(stderr, "{} held, {} waiting\n", count_text(chosen->held),
                   count_text(chosen->waiting));
    }
    if (const int code = confirmed(options, chosen->total, "submission"); code != -1) return code;
    const auto touched =
        sync::act_on(*connector->ledger, *chosen, what, options.act, system_clock().now());
    if (!touched) return complain(options, touched.error());
    const Words words = words_of(what);
    if (options.json) {
        Json json;
        json.open();
        json.add(words.member, std::uint64_t{*touched});
        json.open_list("not_chosen");
        for (const auto& why : chosen->not_chosen)
            json.item(why);
        json.close_list();
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        fmt::print("{} {}\n", counted(*touched, "submission"), words.text);
        for (const auto& why : chosen->not_chosen)
            fmt::print(stderr, "dvcsync: {}\n", why);
    }
    return chosen->not_chosen.empty() ? exit_ok : exit_attention;
}

// One code at a time: whoever undoes a link has looked at it.
int change_link(const Options& options, bool undo) {
    auto connector = open_connector(options);
    if (!connector) return complain(options, connector.error());
    auto& submissions = connector->ledger->submissions();
    const auto& code = options.submissions.front().code;
    const auto now = system_clock().now();
    const auto link = undo ? submissions.unlink(code, options.act, now)
                           : submissions.relink(code, options.act, now);
    if (!link) {
        if (link.error().kind == ErrorKind::Config)
            return nothing_done(options, link.error().message);
        return complain(options, link.error());
    }
    if (options.json) {
        Json json;
        json.open();
        json.add("code", link->portal);
        json.add("local_code", link->local);
        json.add("linked", !undo);
        json.close();
        fmt::print("{}\n", json.text());
    } else {
        fmt::print("{} {} dossier {}: the next dvcsync sync goes by that\n", link->portal,
                   undo ? "is no longer linked with" : "is linked again with", link->local);
    }
    return exit_ok;
}

}  // namespace

int run_submissions_unlink(const Options& options) {
    return change_link(options, true);
}
int run_submissions_relink(const Options& options) {
    return change_link(options, false);
}
int run_submissions_retry(const Options& options) {
    return act(options, SubmissionAct::Retry);
}
int run_submissions_release(const Options& options) {
    return act(options, SubmissionAct::Release);
}
int run_submissions_dismiss(const Options& options) {
    return act(options, SubmissionAct::Dismiss);
}

}  // namespace dvcsync::cli
