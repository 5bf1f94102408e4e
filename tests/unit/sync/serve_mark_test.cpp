// Whoever checks a configuration sees that its own service runs, and at which port.
#include "connector/sync/serve_mark.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace dvcsync::sync {
namespace {

class ServeMarkTest : public ::testing::Test {
  protected:
    ServeMarkTest() {
        std::string name = (std::filesystem::temp_directory_path() / "dvc-mark-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        ledger_ = folder_ / "ledger.db";
    }
    ~ServeMarkTest() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_, ledger_;
};

TEST_F(ServeMarkTest, TellsThePortWhileTheServiceRuns) {
    EXPECT_EQ(ServeMark::port(ledger_), std::nullopt);
    {
        const ServeMark mark(ledger_, 8090);
        EXPECT_EQ(ServeMark::port(ledger_), 8090);
        EXPECT_EQ(ServeMark::port(ledger_), 8090) << "looking takes nothing";
    }
    EXPECT_EQ(ServeMark::port(ledger_), std::nullopt) << "the file that is left says nothing";
    const ServeMark shorter(ledger_, 80);
    EXPECT_EQ(ServeMark::port(ledger_), 80);
}

TEST_F(ServeMarkTest, TheFirstOfTwoServicesHasIt) {
    const ServeMark first(ledger_, 8090);
    {
        const ServeMark second(ledger_, 8091);
        EXPECT_EQ(ServeMark::port(ledger_), 8090);
    }
    EXPECT_EQ(ServeMark::port(ledger_), 8090);
}

TEST_F(ServeMarkTest, WhatIsNoMarkSaysNothing) {
    const ServeMark nowhere(folder_ / "no" / "ledger.db", 1);
    EXPECT_EQ(ServeMark::port(folder_ / "no" / "ledger.db"), std::nullopt);
    const ServeMark mark(ledger_, 1);
    std::ofstream(ledger_.string() + ".serve") << "x";
    EXPECT_EQ(ServeMark::port(ledger_), std::nullopt);
}

}  // namespace
}  // namespace dvcsync::sync
