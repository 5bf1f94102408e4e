// Faults on purpose: which call is spoiled, and how. Decides only; spoil.h and the server carry it
// out.
//
// Calls are numbered from 0 in the order in which they ask; whether call n is spoiled and how
// depends on the seed and on n alone, as far as that fault can happen to that call. A client that
// makes one call after the other meets the same faults in every run; with calls at once it meets
// the same list of faults, but which of its calls gets which number is a matter of timing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/services.h"

namespace dvcsandbox {

enum class Injection : std::uint8_t {
    None,
    LostBefore,       // closed without an answer, nothing kept
    LostAfter,        // kept, then closed without an answer
    Late,             // kept, answered after a time
    Twice,            // kept, the answer comes twice
    CloseReused,      // on a connection that has served a call: kept, then closed
    HalfBatch,        // the first half of the records kept, then closed or HTTP 500 by turns
    TooMany,          // HTTP 429, Retry-After as seconds or as a date by turns, nothing kept
    ServerError,      // HTTP 500, 502, 503, 504 by turns, nothing kept
    ServerErrorKept,  // kept, then HTTP 500
    Html,             // HTTP 200 with a page, nothing kept
    HtmlKept,         // kept, then HTTP 200 with a page
    Garbage,          // kept, then HTTP 200 with what is not JSON
    Truncated,        // kept, half of the body, then closed
    Huge,             // kept, an answer of many MiB
    SessionExpired,   // the session has ended: error_code -2, nothing kept
    Slow,             // kept, the answer comes in small pieces
    Reset,            // connection reset, kept or not by turns
};
inline constexpr std::size_t kInjections = static_cast<std::size_t>(Injection::Reset) + 1;

std::string_view name_of(Injection kind);  // "lost-before"; None is "none"

// Faults of the road from the citizen to the province: of lists, of callbacks, of files, of names.
// Each is decided apart, by the seed, its kind and a number that the asker chooses.
enum class CitizenFault : std::uint8_t {
    ListRepeat,       // the page before is listed again in place of the page
    ListReorder,      // the rows of a page in another order
    ListSkip,         // a row left out, this time
    ListShift,        // the boundaries of pages some rows off, back and forth by turns
    CallbackTwice,    // the same callback again, after it was acknowledged
    CallbackAtOnce,   // the same callback on two connections at the same time
    CallbackReorder,  // the supplement before the filing
    FileMissing,      // 404, the first fetches
    FileNever,        // 404, always
    FileHuge,         // many MiB
    FileSlow,         // in small pieces over a time, the first fetches
    FileDamaged,      // other bytes of the same length, the first fetches
    FileCut,          // half of it, then closed, the first fetches
    FileWrongType,    // filed so: the bytes are not what the name says, a program by turns
    FileOtherHost,    // redirected to a host that nobody allows
    FileLoopback,     // redirected to 127.0.0.1, another port
    FileMetadata,     // redirected to the metadata address of clouds
    HostileName,      // filed so: paths, control characters, 5,000 characters, NFD …
    FileToken,        // links carry a token, another each time they are told; listed as changed
};
inline constexpr std::size_t kCitizenFaults = static_cast<std::size_t>(CitizenFault::FileToken) + 1;

std::string_view name_of(CitizenFault kind);  // "citizen-repeat"

// 0 to 1, from the seed and the number alone.
double uniform(std::uint64_t seed, std::uint64_t number);

struct InjectionPlan {
    std::array<double, kInjections> rates{};  // chance of each kind for a call; their sum is ≤ 1
    std::array<double, kCitizenFaults> citizen{};  // chances on their own, not in any sum
    std::uint64_t seed = 1;
    std::vector<Service> services = {};  // only calls of these; empty: of every service
    std::string spec = {};               // as it was given
};

// "lost-after=0.02,too-many=0.05": rates 0 to 1. "all=R" gives each kind its share of R; kinds that
// are named besides keep their own rate; citizen-… kinds are never part of it. "" has no faults.
// `services` is a list with commas. Nothing: `error` says what is wrong.
std::optional<InjectionPlan> parse_plan(std::string_view spec, std::string_view services,
                                        std::uint64_t seed, std::string& error);

class Injector {
  public:
    struct Call {
        Service service = Service::Unknown;
        bool reused = false;    // its connection has served a call before
        std::size_t items = 0;  // records that it brings
    };
    struct Drawn {
        Injection kind = Injection::None;
        std::uint64_t turn = 0;  // how often this kind was drawn before, for what goes by turns
    };

    // Calls are numbered from 0 again; counts go on.
    void use(InjectionPlan plan);
    Drawn draw(const Call& call);
    // Whether the fault strikes the thing of this number; counted when it does.
    bool strikes(CitizenFault kind, std::uint64_t number);

    InjectionPlan plan() const;
    std::array<std::uint64_t, kInjections> counts() const;
    std::array<std::uint64_t, kCitizenFaults> citizen_counts() const;
    void clear_counts();

  private:
    mutable std::mutex mutex_;
    InjectionPlan plan_;
    std::atomic<bool> active_{false};
    std::uint64_t next_ = 0;
    std::array<std::uint64_t, kInjections> turns_{};  // since the plan is in use
    std::array<std::uint64_t, kInjections> counts_{};
    std::array<std::uint64_t, kCitizenFaults> citizen_counts_{};
};

}  // namespace dvcsandbox
