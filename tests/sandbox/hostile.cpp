#include "tests/sandbox/hostile.h"

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <thread>

#include "tests/sandbox/citizen_files.h"
#include "tests/sandbox/stores.h"

namespace dvcsandbox {
namespace {

namespace http = boost::beast::http;
using Answer = HttpClient::Answer;

constexpr std::string_view kCallback = "nhanhsdvcqg";
constexpr std::size_t kDeep = 10'000;
constexpr std::size_t kPipelined = 50;
constexpr std::size_t kShown = 200;
constexpr std::size_t kBlock = 64U << 10U;
constexpr std::chrono::milliseconds kSlowPause{100};

struct Outcome {
    Answer answer;
    std::uint64_t sent = 0;
    std::size_t answers = 0;
};

std::string filing(std::string_view code, std::string_view rest) {
    return fmt::format(
        R"({{"service":"NhanHoSo","isUpdating":false,"data":{{"MaHoSoQG":"{}"{}}}}})", code, rest);
}

// "": a kind that is more than one body.
std::string body_of(std::string_view kind) {
    if (kind == "deep")
        return R"({"service":"NhanHoSo","isUpdating":false,"data":)" + std::string(kDeep, '[') +
               std::string(kDeep, ']') + "}";
    if (kind == "badutf8")
        return filing("G22.99-HOSTILE-1", ",\"ChuHoSo\":\"\xFF\xC0\x80\xED\xA0\x80\"");
    if (kind == "dupkeys")
        return filing("G22.99-HOSTILE-2", R"(,"MaHoSoQG":"G22.99-HOSTILE-3","MaTTHC":"1")");
    if (kind == "bomb") {
        const std::string zip = file_bytes(FileType::Bomb, 0);
        return filing(
            "G22.99-HOSTILE-4",
            R"(,"ThanhPhanHoSo":[{"MaThanhPhanHoSo":"TP","TenThanhPhanHoSo":"b","SoLuong":1,)"
            R"("LoaiBan":2,"GiayToDinhKem":[{"IdGiayTo":"bomb","TenGiayTo":"don.docx","Base64":")" +
                base64(zip) + R"(","HashTepTin":")" + hex(sha256(zip)) + R"("}]}])");
    }
    return {};
}

Answer send_huge(Stream& stream, const HttpClient& client, const std::string& path,
                 std::uint64_t size, std::uint64_t& sent) {
    const std::string block(kBlock, 'a');
    std::string start = client.head(path, size) + "Connection: close\r\n\r\n";
    if (!stream.write(start) || !stream.write(R"({"service":")"))
        return HttpClient::read_answer(stream);
    // Whoever has answered already, or has gone, need not read the rest.
    for (sent = 12; sent < size && !stream.readable(); sent += block.size())
        if (!stream.write(std::string_view(block).substr(0, std::min(size - sent, kBlock)))) break;
    return HttpClient::read_answer(stream);
}

Answer send_slowly(Stream& stream, const HttpClient& client, const std::string& path,
                   Stream::Clock::time_point end, std::uint64_t& sent) {
    if (!stream.write(client.head(path, 1U << 20U) + "\r\n"))
        return HttpClient::read_answer(stream);
    while (Stream::Clock::now() < end && !stream.readable() && stream.write(" ")) {
        ++sent;
        std::this_thread::sleep_for(kSlowPause);
    }
    if (Stream::Clock::now() >= end) return {.body = "still read when the time was over"};
    return HttpClient::read_answer(stream);
}

Answer send_pipelined(Stream& stream, const HttpClient& client, const std::string& path,
                      Outcome& outcome) {
    std::string all;
    for (std::size_t i = 0; i < kPipelined; ++i) {
        const std::string body = fmt::format(R"({{"service":"NhanHoSo","n":{}}})", i);
        all += client.head(path, body.size()) + "\r\n" + body;
    }
    if (stream.write(all)) outcome.sent = all.size();
    boost::beast::flat_buffer buffer;
    StreamReader reader{stream};
    Answer last{.body = "no answer"};
    while (outcome.answers < kPipelined) {
        http::response_parser<http::string_body> parser;
        boost::system::error_code error;
        http::read(reader, buffer, parser, error);
        if (error) break;
        last = {static_cast<int>(parser.get().result_int()), parser.get().body()};
        ++outcome.answers;
    }
    return last;
}

}  // namespace

std::optional<std::string> hostile(const HttpClient& client, const HostileSettings& settings,
                                   std::string_view kind) {
    const std::string path = settings.prefix + std::string(kCallback);
    const std::string body = body_of(kind);
    if (body.empty() && kind != "huge" && kind != "slow" && kind != "pipelined")
        return std::nullopt;
    Outcome outcome;
    const auto start = Stream::Clock::now();
    if (!body.empty()) {
        outcome.sent = body.size();
        outcome.answer = client.post(path, body, settings.limit);
    } else {
        const auto grace = std::chrono::seconds(5);  // to read an answer after the last byte
        outcome.answer = client.with_connection(settings.limit + grace, [&](Stream& stream) {
            if (kind == "huge") return send_huge(stream, client, path, settings.huge, outcome.sent);
            if (kind == "slow")
                return send_slowly(stream, client, path, start + settings.limit, outcome.sent);
            return send_pipelined(stream, client, path, outcome);
        });
    }
    if (kind != "pipelined") outcome.answers = outcome.answer.status == 0 ? 0 : 1;
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Stream::Clock::now() - start);
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    const auto shown = outcome.answer.body.substr(0, kShown);
    writer.StartObject();
    writer.Key("kind");
    writer.String(kind.data(), static_cast<rapidjson::SizeType>(kind.size()));
    writer.Key("status");
    writer.Int(outcome.answer.status);
    writer.Key("answer");
    writer.String(shown.c_str(), static_cast<rapidjson::SizeType>(shown.size()));
    writer.Key("milliseconds");
    writer.Int64(took.count());
    writer.Key("bytes_sent");
    writer.Uint64(outcome.sent);
    writer.Key("answers");
    writer.Uint64(outcome.answers);
    writer.EndObject();
    return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace dvcsandbox
