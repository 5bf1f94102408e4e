// What the portal answers to a question. Nothing is at stake at the portal, so whatever is unclear
// is only a question to repeat; but a wrong "unknown" would send a dossier as new, so the shape is
// checked before anything is believed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/portal/answer.h"
#include "connector/portal/question_parts.h"

namespace dvcsync::portal {

std::optional<std::string> scalar_of(const rapidjson::Value& value) {
    if (value.IsNull()) return std::string();
    if (value.IsString()) return std::string(trimmed(text_of(value)));
    if (value.IsBool()) return value.GetBool() ? "true" : "false";
    if (value.IsUint64()) return std::to_string(value.GetUint64());
    if (auto whole = code_of(&value); !whole.empty()) return whole;
    return std::nullopt;
}

std::string name_of(const rapidjson::Value& row, const std::string& code) {
    const auto* value = member(row, code);
    return value == nullptr ? std::string() : scalar_of(*value).value_or("");
}

namespace {

using rapidjson::Value;

Parsed<std::map<std::string, std::string>> compared(const std::vector<Compare>& compares,
                                                    const Value& row) {
    std::map<std::string, std::string> members;
    for (const auto& compare : compares) {
        const auto* value = member(row, compare.member);
        if (value == nullptr) continue;
        auto text = scalar_of(*value);
        if (!text) return wrong(fmt::format("holds no plain value in \"{}\"", compare.member));
        members.emplace(compare.with, *std::move(text));
    }
    return members;
}

// The row that speaks of `code`: the only one that does, or the only one there is where rows have
// no name.
Parsed<const Value*> find_row(const Ask& ask, const Value& held, std::string_view code) {
    if (!held.IsObject() && !held.IsArray()) return wrong("holds no dossier where one was due");
    const Value* found = nullptr;
    const auto take = [&](const Value& row) -> std::string_view {
        if (!row.IsObject()) return "holds something else than dossiers";
        const auto name = name_of(row, ask.code);
        if (!name.empty() && name != code) return "";  // of another dossier
        if (found != nullptr) return "speaks twice of the dossier";
        found = &row;
        return "";
    };
    std::string_view fault;
    if (held.IsObject())
        fault = take(held);
    else
        for (auto row = held.Begin(); row != held.End() && fault.empty(); ++row)
            fault = take(*row);
    if (!fault.empty()) return wrong(std::string(fault));
    if (found == nullptr) return wrong("speaks of another dossier than the one asked for");
    return found;
}

Parsed<Holding> holding_of(const Ask& ask, const Value& root, std::string_view code) {
    const auto* held = member(root, ask.known);
    if (held == nullptr && root.HasMember(ask.known.c_str()))
        return wrong(fmt::format("holds \"{}\" twice", ask.known));
    Holding holding{!is_empty(held), {}};
    if (!holding.known || (ask.code.empty() && ask.compares.empty())) return holding;
    DVC_TRY_ASSIGN(row, find_row(ask, *held, code));
    DVC_TRY_ASSIGN(members, compared(ask.compares, *row));
    holding.members = std::move(members);
    return holding;
}

Parsed<Page> page_of(const List& list, const Value& root) {
    const auto* rows = member(root, list.rows);
    // Nothing instead of an empty list could be any answer, and would make every dossier look lost.
    if (rows == nullptr || !rows->IsArray())
        return wrong(fmt::format("has no list in \"{}\"", list.rows));
    if (rows->Size() > static_cast<rapidjson::SizeType>(list.page_size))
        return wrong(fmt::format("lists {} dossiers, more than the {} of a page", rows->Size(),
                                 list.page_size));
    Page page;
    for (const auto& row : rows->GetArray()) {
        auto code = name_of(row, list.code);
        if (code.empty()) return wrong(fmt::format("lists a dossier without \"{}\"", list.code));
        if (code.size() > limits::max_code)
            return wrong(fmt::format("lists a dossier with an endless \"{}\"", list.code));
        DVC_TRY_ASSIGN(members, compared(list.compares, row));
        page.rows.push_back({std::move(code), std::move(members)});
    }
    page.more = rows->Size() == static_cast<rapidjson::SizeType>(list.page_size);
    return page;
}

// What the portal gives a thing to be called by: it becomes part of documents and of messages.
Parsed<std::string> given_in(const std::vector<std::string>& path, std::string_view what,
                             std::size_t longest, const Value& root) {
    const Value* at = &root;
    for (const auto& name : path)
        if (at != nullptr) at = member(*at, name);
    const auto where = fmt::format("{}", fmt::join(path, "/"));
    auto given = at == nullptr ? std::nullopt : scalar_of(*at);
    if (!given || given->empty()) return wrong(fmt::format("gives no {} in \"{}\"", what, where));
    const bool plain = std::all_of(given->begin(), given->end(),
                                   [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
    if (!plain || given->size() > longest)
        return wrong(fmt::format("gives what can be no {} in \"{}\"", what, where));
    return *std::move(given);
}

Parsed<UploadedFile> file_in(const Upload& upload, const Value& root) {
    UploadedFile file;
    DVC_TRY_ASSIGN(id, given_in(upload.id, "file's id", limits::max_file_reference, root));
    file.id = std::move(id);
    if (upload.hash.empty()) return file;
    DVC_TRY_ASSIGN(hash, given_in(upload.hash, "file's hash", limits::max_file_reference, root));
    file.hash = std::move(hash);
    return file;
}

tl::expected<UploadedFile, Outcome> told_of(const Upload& upload, const Value& root,
                                            const Digest& sent) {
    auto file = told(file_in(upload, root));
    if (!file || !upload.sha256 || caseless(file->hash) == hex(sent)) return file;
    return tl::make_unexpected(
        Outcome{Verdict::Retry,
                "hash",
                fmt::format("the portal's \"{}\" is not the SHA-256 of the file that was sent: it "
                            "did not arrive whole, or the portal hashes in another way (then take "
                            "check=\"sha-256\" out of <upload> in profile.xml)",
                            fmt::join(upload.hash, "/")),
                {}});
}

}  // namespace

Told<std::string> read_next_code(const ProfileData& profile, const Reply& reply, UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted)
        return told(given_in(profile.next_code->path, "code", limits::max_code, *answer.root));
    return not_told<std::string>(answer, reply, now);
}

Told<UploadedFile> read_upload(const ProfileData& profile, const Reply& reply, const Digest& sent,
                               UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted)
        return told_of(*profile.upload, *answer.root, sent);
    return not_told<UploadedFile>(answer, reply, now);
}

Told<Holding> read_ask(const ProfileData& profile, const Reply& reply, std::string_view code,
                       UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{});
    switch (answer.top.meaning) {
        case Meaning::Accepted:
            return told(holding_of(*profile.ask, *answer.root, code));
        case Meaning::Exists:
            return tl::expected<Holding, Outcome>(Holding{true, {}});
        case Meaning::Missing:
            return tl::expected<Holding, Outcome>(Holding{});
        default:
            return not_told<Holding>(answer, reply, now);
    }
}

Told<Page> read_list(const ProfileData& profile, const Reply& reply, UtcTime now) {
    const Answer answer(profile.answer, reply, Sent{false, false});
    if (answer.top.meaning == Meaning::Accepted) return told(page_of(*profile.list, *answer.root));
    return not_told<Page>(answer, reply, now);
}

}  // namespace dvcsync::portal
