// Runs a compiled reading over a document.
#include <fmt/format.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/quoting.h"
#include "connector/mapping/reading_data.h"

namespace dvcsync::mapping {
namespace {

using Kind = JsonValue::Kind;

std::string_view text_of(const JsonValue& value) {
    return value.kind == Kind::String ? value.text : value.raw;
}

class Run {
  public:
    Run(const ReadingData& reading, const JsonValue& document, const Handing* handing)
        : reading_(reading),
          document_(document),
          content_(content_of(reading, document)),
          handing_(handing),
          read_{{}, Written(reading.record->scope), {}, true} {}

    Read all() {
        if (content_ == nullptr) {
            const JsonPath& path = reading_.content.front();
            essential(path.names.empty() ? "document" : path.shown,
                      "required, but there is no such object");
            return std::move(read_);
        }
        read_.national.kind = kind();
        apply(reading_.rules, *content_, read_.record, true);
        if (handing_ != nullptr) give(read_.record);
        if (left_out_ > 0)
            read_.faults.push_back({"…", fmt::format("and {} more faults", left_out_)});
        return std::move(read_);
    }

  private:
    struct Found {
        const JsonValue* value = nullptr;  // nullptr: nothing but blanks
        const JsonPath* path = nullptr;
    };

    Found find(const JsonPaths& paths, const JsonValue& here) const {
        for (const auto& path : paths)
            if (const auto* const value = path.find(document_, here);
                value != nullptr && !value->is_blank())
                return {value, &path};
        return {nullptr, paths.empty() ? nullptr : &paths.front()};
    }

    std::string kind() {
        for (const auto& rule : reading_.kinds) {
            const auto [value, path] = find(rule.when, *content_);
            if (value == nullptr) continue;
            const std::string word = caseless(value->is_nested() ? "{}" : text_of(*value));
            if (word == "true" || word == "1") return rule.kind;
            if (word != "false" && word != "0") essential(path->shown, "is neither true nor false");
        }
        return reading_.kind;
    }

    void apply(const std::vector<ReadRule>& rules, const JsonValue& here, Written& into,
               bool outermost) {
        for (const auto& rule : rules) {
            switch (rule.kind) {
                case ReadRule::Kind::Value:
                    value(rule, here, into, outermost);
                    break;
                case ReadRule::Kind::List:
                    list(rule, here, into);
                    break;
                case ReadRule::Kind::Files:
                    files(rule, here, into);
                    break;
                case ReadRule::Kind::Rest:
                    into.values[rule.slot] = rest(here);
                    break;
            }
        }
    }

    void value(const ReadRule& rule, const JsonValue& here, Written& into, bool outermost) {
        const Found found = find(rule.from, here);
        const JsonValue* const value = found.value;
        const std::string& shown = found.path->shown;
        const auto wrong = [&](std::string reason) {
            rule.required ? essential(shown, std::move(reason)) : fault(shown, std::move(reason));
        };
        if (value == nullptr) {
            if (rule.required) wrong("required, but empty");
            return;
        }
        if (rule.whole) {
            into.values[rule.slot] = value->raw;
            return;
        }
        if (value->is_nested()) return wrong("is an object or list, but a text is expected");
        std::string_view text = text_of(*value);
        if (rule.trim || rule.date || rule.value->words) text = trimmed(text);
        const auto written = province_text(rule, text, outermost);
        if (!written) return wrong(written.error());
        into.values[rule.slot] = *written;
        if (outermost) note(rule, *written, shown);
    }

    // In the province's own form.
    Parsed<std::string> province_text(const ReadRule& rule, std::string_view text, bool outermost) {
        if (rule.date != nullptr) {
            const auto at = rule.date->parse(text);
            if (!at)
                return tl::make_unexpected(fmt::format("{} is not a date of the form {}",
                                                       shown_date(text), rule.date->pattern()));
            if (outermost && reading_.known.filed == rule.slot) read_.national.filed = *at;
            return rule.value->date->forms.front().format(*at);
        }
        if (rule.codes == nullptr && rule.words.empty()) return std::string(text);
        const auto canonical = word(rule, text);
        if (!canonical) return tl::make_unexpected(canonical.error());
        if (rule.value->words == nullptr) return std::string(*canonical);
        return local(*rule.value->words, *canonical);
    }

    static Parsed<std::string_view> word(const ReadRule& rule, std::string_view text) {
        if (const auto at = rule.words.find(text); at != rule.words.end()) return at->second;
        if (rule.codes != nullptr) return rule.codes->back(text);
        return tl::make_unexpected(
            fmt::format("code {} has no <code> in the reading: add one", shown_value(text)));
    }

    static Parsed<std::string> local(const WordTable& words, std::string_view canonical) {
        if (const auto at = words.locals.find(canonical); at != words.locals.end())
            return at->second;
        return tl::make_unexpected(
            fmt::format("'{}' is not among the {}: add the word there", canonical, words.shown));
    }

    // What the connector itself wants to know.
    void note(const ReadRule& rule, const std::string& text, const std::string& shown) {
        const KnownSlots& known = reading_.known;
        if (known.procedure == rule.slot) read_.national.procedure = text;
        if (known.agency == rule.slot) read_.national.agency = text;
        if (known.code != rule.slot) return;
        if (length(text) > limits::max_code)
            essential(shown, fmt::format("is {} characters, at most {} are allowed", length(text),
                                         limits::max_code));
        if (std::any_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
            essential(shown, "holds control characters");
        read_.national.code = text;
    }

    // Calls visit(member) for each object of a list.
    template <class Visit>
    void members(const JsonPaths& from, const JsonValue& here, Visit visit) {
        const Found found = find(from, here);
        const JsonValue* const list = found.value;
        if (list == nullptr) return;
        const std::string& shown = found.path->shown;
        if (list->kind != Kind::Array) return essential(shown, "is not a list");
        std::size_t position = 0;
        list->each([&](const JsonValue& member) {
            if (++position > limits::max_list) return;
            const std::size_t length = trail_.size();
            trail_ += fmt::format("{}[{}].", shown, position);
            if (member.kind == Kind::Object)
                visit(member);
            else
                essential("", "is not an object");
            trail_.resize(length);
        });
        if (position > limits::max_list)
            essential(shown, fmt::format("more than {} members", limits::max_list));
    }

    void list(const ReadRule& rule, const JsonValue& here, Written& into) {
        members(rule.from, here, [&](const JsonValue& member) {
            Written& made = into.lists[rule.slot].emplace_back(rule.list->members);
            apply(rule.children, member, made, false);
        });
    }

    void files(const ReadRule& rule, const JsonValue& here, Written& into) {
        if (rule.from.empty()) return file(rule, here, into, false);
        members(rule.from, here, [&](const JsonValue& member) { file(rule, member, into, true); });
    }

    // A member of a list of files is a file even if it can be had from nowhere: it was promised.
    void file(const ReadRule& rule, const JsonValue& here, Written& into, bool promised) {
        NationalFile file{part(rule.id, here), part(rule.name, here), part(rule.url, here),
                          part(rule.base64, here), part(rule.hash, here)};
        const bool named = !file.id.empty() || !file.name.empty();
        if (file.url.empty() && file.base64.empty() && !(promised && named)) return;
        if (file.name.empty()) file.name = rule.title;
        Written& made = into.lists[rule.slot].emplace_back(rule.list->members);
        const auto set = [&](const std::optional<std::uint32_t>& slot, std::string text) {
            if (slot) made.values[*slot] = std::move(text);
        };
        const FilePlaces& places = rule.places;
        set(places.id, file.id);
        set(places.title, file.name);
        const std::size_t index = read_.national.files.size();
        read_.national.files.push_back(std::move(file));
        if (handing_ == nullptr || index >= handing_->files.size()) return;
        const StagedFile& staged = handing_->files[index];
        set(places.name, staged.name);
        set(places.note, staged.note);
        if (places.checked)
            set(places.checked,
                local(*places.yes_no, staged.checked ? "yes" : "no").value_or(std::string()));
        if (staged.name.empty()) return;
        set(places.size, std::to_string(staged.size));
        set(places.sha256, hex(staged.sha256));
        set(places.type, staged.type);
    }

    std::string part(const JsonPaths& paths, const JsonValue& here) {
        const auto [value, path] = find(paths, here);
        if (value == nullptr) return {};
        if (!value->is_nested()) return std::string(trimmed(text_of(*value)));
        essential(path->shown, "is an object or list, but a text is expected");
        return {};
    }

    // The members that no rule names, as an object. Where rules name only parts of a member, it is
    // among them: nothing that the citizen wrote gets lost.
    std::string rest(const JsonValue& here) const {
        std::string object;
        here.each([&](const JsonValue& member) {
            if (is_named(member.key)) return;
            object += object.empty() ? "{" : ",";
            object += fmt::format("{}:{}", quoted(member.key), member.raw);
        });
        return object.empty() ? object : object + "}";
    }

    static std::string quoted(std::string_view key) {
        std::string text = "\"";
        for (const char c : key) {
            if (c == '"' || c == '\\') text += '\\';
            if (static_cast<unsigned char>(c) < 0x20)
                text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else
                text += c;
        }
        return text + '"';
    }

    bool is_named(std::string_view member) const {
        const auto names = [&](const JsonPaths& paths) {
            return std::any_of(paths.begin(), paths.end(), [&](const JsonPath& path) {
                return !path.outside && path.names.size() == 1 && path.names[0] == member;
            });
        };
        const auto& apart = reading_.apart;
        return std::find(apart.begin(), apart.end(), member) != apart.end() ||
               std::any_of(reading_.kinds.begin(), reading_.kinds.end(),
                           [&](const auto& rule) { return names(rule.when); }) ||
               std::any_of(reading_.rules.begin(), reading_.rules.end(), [&](const ReadRule& rule) {
                   if (names(rule.from)) return true;
                   return rule.kind == ReadRule::Kind::Files && rule.from.empty() &&
                          (names(rule.id) || names(rule.name) || names(rule.url) ||
                           names(rule.base64) || names(rule.hash));
               });
    }

    void give(Written& record) {
        const KnownSlots& known = reading_.known;
        const auto& specs = reading_.record->scope.values;
        record.values[known.code] = handing_->code;
        record.values[known.revision] = std::to_string(handing_->revision);
        record.values[known.arrived] =
            specs[known.arrived].date->forms.front().format(handing_->arrived);
        record.values[known.kind] = read_.national.kind;
        if (specs[known.kind].words != nullptr)
            if (auto word = local(*specs[known.kind].words, read_.national.kind))
                record.values[known.kind] = *std::move(word);
        if (handing_->files.size() != read_.national.files.size())
            essential("files", fmt::format("{} are handed over, but the document names {}",
                                           handing_->files.size(), read_.national.files.size()));
    }

    void essential(std::string_view name, std::string reason) {
        read_.usable = false;
        fault(name, std::move(reason));
    }

    void fault(std::string_view name, std::string reason) {
        if (read_.faults.size() >= limits::max_faults) {
            ++left_out_;
            return;
        }
        std::string field = trail_ + std::string(name);
        if (field.ends_with('.')) field.pop_back();
        read_.faults.push_back({std::move(field), std::move(reason)});
    }

    const ReadingData& reading_;
    const JsonValue& document_;
    const JsonValue* content_;
    const Handing* handing_;
    Read read_;
    std::string trail_;  // "Papers[2]."
    std::size_t left_out_ = 0;
};

}  // namespace

const JsonValue* JsonPath::find(const JsonValue& document, const JsonValue& here) const {
    const JsonValue* at = outside ? &document : &here;
    for (const auto& name : names)
        if (at != nullptr) at = at->member(name);
    return at;
}

const JsonValue* content_of(const ReadingData& reading, const JsonValue& document) {
    for (const auto& path : reading.content)
        if (const auto* const found = path.find(document, document);
            found != nullptr && found->kind == Kind::Object)
            return found;
    return nullptr;
}

Read run_reading(const ReadingData& reading, const JsonValue& document, const Handing* handing) {
    return Run(reading, document, handing).all();
}

}  // namespace dvcsync::mapping
