// Links of files that are made anew for each listing: what of them tells contents apart.
#include <algorithm>
#include <utility>

#include "connector/base/text.h"
#include "connector/mapping/reading_data.h"

namespace dvcsync::mapping {
namespace {

const JsonValue* found(const JsonPaths& paths, const JsonValue& document, const JsonValue& here) {
    for (const auto& path : paths)
        if (const auto* const value = path.find(document, here);
            value != nullptr && !value->is_blank())
            return value;
    return nullptr;
}

// Of a hash of another form nobody knows whether it follows the content.
bool is_sha256(const JsonValue* value) {
    if (value == nullptr || value->kind != JsonValue::Kind::String) return false;
    const auto told = trimmed(value->text);
    return told.size() == 2 * Digest().size() && std::all_of(told.begin(), told.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

bool passes(std::string_view parameter, const std::vector<std::string>& passing) {
    const std::string name = caseless(parameter.substr(0, parameter.find('=')));
    return std::any_of(passing.begin(), passing.end(), [&](const std::string& one) {
        const std::string pattern = caseless(one);
        return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                      : name == pattern;
    });
}

// Without the parameters that pass; with a hash, which tells of every change, without any.
std::string lasting(std::string_view link, const std::vector<std::string>& passing, bool hashed) {
    const std::size_t fragment = std::min(link.find('#'), link.size());
    const std::size_t question = link.find('?');
    if (question >= fragment) return std::string(link);
    std::string kept(link.substr(0, question));
    char joint = '?';
    std::string_view query = link.substr(question + 1, fragment - question - 1);
    while (!hashed && !query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const auto parameter = query.substr(0, end);
        if (!passes(parameter, passing)) {
            kept += std::exchange(joint, '&');
            kept += parameter;
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    kept += link.substr(fragment);
    return kept;
}

class Links {
  public:
    explicit Links(const JsonValue& document) : document_(document) {}

    void collect(const std::vector<ReadRule>& rules, const JsonValue& here) {
        for (const auto& rule : rules) {
            if (rule.kind == ReadRule::Kind::List)
                each(rule, here, [&](const JsonValue& member) { collect(rule.children, member); });
            if (rule.kind != ReadRule::Kind::Files || rule.passing.empty()) continue;
            if (rule.from.empty())
                file(rule, here);
            else
                each(rule, here, [&](const JsonValue& member) { file(rule, member); });
        }
    }

    Instead instead;

  private:
    template <class Visit>
    void each(const ReadRule& rule, const JsonValue& here, Visit visit) {
        const JsonValue* const list = found(rule.from, document_, here);
        if (list == nullptr || list->kind != JsonValue::Kind::Array) return;
        list->each([&](const JsonValue& member) {
            if (member.kind == JsonValue::Kind::Object) visit(member);
        });
    }

    void file(const ReadRule& rule, const JsonValue& here) {
        const JsonValue* const link = found(rule.url, document_, here);
        if (link == nullptr || link->kind != JsonValue::Kind::String) return;
        const bool hashed = is_sha256(found(rule.hash, document_, here));
        instead[link] = lasting(link->text, rule.passing, hashed);
    }

    const JsonValue& document_;
};

}  // namespace

Instead lasting_links(const ReadingData& reading, const JsonValue& document,
                      const JsonValue& content) {
    Links links(document);
    links.collect(reading.rules, content);
    return std::move(links.instead);
}

}  // namespace dvcsync::mapping
