#include "connector/portal/callbacks.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/json_skim.h"
#include "connector/portal/profile_data.h"

namespace dvcsync::portal {

namespace {

// The first of the places that holds a usable code.
std::string code_in(const Skim& body, const std::vector<std::string>& places) {
    for (const auto& place : places) {
        const auto found = body.find(place);
        if (found == body.end() || found->second.cut) continue;
        const auto code = trimmed(found->second.text);
        if (is_code(code)) return std::string(code);
    }
    return {};
}

// What is said for {code} and {reason}; each in one pass, so that a code cannot bring a {reason}.
std::string filled(std::string_view form, std::string_view code, std::string_view reason) {
    std::string text;
    while (!form.empty()) {
        const auto at = std::min(form.find('{'), form.size());
        text += form.substr(0, at);
        form.remove_prefix(at);
        if (form.starts_with("{code}")) {
            text += code;
            form.remove_prefix(6);
        } else if (form.starts_with("{reason}")) {
            text += reason;
            form.remove_prefix(8);
        } else if (!form.empty()) {
            text += form.front();
            form.remove_prefix(1);
        }
    }
    return text;
}

std::string clean(std::string_view text, std::size_t most) {
    return is_utf8(text) ? excerpt(text, most) : std::string();
}

std::string object_of(const CallbackRules& rules, const AnswerForm& form,
                      const std::string& message) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    const auto size = [](const std::string& text) {
        return static_cast<rapidjson::SizeType>(text.size());
    };
    writer.StartObject();
    writer.Key(rules.code.data(), size(rules.code));
    if (form.number)
        writer.RawValue(form.code.data(), form.code.size(), rapidjson::kNumberType);
    else
        writer.String(form.code.data(), size(form.code));
    writer.Key(rules.message.data(), size(rules.message));
    writer.String(message.data(), size(message));
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

template <class Name>
std::vector<std::string> each_once(const CallbackRules& rules, const Name& names_of) {
    std::vector<std::string> all;
    for (const auto& callback : rules.callbacks)
        names_of(callback, all);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

}  // namespace

bool is_download_id(std::string_view id) {
    const auto good = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-';
    };
    return !id.empty() && id.size() <= limits::max_download_id &&
           std::all_of(id.begin(), id.end(), good);
}

Callbacks::Kind Callbacks::Match::kind() const {
    return callback_->kind;
}

const std::string& Callbacks::Match::name() const {
    return callback_->name;
}

Callbacks::Body Callbacks::Match::reading_for(std::string_view body) const {
    auto places = callback_->codes;
    if (!callback_->service.empty()) places.push_back(callback_->service);
    Body said;
    const auto skimmed = skim(body, places, 4 * limits::max_service_name);
    if (!skimmed) {
        said.reason = skimmed.error();
        return said;
    }
    said.code = code_in(*skimmed, callback_->codes);
    if (callback_->kind == Kind::Question) {
        said.what = Body::What::Known;
        said.reading = callback_->answer;
        return said;
    }
    std::string service;
    if (const auto found = skimmed->find(callback_->service); found != skimmed->end()) {
        service = trimmed(found->second.text);
        said.service = excerpt(service, limits::max_service_name);
        if (found->second.cut) service.clear();
    }
    const auto& readings = callback_->readings;
    auto reading = std::find_if(readings.begin(), readings.end(), [&](const auto& one) {
        return !one.service.empty() && one.service == service;
    });
    if (reading == readings.end())
        reading = std::find_if(readings.begin(), readings.end(),
                               [](const auto& one) { return one.service.empty(); });
    said.what = reading == readings.end() ? Body::What::UnknownService : Body::What::Known;
    if (reading != readings.end()) said.reading = reading->name;
    return said;
}

std::optional<Callbacks::Match> Callbacks::match(std::string_view path) const {
    for (const auto& prefix : data_->callbacks->prefixes) {
        if (!path.starts_with(prefix)) continue;
        const auto rest = path.substr(prefix.size());
        for (const auto& callback : data_->callbacks->callbacks) {
            if (callback.kind != Kind::File) {
                if (rest == callback.name) return Match(data_, callback, {});
                continue;
            }
            if (!rest.starts_with(callback.name + '/')) continue;
            const auto id = rest.substr(callback.name.size() + 1);
            if (is_download_id(id)) return Match(data_, callback, std::string(id));
        }
    }
    return std::nullopt;
}

Callbacks::Reply Callbacks::answer(Said said, std::string_view code,
                                   std::string_view reason) const {
    const auto& rules = *data_->callbacks;
    const auto& form = rules.forms[static_cast<std::size_t>(said)];
    Reply reply;
    reply.status = form.status;
    reply.retry_after = form.retry_after;
    if (form.json) {
        const auto message =
            filled(form.text, clean(code, limits::max_code), clean(reason, limits::max_message));
        reply.content_type = rules.content_type;
        reply.body = object_of(rules, form, message);
    } else if (!form.text.empty()) {
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = form.text;
    }
    return reply;
}

std::vector<std::string> Callbacks::readings() const {
    return each_once(*data_->callbacks, [](const Callback& callback, auto& all) {
        for (const auto& reading : callback.readings)
            all.push_back(reading.name);
    });
}

std::vector<std::string> Callbacks::question_answers() const {
    return each_once(*data_->callbacks, [](const Callback& callback, auto& all) {
        if (callback.kind == Kind::Question) all.push_back(callback.answer);
    });
}

}  // namespace dvcsync::portal
