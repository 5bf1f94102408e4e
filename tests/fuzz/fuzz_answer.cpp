// The answer of the portal is the one input that a stranger writes: whatever it holds, reading it
// ends, and gives one outcome for each item. The first byte chooses what is asked of it.
#include <cstdio>
#include <cstdlib>

#include "connector/base/limits.h"
#include "connector/portal/answer.h"

namespace {

using namespace dvcsync;
using namespace dvcsync::portal;

void need(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

std::shared_ptr<const ProfileData> load(const char* file) {
    auto data = read_profile(file);
    if (!data) std::fprintf(stderr, "%s\n", data.error().message.c_str());
    need(data.has_value(), "the profile loads");
    return *data;
}

void check(const Outcome& outcome) {
    need(outcome.message.size() <= 4 * limits::max_message + 3, "messages are cut");
    need(!outcome.code.empty(), "every outcome has a code");
    need(!outcome.retry_after || *outcome.retry_after <= limits::max_retry_after, "waits are cut");
}

template <class T>
void check_question(const Told<T>& told) {
    if (!told || *told) return;
    check(told->error());
    need(told->error().verdict != Verdict::InDoubt, "a question is never in doubt");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto mapi = load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml");
    static const auto wrapped = load(DVC_SOURCE_DIR "/tests/data/portal/thanhhoa.xml");
    static const auto token = load(DVC_SOURCE_DIR "/tests/data/portal/token.xml");
    static const std::vector<Item> items{{"A", R"({"MaHoSo":"A"})"}, {"B", R"({"MaHoSo":"B"})"}};
    if (size == 0) return 0;
    const int choice = data[0];
    Reply reply;
    reply.status = (choice & 0x40) != 0 ? 100 + (choice & 0x3f) * 8 : 200;
    reply.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    reply.retry_after = reply.body.substr(0, 40);
    const auto& profile = (choice & 0x20) != 0 ? *wrapped : (choice & 0x04) != 0 ? *token : *mapi;
    const UtcTime now{std::chrono::seconds(1'551'398'400)};

    const std::size_t count = (choice & 0x10) != 0 ? 2 : 1;
    const auto& push = *profile.push(Operation::PushDossier, (choice & 8) != 0);
    const auto pushed =
        read_push(profile, push, reply, std::span(items).first(count), (choice & 8) != 0, now);
    if (pushed) {
        need(pushed->size() == count, "one outcome for each item");
        for (const auto& outcome : *pushed) {
            check(outcome);
            need(count > 1 || outcome.verdict != Verdict::Alone,
                 "a single item is never told to go alone");
            need(reply.status == 200 || outcome.verdict != Verdict::Accepted, "only 200 accepts");
        }
    }
    if (profile.ask) check_question(read_ask(profile, reply, "A", now));
    if (profile.next_code) {
        const auto given = read_next_code(profile, reply, now);
        check_question(given);
        if (given && *given)
            need(!(*given)->empty() && (*given)->find_first_of(" \"\n") == std::string::npos,
                 "a code is plain");
    }
    if (profile.upload) {
        const auto file = read_upload(profile, reply, sha256(reply.body), now);
        check_question(file);
        if (file && *file)
            need(!(*file)->id.empty() && (*file)->id.find_first_of(" \"\n") == std::string::npos,
                 "a file's id is plain");
    }
    if (const auto page = profile.list ? read_list(profile, reply, now) : Told<Page>();
        profile.list) {
        check_question(page);
        if (page && *page) {
            const auto most = static_cast<std::size_t>(profile.list->page_size);
            need((*page)->rows.size() <= most, "a page holds no more than was asked for");
            for (const auto& row : (*page)->rows)
                need(!row.code.empty(), "every dossier of a page has a code");
        }
    }
    if (profile.login) {
        const auto login = read_login(profile, reply, now);
        if (login)
            need(!login->session.empty(), "a session is never empty");
        else
            check(login.error());
    }
    return 0;
}
