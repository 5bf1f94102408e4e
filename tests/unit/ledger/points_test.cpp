#include "connector/base/points.h"

#include <gtest/gtest.h>

#include <string>

#include "connector/ledger/states.h"

namespace dvcsync::ledger {
namespace {

TEST(LedgerPoints, EveryEventHasItsOwnTwo) {
    for (int i = 0; i < event_count; ++i) {
        const auto event = static_cast<Event>(i);
        const std::string name(to_string(event));
        EXPECT_EQ(to_string(written(event)), name + "/written");
        EXPECT_EQ(to_string(durable(written(event))), name + "/durable");
    }
}

}  // namespace
}  // namespace dvcsync::ledger
