// Any bytes as the body of a callback: whatever the portal sends, the answer is one of the
// profile's and sound JSON or plain text, and a body that names a reading is understood or refused
// by it.
//
// The first byte chooses the callback, the rest is the body.
#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/mapping/reading.h"
#include "connector/portal/callbacks.h"
#include "connector/portal/portal.h"
#include "tests/fuzz/shipped.h"

namespace {

using namespace dvcsync;
using fuzz::check;
using fuzz::loaded;
using fuzz::mappings;
using portal::Callbacks;
using What = Callbacks::Body::What;

const Callbacks& callbacks() {
    static const auto all =
        *loaded(portal::Profile::load(DVC_SOURCE_DIR "/mappings/portal/mapi-2024/profile.xml"))
             .callbacks();
    return all;
}

void check_answer(Callbacks::Said said, const Callbacks::Body& body) {
    const auto reply = callbacks().answer(said, body.code, body.reason);
    check(reply.status >= 200 && reply.status < 600 && is_utf8(reply.body));
    if (reply.content_type.find("json") == std::string::npos) return;
    rapidjson::Document document;
    document.Parse(reply.body.data(), reply.body.size());
    check(!document.HasParseError() && document.IsObject());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::string_view names[] = {"nhanhsdvcqg", "addtthcKhuyenMai", "nhantbthuedvcqg",
                                          "search/call"};
    const auto match =
        callbacks().match("/XrdAdapter/RestService/forward/" + std::string(names[data[0] % 4]));
    check(match.has_value());
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto body = match->reading_for(text);
    check(is_utf8(body.code) && body.code.size() <= limits::max_code && is_utf8(body.service) &&
          is_utf8(body.reason));
    check(body.what != What::Unparsable || !body.reason.empty());
    for (std::size_t said = 0; said < Callbacks::said_count; ++said)
        check_answer(static_cast<Callbacks::Said>(said), body);
    if (body.what != What::Known || match->kind() != Callbacks::Kind::Reading) return 0;
    const auto* const reading = mappings().reading(body.reading);
    check(reading != nullptr);
    // What the profile can read is JSON, so the reading says what it lacks, if anything.
    const auto national = reading->read(text);
    check(national ? reading->digest(text).has_value() : !national.error().faults.empty());
    return 0;
}
