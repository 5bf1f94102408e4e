// Sends a reply over a stream in the manner that it asks for.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/stream.h"

namespace dvcsandbox {

using Pause = std::function<void(std::chrono::milliseconds)>;  // ends early when the server stops

std::string_view reason(int status);
std::string to_bytes(const Reply& reply, bool keep_alive);

// False: not all of it was sent, or the connection must not be used again. `limit` bounds the time
// besides the waiting that the reply asks for.
bool deliver(Stream& stream, const Reply& reply, bool keep_alive, std::chrono::milliseconds limit,
             const Pause& pause);

}  // namespace dvcsandbox
