// The element <callbacks>: what the portal calls by itself, and what it is answered.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/portal/profile_values.h"

namespace dvcsync::portal {

namespace {

using Said = Callbacks::Said;

constexpr std::pair<std::string_view, Callbacks::Kind> kind_words[] = {
    {"reading", Callbacks::Kind::Reading},
    {"question", Callbacks::Kind::Question},
    {"file", Callbacks::Kind::File},
};

constexpr std::pair<const char*, Said> said_words[] = {
    {"accepted", Said::Accepted},     {"duplicate", Said::Duplicate},
    {"refused", Said::Refused},       {"unknown-service", Said::UnknownService},
    {"unparsable", Said::Unparsable}, {"not-found", Said::NotFound},
    {"too-large", Said::TooLarge},    {"unavailable", Said::Unavailable},
    {"unanswered", Said::Unanswered},
};
static_assert(std::size(said_words) == Callbacks::said_count);

// What may stand in a path without being encoded.
bool is_path(std::string_view text) {
    const auto good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    };
    return std::all_of(text.begin(), text.end(), good) && text.find("//") == text.npos;
}

class CallbackReader {
  public:
    explicit CallbackReader(ProfileValues& in) : in_(in), file_(in.file) {}

    CallbackRules read(pugi::xml_node node) {
        file_.only(node, {}, {"prefix", "callback", "answers"});
        for (const auto child : node.children("prefix"))
            prefix(child);
        if (!node.child("prefix")) file_.fault(node, "<callbacks> needs a <prefix>");
        for (const auto child : node.children("callback"))
            callback(child);
        if (!node.child("callback")) file_.fault(node, "<callbacks> needs a <callback>");
        if (const auto child = file_.one(node, "answers"))
            answers(child);
        else
            file_.fault(node, "<callbacks> needs <answers>");
        return std::move(rules_);
    }

  private:
    void prefix(pugi::xml_node node) {
        file_.only(node, {"path"}, {});
        auto path = file_.required(node, "path");
        if (path.empty()) return;
        if (!path.starts_with('/') || !path.ends_with('/') || !is_path(path))
            file_.fault(node, fmt::format("path=\"{}\": begins and ends with /, and needs no "
                                          "encoding",
                                          path));
        auto& all = rules_.prefixes;
        if (std::find(all.begin(), all.end(), path) != all.end())
            file_.fault(node, fmt::format("prefix \"{}\" stands here twice", path));
        all.push_back(std::move(path));
    }

    void callback(pugi::xml_node node) {
        Callback callback;
        callback.name = file_.required(node, "name");
        const auto& name = callback.name;
        if (name.starts_with('/') || name.ends_with('/') || !is_path(name))
            file_.fault(node, fmt::format("name=\"{}\": a path without / at its ends that needs "
                                          "no encoding",
                                          name));
        const auto& all = rules_.callbacks;
        if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == name; }))
            file_.fault(node, fmt::format("callback \"{}\" stands here twice", name));
        const auto word = file_.optional(node, "kind");
        const auto kind = find_word(kind_words, word);
        if (kind != std::end(kind_words))
            callback.kind = kind->second;
        else if (!word.empty())
            file_.fault(
                node, fmt::format("kind=\"{}\": say \"reading\", \"question\" or \"file\"", word));
        callback.codes = words_of(file_.optional(node, "code"));
        switch (callback.kind) {
            case Callbacks::Kind::Reading:
                reading_callback(node, callback);
                break;
            case Callbacks::Kind::Question:
                file_.only(node, {"name", "kind", "code", "answer"}, {});
                file_.required(node, "code");
                callback.answer = mapping_name(file_, node, "answer");
                break;
            case Callbacks::Kind::File:
                file_.only(node, {"name", "kind"}, {});
                break;
        }
        rules_.callbacks.push_back(std::move(callback));
    }

    void reading_callback(pugi::xml_node node, Callback& callback) {
        file_.only(node, {"name", "kind", "service", "code"}, {"reading"});
        callback.service = file_.optional(node, "service");
        for (const auto child : node.children("reading")) {
            file_.only(child, {"service", "name"}, {});
            CallbackReading reading{file_.optional(child, "service"),
                                    mapping_name(file_, child, "name")};
            if (!reading.service.empty() && callback.service.empty())
                file_.fault(child, "service=\"…\" needs service=\"…\" in <callback>");
            const auto same = [&](const auto& one) { return one.service == reading.service; };
            if (std::any_of(callback.readings.begin(), callback.readings.end(), same))
                file_.fault(child,
                            reading.service.empty()
                                ? std::string("there are two readings for any service")
                                : fmt::format("service \"{}\" stands here twice", reading.service));
            callback.readings.push_back(std::move(reading));
        }
        if (callback.readings.empty()) file_.fault(node, "<callback> needs a <reading>");
    }

    void answers(pugi::xml_node node) {
        file_.only(node, {"content-type", "code", "message"},
                   {"accepted", "duplicate", "refused", "unknown-service", "unparsable",
                    "not-found", "too-large", "unavailable", "unanswered"});
        rules_.content_type = file_.required(node, "content-type");
        rules_.code = file_.required(node, "code");
        rules_.message = file_.required(node, "message");
        for (const auto& [word, said] : said_words) {
            if (const auto child = file_.one(node, word))
                rules_.forms[static_cast<std::size_t>(said)] = form(child);
            else
                file_.fault(node, fmt::format("<answers> needs <{}>", word));
        }
    }

    AnswerForm form(pugi::xml_node node) {
        file_.only(node, {"status", "text", "code", "number", "message", "retry-after"}, {});
        AnswerForm form;
        if (node.attribute("status")) form.status = in_.whole(node, "status", 200, 599);
        if (node.attribute("retry-after"))
            form.retry_after = in_.whole(node, "retry-after", 1, limits::max_callback_retry);
        form.json = node.attribute("code");
        if (!form.json) {
            if (node.attribute("message") || node.attribute("number"))
                file_.fault(node, "message=\"…\" and number=\"…\" need code=\"…\"");
            form.text = file_.optional(node, "text");
            return form;
        }
        if (node.attribute("text")) file_.fault(node, "give either text=\"…\" or code=\"…\"");
        form.code = file_.required(node, "code");
        form.text = file_.required(node, "message");
        form.number = file_.yes_no(node, "number");
        if (form.number && (!number_of<int>(form.code) || normal_code(form.code) != form.code))
            file_.fault(node, fmt::format("code=\"{}\" is not a whole number", form.code));
        check_places(node, form.text);
        return form;
    }

    void check_places(pugi::xml_node node, std::string_view text) {
        for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
            const auto place = text.substr(at, std::min(text.find('}', at), text.size()) + 1 - at);
            if (place != "{code}" && place != "{reason}")
                file_.fault(node, fmt::format("\"{}\": only {{code}} and {{reason}} can be filled "
                                              "in",
                                              place));
        }
    }

    ProfileValues& in_;
    ProfileFile& file_;
    CallbackRules rules_;
};

}  // namespace

std::string mapping_name(ProfileFile& file, pugi::xml_node node, const char* attribute) {
    auto name = file.required(node, attribute);
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!std::all_of(name.begin(), name.end(), good))
        file.fault(node, fmt::format("{}=\"{}\": a mapping's name has small letters, digits and - "
                                     "only",
                                     attribute, name));
    return name;
}

CallbackRules read_callbacks_element(ProfileValues& in, pugi::xml_node node) {
    return CallbackReader(in).read(node);
}

}  // namespace dvcsync::portal
