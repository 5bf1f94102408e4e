#include "connector/ledger/submissions.h"

namespace dvcsync::ledger {

std::string_view to_string(Road road) {
    return road == Road::Poll ? "poll" : "callback";
}

std::string_view to_string(Stage stage) {
    switch (stage) {
        case Stage::Received:
            return "received";
        case Stage::Waiting:
            return "waiting";
        case Stage::Held:
            return "held";
        case Stage::Handed:
            return "handed";
        case Stage::Dismissed:
            break;
    }
    return "dismissed";
}

}  // namespace dvcsync::ledger
