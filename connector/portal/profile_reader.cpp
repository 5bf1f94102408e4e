#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/profile_data.h"
#include "connector/portal/profile_file.h"

namespace dvcsync::portal {

namespace {

// Which sources a value may have in one part of the file.
using Sources = std::initializer_list<Source>;

constexpr std::pair<std::string_view, Source> source_words[] = {
    {"session", Source::Session},   {"service", Source::Service}, {"updating", Source::Updating},
    {"data", Source::Data},         {"code", Source::Code},       {"username", Source::Username},
    {"password", Source::Password},
};

constexpr std::pair<std::string_view, Meaning> meaning_words[] = {
    {"accepted", Meaning::Accepted}, {"exists", Meaning::Exists},
    {"missing", Meaning::Missing},   {"session-expired", Meaning::SessionExpired},
    {"retry", Meaning::Retry},       {"refused", Meaning::Refused},
    {"in-doubt", Meaning::InDoubt},  {"misconfigured", Meaning::Misconfigured},
};

template <class Words>
auto find_word(const Words& words, std::string_view word) {
    return std::find_if(std::begin(words), std::end(words),
                        [&](const auto& pair) { return pair.first == word; });
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!(text = trimmed(text)).empty()) {
        const auto end = std::min(text.find_first_of(" \t\r\n"), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Headers that frame the message: the transport writes them, a profile must not.
bool is_framing(std::string_view header) {
    const std::string_view framing[] = {
        "host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade"};
    return std::find(std::begin(framing), std::end(framing), caseless(header)) != std::end(framing);
}

bool is_header_name(std::string_view name) {
    const auto good = [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '_';
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), good);
}

class Reader {
  public:
    void read(pugi::xml_node root) {
        file.only(root, {"name"},
                  {"setting", "endpoint", "parameter", "login", "push", "ask", "answer"});
        data.name = file.required(root, "name");
        names(root, "setting", data.settings);
        names(root, "endpoint", data.endpoints);
        for (const auto node : root.children("parameter"))
            data.parameters.push_back(parameter(
                node, {Source::Session, Source::Setting, Source::Service, Source::Updating}));
        if (const auto node = file.one(root, "login")) login(node);
        if (const auto node = file.one(root, "push"))
            push(node);
        else
            file.fault(root, "<profile> needs a <push>");
        if (const auto node = file.one(root, "ask")) ask(node);
        if (const auto node = file.one(root, "answer"))
            answer(node);
        else
            file.fault(root, "<profile> needs an <answer>");
        check_use(root);
    }

    ProfileFile file;
    ProfileData data;

  private:
    void names(pugi::xml_node root, const char* element, std::vector<std::string>& into) {
        for (const auto node : root.children(element)) {
            file.only(node, {"name"}, {});
            auto name = file.required(node, "name");
            if (std::find(into.begin(), into.end(), name) != into.end())
                file.fault(node, fmt::format("{} \"{}\" is declared twice", element, name));
            into.push_back(std::move(name));
        }
    }

    std::string endpoint(pugi::xml_node node) {
        auto name = file.required(node, "endpoint");
        if (!name.empty() &&
            std::find(data.endpoints.begin(), data.endpoints.end(), name) == data.endpoints.end())
            file.fault(node, fmt::format("endpoint \"{}\" is not declared", name));
        used_endpoints_.insert(name);
        return name;
    }

    // A value: value="literal" or from="source"; literals are allowed everywhere.
    void value(pugi::xml_node node, Sources allowed, Field& field) {
        const auto from = file.optional(node, "from");
        if (node.attribute("value")) {
            field.text = node.attribute("value").value();
            if (!from.empty()) file.fault(node, "give either value=\"…\" or from=\"…\"");
            return;
        }
        if (from.starts_with("setting:")) {
            field.source = Source::Setting;
            field.text = from.substr(8);
            used_settings_.insert(field.text);
            if (std::find(data.settings.begin(), data.settings.end(), field.text) ==
                data.settings.end())
                file.fault(node, fmt::format("setting \"{}\" is not declared", field.text));
        } else if (const auto word = find_word(source_words, from);
                   word != std::end(source_words)) {
            field.source = word->second;
        } else {
            file.fault(node, fmt::format("from=\"{}\": no such source; see connector/portal/"
                                         "README.md, or give value=\"…\"",
                                         from));
            return;
        }
        if (std::find(allowed.begin(), allowed.end(), field.source) == allowed.end())
            file.fault(node, fmt::format("from=\"{}\" has no meaning here", from));
        if (field.source == Source::Updating) uses_updating_ = true;
        if (field.source == Source::Session) {
            uses_session_ = true;
            if (!node.root().child("profile").child("login"))
                file.fault(node, "from=\"session\" needs a <login>");
        }
    }

    Field parameter(pugi::xml_node node, Sources allowed) {
        file.only(node, {"name", "in", "value", "from"}, {});
        Field field;
        field.name = file.required(node, "name");
        const auto place = file.required(node, "in");
        field.in_query = place == "query";
        if (!field.in_query && place != "header" && !place.empty())
            file.fault(node, fmt::format("in=\"{}\": say \"header\" or \"query\"", place));
        if (!field.in_query && !field.name.empty()) {
            if (!is_header_name(field.name))
                file.fault(node, fmt::format("\"{}\" cannot be a header name", field.name));
            else if (is_framing(field.name))
                file.fault(node,
                           fmt::format("header \"{}\" is written by the program", field.name));
        }
        value(node, allowed, field);
        return field;
    }

    std::vector<Field> members(pugi::xml_node parent, Sources allowed) {
        std::vector<Field> fields;
        std::set<std::string> seen;
        for (const auto node : parent.children("member")) {
            file.only(node, {"name", "value", "from"}, {});
            Field field;
            field.name = file.required(node, "name");
            if (!seen.insert(field.name).second)
                file.fault(node, fmt::format("member \"{}\" stands here twice", field.name));
            value(node, allowed, field);
            fields.push_back(std::move(field));
        }
        return fields;
    }

    void login(pugi::xml_node node) {
        file.only(node, {"endpoint", "session"}, {"member"});
        Login& login = data.login.emplace();
        login.endpoint = endpoint(node);
        login.session = file.required(node, "session");
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
    }

    void operation(pugi::xml_node node) {
        file.only(node,
                  {"name", "service", "endpoint", "batch", "key", "updating", "data", "doubt"}, {});
        Push push;
        push.service = file.optional(node, "service");
        push.endpoint = endpoint(node);
        push.key = file.required(node, "key");
        push.updating = file.yes_no(node, "updating");
        const std::string_view doubt = node.attribute("doubt").as_string("resend");
        push.repeatable = doubt == "resend";
        if (!push.repeatable && doubt != "park")
            file.fault(node, fmt::format("doubt=\"{}\": resend or park", doubt));
        const auto batch = file.required(node, "batch");
        push.batch = whole_number(batch).value_or(0);
        if (!batch.empty() && (push.batch < 1 || push.batch > limits::max_batch))
            file.fault(node, fmt::format("batch=\"{}\": a whole number from 1 to {}", batch,
                                         limits::max_batch));
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
        auto& slot = data.pushes[static_cast<std::size_t>(*known)];
        if (slot) file.fault(node, fmt::format("operation \"{}\" stands here twice", name));
        slot = std::move(push);
    }

    void ask(pugi::xml_node node) {
        file.only(node, {"endpoint", "service", "known", "method"}, {"member", "parameter"});
        Ask& ask = data.ask.emplace();
        ask.endpoint = endpoint(node);
        ask.service = file.optional(node, "service");
        ask.known = file.required(node, "known");
        const auto method = file.optional(node, "method");
        ask.get = method == "get";
        if (!ask.get && method != "post" && !method.empty())
            file.fault(node, fmt::format("method=\"{}\": say \"post\" or \"get\"", method));
        const Sources allowed = {Source::Session, Source::Setting, Source::Service, Source::Code};
        ask.members = members(node, allowed);
        for (const auto child : node.children("parameter"))
            ask.parameters.push_back(parameter(child, allowed));
        if (ask.get && !ask.members.empty()) file.fault(node, "a GET has no <member>");
        const auto names_it = [](const Field& field) { return field.source == Source::Code; };
        if (std::none_of(ask.members.begin(), ask.members.end(), names_it) &&
            std::none_of(ask.parameters.begin(), ask.parameters.end(), names_it))
            file.fault(node, "<ask> never names the dossier: from=\"code\" is missing");
    }

    std::optional<Meaning> meaning(pugi::xml_node node) {
        const auto word = file.required(node, "outcome");
        const auto found = find_word(meaning_words, word);
        if (found != std::end(meaning_words)) return found->second;
        if (!word.empty()) file.fault(node, fmt::format("outcome=\"{}\": no such outcome", word));
        return std::nullopt;
    }

    void answer(pugi::xml_node node) {
        file.only(node, {"code", "message", "wrapped"}, {"rule", "lines", "status"});
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
            const auto code = whole_number(word);
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
            if (!used_settings_.contains(file.optional(node, "name")))
                file.fault(
                    node, fmt::format("setting \"{}\" is never used", file.optional(node, "name")));
        for (const auto node : root.children("endpoint"))
            if (!used_endpoints_.contains(file.optional(node, "name")))
                file.fault(node, fmt::format("endpoint \"{}\" is never used",
                                             file.optional(node, "name")));
        if (any_updating_ && !uses_updating_)
            file.fault(root.child("push"),
                       "an operation says updating=\"yes\", but nothing is sent "
                       "from=\"updating\"");
        if (data.login && !uses_session_)
            file.fault(root.child("login"),
                       "the session is never sent: from=\"session\" is missing");
    }

    std::set<std::string> used_settings_;
    std::set<std::string> used_endpoints_;
    bool uses_updating_ = false;
    bool uses_session_ = false;
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

Result<std::shared_ptr<const ProfileData>> read_profile(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(text, read_file(file, limits::max_mapping_file));
    Reader reader;
    if (const auto root = reader.file.parse(file.string(), std::move(text), "profile"))
        reader.read(root);
    if (!reader.file.faultless()) return fail(ErrorKind::Config, reader.file.faults());
    return std::make_shared<const ProfileData>(std::move(reader.data));
}

}  // namespace dvcsync::portal
