#include "connector/portal/envelope.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace dvcsync::portal {

namespace {

void append_text(std::string& json, std::string_view text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    json.append(buffer.GetString(), buffer.GetSize());
}

void append_encoded(std::string& target, std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            target.push_back(c);
        } else {
            target.push_back('%');
            target.push_back(digits[byte >> 4]);
            target.push_back(digits[byte & 15]);
        }
    }
}

std::optional<std::string_view> unless_empty(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::string data_of(const Push& push, std::span<const Item> items) {
    if (push.single) return std::string(items.front().document);
    std::size_t size = 2;
    for (const auto& item : items)
        size += item.document.size() + 1;
    std::string data;
    data.reserve(size);
    data.push_back('[');
    for (const auto& item : items) {
        if (data.size() > 1) data.push_back(',');
        data.append(item.document);
    }
    data.push_back(']');
    return data;
}

}  // namespace

std::optional<std::string_view> value_of(const Field& field, const Values& values) {
    switch (field.source) {
        case Source::Literal:
            return field.text;
        case Source::Setting: {
            const auto found = values.settings.settings.find(field.text);
            if (found == values.settings.settings.end()) return std::nullopt;
            return found->second;
        }
        case Source::Session:
            return unless_empty(values.session);
        case Source::Service:
            return unless_empty(values.service);
        case Source::Code:
            return unless_empty(values.code);
        case Source::From:
        case Source::Since:
            return unless_empty(values.from);
        case Source::Until:
            return unless_empty(values.until);
        case Source::Page:
            return unless_empty(values.page);
        case Source::PageSize:
            return unless_empty(values.page_size);
        case Source::Updating:
            if (!values.updating) return std::nullopt;
            return *values.updating ? values.profile.word_known : values.profile.word_new;
        case Source::Username:
            return values.settings.username;
        case Source::Password:
            return values.settings.password;
        case Source::Data:
            break;  // placed by object_of
    }
    return std::nullopt;
}

std::string object_of(std::span<const Field> fields, const Values& values, std::string_view data) {
    std::string json;
    json.reserve(data.size() + 512);
    json.push_back('{');
    for (const auto& field : fields) {
        const auto value = value_of(field, values);
        if (!value && field.source != Source::Data) continue;
        if (json.size() > 1) json.push_back(',');
        append_text(json, field.name);
        json.push_back(':');
        if (field.source == Source::Data)
            json.append(data);
        else
            append_text(json, *value);
    }
    json.push_back('}');
    return json;
}

std::string push_body(const Push& push, std::span<const Item> items, const Values& values) {
    auto data = data_of(push, items);
    if (values.profile.bare) return data;
    return object_of(push.members, values, data);
}

std::string target_of(std::string_view path, std::span<const Field> fields, const Values& values) {
    std::string target(path);
    char separator = path.find('?') == std::string_view::npos ? '?' : '&';
    for (const auto& field : fields) {
        const auto value = field.in_query ? value_of(field, values) : std::nullopt;
        if (!value) continue;
        target.push_back(separator);
        append_encoded(target, field.name);
        target.push_back('=');
        append_encoded(target, field.prefix);
        append_encoded(target, *value);
        separator = '&';
    }
    return target;
}

std::vector<std::pair<std::string, std::string>> headers_of(std::span<const Field> fields,
                                                            const Values& values) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& field : fields)
        if (const auto value = field.in_query ? std::nullopt : value_of(field, values))
            headers.emplace_back(field.name, field.prefix + std::string(*value));
    return headers;
}

std::string form_of(std::span<const Field> fields, const Values& values) {
    std::string form;
    for (const auto& field : fields) {
        const auto value = value_of(field, values);
        if (!value) continue;
        if (!form.empty()) form.push_back('&');
        append_encoded(form, field.name);
        form.push_back('=');
        append_encoded(form, *value);
    }
    return form;
}

std::string multipart_of(std::span<const Field> fields, const Values& values, std::string_view part,
                         const FileToSend& file, std::string_view boundary) {
    constexpr std::size_t heads = 1024;
    std::string form;
    form.reserve(file.content.size() + heads);
    for (const auto& field : fields) {
        const auto value = value_of(field, values);
        if (!value) continue;
        form += fmt::format(
            "--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            boundary, field.name, *value);
    }
    form += fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n"
        "Content-Type: {}\r\n\r\n",
        boundary, part, file.name, file.type);
    form += file.content;
    form += fmt::format("\r\n--{}--\r\n", boundary);
    return form;
}

bool is_object(std::string_view document) {
    return document.size() >= 2 && document.front() == '{' && document.back() == '}';
}

}  // namespace dvcsync::portal
