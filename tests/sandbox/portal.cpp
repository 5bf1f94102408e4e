#include "tests/sandbox/portal.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "tests/sandbox/citizen_files.h"
#include "tests/sandbox/envelope.h"
#include "tests/sandbox/new_list.h"
#include "tests/sandbox/reads.h"
#include "tests/sandbox/submission_lines.h"

namespace dvcsandbox {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>,
                                            rapidjson::CrtAllocator>;

constexpr unsigned kParseFlags =
    rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag |
    rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;

void write_text(Writer& writer, std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

bool is_json(std::string_view content_type) {
    constexpr std::string_view wanted = "application/json";
    if (content_type.size() < wanted.size()) return false;
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::equal(wanted.begin(), wanted.end(), content_type.begin(),
                      [&](char b, char a) { return same(a, b); }) &&
           (content_type.size() == wanted.size() || content_type[wanted.size()] == ';' ||
            content_type[wanted.size()] == ' ');
}

// False: not JSON. A NUL ends the text for the parser: what follows it must not be lost in silence.
bool parse(Request& request, Document& body) {
    const bool has_nul = request.body.find('\0') != std::string::npos;
    body.ParseInsitu<kParseFlags>(request.body.data());
    return !has_nul && !body.HasParseError();
}

// In constant time: a portal must not tell how much of a password was right.
bool same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

struct Portal::Answer {
    Code code = Code::Ok;
    std::string message;
    int status = 200;
    std::string session = {};            // of a login
    std::string result = {};             // JSON of a read; "" when there is none
    std::vector<ItemAnswer> lines = {};  // of a push, shown or not; what a question found
    bool with_lines = false;
    std::string_view key = {};  // of the lines: the member that names a record
};

// What handle() needs to know of a call besides its answer.
struct Portal::Call {
    Service service = Service::Unknown;
    Injector::Drawn drawn = {};
};

Portal::Portal(PortalSettings settings, NationalList list)
    : settings_(std::move(settings)),
      holdings_(std::move(list), settings_.generation),
      sessions_(settings_.session_life, settings_.session_calls) {
    injector_.use(settings_.faults);
}

bool Portal::open_journal(const std::string& file, Journal::Replay& replay, std::string& error) {
    return journal_.open(file, holdings_, replay, error);
}

void Portal::reset() {
    sessions_.expire_all();
    holdings_.clear();
    calls_.clear();
    injector_.clear_counts();
    journal_.clear();
}

Reply Portal::handle(Request& request) {
    Call call;
    Answer result = answer(request, call);
    if (settings_.verbose && call.drawn.kind != Injection::None)
        fmt::print(stderr, "{}: fault {}\n", info(call.service).name, name_of(call.drawn.kind));
    Reply reply;
    if (carries_out(call.drawn)) {
        calls_.add(call.service, result.code);
        if (settings_.verbose && result.code != Code::Ok)
            fmt::print(stderr, "{} {}: {}\n", info(call.service).name,
                       static_cast<int>(result.code), result.message);
        reply.status = result.status;
        reply.body = write(result);
        reply.told = receipt(call.service, std::move(result));
    }
    spoil(reply, call.drawn, settings_.spoil);
    return reply;
}

Portal::Answer Portal::answer(Request& request, Call& call) {
    if (settings_.wrapper) return wrapped(request, call);
    const auto endpoint = endpoint_at(request.path);
    if (!endpoint)
        return {.code = Code::Bad, .message = "không có địa chỉ này (no such path)", .status = 404};
    if (request.method != "POST")
        return {.code = Code::Bad, .message = "chỉ nhận POST (POST only)", .status = 405};
    if (!is_json(request.content_type))
        return {.code = Code::Bad, .message = "Content-Type: application/json", .status = 415};
    if (destination(request.dstcode, request.query) != settings_.dstcode)
        return envelope_fault("dstcode", "code", "thiếu hoặc sai mã đích (missing or wrong)");

    thread_local std::vector<char> buffer(256U << 10);
    rapidjson::MemoryPoolAllocator<> pool(buffer.data(), buffer.size());
    Document body(&pool);
    if (!parse(request, body) || !body.IsObject()) {
        auto fault = envelope_fault(
            "body", "json",
            fmt::format("không phải một đối tượng JSON hợp lệ, vị trí {0} (not a JSON object, {0})",
                        body.GetErrorOffset()));
        fault.status = 400;
        return fault;
    }
    if (*endpoint != Endpoint::Login) {
        const auto named = service_named(text_of(body, "service"));
        if (!named) return envelope_fault("service", "code", "dịch vụ không có (service unknown)");
        call.service = *named;
        if (info(*named).endpoint != *endpoint)
            return envelope_fault("service", "endpoint",
                                  "dịch vụ ở địa chỉ khác (served at the other endpoint)");
    } else {
        call.service = Service::Login;
    }
    Json* const data = body.HasMember("data") ? &body["data"] : nullptr;
    const bool batch = data != nullptr && data->IsArray();
    call.drawn = injector_.draw(
        {.service = call.service, .reused = request.reused, .items = batch ? data->Size() : 0});
    if (!carries_out(call.drawn)) return {};
    if (call.drawn.kind == Injection::SessionExpired) sessions_.close(text_of(body, "session"));
    if (call.drawn.kind == Injection::HalfBatch)
        data->Erase(data->Begin() + data->Size() / 2, data->End());
    return call.service == Service::Login ? login(body) : carry_out(call.service, body);
}

// POST …/DongBoHoSoMC?MaDinhDanhDV=…&isUpdating=True with a bare array; no session, no envelope.
// What it answers was not seen: the portal's own answer, handed through.
Portal::Answer Portal::wrapped(Request& request, Call& call) {
    if (request.path != "/api/SynsTTHCC/DongBoHoSoMC")
        return {.code = Code::Bad, .message = "không có địa chỉ này (no such path)", .status = 404};
    if (request.method != "POST")
        return {.code = Code::Bad, .message = "chỉ nhận POST (POST only)", .status = 405};
    if (!is_json(request.content_type))
        return {.code = Code::Bad, .message = "Content-Type: application/json", .status = 415};
    call.service = Service::DongBoHoSoMC;
    const auto query = parse_wrapper_query(request.query);
    if (!query)
        return envelope_fault("query", "members",
                              "cần đúng MaDinhDanhDV và isUpdating=True|False (exactly these two)");
    if (query->agency != settings_.madonvi)
        return envelope_fault("MaDinhDanhDV", "code", "không phải đơn vị đã đăng ký (unknown)");
    rapidjson::MemoryPoolAllocator<> pool;
    Document body(&pool);
    if (!parse(request, body) || !body.IsArray() || body.Empty() ||
        body.Size() > settings_.max_batch) {
        auto fault = envelope_fault("body", "json", "cần một mảng JSON (a JSON array expected)");
        fault.status = 400;
        return fault;
    }
    call.drawn =
        injector_.draw({.service = call.service, .reused = request.reused, .items = body.Size()});
    if (!carries_out(call.drawn)) return {};
    if (call.drawn.kind == Injection::HalfBatch)
        body.Erase(body.Begin() + body.Size() / 2, body.End());
    return push(call.service, body, query->updating);
}

Portal::Answer Portal::carry_out(Service service, const Json& body) {
    if (!sessions_.use(text_of(body, "session")))
        return {
            .code = Code::NoSession,
            .message = "Phiên làm việc không tồn tại hoặc hết hạn (session unknown or expired)"};
    Faults faults("envelope");
    check_envelope(service, body, settings_.max_batch, faults);
    if (!faults.empty()) return envelope_faults(faults);
    if (text_of(body, "madonvi") != settings_.madonvi)
        return envelope_fault("madonvi", "code", "không phải đơn vị đã đăng ký (not registered)");
    return info(service).endpoint == Endpoint::Share
               ? read(service, body)
               : push(service, body["data"], text_of(body, "isUpdating") == "True");
}

Portal::Answer Portal::login(const Json& body) {
    if (body.MemberCount() != 2 || text_of(body, "username").empty() ||
        text_of(body, "password").empty())
        return envelope_fault("login", "members",
                              "cần đúng username và password (exactly username and password)");
    const bool name = same_secret(text_of(body, "username"), settings_.username);
    const bool password = same_secret(text_of(body, "password"), settings_.password);
    if (!name || !password)
        return {.code = Code::Bad,
                .message = "Sai tên đăng nhập hoặc mật khẩu (wrong username or password)"};
    return {.code = Code::Ok,
            .message = "Đăng nhập thành công (logged in)",
            .session = sessions_.open()};
}

Portal::Answer Portal::list_new(const Json& body) {
    Faults faults("envelope");
    const auto question = new_list_question(body, faults);
    if (!faults.empty()) return envelope_faults(faults);
    return {.message = "Thành công (success)",
            .result = new_list(holdings_.submissions(), question, injector_,
                               lists_.fetch_add(1, std::memory_order_relaxed))};
}

Portal::Answer Portal::fetch_new(const Json& body) {
    std::string code(text_of(body, "mahoso"));
    auto found = holdings_.submissions().fetch(code);
    if (!found)
        return {.code = Code::NotKnown, .message = "Hồ sơ không tồn tại (no such submission)"};
    journal_.append(fetched_line(code));
    const auto number = fetches_.fetch_add(1, std::memory_order_relaxed);
    if (injector_.strikes(CitizenFault::FileToken, number))
        found->first = with_tokens(std::move(found->first), number);
    return {.message = "Thành công (success)",
            .result = "[" + found->first + "]",
            .lines = {{Code::Ok, std::move(code), {}, {}, found->second}}};
}

bool Portal::file(Submission submission, bool ahead) {
    // Before it is out, so that no line about it can come first.
    if (holdings_.submissions().find(submission.code)) return false;
    journal_.append(filed_line(submission, ahead));
    return holdings_.submissions().file(std::move(submission), ahead);
}

void Portal::acknowledged(const std::string& code, std::size_t deed, bool as_new) {
    journal_.append(acknowledged_line(code, deed, as_new));
    holdings_.submissions().acknowledged(code, deed, as_new);
}

Portal::Answer Portal::read(Service service, const Json& body) {
    if (service == Service::LayDanhSachHoSoMoi) return list_new(body);
    if (service == Service::LayHoSoMoi) return fetch_new(body);
    Faults faults("envelope");
    std::string result = read_service(service, body, holdings_, settings_.madonvi, faults);
    if (!faults.empty()) return envelope_faults(faults);
    Answer answer{.message = "Thành công (success)", .result = std::move(result)};
    if (service == Service::TraCuuHoSo && answer.result != "[]")
        answer.lines.push_back({Code::Exists, std::string(text_of(body, "mahoso")), {}, {}});
    return answer;
}

Portal::Answer Portal::push(Service service, const Json& data, bool updating) {
    const bool whole = settings_.answer_form == AnswerForm::Whole;
    const bool with_lines = !whole && data.IsArray();
    auto lines = whole && data.IsArray() ? holdings_.take_all(service, data, updating)
                                         : holdings_.take_each(service, data, updating);
    const auto refused = static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [](const auto& line) { return line.code != Code::Ok; }));
    if (!whole || refused == 0) journal_.append(service, data, updating, lines);
    if (refused == 0)
        return {.message = "Đồng bộ thành công (accepted)",
                .lines = std::move(lines),
                .with_lines = with_lines,
                .key = info(service).key};

    const auto first = std::find_if(lines.begin(), lines.end(),
                                    [](const auto& line) { return line.code != Code::Ok; });
    // A call of one record has one outcome, and its code says more than "some were refused".
    const bool single = lines.size() == 1;
    Answer answer{.code = single ? first->code : Code::Bad, .message = first->message};
    if (!single)
        answer.message = fmt::format("{}/{} bản ghi bị từ chối (refused), #{}: {}", refused,
                                     lines.size(), first - lines.begin() + 1, first->message);
    if (with_lines) answer.code = Code::SomeRefused;
    // Of a batch that was refused as a whole, no single outcome is told.
    if (with_lines || single) answer.lines = std::move(lines);
    answer.with_lines = with_lines;
    answer.key = info(service).key;
    return answer;
}

Portal::Answer Portal::envelope_fault(std::string_view place, std::string_view rule,
                                      std::string text) {
    holdings_.violations().add(fmt::format("envelope.{}:{}", place, rule), {});
    return {.code = Code::Bad, .message = fmt::format("{}: {}", place, text)};
}

Portal::Answer Portal::envelope_faults(const Faults& faults) {
    for (const Fault& fault : faults.list())
        holdings_.violations().add(fault.rule, {});
    return {.code = Code::Bad, .message = describe(faults.list())};
}

std::function<void(bool)> Portal::receipt(Service service, Answer answer) {
    std::erase_if(answer.lines, [](const ItemAnswer& line) {
        return line.code != Code::Ok && line.code != Code::Exists;
    });
    if (answer.lines.empty()) return nullptr;
    return [this, service, lines = std::move(answer.lines)](bool whole) {
        for (const ItemAnswer& line : lines)
            holdings_.tell(service, line, whole);
    };
}

std::string Portal::write(const Answer& answer) {
    const auto number = answers_.fetch_add(1, std::memory_order_relaxed);
    const CodeForm form = settings_.code_form != CodeForm::Mixed ? settings_.code_form
                          : number % 2 == 0                      ? CodeForm::Number
                                                                 : CodeForm::String;
    thread_local rapidjson::StringBuffer buffer;
    buffer.Clear();
    Writer writer(buffer);
    const auto write_code = [&](Code code) {
        writer.Key("error_code");
        if (form == CodeForm::Number)
            writer.Int(static_cast<int>(code));
        else
            write_text(writer, form == CodeForm::Padded && code == Code::Ok
                                   ? "00"
                                   : std::to_string(static_cast<int>(code)));
    };
    writer.StartObject();
    if (!answer.session.empty()) {
        writer.Key("session");
        write_text(writer, answer.session);
    }
    write_code(answer.code);
    writer.Key("message");
    write_text(writer, answer.message);
    if (!answer.result.empty()) {
        writer.Key("result");
        writer.RawValue(answer.result.data(), answer.result.size(), rapidjson::kArrayType);
    }
    if (answer.with_lines) {
        writer.Key("result");
        writer.StartArray();
        for (const ItemAnswer& line : answer.lines) {
            writer.StartObject();
            writer.Key(answer.key.data(), static_cast<rapidjson::SizeType>(answer.key.size()));
            write_text(writer, line.key);
            write_code(line.code);
            writer.Key("message");
            write_text(writer, line.message);
            writer.EndObject();
        }
        writer.EndArray();
    }
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace dvcsandbox
