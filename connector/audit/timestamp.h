// Time stamps of an authority that neither we nor the portal are: that a digest existed by then.
//
// Source: RFC 3161. Only bytes in and out; whoever has a network sends them (Content-Type
// application/timestamp-query, answered by application/timestamp-reply). Pure functions,
// thread-safe. Errors: Config for authorities that a person must mend, Refused if the authority
// said no, Corrupt for an answer that does not parse or verify.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/audit/merkle.h"
#include "connector/base/time.h"

namespace dvcsync::audit {

struct TimestampRequest {
    std::string der;
    std::uint64_t nonce = 0;  // random; the answer repeats it
};

// Asks for a stamp over a SHA-256 digest, with the authority's certificates in the answer.
TimestampRequest make_timestamp_request(const Hash& digest);

struct Timestamp {
    UtcTime time;        // whole seconds
    std::string serial;  // the authority's number of it, hexadecimal
    std::string policy;  // the authority's rules, an object identifier such as 1.2.3.4
};

// `response` is the authority's whole answer (DER), kept as it came: `openssl ts -verify` reads it
// too. `authorities` is PEM text with the certificates to trust, roots among them. Give the nonce
// while the request is at hand. The certificates must have been valid at the time of the stamp, not
// now: a stamp outlives the certificate that made it.
Result<Timestamp> verify_timestamp(std::string_view response, const Hash& digest,
                                   std::string_view authorities,
                                   std::optional<std::uint64_t> nonce = std::nullopt);

// Whether a response is a stamp over this digest, whoever gave it: what can be told without the
// authorities. Junk and the stamp of another file are found by it.
Status check_timestamp_digest(std::string_view response, const Hash& digest);

}  // namespace dvcsync::audit
