#include "tests/sandbox/ministry.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/sandbox/multipart.h"

namespace dvcsandbox {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::string_view kExists = "Hồ sơ đã tồn tại (exists already)";
constexpr std::string_view kUnknown = "Hồ sơ không tồn tại (no such dossier)";

std::string text_json(const Json& value) {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

bool is_type(std::string_view content_type, std::string_view wanted) {
    return content_type.substr(0, content_type.find(';')) == wanted;
}

// In constant time: a portal must not tell how much of a secret was right.
bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Service> service_at(std::string_view path) {
    if (path == "/oauth2/token") return Service::Token;
    constexpr std::string_view prefix = "/api/";
    if (!path.starts_with(prefix)) return std::nullopt;
    for (const Service service :
         {Service::GetNextValue, Service::NoiHoSo, Service::CapNhatTrangThai,
          Service::CapNhatTienTrinh, Service::UploadFile})
        if (path.substr(prefix.size()) == info(service).name) return service;
    return std::nullopt;
}

std::string today() {
    return fmt::format("{:%Y%m%d}", fmt::gmtime(std::time(nullptr) + 7 * 3600));
}

std::map<std::string, std::string> form_of(std::string_view body) {
    std::map<std::string, std::string> form;
    for (const auto part : split(body, '&')) {
        const auto equals = std::min(part.find('='), part.size());
        std::string value(part.substr(std::min(equals + 1, part.size())));
        std::replace(value.begin(), value.end(), '+', ' ');
        form[percent_decode(part.substr(0, equals))] = percent_decode(value);
    }
    return form;
}

}  // namespace

struct Ministry::Call {
    Service service = Service::Unknown;
    Injector::Drawn drawn = {};
};

Ministry::Ministry(MinistrySettings settings)
    : settings_(std::move(settings)), tokens_(settings_.token_life, 0) {
    injector_.use(settings_.faults);
}

bool Ministry::open_journal(const std::string& file, std::string& error) {
    struct stat state {};
    if (::stat(file.c_str(), &state) == 0 && state.st_size > 0) {
        error = file + ": holds something already; a portal of 2026 starts with an empty journal";
        return false;
    }
    return journal_.open(file, error);
}

void Ministry::reset() {
    tokens_.expire_all();
    calls_.clear();
    items_.clear();
    violations_.clear();
    injector_.clear_counts();
    journal_.clear();
    const std::lock_guard lock(mutex_);
    codes_.clear();
    dossiers_.clear();
    files_.clear();
    files_named_ = 0;
    told_.clear();
    resent_after_answer_ = states_unchanged_ = 0;
}

Reply Ministry::handle(Request& request) {
    Call call;
    Answer result = answer(request, call);
    Reply reply;
    if (carries_out(call.drawn)) {
        calls_.add(call.service, result.code);
        if (settings_.verbose && result.code != Code::Ok)
            fmt::print(stderr, "{} {}: {}\n", info(call.service).name,
                       static_cast<int>(result.code), result.message);
        reply.status = result.status;
        reply.body = result.body.empty() ? write(result) : std::move(result.body);
        reply.told = [this, kept = std::move(result.kept),
                      created = std::move(result.created)](bool whole) {
            const std::lock_guard lock(mutex_);
            for (const auto& one : kept)
                whole ? void(told_.insert(one)) : void(told_.erase(one));
            for (const auto& code : created)
                if (const auto at = dossiers_.find(code); at != dossiers_.end())
                    at->second.told = whole;
        };
    }
    spoil(reply, call.drawn, settings_.spoil);
    return reply;
}

Ministry::Answer Ministry::answer(Request& request, Call& call) {
    const auto service = service_at(request.path);
    if (!service)
        return {.code = Code::Bad, .message = "không có địa chỉ này (no such path)", .status = 404};
    call.service = *service;
    if (request.method != "POST")
        return {.code = Code::Bad, .message = "chỉ nhận POST (POST only)", .status = 405};
    if (*service == Service::Token) {
        call.drawn = injector_.draw({.service = *service, .reused = request.reused});
        return carries_out(call.drawn) ? token(request) : Answer{};
    }
    if (*service == Service::UploadFile) {
        call.drawn = injector_.draw({.service = *service, .reused = request.reused});
        if (!carries_out(call.drawn)) return {};
        return admitted(request, call) ? upload(request) : no_token();
    }
    if (!is_type(request.content_type, "application/json"))
        return {.code = Code::Bad, .message = "Content-Type: application/json", .status = 415};
    rapidjson::Document body;
    if (request.body.find('\0') == std::string::npos)
        body.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(
            request.body.data(), request.body.size());
    else
        body.Parse("");
    const bool many =
        *service == Service::CapNhatTrangThai || *service == Service::CapNhatTienTrinh;
    if (body.HasParseError() || (many ? !body.IsArray() : !body.IsObject()))
        return bad(*service, {many ? "body:array" : "body:object"}, "");
    if (many && (body.Empty() || body.Size() > settings_.max_batch))
        return bad(*service, {"body:size"}, "");
    call.drawn = injector_.draw({.service = *service,
                                 .reused = request.reused,
                                 .items = many ? body.Size() : std::size_t{0}});
    if (!carries_out(call.drawn)) return {};
    if (!admitted(request, call)) return no_token();
    return carry_out(*service, body, call.drawn.kind == Injection::HalfBatch);
}

Ministry::Answer Ministry::no_token() {
    return {.code = Code::NoSession,
            .message = "token không hợp lệ hoặc hết hạn (no such token)",
            .status = 401};
}

bool Ministry::admitted(const Request& request, const Call& call) {
    constexpr std::string_view bearer = "Bearer ";
    const std::string_view authorization = request.authorization;
    const auto token = authorization.substr(std::min(bearer.size(), authorization.size()));
    if (call.drawn.kind == Injection::SessionExpired) tokens_.close(token);
    return authorization.starts_with(bearer) && tokens_.use(token);
}

// Section 8 tells the answer's two members; that the hash is a SHA-256 is not said anywhere.
Ministry::Answer Ministry::upload(const Request& request) {
    const auto parts = parts_of(request.content_type, request.body);
    if (!parts) return bad(Service::UploadFile, {"body:form"}, "");
    const auto is_file = [](const Part& part) { return part.filename.has_value(); };
    if (std::count_if(parts->begin(), parts->end(), is_file) != 1)
        return bad(Service::UploadFile, {"body:one-file"}, "");
    const auto& file = *std::find_if(parts->begin(), parts->end(), is_file);
    if (file.content.empty()) return bad(Service::UploadFile, {"file:empty"}, "");
    if (file.filename->find('.') == std::string::npos)
        return bad(Service::UploadFile, {"filename:extension"}, "");
    const auto hash = hex(sha256(file.content));
    const std::lock_guard lock(mutex_);
    const auto id = fmt::format("7e900000-0000-4000-8000-{:012x}", files_.size() + 1);
    files_[id].hash = hash;
    items_.add(Service::UploadFile, Code::Ok);
    return {.message = "Thành công (success)",
            .data = fmt::format(R"({{"IdTepTin":"{}","HashTepTin":"{}"}})", id, hash)};
}

Ministry::Answer Ministry::carry_out(Service service, Json& body, bool half) {
    if (service == Service::GetNextValue) return next_code(body);
    if (service == Service::NoiHoSo) return create(body);
    if (half) body.Erase(body.Begin() + body.Size() / 2, body.End());
    return each(service, body);
}

// RFC 6749, 4.4: a form; JSON is taken as well.
Ministry::Answer Ministry::token(const Request& request) {
    std::map<std::string, std::string> given;
    if (is_type(request.content_type, "application/x-www-form-urlencoded")) {
        given = form_of(request.body);
    } else {
        rapidjson::Document body;
        body.Parse(request.body.data(), request.body.size());
        if (!body.HasParseError() && body.IsObject())
            for (const auto& member : std::as_const(body).GetObject())
                if (member.value.IsString())
                    given[std::string(view(member.name))] = view(member.value);
    }
    if (given.size() != 3 || given["grant_type"] != "client_credentials")
        return {.code = Code::Bad, .status = 400, .body = R"({"error":"unsupported_grant_type"})"};
    const bool name = same_secret(given["client_id"], settings_.client);
    const bool secret = same_secret(given["client_secret"], settings_.secret);
    if (!name || !secret)
        return {.code = Code::Bad, .status = 401, .body = R"({"error":"invalid_client"})"};
    const auto life = std::chrono::duration_cast<std::chrono::seconds>(settings_.token_life);
    return {.body = fmt::format(R"({{"access_token":"{}","token_type":"Bearer","expires_in":{}}})",
                                tokens_.open(), life.count())};
}

Ministry::Answer Ministry::next_code(const Json& body) {
    if (body.MemberCount() != 1 || text_of(body, "code") != settings_.agency)
        return bad(Service::GetNextValue, {"code:code"}, "");
    const std::lock_guard lock(mutex_);
    auto code = fmt::format("{}-{}-{:07}", settings_.agency,
                            settings_.day.empty() ? today() : settings_.day, ++serial_);
    Answer answer{.message = "Thành công (success)", .data = fmt::format("\"{}\"", code)};
    codes_.insert(std::move(code));
    return answer;
}

namespace {

template <class Visit>
void each_file(const Json& dossier, Visit visit) {
    const Json* const components = list_of(dossier, "ThanhPhanHoSo");
    if (components == nullptr) return;
    for (const auto& component : components->GetArray())
        if (const Json* const files = list_of(component, "GiayToDinhKem"))
            for (const auto& file : files->GetArray())
                visit(file);
}

}  // namespace

// Every file that a dossier names was uploaded, and is the one that its hash says.
Broken Ministry::broken_files(const Json& dossier) {
    Broken broken;
    each_file(dossier, [&](const Json& file) {
        const auto at = files_.find(std::string(text_of(file, "IdGiayTo")));
        if (at == files_.end())
            broken.emplace_back("ThanhPhanHoSo[].GiayToDinhKem[].IdGiayTo:not-uploaded");
        else if (at->second.hash != text_of(file, "HashTepTin"))
            broken.emplace_back("ThanhPhanHoSo[].GiayToDinhKem[].HashTepTin:other");
    });
    return broken;
}

void Ministry::use_files(const Json& dossier) {
    each_file(dossier, [&](const Json& file) {
        files_[std::string(text_of(file, "IdGiayTo"))].used = true;
        ++files_named_;
    });
}

Ministry::Answer Ministry::create(const Json& body) {
    std::string code(text_of(body, "MaHoSo"));
    auto broken = broken_of_dossier(body);
    const std::lock_guard lock(mutex_);
    if (broken.empty() && !codes_.contains(code)) broken.emplace_back("MaHoSo:not-given");
    if (broken.empty()) broken = broken_files(body);
    if (!broken.empty()) return bad(Service::NoiHoSo, broken, code);
    const auto [at, added] = dossiers_.try_emplace(code);
    items_.add(Service::NoiHoSo, added ? Code::Ok : Code::Exists);
    Answer answer{.created = {code}};
    if (!added) {
        if (at->second.told) ++resent_after_answer_;
        answer.code = Code::Exists;
        answer.status = 400;
        answer.message = kExists;
        return answer;
    }
    use_files(body);
    at->second.procedure = text_of(body, "MaTTHC");
    at->second.agency = text_of(body, "MaDonViTiepNhan");
    at->second.received = *parse_moment(text_of(body, "NgayTiepNhan"));
    answer.message = "Nối hồ sơ thành công (created)";
    journal_.append(
        fmt::format(R"({{"service":"NoiHoSo","isUpdating":"","data":[{}]}})", text_json(body)));
    return answer;
}

Ministry::Line Ministry::state(const Json& item, Answer& answer) {
    Line line{.key = std::string(text_of(item, "MaHoSo"))};
    const auto at = dossiers_.find(line.key);
    if (at == dossiers_.end()) return {Code::NotKnown, line.key, std::string(kUnknown)};
    const Digest digest = sha256(text_json(item));
    if (at->second.state == digest) {
        ++states_unchanged_;
        if (told_.contains(digest)) ++resent_after_answer_;
    }
    at->second.status = item["TrangThai"].GetInt();
    at->second.state = digest;
    answer.kept.push_back(digest);
    line.message = "Thành công (success)";
    return line;
}

Ministry::Line Ministry::step(const Json& item, Answer& answer) {
    Line line{.key = std::string(text_of(item, "MaHoSo"))};
    const auto at = dossiers_.find(line.key);
    if (at == dossiers_.end()) return {Code::NotKnown, line.key, std::string(kUnknown)};
    const Digest digest = sha256(text_json(item));
    answer.kept.push_back(digest);
    if (!at->second.steps.insert(digest).second) {
        if (told_.contains(digest)) ++resent_after_answer_;
        return {Code::Exists, line.key, "Tiến trình đã tồn tại (the same step)"};
    }
    line.message = "Thành công (success)";
    return line;
}

Ministry::Answer Ministry::each(Service service, const Json& body) {
    const bool states = service == Service::CapNhatTrangThai;
    Answer answer{.message = "Thành công (success)"};
    std::string taken;
    const std::lock_guard lock(mutex_);
    if (settings_.whole_answers && body.Size() > 1)
        for (const auto& item : body.GetArray()) {
            const auto broken = states ? broken_of_state(item) : broken_of_step(item);
            const std::string code(item.IsObject() ? text_of(item, "MaHoSo") : "");
            if (!broken.empty()) return bad(service, broken, code);
            if (!dossiers_.contains(code))
                return {
                    .code = Code::Bad, .message = "có bản ghi sai (one is wrong)", .status = 400};
        }
    std::size_t refused = 0;
    for (const auto& item : body.GetArray()) {
        const auto broken = states ? broken_of_state(item) : broken_of_step(item);
        const std::string code(item.IsObject() ? text_of(item, "MaHoSo") : "");
        Line line;
        if (!broken.empty()) {
            for (const auto& rule : broken)
                violations_.add(fmt::format("{}.{}", info(service).name, rule), code);
            line = {Code::Bad, code, broken.front()};
        } else {
            line = states ? state(item, answer) : step(item, answer);
        }
        items_.add(service, line.code);
        if (line.code == Code::Ok) taken += (taken.empty() ? "" : ",") + text_json(item);
        refused += line.code != Code::Ok;
        answer.lines.push_back(std::move(line));
    }
    if (!taken.empty())
        journal_.append(fmt::format(R"({{"service":"{}","isUpdating":"","data":[{}]}})",
                                    info(service).name, taken));
    if (refused > 0) {
        const bool alone = answer.lines.size() == 1;
        answer.code = alone ? answer.lines.front().code : Code::SomeRefused;
        answer.message = alone ? answer.lines.front().message
                               : fmt::format("{} bản ghi bị từ chối (refused)", refused);
        if (alone) answer.status = answer.code == Code::NotKnown ? 404 : 400;
    }
    answer.with_lines = !settings_.whole_answers;
    return answer;
}

Ministry::Answer Ministry::bad(Service service, const Broken& broken, std::string_view code) {
    for (const auto& rule : broken)
        violations_.add(fmt::format("{}.{}", info(service).name, rule), code);
    items_.add(service, Code::Bad);
    return {.code = Code::Bad,
            .message = fmt::format("sai hợp đồng (not as the contract says): {}", broken.front()),
            .status = 400};
}

std::string Ministry::write(const Answer& answer) const {
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    const auto text = [&](std::string_view value) {
        writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    const auto code = [&](Code value) {
        writer.Key("code");
        settings_.string_codes ? text(std::to_string(static_cast<int>(value)))
                               : void(writer.Int(static_cast<int>(value)));
    };
    writer.StartObject();
    code(answer.code);
    writer.Key("message");
    text(answer.message);
    writer.Key("data");
    if (answer.with_lines) {
        writer.StartArray();
        for (const auto& line : answer.lines) {
            writer.StartObject();
            writer.Key("MaHoSo");
            text(line.key);
            code(line.code);
            writer.Key("message");
            text(line.message);
            writer.EndObject();
        }
        writer.EndArray();
    } else if (!answer.data.empty()) {
        writer.RawValue(answer.data.data(), answer.data.size(), rapidjson::kStringType);
    } else {
        writer.Null();
    }
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace dvcsandbox
