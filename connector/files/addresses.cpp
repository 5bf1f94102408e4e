#include "connector/files/addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace dvcsync::files {
namespace {

struct Block4 {
    std::uint32_t first;
    int bits;
};
constexpr std::uint32_t dotted(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}
constexpr Block4 special4[] = {
    {0, 8},                         // this network, unspecified
    {dotted(10, 0, 0, 0), 8},       // private
    {dotted(100, 64, 0, 0), 10},    // shared by carriers (CGNAT)
    {dotted(127, 0, 0, 0), 8},      // loopback
    {dotted(169, 254, 0, 0), 16},   // link-local, metadata services
    {dotted(172, 16, 0, 0), 12},    // private
    {dotted(192, 0, 0, 0), 24},     // protocol assignments
    {dotted(192, 0, 2, 0), 24},     // documentation
    {dotted(192, 88, 99, 0), 24},   // 6to4 relays
    {dotted(192, 168, 0, 0), 16},   // private
    {dotted(198, 18, 0, 0), 15},    // benchmarks
    {dotted(198, 51, 100, 0), 24},  // documentation
    {dotted(203, 0, 113, 0), 24},   // documentation
    {std::uint32_t{7} << 29, 3},    // multicast, reserved, broadcast
};

struct Block6 {
    std::array<std::uint8_t, 4> first;
    int bits;
};
// Within 2000::/3; everything outside of it is special, mapped and NAT64 forms included.
constexpr Block6 special6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02, 0x00, 0x00}, 16},  // 6to4
    {{0x3f, 0xff, 0x00, 0x00}, 20},  // documentation
};

std::uint32_t word(const std::uint8_t* bytes) {
    return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
           static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

bool within(std::uint32_t address, std::uint32_t first, int bits) {
    return (address ^ first) >> (32 - bits) == 0;
}

bool is_address(std::string_view host) {
    in_addr ignored{};
    return host.starts_with('[') || ::inet_pton(AF_INET, std::string(host).c_str(), &ignored) == 1;
}

}  // namespace

bool is_public(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, &address, sizeof ipv4);
        const std::uint32_t value = ntohl(ipv4.sin_addr.s_addr);
        return std::none_of(std::begin(special4), std::end(special4), [&](const Block4& block) {
            return within(value, block.first, block.bits);
        });
    }
    if (address.sa_family != AF_INET6) return false;
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    const std::uint32_t value = word(ipv6.sin6_addr.s6_addr);
    return within(value, std::uint32_t{0x20} << 24, 3) &&
           std::none_of(std::begin(special6), std::end(special6), [&](const Block6& block) {
               return within(value, word(block.first.data()), block.bits);
           });
}

bool is_private_host(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    if (::inet_pton(AF_INET, std::string(host).c_str(), &ipv4.sin_addr) == 1)
        return !is_public(reinterpret_cast<const sockaddr&>(ipv4));
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    if (!host.starts_with('[') || !host.ends_with(']')) return false;
    const std::string inner(host.substr(1, host.size() - 2));
    return ::inet_pton(AF_INET6, inner.c_str(), &ipv6.sin6_addr) == 1 &&
           !is_public(reinterpret_cast<const sockaddr&>(ipv6));
}

bool host_fits(std::string_view host, std::string_view rule) {
    if (!rule.starts_with("*.")) return host == rule;
    const std::string_view suffix = rule.substr(1);  // with its dot
    return host.size() > suffix.size() && host.ends_with(suffix) && !is_address(host);
}

}  // namespace dvcsync::files
