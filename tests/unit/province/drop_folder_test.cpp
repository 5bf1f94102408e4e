#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "connector/base/files.h"
#include "connector/base/limits.h"
#include "connector/province/position.h"
#include "connector/province/source.h"
#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/province/split.h"

namespace dvcsync::province {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::dossier;
using test::wrapped;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class SetClock final : public Clock {
  public:
    UtcTime now() const override { return system_clock().now() + ahead; }
    std::chrono::nanoseconds steady() const override { return system_clock().steady(); }
    void sleep(Millis) override {}
    std::chrono::seconds ahead{0};
};

// Root may read everything, so the test steps down for a while.
struct Unprivileged {
    Unprivileged() {
        if (::getuid() == 0) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    ~Unprivileged() {
        if (::getuid() == 0) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }
};

class DropFolder : public testing::Test {
  protected:
    DropFolder() { EXPECT_TRUE(create_drop_folder(root())); }

    fs::path root() const { return folder_.path() / "drop"; }
    fs::path write(const std::string& name, std::string_view content) {
        return folder_.write("drop/in/" + name, content);
    }
    std::unique_ptr<Source> open(const std::string& position = "") {
        auto source = open_drop_folder(
            {root(), test::shapes(), "province-export", 900s, "made", "whole", "province", "H22"},
            position, clock_);
        EXPECT_TRUE(source) << source.error().message;
        return std::move(source).value();
    }
    // Everything that is there now, acknowledged batch by batch, as sync does it.
    void drain(Source& source, std::size_t max = 100) {
        for (bool end = false; !end;) {
            auto batch = source.next(max);
            ASSERT_TRUE(batch) << batch.error().message;
            EXPECT_LE(batch->records.size(), max);
            EXPECT_TRUE(!batch->records.empty() || !batch->rejected.empty() || batch->end);
            take(*batch);
            end = batch->end;
            const auto status = source.acknowledge(batch->position);
            ASSERT_TRUE(status) << status.error().message;
        }
    }
    void take(const Batch& batch) {
        for (const RawRecord& record : batch.records)
            taken_.push_back(record.file + ":" + record.code + (record.fault.empty() ? "" : "!"));
        for (const RejectedFile& file : batch.rejected)
            rejected_.push_back(file.file + ": " + file.reason);
        for (const EndedFile& file : batch.ended)
            ended_.push_back(file);
    }
    std::vector<std::string> files(const std::string& where) const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(root() / where))
            names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        return names;
    }
    std::string content(const std::string& name) const {
        return read_file(root() / name, 1 << 20).value();
    }

    dvcsync::test::TemporaryFolder folder_;
    SetClock clock_;
    std::vector<std::string> taken_;
    std::vector<std::string> rejected_;
    std::vector<EndedFile> ended_;
};

// An export whose root element says more of it.
std::string told(std::string_view attributes, std::string_view records) {
    return "<province-export " + std::string(attributes) + ">\n" + std::string(records) +
           "</province-export>\n";
}

TEST_F(DropFolder, AnExportOfAnotherProvinceIsRefusedWhole) {
    write("d-1.xml", told("province='H99'", dossier("A")));
    write("d-2.xml", told("province='H22'", dossier("B")));
    write("d-3.xml", told("province=' H22 '", dossier("C")));
    write("d-4.xml", told("version='1'", dossier("D")));
    write("d-5.xml", told("province='H22' province='H99'", dossier("E")));
    write("d-6.xml", told("province='Nguyễn Văn A'", dossier("F")));
    write("d-7.xml", told("province=''", dossier("G")));
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("d-2.xml:B", "d-3.xml:C", "d-4.xml:D", "d-7.xml:G"))
        << "an export that does not say whose it is is believed";
    EXPECT_THAT(
        rejected_,
        ElementsAre(HasSubstr("d-1.xml: line 1: the root element does not say that this is an "
                              "export of this province (province=\"H99\" ≠ \"H22\")"),
                    HasSubstr("d-5.xml: line 1: "), HasSubstr("province=? ≠ \"H22\"")));
    const std::string reason = content("rejected/d-1.xml.reason.txt");
    EXPECT_THAT(reason, HasSubstr("không phải của tỉnh này (province=\"H99\" ≠ \"H22\")"));
    EXPECT_THAT(reason, HasSubstr("What to do: "));
    EXPECT_THAT(content("rejected/d-6.xml.reason.txt"), testing::Not(HasSubstr("Nguyễn")));
}

TEST_F(DropFolder, AnotherRootElementIsRefusedWithItsLine) {
    write("a.xml", "<?xml version='1.0'?>\n<foo/>\n");
    write("b.xml", "<foo>" + dossier("A") + "</foo>");
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, IsEmpty());
    EXPECT_THAT(rejected_, ElementsAre("a.xml: line 2: the root element is not <province-export>",
                                       "b.xml: line 1: the root element is not <province-export>"));
    EXPECT_THAT(files("rejected"),
                ElementsAre("a.xml", "a.xml.reason.txt", "b.xml", "b.xml.reason.txt"));
}

TEST_F(DropFolder, HowManyRecordsAFileHeldIsToldAtItsEndAlsoAfterARestart) {
    write("a.xml", told("", ""));
    write("b.xml", told("", dossier("A") + dossier("B") + dossier("C")));
    auto source = open();
    auto batch = source->next(2);
    ASSERT_TRUE(batch);
    take(*batch);
    source = open(batch->position);
    drain(*source);
    ASSERT_EQ(ended_.size(), 2u);
    EXPECT_EQ(ended_[0].records, 0u);
    EXPECT_EQ(ended_[1].records, 3u);
}

TEST_F(DropFolder, FilesComeInNameOrderAndAreMovedToDone) {
    write("d-2.xml", wrapped(dossier("B")));
    write("d-1.xml", wrapped(dossier("A1") + dossier("A2")));
    write("d-3.XML", wrapped(""));
    auto source = open();
    EXPECT_EQ(source->waiting_files().value(), 3u);
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("d-1.xml:A1", "d-1.xml:A2", "d-2.xml:B"));
    EXPECT_THAT(files("in"), IsEmpty());
    EXPECT_THAT(files("done"), ElementsAre("d-1.xml", "d-2.xml", "d-3.XML"));
    EXPECT_EQ(source->waiting_files().value(), 0u);
    write("d-0.xml", wrapped(dossier("C")));
    drain(*source);
    EXPECT_EQ(taken_.back(), "d-0.xml:C");
}

TEST_F(DropFolder, NothingIsMovedBeforeItIsAcknowledged) {
    write("a.xml", wrapped(dossier("A")));
    write("b.xml", "{\"a\": 1}");
    auto source = open();
    auto batch = source->next(10);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->records.size(), 1u);
    EXPECT_EQ(batch->rejected.size(), 1u);
    EXPECT_THAT(files("in"), ElementsAre("a.xml", "b.xml"));
    ASSERT_TRUE(source->acknowledge(batch->position));
    EXPECT_THAT(files("in"), IsEmpty());
    EXPECT_THAT(files("done"), ElementsAre("a.xml"));
    EXPECT_THAT(files("rejected"), ElementsAre("b.xml", "b.xml.reason.txt"));
    ASSERT_TRUE(source->acknowledge(batch->position));  // again: nothing to do
}

TEST_F(DropFolder, WhatIsNotOursIsLeftAlone) {
    const std::string good = wrapped(dossier("A"));
    write("a.xml.part", good);
    write(".b.xml", good);
    write("c.txt", good);
    write("new\nline.xml", good);
    fs::create_directory(root() / "in/folder.xml");
    fs::create_symlink(folder_.write("outside.xml", good), root() / "in/link.xml");
    ASSERT_EQ(::mkfifo((root() / "in/pipe.xml").c_str(), 0600), 0);
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, IsEmpty());
    EXPECT_EQ(files("in").size(), 7u);
    EXPECT_EQ(source->waiting_files().value(), 0u);
}

TEST_F(DropFolder, AHalfWrittenFileWaitsAndIsTakenOnceComplete) {
    const std::string whole = wrapped(dossier("A1") + dossier("A2"));
    for (const std::size_t size :
         {std::size_t(0), std::size_t(3), std::size_t(40), whole.size() / 2, whole.size() - 3}) {
        write("half.xml", whole.substr(0, size));
        auto source = open();
        drain(*source);
        EXPECT_THAT(taken_, IsEmpty()) << size;
        const auto waiting = source->incomplete();
        ASSERT_TRUE(waiting);
        ASSERT_EQ(waiting->size(), 1u) << size;
        EXPECT_EQ((*waiting)[0].file, "half.xml");
    }
    write("other.xml", wrapped(dossier("B")));
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("other.xml:B"));
    EXPECT_EQ(source->waiting_files().value(), 1u);
    write("half.xml", whole);
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("other.xml:B", "half.xml:A1", "half.xml:A2"));
    EXPECT_TRUE(source->incomplete()->empty());
}

TEST_F(DropFolder, AFileOfZerosIsOneThatIsBeingCopied) {
    write("a.xml", std::string(100, '\0'));
    auto source = open();
    drain(*source);
    EXPECT_THAT(rejected_, IsEmpty());
    EXPECT_THAT(files("in"), ElementsAre("a.xml"));
}

TEST_F(DropFolder, AFileThatWaitsHoldsBackOnlyItsSeries) {
    write("dossiers-2019-03-01.xml", wrapped(dossier("A")).substr(0, 80));
    write("dossiers-2019-03-02.xml", wrapped(dossier("B")));
    write("procedures-2019-03.xml", wrapped(dossier("C")));
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("procedures-2019-03.xml:C"));
    const auto waiting = source->incomplete().value();
    ASSERT_EQ(waiting.size(), 2u);
    EXPECT_THAT(waiting[0].reason, HasSubstr("</province-export>"));
    EXPECT_THAT(waiting[1].reason, HasSubstr("earlier file"));
    write("dossiers-2019-03-01.xml", wrapped(dossier("A")));
    drain(*source);
    EXPECT_EQ(taken_[1], "dossiers-2019-03-01.xml:A");
    EXPECT_EQ(taken_[2], "dossiers-2019-03-02.xml:B");
}

TEST_F(DropFolder, AFileThatStaysHalfWrittenIsRejectedInTheEnd) {
    write("d-1.xml", wrapped(dossier("A")).substr(0, 100));
    write("d-2.xml", wrapped(dossier("B")));
    clock_.ahead = 890s;
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, IsEmpty());
    clock_.ahead = 1000s;
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("d-2.xml:B"));
    EXPECT_THAT(rejected_, ElementsAre(HasSubstr("d-1.xml: the file does not end")));
    EXPECT_THAT(files("rejected"), ElementsAre("d-1.xml", "d-1.xml.reason.txt"));
}

TEST_F(DropFolder, WhatIsNotXmlIsRejectedAtOnceAndTheOthersArrive) {
    write("a.xml", "{\"dossiers\": []}");
    write("b.xml", std::string("PK\x03\x04\0\0\0\0", 8));
    write("c.xml", "<!DOCTYPE html>\n<html><body>503</body></html>\n");
    write("d.xml", wrapped(dossier("D")));
    write("e.xml", "<?xml version='1.0' encoding='UTF-16'?><province-export></province-export>");
    write("f.xml", "<other-export></other-export>");
    write("g.xml",
          "<?xml version='1.0'?><!DOCTYPE province-export [<!ENTITY x SYSTEM "
          "'file:///etc/passwd'>]><province-export>" +
              dossier("&x;") + "</province-export>");
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("d.xml:D"));
    EXPECT_EQ(rejected_.size(), 6u);
    EXPECT_THAT(files("done"), ElementsAre("d.xml"));
    EXPECT_EQ(files("rejected").size(), 12u);
    const std::string reason = content("rejected/c.xml.reason.txt");
    EXPECT_THAT(reason, StartsWith("Tệp: c.xml\nDòng: 1\nLý do: có khai báo kiểu tài liệu (DTD)"));
    EXPECT_THAT(reason, HasSubstr("Cần làm: "));
    EXPECT_THAT(reason, HasSubstr("File: c.xml\nLine: 1\nReason: a document type declaration"));
    EXPECT_THAT(reason, HasSubstr("What to do: "));
    EXPECT_THAT(content("rejected/e.xml.reason.txt"), HasSubstr("UTF-16"));
    EXPECT_THAT(content("rejected/f.xml.reason.txt"), HasSubstr("<province-export>"));
}

TEST_F(DropFolder, ABadRecordComesAloneAndTheRestOfItsFileArrives) {
    write("a.xml", wrapped(dossier("A1") + "<dossier><code>A2</code><x></dossier>\n" +
                           dossier("A3", "\xFF") + dossier("A4")));
    auto source = open();
    auto batch = source->next(10);
    ASSERT_TRUE(batch);
    take(*batch);
    EXPECT_THAT(taken_, ElementsAre("a.xml:A1", "a.xml:A2!", "a.xml:A3!", "a.xml:A4"));
    EXPECT_EQ(batch->records[1].line, 4u);
    EXPECT_THAT(batch->records[2].fault, HasSubstr("line 5"));
    EXPECT_TRUE(batch->end);
}

TEST_F(DropFolder, AFileThatBreaksMidwayGivesItsGoodRecordsFirst) {
    std::string records;
    for (int i = 0; i < 100; ++i)
        records += dossier("A" + std::to_string(i));
    write("a.xml", wrapped(records + "\xFF\xFF\n" + dossier("lost")));
    auto source = open();
    drain(*source, 30);
    EXPECT_EQ(taken_.size(), 100u);
    EXPECT_THAT(rejected_, ElementsAre("a.xml: line 103: the bytes are not UTF-8"));
    const std::string reason = content("rejected/a.xml.reason.txt");
    EXPECT_THAT(reason, HasSubstr("Số bản ghi đã nhận trước chỗ này: 100"));
    EXPECT_THAT(reason, HasSubstr("Records taken before this place: 100"));
    EXPECT_THAT(reason, HasSubstr("Line: 103"));
}

TEST_F(DropFolder, ANameThatIsTakenGetsANumber) {
    for (int i = 0; i < 3; ++i) {
        write("a.xml", wrapped(dossier("A" + std::to_string(i))));
        write("b.xml", "not XML");
        drain(*open());
    }
    EXPECT_THAT(files("done"), ElementsAre("a.xml", "a.xml.1", "a.xml.2"));
    EXPECT_THAT(files("rejected"), ElementsAre("b.xml", "b.xml.1", "b.xml.1.reason.txt", "b.xml.2",
                                               "b.xml.2.reason.txt", "b.xml.reason.txt"));
    EXPECT_THAT(content("done/a.xml.2"), HasSubstr("A2"));
}

// A crash at any moment: the position of batch `i` is stored, it may be acknowledged or not, and a
// new process goes on from there.
TEST_F(DropFolder, AfterACrashNothingIsLostAndNothingComesTwice) {
    const std::string first = wrapped(dossier("A1") + "<dossier><code>A2</code>\n" + dossier("A3"));
    const std::string third = wrapped(dossier("C1") + dossier("C2", "<x>") + dossier("C3"));
    const std::vector<std::string> all{"1.xml:A1", "1.xml:A2!", "1.xml:A3",
                                       "3.xml:C1", "3.xml:C2!", "3.xml:C3"};
    for (std::size_t size : {1u, 2u, 3u, 4u, 7u}) {
        for (const bool acknowledged : {false, true}) {
            taken_.clear();
            rejected_.clear();
            write("1.xml", first);
            write("2.xml", wrapped(dossier("B1") + "\xFF"));
            write("3.xml", third);
            std::string position;
            for (int guard = 0; guard < 20; ++guard) {
                auto source = open(position);  // a new process for every batch
                auto batch = source->next(size);
                ASSERT_TRUE(batch) << batch.error().message;
                take(*batch);
                position = batch->position;
                if (acknowledged || batch->end) {
                    ASSERT_TRUE(source->acknowledge(position));
                }
                if (batch->end) break;
            }
            auto expected = all;
            expected.insert(expected.begin() + 3, "2.xml:B1");
            EXPECT_EQ(taken_, expected) << size << acknowledged;
            EXPECT_THAT(files("in"), IsEmpty()) << size << acknowledged;
            EXPECT_FALSE(rejected_.empty());
            EXPECT_THAT(content("rejected/2.xml.reason.txt"),
                        HasSubstr("taken before this place: 1"));
        }
    }
}

TEST_F(DropFolder, AFileReadToItsEndBeforeACrashIsJustMoved) {
    write("a.xml", wrapped(dossier("A")));
    const std::string position = open()->next(10)->position;
    EXPECT_THAT(position, HasSubstr("\nd "));
    auto source = open(position);
    drain(*source);
    EXPECT_THAT(taken_, IsEmpty());
    EXPECT_THAT(files("done"), ElementsAre("a.xml"));
}

TEST_F(DropFolder, RecordsCarryWhatTheirFileSaysOfItsTime) {
    write("a.xml", told("made='1&#47;2'", dossier("A1") + dossier("A2")));
    write("b.xml", wrapped(dossier("B")));
    write("c.xml", told("made='3' made='4'", dossier("C")));
    auto batch = open()->next(10);
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->records.size(), 4u);
    EXPECT_EQ(batch->records[0].exported, "1/2");
    EXPECT_EQ(batch->records[1].exported, "1/2");
    EXPECT_EQ(batch->records[2].exported, "");
    EXPECT_EQ(batch->records[3].exported, "");
    ASSERT_EQ(batch->ended.size(), 3u);
    EXPECT_EQ(batch->ended[0].file, "a.xml");
    EXPECT_EQ(batch->ended[0].exported, "1/2");
    EXPECT_EQ(batch->ended[0].fault, "");
    EXPECT_EQ(batch->ended[1].fault, "");
    EXPECT_EQ(batch->ended[2].fault, "the attribute 'made' of the root element occurs twice");
}

TEST_F(DropFolder, TheEndOfAFileIsToldOnceWithEveryCodeThoughReadingWasCutOff) {
    const std::string whole = told("made='1' whole='procedure'",
                                   "<procedure><code>P2</code><a/></procedure>" + dossier("A") +
                                       "<procedure><code>P1</code><a/></procedure>\n"
                                       "<procedure><code><![CDATA[P3]]></code></procedure>\n"
                                       "<procedure><code>P2</code><a></procedure>"
                                       "<procedure><name/></procedure>");
    for (const std::size_t size : {1u, 2u, 3u, 5u, 6u, 9u}) {
        taken_.clear();
        ended_.clear();
        write("1.xml", whole);
        write("2.xml", told("whole='hoso'", dossier("B")));
        std::string position;
        for (bool end = false; !end;) {
            auto source = open(position);  // a new process for every batch
            auto batch = source->next(size);
            ASSERT_TRUE(batch) << batch.error().message;
            take(*batch);
            position = batch->position;
            end = batch->end;
            if (end) {
                ASSERT_TRUE(source->acknowledge(position));
            }
        }
        EXPECT_EQ(taken_.size(), 7u);
        ASSERT_EQ(ended_.size(), 2u) << size;
        EXPECT_EQ(ended_[0].exported, "1");
        EXPECT_EQ(ended_[0].complete, "procedure");
        EXPECT_EQ(ended_[0].kind, "procedure");
        EXPECT_THAT(ended_[0].codes, ElementsAre("P1", "P2", "P3"));
        EXPECT_EQ(ended_[1].complete, "hoso");
        EXPECT_EQ(ended_[1].kind, "");
        EXPECT_THAT(ended_[1].codes, IsEmpty());
    }
}

TEST_F(DropFolder, AnEmptyCatalogueIsToldAndABrokenOneIsNot) {
    write("a.xml", "<province-export whole='procedure'/>");
    write("b.xml", told("whole='procedure'", dossier("B") + "\xFF"));
    drain(*open());
    ASSERT_EQ(ended_.size(), 1u);
    EXPECT_EQ(ended_[0].file, "a.xml");
    EXPECT_EQ(ended_[0].kind, "procedure");
    EXPECT_THAT(ended_[0].codes, IsEmpty());
    EXPECT_EQ(rejected_.size(), 1u);
}

TEST_F(DropFolder, AnotherFileUnderTheSameNameIsReadFromItsStart) {
    write("a.xml", wrapped(dossier("A1") + dossier("A2") + dossier("A3")));
    auto before = open()->next(2);
    ASSERT_TRUE(before);
    EXPECT_THAT(before->position, HasSubstr("\no "));
    write("a.xml", wrapped(dossier("B1") + dossier("B2") + dossier("B3") + dossier("B4")));
    auto source = open(before->position);
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("a.xml:B1", "a.xml:B2", "a.xml:B3", "a.xml:B4"));
}

TEST_F(DropFolder, AFileReplacedAfterItWasReadIsNotMovedUnread) {
    const fs::path file = write("a.xml", wrapped(dossier("A1")));
    auto source = open();
    auto batch = source->next(10);
    ASSERT_TRUE(batch);
    write("b.part", wrapped(dossier("A2") + dossier("A3")));
    fs::rename(root() / "in/b.part", file);
    ASSERT_TRUE(source->acknowledge(batch->position));
    EXPECT_THAT(files("in"), ElementsAre("a.xml"));
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("a.xml:A2", "a.xml:A3"));
}

TEST_F(DropFolder, AFileThatChangesWhileItIsReadIsReadAgain) {
    std::string records;
    for (int i = 0; i < 2000; ++i)
        records += dossier(std::to_string(i), "<note>" + std::string(500, 'x') + "</note>");
    const fs::path file = write("a.xml", wrapped(records));
    ASSERT_GT(fs::file_size(file), 3 * limits::read_chunk);
    auto source = open();
    ASSERT_EQ(source->next(3)->records.size(), 3u);
    write("a.xml", wrapped(records + dossier("last")));
    const auto changed = source->next(100'000);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().kind, ErrorKind::Retry);
    EXPECT_THAT(changed.error().message, HasSubstr("a.xml"));
    drain(*source, 500);
    EXPECT_EQ(taken_.size(), 2001u);
    EXPECT_EQ(taken_.back(), "a.xml:last");
}

TEST_F(DropFolder, ABatchIsBoundedInBytesToo) {
    std::string records;
    for (int i = 0; i < 12; ++i)
        records += dossier(std::to_string(i), "<n>" + std::string(3u << 20, 'x') + "</n>");
    write("a.xml", wrapped(records));
    auto source = open();
    EXPECT_EQ(source->next(500)->records.size(), 6u);
    EXPECT_EQ(source->next(500)->records.size(), 6u);
    EXPECT_TRUE(source->next(500)->end);
}

TEST_F(DropFolder, AFileThatMayNotBeReadWaitsWithAReason) {
    const fs::path file = write("a.xml", wrapped(dossier("A")));
    fs::permissions(file, fs::perms::none);
    write("b.xml", wrapped(dossier("B")));
    for (const fs::path& folder : {folder_.path(), root(), root() / "in", root() / "done"})
        fs::permissions(folder, fs::perms::all);
    const Unprivileged nobody;
    auto source = open();
    drain(*source);
    EXPECT_THAT(taken_, ElementsAre("b.xml:B"));
    EXPECT_THAT(source->incomplete().value()[0].reason, HasSubstr("Permission denied"));
}

TEST_F(DropFolder, MissingFoldersAreAConfigErrorAndLaterARetry) {
    EXPECT_EQ(
        open_drop_folder({root() / "none", test::shapes(), "", 900s}, "", clock_).error().kind,
        ErrorKind::Config);
    auto source = open();
    fs::remove(root() / "in");
    EXPECT_EQ(source->next(1).error().kind, ErrorKind::Retry);
    const auto missing = open_drop_folder({root(), test::shapes(), "", 900s}, "", clock_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("/in: No such file"));
    folder_.write("drop/in", "");
    EXPECT_FALSE(create_drop_folder(root()));
    EXPECT_FALSE(open_drop_folder({root(), test::shapes(), "", 900s}, "", clock_));
}

TEST_F(DropFolder, FoldersAreMadeForTheServiceAlone) {
    for (const char* name : {"in", "done", "rejected"})
        EXPECT_EQ(fs::status(root() / name).permissions() & fs::perms::others_all, fs::perms::none);
    EXPECT_TRUE(create_drop_folder(root()));
}

TEST_F(DropFolder, APositionOfAnotherFormIsCorrupt) {
    for (const auto* position :
         {"x", "drop-folder 2\n", "drop-folder 1\no 1\n", "drop-folder 1\nx 1 1 a 0 1 0 - n\n",
          "drop-folder 1\no 1 1 a 2 1 0 - n\n", "drop-folder 1\no 1 1 a 0 1 0 - \n",
          "drop-folder 1\no 1 1 a 0 1 -1 - n\n", "drop-folder 1\no 1 1 a 0 1 0 - n"}) {
        const auto source = open_drop_folder({root(), test::shapes(), "", 900s}, position, clock_);
        ASSERT_FALSE(source) << position;
        EXPECT_EQ(source.error().kind, ErrorKind::Corrupt);
    }
}

TEST(Position, ReadsBackAsWritten) {
    const std::vector<FileState> files{
        {"tên có dấu cách.xml", {12, -5, "ab12"}, Stage::Open, {10, 3, 2, "a/b"}, {}, false},
        {"b.xml", {7, 9, "00"}, Stage::Done, {7, 4, 0, ""}, {}, false}};
    const auto read = parse_position(position_text(files));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ((*read)[i].name, files[i].name);
        EXPECT_EQ((*read)[i].identity, files[i].identity);
        EXPECT_EQ((*read)[i].stage, files[i].stage);
        EXPECT_EQ((*read)[i].mark, files[i].mark);
    }
    EXPECT_TRUE(parse_position("")->empty());
}

}  // namespace
}  // namespace dvcsync::province
