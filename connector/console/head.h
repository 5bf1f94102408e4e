// The head of a request, as the gate reads it: only what decides whether the request is let in.
// Strict, and pure: what two readers could understand differently is refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dvcsync::console {

// Why a request is not let in. `status` is that of HTTP.
struct Refusal {
    int status = 400;
    std::string text;      // for whoever calls
    int retry_after = 0;   // seconds; 0: without it
    bool methods = false;  // tell which methods there are
};

struct Head {
    std::string method;
    std::string path;  // still percent-encoded, without the query
    std::size_t length = 0;
    bool expects_continue = false;
    std::optional<Refusal> refusal;  // set: the rest means nothing
};

// `text`: from the first byte to the blank line, that one included.
Head read_head(std::string_view text, std::size_t max_body);

// Every %XX once; nullopt: one is not of this form.
std::optional<std::string> percent_decoded(std::string_view text);

// The whole answer, headers too.
std::string answer_of(const Refusal& refusal);

}  // namespace dvcsync::console
