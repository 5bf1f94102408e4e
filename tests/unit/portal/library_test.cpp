// What initialize() takes away from cpprestsdk and OpenSSL before the first call.
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "connector/portal/portal.h"
#include "tests/unit/portal/support_certificates.h"

namespace dvcsync::portal::test {
namespace {

// How many authorities a store has that is filled from the places that the system names.
int authorities_of_the_system() {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                        X509_STORE_free);
    X509_STORE_set_default_paths(store.get());
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(store.get()));
}

TEST(Initialize, LeavesNoAuthorityOfTheSystem) {
    const TemporaryFolder folder;
    const Authority authority(folder);
    ::setenv("SSL_CERT_FILE", authority.file().c_str(), 1);
    ASSERT_EQ(authorities_of_the_system(), 1);
    initialize();
    EXPECT_EQ(authorities_of_the_system(), 0);
}

int other_threads() {
    int others = -1;
    for ([[maybe_unused]] const auto& thread :
         std::filesystem::directory_iterator("/proc/self/task"))
        ++others;
    return others;
}

// Forty, the library's own choice, are five times slower. One more is the thread sanitizer's. In a
// process of its own, where no other test has left a thread.
TEST(Initialize, LeavesFourThreadsToTheLibrary) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto four = [](int status) {
        return testing::ExitedWithCode(4)(status) || testing::ExitedWithCode(5)(status);
    };
    EXPECT_EXIT(std::_Exit(other_threads()), four, "");
}

}  // namespace
}  // namespace dvcsync::portal::test
