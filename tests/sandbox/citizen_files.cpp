#include "tests/sandbox/citizen_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <boost/crc.hpp>
#include <charconv>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace dvcsandbox {
namespace {

constexpr std::array<std::string_view, 6> kTypes{"pdf", "png", "docx", "exe", "sh", "zip"};
constexpr std::uint32_t kBombSize = 256U << 20U;
constexpr std::string_view kPrefix = "/files/";

std::uint32_t crc32(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

void little(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
        out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

void big(std::string& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xFFU);
}

std::string filler(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string out;
    for (auto lines = 16 + random() % 400; lines > 0; --lines)
        out +=
            fmt::format("% {:016x}{:016x}{:016x}{:016x}\n", random(), random(), random(), random());
    return out;
}

std::string pdf(std::uint64_t seed) {
    return "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + filler(seed) +
           "trailer\n<< /Root 1 0 R >>\n%%EOF\n";
}

void chunk(std::string& out, std::string_view type, std::string_view content) {
    big(out, static_cast<std::uint32_t>(content.size()));
    const std::string marked = std::string(type).append(content);
    out += marked;
    big(out, crc32(marked));
}

std::string png(std::uint64_t seed) {
    std::string out("\x89PNG\r\n\x1a\n");
    std::string header;
    big(header, 1);
    big(header, 1);
    header.append("\x08\x00\x00\x00\x00", 5);  // 8 bits of grey
    chunk(out, "IHDR", header);
    chunk(out, "IDAT", std::string_view("\x78\x01\x63\x60\x00\x00\x00\x02\x00\x01", 10));
    chunk(out, "tEXt", "Comment" + std::string(1, '\0') + filler(seed));
    chunk(out, "IEND", {});
    return out;
}

struct Member {
    std::string_view name;
    std::string_view content;  // as stored
    std::uint32_t method = 0;  // 0 stored, 8 deflated
    std::uint32_t size = 0;
    std::uint32_t crc = 0;
};

std::string archive(const std::vector<Member>& members) {
    std::string out;
    std::string directory;
    for (const Member& member : members) {
        std::string fields;
        little(fields, 20, 2);
        little(fields, 0, 2);
        little(fields, member.method, 2);
        little(fields, 0x4E210000U, 4);  // 1 January 2019
        little(fields, member.crc, 4);
        little(fields, member.content.size(), 4);
        little(fields, member.size, 4);
        little(fields, member.name.size(), 2);
        little(fields, 0, 2);
        directory.append("PK\x01\x02").append("\x14\x00", 2).append(fields);
        directory.append(10, '\0');
        little(directory, out.size(), 4);
        directory.append(member.name);
        out.append("PK\x03\x04").append(fields).append(member.name).append(member.content);
    }
    const auto start = out.size();
    out += directory;
    out.append("PK\x05\x06").append(4, '\0');
    little(out, members.size(), 2);
    little(out, members.size(), 2);
    little(out, directory.size(), 4);
    little(out, start, 4);
    little(out, 0, 2);
    return out;
}

Member stored(std::string_view name, std::string_view content) {
    return {name, content, 0, static_cast<std::uint32_t>(content.size()), crc32(content)};
}

std::string docx(std::uint64_t seed) {
    const std::string text = "<w:document><!-- " + filler(seed) + " --></w:document>";
    return archive({stored("[Content_Types].xml", "<Types/>"), stored("_rels/.rels", "<R/>"),
                    stored("word/document.xml", text)});
}

// Zeros in one block of fixed codes (RFC 1951): a literal, then copies of 258 from one back.
std::string deflated_zeros(std::uint32_t size) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    const auto put = [&](std::uint32_t code, int length) {  // codes start at their highest bit
        while (length-- > 0) {
            held |= (code >> length & 1U) << bits;
            if (++bits < 8) continue;
            out += static_cast<char>(std::exchange(held, 0));
            bits = 0;
        }
    };
    put(1, 1);           // the last block
    put(0b10, 2);        // fixed codes, the number 01 from its lowest bit
    put(0b00110000, 8);  // a zero
    for (std::uint32_t left = (size - 1) / 258; left > 0; --left) {
        put(0b11000101, 8);  // 258 bytes
        put(0, 5);           // from one back
    }
    put(0, 7);  // the end
    if (bits > 0) out += static_cast<char>(held);
    return out;
}

std::string bomb() {
    constexpr std::uint32_t size = (kBombSize - 1) / 258 * 258 + 1;
    boost::crc_32_type crc;
    const std::string zeros(1U << 20U, '\0');
    for (std::uint32_t left = size; left > 0;) {
        const auto part = std::min<std::size_t>(left, zeros.size());
        crc.process_bytes(zeros.data(), part);
        left -= static_cast<std::uint32_t>(part);
    }
    const std::string content = deflated_zeros(size);
    return archive({{"don.txt", content, 8, size, crc.checksum()}});
}

struct Named {
    FileType type;
    std::uint64_t seed;
};

std::optional<Named> named(std::string_view id) {
    const auto dash = id.find('-');
    for (std::size_t i = 0; dash != id.npos && i < kTypes.size(); ++i) {
        if (id.substr(0, dash) != kTypes[i]) continue;
        std::uint64_t seed = 0;
        const auto digits = id.substr(dash + 1);
        const auto [end, problem] =
            std::from_chars(digits.data(), digits.data() + digits.size(), seed, 16);
        if (problem != std::errc() || end != digits.data() + digits.size()) break;
        return Named{static_cast<FileType>(i), seed};
    }
    return std::nullopt;
}

std::string_view content_type(FileType type) {
    switch (type) {
        case FileType::Pdf:
            return "application/pdf";
        case FileType::Png:
            return "image/png";
        default:
            return "application/octet-stream";
    }
}

Reply not_there() {
    return {.status = 404, .body = "no such file\n", .content_type = "text/plain"};
}

Reply moved_to(std::string_view address) {
    return {
        .status = 302, .body = {}, .content_type = "text/plain", .location = std::string(address)};
}

}  // namespace

std::string file_id(FileType type, std::uint64_t seed) {
    return fmt::format("{}-{:016x}", kTypes[static_cast<std::size_t>(type)], seed);
}

std::string_view extension_of(FileType type) {
    return kTypes[static_cast<std::size_t>(type)];
}

std::string file_bytes(FileType type, std::uint64_t seed) {
    switch (type) {
        case FileType::Pdf:
            return pdf(seed);
        case FileType::Png:
            return png(seed);
        case FileType::Docx:
            return docx(seed);
        case FileType::Program:
            return std::string("MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0", 16) +
                   std::string(44, '\0') + std::string("\x40\0\0\0PE\0\0\x64\x86", 10) +
                   filler(seed);
        case FileType::Script:
            return "#!/bin/sh\n" + filler(seed);
        default:
            return bomb();
    }
}

std::string base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::string with_tokens(std::string record, std::uint64_t number) {
    const std::string token = fmt::format("?token={:016x}", number);
    for (auto at = record.find(kPrefix); at != record.npos; at = record.find(kPrefix, at)) {
        at = record.find('"', at);
        if (at == record.npos) break;
        record.insert(at, token);
    }
    return record;
}

Reply FileServer::serve(const Request& request) {
    if (request.method != "GET")
        return {.status = 405, .body = "GET only\n", .content_type = "text/plain"};
    const std::string_view path = request.path;
    const auto file = path.starts_with(kPrefix) ? named(path.substr(kPrefix.size())) : std::nullopt;
    if (!file) return not_there();
    unsigned fetch = 0;
    {
        const std::lock_guard lock(mutex_);
        fetch = seen_[std::string(path)]++;
    }
    Reply reply = instead_of(file->seed, fetch);
    store_.count(reply.status == 200 ? "files_served" : "files_not_served");
    if (reply.status != 200) return reply;
    reply.body = file_bytes(file->type, file->seed);
    reply.content_type = content_type(file->type);
    spoil(reply, file->seed, fetch);
    return reply;
}

// What is answered in place of the file; 200: nothing is.
Reply FileServer::instead_of(std::uint64_t seed, unsigned fetch) const {
    const auto strikes = [&](CitizenFault kind) { return faults_.strikes(kind, seed); };
    if (strikes(CitizenFault::FileNever)) return not_there();
    if (strikes(CitizenFault::FileOtherHost)) return moved_to("http://files.invalid/a.pdf");
    if (strikes(CitizenFault::FileLoopback)) return moved_to("http://127.0.0.1:9/a.pdf");
    if (strikes(CitizenFault::FileMetadata))
        return moved_to("http://169.254.169.254/latest/meta-data/");
    if (fetch < fetches_ && strikes(CitizenFault::FileMissing)) return not_there();
    return {};
}

void FileServer::spoil(Reply& reply, std::uint64_t seed, unsigned fetch) const {
    if (faults_.strikes(CitizenFault::FileHuge, seed)) {
        reply.manner = Manner::Padded;
        reply.padding = spoil_.huge;
        return;
    }
    if (fetch >= fetches_) return;
    // The marks of its type stay: only the hash tells.
    if (faults_.strikes(CitizenFault::FileDamaged, seed)) reply.body[reply.body.size() / 2] ^= 1;
    if (faults_.strikes(CitizenFault::FileCut, seed)) {
        reply.manner = Manner::Cut;
    } else if (faults_.strikes(CitizenFault::FileSlow, seed)) {
        reply.manner = Manner::Trickle;
        reply.wait = spoil_.slow;
    }
}

}  // namespace dvcsandbox
