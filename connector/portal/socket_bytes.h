// Apart, because the kernel's <linux/tcp.h> and libc's <netinet/tcp.h>, which Boost includes,
// collide.
#pragma once

#include <cstddef>

namespace dvcsync::portal {

// Bytes that a TCP socket has received so far; 0 if the system does not tell.
std::size_t bytes_received(int socket);

}  // namespace dvcsync::portal
