// Runs a compiled mapping over a record.
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <type_traits>
#include <unordered_set>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/plan.h"
#include "connector/mapping/quoting.h"
#include "connector/mapping/watch.h"

namespace dvcsync::mapping {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                               rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

bool may_hold_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        // 0xC2 leads the C1 range, 0xEF and 0xF0 to 0xF4 lead what is no character.
        return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte >= 0xEF;
    });
}

// The usual run is watched by nobody, at no cost.
struct NoWatch {
    static constexpr bool is_on = false;
};

// Gathers the files that a document names, whatever the portal took them as.
struct FileWatch {
    static constexpr bool is_on = false;
    std::vector<FileLink> files{};

    void named(std::string field, std::string_view link) {
        const auto same = [link](const FileLink& one) { return one.link == link; };
        if (std::none_of(files.begin(), files.end(), same))
            files.push_back({std::move(field), std::string(link)});
    }
};

template <class Watcher>
class Run {
  public:
    Run(const PlanData& plan, const RecordData& record, Watcher& watch)
        : plan_(plan), record_(record), cursor_(record), watch_(watch) {}

    tl::expected<std::vector<Document>, Refusal> all() {
        if (plan_.each)
            cursor_.each(*plan_.each, [&] {
                trail_.push_back(
                    {&plan_.each_name, cursor_.innermost().position, plan_.each->spec});
                if (applies(plan_.where))
                    document();
                else if constexpr (Watcher::is_on)
                    watch_.left_out(plan_.line, name_of(trail_, ""), *plan_.where);
                trail_.pop_back();
            });
        else
            document();
        check_keys();
        if (left_out_ > 0) faults_.push_back({"…", fmt::format("and {} more faults", left_out_)});
        if (!faults_.empty()) return tl::make_unexpected(Refusal{std::move(faults_)});
        return std::move(documents_);
    }

  private:
    void document() {
        buffer_.Clear();
        json_.Reset(buffer_);
        json_.StartObject();
        for (const auto& node : plan_.nodes)
            write(node);
        json_.EndObject();
        if (buffer_.GetSize() > limits::max_document)
            fault("", fmt::format("the document is larger than {} bytes", limits::max_document));
        if (faults_.empty())
            documents_.push_back(
                {key(), std::string(buffer_.GetString(), buffer_.GetSize()), said()});
    }

    Digest said() const {
        if (plan_.operation != Operation::PushStatus || !plan_.each) return {};
        std::string text;
        say(plan_.each->spec->members, cursor_.innermost(), text);
        return sha256(text);
    }

    // Empty values are as good as none.
    void say(const Scope& scope, const Frame& frame, std::string& text) const {
        for (std::size_t i = 0; i < scope.values.size(); ++i) {
            const auto value = trimmed(record_.values[frame.values + i]);
            if (!value.empty())
                text += fmt::format("{}={}:{};", scope.values[i].name, value.size(), value);
        }
        for (std::size_t i = 0; i < scope.lists.size(); ++i) {
            const ListSpec& list = scope.lists[i];
            for (auto at = record_.lists[frame.lists + i].first; at != no_frame;
                 at = record_.frames[at].next) {
                text += list.name + '[';
                say(list.members, record_.frames[at], text);
                text += ']';
            }
        }
    }

    std::string key() {
        std::string key;
        for (const auto& ref : plan_.key) {
            const auto part = trimmed(cursor_.raw(ref));
            if (part.empty())
                fault("", fmt::format("<{}> is empty, but it tells the documents apart",
                                      ref.spec->shown));
            if (!key.empty()) key += '-';
            key += part;
        }
        return key;
    }

    void check_keys() {
        std::unordered_set<std::string_view> seen;
        if (documents_.size() > 1)
            for (const auto& document : documents_)
                if (!seen.insert(document.key).second)
                    fault(plan_.each_name,
                          fmt::format("two members have the key {}", shown_value(document.key)));
    }

    void write(const Node& node) {
        switch (node.kind) {
            case Node::Kind::Field:
                json_.Key(node.to.data(), rapidjson::SizeType(node.to.size()));
                return watched(node, [&] { field(node); });
            case Node::Kind::Flag: {
                json_.Key(node.to.data(), rapidjson::SizeType(node.to.size()));
                return watched(node, [&] {
                    const auto held = node.flag.holds(cursor_);
                    if (!held) fault(node.to, held.error());
                    string(held && *held ? "1" : "0");
                });
            }
            case Node::Kind::Object:
                if (!applies(node.when)) {
                    if constexpr (Watcher::is_on)
                        watch_.left_out(node.line, name_of(trail_, node.to), *node.when);
                    return;
                }
                json_.Key(node.to.data(), rapidjson::SizeType(node.to.size()));
                return object(node, {&node.to, 0, nullptr});
            case Node::Kind::List:
                json_.Key(node.to.data(), rapidjson::SizeType(node.to.size()));
                return watched(node, [&] { list(node); });
            case Node::Kind::Item:
                return;  // list() writes them
        }
    }

    // Makes one member, and tells the watcher of it.
    template <class Make>
    void watched(const Node& node, Make make) {
        if constexpr (Watcher::is_on) {
            const std::size_t faults = faults_.size();
            const std::size_t start = buffer_.GetSize() + 1;  // behind the colon
            make();
            const std::string_view json(buffer_.GetString(), buffer_.GetSize());
            watch_.made(node, trail_, cursor_, json.substr(std::min(start, json.size())),
                        std::span(faults_).subspan(faults));
        } else {
            make();
        }
    }

    void object(const Node& node, Step step) {
        trail_.push_back(step);
        json_.StartObject();
        for (const auto& child : node.children)
            write(child);
        json_.EndObject();
        trail_.pop_back();
    }

    void list(const Node& node) {
        json_.StartArray();
        std::uint32_t written = 0;
        if (!applies(node.when)) {
            json_.EndArray();
            return;
        }
        if (!node.list) {
            for (const auto& item : node.children)
                if (applies(item.when))
                    object(item, {&node.to, ++written, nullptr});
                else if constexpr (Watcher::is_on)
                    watch_.left_out(item.line, name_of(trail_, node.to), *item.when);
        } else {
            cursor_.each(*node.list, [&] {
                const Step step{&node.to, cursor_.innermost().position, node.list->spec};
                if (applies(node.where)) {
                    ++written;
                    return object(node, step);
                }
                if constexpr (Watcher::is_on) {
                    trail_.push_back(step);
                    watch_.left_out(node.line, name_of(trail_, ""), *node.where);
                    trail_.pop_back();
                }
            });
        }
        json_.EndArray();
        if (node.required && written == 0)
            fault(node.to, fmt::format("required, but <{}> is empty", node.list->spec->shown));
    }

    bool applies(const std::optional<Condition>& condition) {
        if (!condition) return true;
        const auto held = condition->holds(cursor_);
        if (!held) fault("", held.error());
        return held && *held;
    }

    void field(const Node& node) {
        const bool applied = applies(node.when);
        const auto found = applied ? read(node) : std::string_view();
        if (!found) {
            fault(node.to, found.error());
            string("");  // keeps the writer in step; the document is not used
            return;
        }
        std::string_view text = *found;
        if (trimmed(text).empty()) {
            const bool required =
                node.required || (node.required_when && applies(node.required_when));
            if (required && applied && !node.fallback)
                fault(node.to, fmt::format("required, but <{}> is empty", shown(node)));
            text = node.fallback ? std::string_view(*node.fallback) : std::string_view();
        }
        if (node.max != 0 && text.size() > node.max)  // bytes ≥ code points
            if (const std::size_t size = length(text); size > node.max)
                fault(node.to,
                      fmt::format("is {} characters, at most {} are allowed", size, node.max));
        put(node, text);
    }

    // The text of a field before its form is checked; may point into scratch_.
    Parsed<std::string_view> read(const Node& node) {
        if (node.is_given) return std::string_view(record_.given);
        if (!node.from) return std::string_view(node.constant);
        if (node.date) {
            const auto at = read_date(cursor_, *node.from);
            if (!at) return tl::make_unexpected(at.error());
            if (!*at) return std::string_view();
            scratch_ = node.date->format(**at);
            return std::string_view(scratch_);
        }
        if (node.codes) return coded(node);
        if (node.form == Form::Bool) return read_word(cursor_, *node.from);
        std::string_view text = cursor_.raw(*node.from);
        if (node.uploaded != AsUploaded::No) return uploaded(node, trimmed(text));
        if (node.form != Form::Text) text = trimmed(text);
        if (!may_hold_controls(text)) return text;
        scratch_ = without_controls(text);
        return std::string_view(scratch_);
    }

    Parsed<std::string_view> uploaded(const Node& node, std::string_view link) {
        if (link.empty()) return link;
        const bool id = node.uploaded == AsUploaded::Id;
        if constexpr (std::is_same_v<Watcher, FileWatch>) {
            watch_.named(name_of(trail_, node.to), link);
            return id ? sample_file_id : sample_file_hash;
        }
        const auto file = record_.uploaded.find(link);
        if (file != record_.uploaded.end())
            return std::string_view(id ? file->second.id : file->second.hash);
        if (record_.sampled) return id ? sample_file_id : sample_file_hash;
        return tl::make_unexpected(
            std::string("the portal has not got the file yet, so there is no id to name it by"));
    }

    Parsed<std::string_view> coded(const Node& node) {
        auto local = read_word(cursor_, *node.from);
        if (!local || local->empty()) return local;
        std::optional<Date> on;
        if (node.on) {
            const auto at = read_date(cursor_, *node.on);
            if (!at)
                return tl::make_unexpected(fmt::format("code {} cannot be looked up by date: {}",
                                                       shown_value(*local), at.error()));
            if (*at) on = date_of(**at);
        }
        if (!node.within) return node.codes->find(*local, on);
        const auto within = read_word(cursor_, *node.within);
        if (!within) return within;
        return node.codes->find(*local, on, *within);
    }

    void put(const Node& node, std::string_view text) {
        if (node.form == Form::Bool) {
            json_.Bool(text == "yes");
        } else if (node.form == Form::Number) {
            const auto number = whole_number(text, true);
            if (!number && !text.empty())
                fault(node.to, fmt::format("<{}> is not a whole number", shown(node)));
            json_.Int64(number.value_or(0));
        } else {
            if (node.form == Form::Amount && !text.empty() && !whole_number(text, false))
                fault(node.to, fmt::format("<{}> is not a whole number of at most {} digits, "
                                           "without separators",
                                           shown(node), limits::max_amount_digits));
            if (!string(text)) fault(node.to, fmt::format("<{}> is not UTF-8", shown(node)));
        }
    }

    static std::string_view shown(const Node& node) {
        if (node.is_given) return given_code_name;
        return node.from ? std::string_view(node.from->spec->shown) : std::string_view("value");
    }

    bool string(std::string_view text) {
        // A view of nothing has no address, which the writer does not accept.
        return json_.String(text.empty() ? "" : text.data(), rapidjson::SizeType(text.size()));
    }

    void fault(std::string_view name, std::string reason) {
        if (faults_.size() >= limits::max_faults) {
            ++left_out_;
            return;
        }
        std::string field = name_of(trail_, name);
        if (field.empty()) field = plan_.kind->kind.name;
        faults_.push_back({std::move(field), std::move(reason)});
    }

    const PlanData& plan_;
    const RecordData& record_;
    Cursor cursor_;
    rapidjson::StringBuffer buffer_;
    Json json_{buffer_};
    std::string scratch_;
    Watcher& watch_;
    std::vector<Step> trail_;
    std::vector<Fault> faults_;
    std::size_t left_out_ = 0;
    std::vector<Document> documents_;
};

tl::expected<void, Refusal> check_kind(const PlanData& plan, const RecordData& record) {
    if (record.kind == plan.kind) return {};
    return tl::make_unexpected(Refusal{
        {{record.kind->kind.name, fmt::format("this mapping is for the record '{}' of the "
                                              "vocabulary '{}'",
                                              plan.kind->kind.name, plan.vocabulary->name)}}});
}

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text, bool negative_allowed) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    const bool negative = text.starts_with('-');
    const auto digits = text.substr(negative ? 1 : 0);
    if ((negative && !negative_allowed) || (digits.size() > 1 && digits.starts_with('0')) ||
        digits.size() > limits::max_amount_digits)
        return std::nullopt;
    return number;
}

std::string name_of(const std::vector<Step>& trail, std::string_view name) {
    std::string field;
    for (const auto& step : trail) {
        field += *step.name;
        if (step.position != 0) field += fmt::format("[{}]", step.position);
        field += '.';
    }
    field += name;
    if (name.empty() && !field.empty()) field.pop_back();
    return field;
}

tl::expected<std::vector<Document>, Refusal> run_watched(const PlanData& plan,
                                                         const RecordData& record, Watch& watch) {
    if (auto fits = check_kind(plan, record); !fits) return tl::make_unexpected(fits.error());
    return Run(plan, record, watch).all();
}

std::string Refusal::text() const {
    std::string all;
    for (const auto& fault : faults) {
        if (!all.empty()) all += "; ";
        all += fault.field + ": " + fault.reason;
    }
    return excerpt(all, limits::max_message);
}

tl::expected<std::vector<FileLink>, Refusal> Plan::files(const Record& record) const try {
    if (!data_->takes_files) return std::vector<FileLink>{};
    if (auto fits = check_kind(*data_, *record.data_); !fits)
        return tl::make_unexpected(fits.error());
    FileWatch watch;
    if (auto documents = Run(*data_, *record.data_, watch).all(); !documents)
        return tl::make_unexpected(std::move(documents).error());
    return std::move(watch.files);
} catch (const std::exception& e) {
    return tl::make_unexpected(Refusal{{{"", fmt::format("cannot be mapped: {}", e.what())}}});
}

tl::expected<std::vector<Document>, Refusal> Plan::run(const Record& record) const try {
    if (auto fits = check_kind(*data_, *record.data_); !fits)
        return tl::make_unexpected(fits.error());
    NoWatch nobody;
    return Run(*data_, *record.data_, nobody).all();
} catch (const std::exception& e) {
    return tl::make_unexpected(Refusal{{{"", fmt::format("cannot be mapped: {}", e.what())}}});
}

}  // namespace dvcsync::mapping
