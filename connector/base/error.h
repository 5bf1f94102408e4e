// Errors of the whole program: a closed set of kinds in a result type.
//
// No exception crosses a module. A module that uses a throwing library catches at its own edge and
// returns an Error. Messages are for the IT officer: they name the file, line or code and what to
// do; they hold no personal data and no secret.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace dvcsync {

enum class ErrorKind {
    Retry,    // failed for now, nothing was done: try again later
    Refused,  // the other side or a rule said no: a person or a newer version must act
    InDoubt,  // it may or may not have happened: ask before doing it again
    Config,   // a setting, mapping file, certificate or path is wrong: mend it and start again
    Corrupt,  // stored data is not what was written: stop
    Bug,      // cannot happen: stop and report
};

std::string_view to_string(ErrorKind kind);

struct Error {
    ErrorKind kind = ErrorKind::Bug;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
    return tl::make_unexpected(Error{kind, std::move(message)});
}

}  // namespace dvcsync

// Returns the error of `expr` to the caller, if it has one.
#define DVC_TRY(expr)                                                  \
    do {                                                               \
        if (auto dvc_status = (expr); !dvc_status)                     \
            return tl::make_unexpected(std::move(dvc_status).error()); \
    } while (false)

// Declares `var` with the value of `expr`, or returns its error to the caller.
#define DVC_TRY_ASSIGN(var, expr)                                                   \
    auto var##_result = (expr);                                                     \
    if (!var##_result) return tl::make_unexpected(std::move(var##_result).error()); \
    auto var = *std::move(var##_result)  // NOLINT(bugprone-macro-parentheses)
