#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "connector/base/limits.h"
#include "connector/province/source.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/province/sample_export.h"
#include "tests/unit/province/split.h"

namespace dvcsync::province {
namespace {

constexpr std::size_t file_size = 400'000'000;
constexpr long max_resident_kb = 150'000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

// Returns how many records were written.
std::size_t write_large_file(const std::filesystem::path& path) {
    std::string block;
    for (int i = 0; i < 1000; ++i)
        block += test::usual_dossier(i);
    std::ofstream out(path, std::ios::binary);
    out << "<province-export>\n";
    std::size_t records = 0;
    for (std::size_t size = 0; size < file_size; size += block.size(), records += 1000)
        out << block;
    out << "</province-export>\n";
    return out ? records : 0;
}

// Reads everything; the exit status says whether the count was right.
[[noreturn]] void read_all(const std::filesystem::path& root, std::size_t expected) {
    std::size_t records = 0;
    auto source =
        open_drop_folder({root, test::shapes(), "province-export", {}}, "", system_clock());
    for (bool end = !source; !end;) {
        const auto batch = (*source)->next(limits::intake_batch);
        if (!batch || !(*source)->acknowledge(batch->position)) ::_exit(2);
        for (const RawRecord& record : batch->records)
            records += record.fault.empty() ? 1 : 0;
        end = batch->end;
    }
    ::_exit(records == expected ? 0 : 1);
}

TEST(Memory, AFileOf400MegabytesIsReadInLessThan150) {
    if (sanitized) GTEST_SKIP() << "sanitizers use memory of their own";
    const dvcsync::test::TemporaryFolder folder;
    ASSERT_TRUE(create_drop_folder(folder.path()));
    const std::size_t records = write_large_file(folder.path() / "in/large.xml");
    ASSERT_GT(records, 100'000u) << "is there room for 400 MB in the temporary folder?";
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) read_all(folder.path(), records);
    int status = 0;
    rusage used{};
    ASSERT_EQ(::wait4(child, &status, 0, &used), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_LT(used.ru_maxrss, max_resident_kb);
    RecordProperty("peak_kilobytes", std::to_string(used.ru_maxrss));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "done/large.xml"));
}

}  // namespace
}  // namespace dvcsync::province
