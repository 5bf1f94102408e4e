#include "tests/sandbox/submission_lines.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace dvcsandbox {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, std::string_view name, std::string_view text) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& writer, const char* name, std::uint64_t number) {
    writer.Key(name);
    writer.Uint64(number);
}

void put_bool(Writer& writer, const char* name, bool value) {
    writer.Key(name);
    writer.Bool(value);
}

std::string text(const rapidjson::StringBuffer& buffer) {
    return {buffer.GetString(), buffer.GetSize()};
}

template <class Names>
std::size_t place_of(const Names& names, std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

bool flag(const Json& object, const char* name) {
    const auto found = object.FindMember(name);
    return found != object.MemberEnd() && found->value.IsTrue();
}

void put_files(Writer& writer, const std::vector<FileFact>& files) {
    writer.Key("files");
    writer.StartArray();
    for (const FileFact& file : files) {
        writer.StartObject();
        put(writer, "id", file.id);
        put(writer, "sha256", file.sha256);
        put_bool(writer, "by_url", file.by_url);
        writer.EndObject();
    }
    writer.EndArray();
}

bool read_deeds(const Json& list, std::vector<Deed>& deeds) {
    for (const Json& item : list.GetArray()) {
        if (!item.IsObject()) return false;
        const auto act = place_of(kActs, text_of(item, "act"));
        const auto road = place_of(kRoads, text_of(item, "road"));
        const Json* files = list_of(item, "files");
        if (act == kActs.size() || road == kRoads.size() || files == nullptr) return false;
        Deed deed{.act = static_cast<Act>(act),
                  .road = static_cast<Road>(road),
                  .document = std::string(text_of(item, "document")),
                  .callback = std::string(text_of(item, "callback")),
                  .body = std::string(text_of(item, "body"))};
        deed.attempted = deed.road != Road::Poll;  // for all that is known
        for (const Json& file : files->GetArray())
            deed.files.push_back({std::string(text_of(file, "id")),
                                  std::string(text_of(file, "sha256")), flag(file, "by_url")});
        deeds.push_back(std::move(deed));
    }
    return !deeds.empty();
}

}  // namespace

std::string filed_line(const Submission& submission, bool ahead) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put(writer, "citizen", "filed");
    put(writer, "code", submission.code);
    put(writer, "technical_id", submission.technical_id);
    put_bool(writer, "ahead", ahead);
    writer.Key("deeds");
    writer.StartArray();
    for (const Deed& deed : submission.deeds) {
        writer.StartObject();
        put(writer, "act", kActs[static_cast<std::size_t>(deed.act)]);
        put(writer, "road", kRoads[static_cast<std::size_t>(deed.road)]);
        put(writer, "document", deed.document);
        put(writer, "callback", deed.callback);
        put(writer, "body", deed.body);
        put_files(writer, deed.files);
        writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    return text(buffer);
}

std::string fetched_line(std::string_view code) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put(writer, "citizen", "fetched");
    put(writer, "code", code);
    writer.EndObject();
    return text(buffer);
}

std::string acknowledged_line(std::string_view code, std::size_t deed, bool as_new) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put(writer, "citizen", "acknowledged");
    put(writer, "code", code);
    put(writer, "deed", deed);
    put_bool(writer, "as_new", as_new);
    writer.EndObject();
    return text(buffer);
}

bool replay_citizen(const Json& line, SubmissionStore& store) {
    const auto what = text_of(line, "citizen");
    const auto code = text_of(line, "code");
    if (what == "fetched") return store.fetch(code).has_value();
    if (what == "acknowledged") {
        const auto deed = line.FindMember("deed");
        if (deed == line.MemberEnd() || !deed->value.IsUint64()) return false;
        store.acknowledged(code, deed->value.GetUint64(), flag(line, "as_new"));
        return true;
    }
    const Json* deeds = list_of(line, "deeds");
    if (what != "filed" || deeds == nullptr) return false;
    Submission submission{.code = std::string(code),
                          .technical_id = std::string(text_of(line, "technical_id"))};
    return read_deeds(*deeds, submission.deeds) &&
           store.file(std::move(submission), flag(line, "ahead"));
}

std::string submission_json(const Submission& submission) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    put(writer, "MaHoSo", submission.code);
    put(writer, "MaHoSoDonVi", submission.unit_code);
    put(writer, "NgayCapNhat",
        submission.updated == 0 ? std::string() : std::to_string(submission.updated));
    put(writer, "confirmations", submission.confirmations.size());
    writer.Key("deeds");
    writer.StartArray();
    for (const Deed& deed : submission.deeds) {
        writer.StartObject();
        put(writer, "kind", kActs[static_cast<std::size_t>(deed.act)]);
        put(writer, "road", kRoads[static_cast<std::size_t>(deed.road)]);
        put_bool(writer, "out", deed.out);
        put_bool(writer, "fetched", deed.fetched);
        put_bool(writer, "acknowledged", deed.acknowledged);
        put_files(writer, deed.files);
        writer.EndObject();
    }
    writer.EndArray();
    writer.Key("statuses");
    writer.StartArray();
    for (const PortalStatus& row : submission.statuses) {
        writer.StartObject();
        put(writer, "TrangThai", std::to_string(row.status));
        put(writer, "NgayXuLy", std::to_string(row.at));
        put_bool(writer, "result_link", row.result_link);
        writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
    return text(buffer);
}

std::string submissions_json(const SubmissionStore& store) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    writer.Key("submissions");
    writer.StartArray();
    store.each([&](const Submission& held) {
        writer.StartObject();
        put(writer, "MaHoSo", held.code);
        put(writer, "MaHoSoDonVi", held.unit_code);
        put(writer, "out",
            static_cast<std::uint64_t>(std::count_if(held.deeds.begin(), held.deeds.end(),
                                                     [](const Deed& deed) { return deed.out; })));
        put(writer, "confirmations", held.confirmations.size());
        put(writer, "statuses", held.statuses.size());
        put(writer, "TrangThai",
            held.statuses.empty() ? std::string() : std::to_string(held.statuses.back().status));
        writer.EndObject();
    });
    writer.EndArray();
    writer.EndObject();
    return text(buffer);
}

}  // namespace dvcsandbox
