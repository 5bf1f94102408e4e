#include "connector/base/error.h"

namespace dvcsync {

std::string_view to_string(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Retry:
            return "retry";
        case ErrorKind::Refused:
            return "refused";
        case ErrorKind::InDoubt:
            return "in-doubt";
        case ErrorKind::Config:
            return "config";
        case ErrorKind::Corrupt:
            return "corrupt";
        case ErrorKind::Bug:
            return "bug";
    }
    return "bug";
}

}  // namespace dvcsync
