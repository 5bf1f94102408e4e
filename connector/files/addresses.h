// Which addresses are on the public internet, and which hosts a rule names. Pure, thread-safe.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace dvcsync::files {

// False for everything that is not a global unicast address of IPv4 or IPv6 by the registries of
// special addresses (RFC 6890 and its IANA tables): private, loopback, link-local with the metadata
// services of clouds, shared (CGNAT), multicast, unspecified, documentation, and every IPv6 form
// that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo); other families too.
bool is_public(const sockaddr& address);

// Whether a host in normal form is an address that is not public, or a name of this machine itself
// ("localhost"). What other names lead to is not asked.
bool is_private_host(std::string_view host);

// Both in normal form (lower case, ASCII, no trailing dot); `rule` may begin with "*.".
bool host_fits(std::string_view host, std::string_view rule);

}  // namespace dvcsync::files
