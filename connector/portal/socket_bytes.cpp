#include "connector/portal/socket_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace dvcsync::portal {

std::size_t bytes_received(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return static_cast<std::size_t>(info.tcpi_bytes_received);
}

}  // namespace dvcsync::portal
