// Exit codes of every command; README.md lists them for the scheduler.
#pragma once

#include "connector/base/error.h"

namespace dvcsync::cli {

enum ExitCode : int {
    exit_ok = 0,
    exit_attention = 1,  // done, but something needs a person or another run
    exit_usage = 2,
    exit_config = 3,
    exit_portal = 4,  // the portal could not be used: not reachable, login or certificate refused
    exit_ledger = 5,
    exit_busy = 6,      // another run is active
    exit_tampered = 7,  // the audit trail is not what was signed
    exit_bug = 70,
};

inline ExitCode exit_code(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Config:
            return exit_config;
        case ErrorKind::Corrupt:
            return exit_ledger;
        case ErrorKind::Retry:
            return exit_ledger;
        case ErrorKind::Refused:
        case ErrorKind::InDoubt:
            return exit_portal;
        case ErrorKind::Bug:
            return exit_bug;
    }
    return exit_bug;
}

}  // namespace dvcsync::cli
