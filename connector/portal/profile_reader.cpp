#include <fmt/format.h>

#include <algorithm>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/profile_data.h"
#include "connector/portal/profile_values.h"

namespace dvcsync::portal {

namespace {

constexpr std::pair<std::string_view, Meaning> meaning_words[] = {
    {"accepted", Meaning::Accepted}, {"exists", Meaning::Exists},
    {"missing", Meaning::Missing},   {"session-expired", Meaning::SessionExpired},
    {"retry", Meaning::Retry},       {"refused", Meaning::Refused},
    {"in-doubt", Meaning::InDoubt},  {"misconfigured", Meaning::Misconfigured},
};

class Reader : public ProfileValues {
  public:
    void read(pugi::xml_node root) {
        file.only(root, {"name", "base"},
                  {"setting", "endpoint", "parameter", "login", "push", "next-code", "upload",
                   "ask", "list", "answer", "submissions", "catalogue", "callbacks"});
        data.name = file.required(root, "name");
        for (const auto node : root.children("setting")) {
            file.only(node, {"name"}, {});
            name(node, data.settings);
        }
        for (const auto node : root.children("endpoint"))
            endpoint_declaration(node);
        for (const auto node : root.children("parameter"))
            data.parameters.push_back(parameter(
                node, {Source::Session, Source::Setting, Source::Service, Source::Updating}));
        if (const auto node = file.one(root, "login")) login(node);
        if (const auto node = file.one(root, "push"))
            push(node);
        else
            file.fault(root, "<profile> needs a <push>");
        if (const auto node = file.one(root, "next-code"))
            data.next_code = read_next_code_element(*this, node);
        if (const auto node = file.one(root, "upload"))
            data.upload = read_upload_element(*this, node);
        if (const auto node = file.one(root, "ask")) data.ask = read_ask_element(*this, node);
        if (const auto node = file.one(root, "list")) data.list = read_list_element(*this, node);
        if (const auto node = file.one(root, "submissions"))
            data.submissions = read_submissions_element(*this, node);
        if (const auto node = file.one(root, "catalogue"))
            data.catalogue = read_catalogue_element(*this, node);
        if (const auto node = file.one(root, "callbacks"))
            data.callbacks = read_callbacks_element(*this, node);
        if (const auto node = file.one(root, "answer"))
            answer(node);
        else
            file.fault(root, "<profile> needs an <answer>");
        check_use(root);
    }

  private:
    std::string name(pugi::xml_node node, std::vector<std::string>& into) {
        auto name = file.required(node, "name");
        if (std::find(into.begin(), into.end(), name) != into.end())
            file.fault(node, fmt::format("{} \"{}\" is declared twice", node.name(), name));
        return into.emplace_back(std::move(name));
    }

    void endpoint_declaration(pugi::xml_node node) {
        file.only(node, {"name", "calls-per-second", "burst"}, {});
        const auto declared = name(node, data.endpoints);
        const auto rate = file.optional(node, "calls-per-second");
        if (!node.attribute("calls-per-second")) {
            if (node.attribute("burst"))
                file.fault(node, "burst=\"…\" needs calls-per-second=\"…\"");
            return;
        }
        Profile::Pace pace;
        pace.per_second = number_of<double>(rate).value_or(0);
        if (!(pace.per_second >= limits::min_calls_per_second &&
              pace.per_second <= limits::max_calls_per_second))
            file.fault(node,
                       fmt::format("calls-per-second=\"{}\": a number from {} to {}", rate,
                                   limits::min_calls_per_second, limits::max_calls_per_second));
        if (node.attribute("burst")) pace.burst = whole(node, "burst", 1, limits::max_burst);
        data.paces[declared] = pace;
    }

    void login(pugi::xml_node node) {
        file.only(node, {"endpoint", "session", "body", "answer", "expires"}, {"member"});
        Login& login = data.login.emplace();
        login.endpoint = endpoint(node);
        login.session = file.required(node, "session");
        login.form = either(node, "body", "json", "form");
        login.token = either(node, "answer", "coded", "token");
        login.expires = file.optional(node, "expires");
        login.members = members(node, {Source::Setting, Source::Username, Source::Password});
        if (login.members.empty()) file.fault(node, "<login> needs a <member>");
    }

    void push(pugi::xml_node node) {
        file.only(node, {"body"}, {"member", "updating", "operation"});
        const auto body = file.required(node, "body");
        data.bare = body == "data";
        if (!data.bare && body != "envelope" && !body.empty())
            file.fault(node, fmt::format("body=\"{}\": say \"envelope\" or \"data\"", body));
        data.members = members(node, {Source::Session, Source::Setting, Source::Service,
                                      Source::Updating, Source::Data});
        const auto places =
            std::count_if(data.members.begin(), data.members.end(),
                          [](const Field& field) { return field.source == Source::Data; });
        if (data.bare && !data.members.empty())
            file.fault(node, "a body of bare data has no <member>");
        if (!data.bare && places != 1)
            file.fault(node, "the envelope needs exactly one <member from=\"data\">");
        if (const auto updating = file.one(node, "updating")) {
            file.only(updating, {"new", "known"}, {});
            data.word_new = file.required(updating, "new");
            data.word_known = file.required(updating, "known");
        }
        for (const auto child : node.children("operation"))
            operation(child);
        if (!node.child("operation")) file.fault(node, "<push> needs an <operation>");
        pair_up(node);
    }

    // A form for what is known needs one for what is new, and tells them apart by itself.
    void pair_up(pugi::xml_node node) {
        for (std::size_t i = 0; i < data.pushes.size(); ++i) {
            auto& known = data.known_pushes[i];
            if (!known) continue;
            const auto name = to_string(all_operations[i]);
            auto& first = data.pushes[i];
            if (!first) {
                file.fault(node, fmt::format("operation \"{}\" known=\"yes\" needs one without "
                                             "known, for what is new",
                                             name));
                continue;
            }
            if (first->updating || known->updating)
                file.fault(node,
                           fmt::format("operation \"{}\": updating=\"yes\" says nothing where "
                                       "new and known go different ways",
                                       name));
            first->paired = known->paired = true;
        }
    }

    // The common envelope, with the operation's own members before the data.
    std::vector<Field> envelope_of(pugi::xml_node node) {
        auto own = members(node, {Source::Session, Source::Setting, Source::Service});
        if (data.bare && !own.empty()) file.fault(node, "a body of bare data has no <member>");
        auto all = data.members;
        for (const auto& field : own)
            if (std::any_of(all.begin(), all.end(),
                            [&](const Field& other) { return other.name == field.name; }))
                file.fault(node,
                           fmt::format("the envelope has a member \"{}\" already", field.name));
        const auto place = std::find_if(all.begin(), all.end(), [](const Field& field) {
            return field.source == Source::Data;
        });
        all.insert(place, own.begin(), own.end());
        return all;
    }

    void operation(pugi::xml_node node) {
        file.only(
            node,
            {"name", "service", "endpoint", "batch", "key", "updating", "data", "doubt", "known"},
            {"member"});
        Push push;
        push.members = envelope_of(node);
        push.service = file.optional(node, "service");
        push.endpoint = endpoint(node);
        push.key = file.required(node, "key");
        push.updating = file.yes_no(node, "updating");
        const std::string_view doubt = node.attribute("doubt").as_string("resend");
        push.repeatable = doubt == "resend";
        if (!push.repeatable && doubt != "park")
            file.fault(node, fmt::format("doubt=\"{}\": resend or park", doubt));
        push.batch = whole(node, "batch", 1, limits::max_batch);
        if (const auto form = file.optional(node, "data"); !form.empty()) {
            push.single = form == "object";
            if (!push.single && form != "array")
                file.fault(node, fmt::format("data=\"{}\": say \"array\" or \"object\"", form));
            if (push.single && push.batch != 1)
                file.fault(node, "data=\"object\" holds one item, so batch=\"1\"");
        }
        if (push.updating && !node.parent().child("updating"))
            file.fault(node, "updating=\"yes\" needs <updating new=\"…\" known=\"…\"/>");
        any_updating_ = any_updating_ || push.updating;
        const auto name = file.required(node, "name");
        const auto known = operation_from(name);
        if (!known) {
            if (!name.empty()) file.fault(node, fmt::format("no operation is called \"{}\"", name));
            return;
        }
        const bool second = file.yes_no(node, "known");
        if (second && *known != Operation::PushDossier && *known != Operation::PushProcedure)
            file.fault(node,
                       "known=\"yes\" is for what goes as one document: push-dossier, "
                       "push-procedure");
        auto& slot = (second ? data.known_pushes : data.pushes)[static_cast<std::size_t>(*known)];
        if (slot) file.fault(node, fmt::format("operation \"{}\" stands here twice", name));
        slot = std::move(push);
    }

    std::optional<Meaning> meaning(pugi::xml_node node) {
        const auto word = file.required(node, "outcome");
        const auto found = find_word(meaning_words, word);
        if (found != std::end(meaning_words)) return found->second;
        if (!word.empty()) file.fault(node, fmt::format("outcome=\"{}\": no such outcome", word));
        return std::nullopt;
    }

    void answer(pugi::xml_node node) {
        file.only(node, {"code", "message", "wrapped", "statuses"}, {"rule", "lines", "status"});
        data.answer.code = file.required(node, "code");
        data.answer.message = file.optional(node, "message");
        data.answer.wrapped = file.optional(node, "wrapped");
        bool accepts = false;
        for (const auto child : node.children("rule")) {
            file.only(child, {"codes", "contains", "outcome"}, {});
            Rule rule;
            for (const auto& code : words_of(file.optional(child, "codes")))
                rule.codes.push_back(normal_code(code));
            rule.contains = caseless(file.optional(child, "contains"));
            const auto what = meaning(child);
            rule.meaning = what.value_or(Meaning::InDoubt);
            if (!rule.contains.empty() && data.answer.message.empty())
                file.fault(child, "contains=\"…\" needs message=\"…\" in <answer>");
            if (rule.codes.empty() && rule.contains.empty())
                file.fault(child, "<rule> needs codes=\"…\" or contains=\"…\"");
            // Success must never be guessed from words alone.
            if (what == Meaning::Accepted && rule.codes.empty())
                file.fault(child, "outcome=\"accepted\" needs codes=\"…\"");
            accepts = accepts || what == Meaning::Accepted;
            data.answer.rules.push_back(std::move(rule));
        }
        if (!accepts) file.fault(node, "<answer> needs a <rule outcome=\"accepted\">");
        if (const auto lines = file.one(node, "lines")) {
            file.only(lines, {"member", "code", "message"}, {});
            data.answer.lines =
                LineRules{file.required(lines, "member"), file.required(lines, "code"),
                          file.optional(lines, "message")};
        }
        for (const auto& word : words_of(file.optional(node, "statuses"))) {
            const auto status = number_of<int>(word);
            if (!status || *status < 400 || *status > 599)
                file.fault(node, fmt::format("statuses: \"{}\" is not an HTTP status from 400 to "
                                             "599",
                                             word));
            else
                data.answer.readable.insert(*status);
        }
        for (const auto child : node.children("status"))
            status(child);
    }

    void status(pugi::xml_node node) {
        file.only(node, {"codes", "outcome"}, {});
        const auto what = meaning(node);
        if (what == Meaning::Accepted || what == Meaning::Exists || what == Meaning::Missing)
            file.fault(node,
                       "an HTTP status can only fail: retry, refused, in-doubt, "
                       "misconfigured or session-expired");
        const auto codes = words_of(file.required(node, "codes"));
        for (const auto& word : codes) {
            const auto code = number_of<int>(word);
            if (!code || *code < 300 || *code > 599)
                file.fault(node, fmt::format("\"{}\" is not an HTTP status from 300 to 599", word));
            else if (!data.answer.status.emplace(*code, what.value_or(Meaning::InDoubt)).second)
                file.fault(node, fmt::format("HTTP status {} stands here twice", *code));
        }
    }

    // What is declared or promised must be used: else a setting is asked for that changes nothing,
    // or the portal never learns whether a record is new.
    void check_use(pugi::xml_node root) {
        for (const auto node : root.children("setting"))
            if (!used_settings.contains(file.optional(node, "name")))
                file.fault(
                    node, fmt::format("setting \"{}\" is never used", file.optional(node, "name")));
        for (const auto node : root.children("endpoint"))
            if (!used_endpoints.contains(file.optional(node, "name")))
                file.fault(node, fmt::format("endpoint \"{}\" is never used",
                                             file.optional(node, "name")));
        if (any_updating_ && !uses_updating)
            file.fault(root.child("push"),
                       "an operation says updating=\"yes\", but nothing is sent "
                       "from=\"updating\"");
        if (data.login && !uses_session)
            file.fault(root.child("login"),
                       "the session is never sent: from=\"session\" is missing");
    }

    bool any_updating_ = false;
};

}  // namespace

std::string normal_code(std::string_view text) {
    text = trimmed(text);
    auto digits = text;
    const bool minus = digits.starts_with('-');
    if (minus) digits.remove_prefix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
        return std::string(text);
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return (minus && digits != "0" ? "-" : "") + std::string(digits);
}

namespace {

// A profile that only names another one is spoken like that one.
Result<std::shared_ptr<const ProfileData>> read(const std::filesystem::path& file,
                                                std::size_t above) {
    DVC_TRY_ASSIGN(text, read_file(file, limits::max_mapping_file));
    Reader reader;
    const auto root = reader.file.parse(file.string(), std::move(text), "profile");
    const std::string base = root ? root.attribute("base").value() : "";
    const bool says_more = root && root.find_child([](pugi::xml_node node) {
        return node.type() == pugi::node_element;
    });
    if (!base.empty() && !says_more) {
        reader.file.only(root, {"name", "base"}, {});
        const auto name = reader.file.required(root, "name");
        const auto below_file = file.parent_path().parent_path() / base / "profile.xml";
        std::error_code none;
        if (base.starts_with('.') || base.find('/') != std::string::npos ||
            !std::filesystem::exists(below_file, none))
            reader.file.fault(root, fmt::format("base=\"{}\": there is no such profile beside this "
                                                "one",
                                                base));
        else if (above == limits::max_profile_bases)
            reader.file.fault(root, fmt::format("base=\"{}\": the profile stands on more than {} "
                                                "others, or on itself",
                                                base, limits::max_profile_bases));
        if (!reader.file.faultless()) return fail(ErrorKind::Config, reader.file.faults());
        DVC_TRY_ASSIGN(below, read(below_file, above + 1));
        ProfileData data = *below;
        data.name = name;
        return std::make_shared<const ProfileData>(std::move(data));
    }
    if (root) reader.read(root);
    if (!reader.file.faultless()) return fail(ErrorKind::Config, reader.file.faults());
    return std::make_shared<const ProfileData>(std::move(reader.data));
}

}  // namespace

Result<std::shared_ptr<const ProfileData>> read_profile(const std::filesystem::path& file) {
    return read(file, 0);
}

}  // namespace dvcsync::portal
