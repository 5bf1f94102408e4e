// Every field of the contract, spoilt in every way that its type allows. The tables here are
// written from the contract, not from the tables of the sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/text.h"
#include "tests/unit/sandbox/field_tables.h"

namespace dvcsandbox::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

bool is_string(const Row& row) {
    return std::string_view("#blo").find(row.kind) == std::string_view::npos;
}

class EveryField : public ::testing::Test {
  protected:
    // Takes the record on an empty portal (with what progress and statuses belong to).
    ItemAnswer take_alone(const Table& table, const Document& record) {
        holdings_.clear();
        if (table.service == Service::CapNhatTienDoHoSoMC)
            take(holdings_, Service::DongBoHoSoMC, good_dossier());
        // Something must have been filed and fetched before anything can be said of it.
        holdings_.submissions().file(good_submission(), false);
        holdings_.submissions().fetch(kBorn);
        return take(holdings_, table.service, record);
    }

    std::string rule(const Table& table, const Row& row, std::string_view name) const {
        return std::string(info(table.service).name)
            .append(".")
            .append(row.path)
            .append(":")
            .append(name);
    }

    void expect_refused(const Table& table, const Row& row, const Document& record,
                        std::string_view name) {
        const auto answer = take_alone(table, record);
        EXPECT_EQ(answer.code, Code::Bad) << rule(table, row, name);
        EXPECT_THAT(broken_rules(holdings_), Contains(rule(table, row, name)));
        EXPECT_NE(answer.message.find(last_name(row.path)), std::string::npos) << answer.message;
    }

    void expect_accepted(const Table& table, const Row& row, const Document& record) {
        const auto answer = take_alone(table, record);
        EXPECT_EQ(answer.code, Code::Ok) << row.path << ": " << answer.message;
    }

    void expect_set_refused(const Table& table, const Row& row, std::string_view value,
                            std::string_view name) {
        Document record = table.good();
        set(record, row.path, value);
        expect_refused(table, row, record, name);
    }

    template <class Check>
    void for_each_field(Check check) {
        for (const Table& table : tables())
            for (const Row& row : table.rows)
                check(table, row);
    }

    Holdings holdings_{small_list()};
};

TEST_F(EveryField, GoodRecordsAreAccepted) {
    for (const Table& table : tables()) {
        const auto answer = take_alone(table, table.good());
        EXPECT_EQ(answer.code, Code::Ok) << answer.message;
        EXPECT_THAT(broken_rules(holdings_), ElementsAre());
    }
}

TEST(Generations, KnowTheirOwnMembersOfADossierAndNoOthers) {
    const auto rules_with = [](Generation generation, std::string_view without) {
        Holdings holdings(small_list(), generation);
        Document record = good_dossier();
        if (!without.empty()) remove(record, std::string(without));
        take(holdings, Service::DongBoHoSoMC, record, false);
        return broken_rules(holdings);
    };
    EXPECT_THAT(rules_with(Generation::Any, ""), ElementsAre());
    EXPECT_THAT(rules_with(Generation::Of2024, "SoBienNhan"), ElementsAre());
    EXPECT_THAT(rules_with(Generation::Of2024, ""), ElementsAre("DongBoHoSoMC.SoBienNhan:unknown"));
    EXPECT_THAT(rules_with(Generation::Of2020, ""),
                ::testing::IsSupersetOf({"DongBoHoSoMC.KenhThucHien:unknown",
                                         "DongBoHoSoMC.TaiLieuNop[].DuocSoHoa:unknown",
                                         "DongBoHoSoMC.DinhDanhCHS:unknown"}));
}

TEST_F(EveryField, MissingIsRefusedOnlyWhereRequired) {
    for_each_field([&](const Table& table, const Row& row) {
        Document record = table.good();
        remove(record, row.path);
        if (row.need == 'O')
            expect_accepted(table, row, record);
        else
            expect_refused(table, row, record, "missing");
    });
}

TEST_F(EveryField, EmptyIsRefusedOnlyWhereRequired) {
    for_each_field([&](const Table& table, const Row& row) {
        if (!is_string(row)) return;
        Document record = table.good();
        set(record, row.path, "");
        if (row.need != 'R') return expect_accepted(table, row, record);
        expect_refused(table, row, record, "empty");
        set(record, row.path, " \n");
        expect_refused(table, row, record, "empty");
    });
}

TEST_F(EveryField, WrongJsonTypeIsRefused) {
    for_each_field([&](const Table& table, const Row& row) {
        const auto refuse = [&](rapidjson::Value value) {
            Document record = table.good();
            set(record, row.path, std::move(value));
            expect_refused(table, row, record, "type");
        };
        refuse(rapidjson::Value(rapidjson::kNullType));
        if (is_string(row) || row.kind == 'b') refuse(rapidjson::Value(7));
        if (is_string(row)) refuse(rapidjson::Value(true));
        if (!is_string(row)) refuse(rapidjson::Value("1"));
        if (row.kind == '#') refuse(rapidjson::Value(-1));
        if (row.kind == '#') refuse(rapidjson::Value(1.5));
        if (row.kind != 'l') refuse(rapidjson::Value(rapidjson::kArrayType));
        if (row.kind != 'o') refuse(rapidjson::Value(rapidjson::kObjectType));
    });
}

TEST_F(EveryField, LengthIsCountedInCodePoints) {
    for_each_field([&](const Table& table, const Row& row) {
        if (row.limit == 0 || !is_string(row)) return;
        const bool letters = row.kind == 't';
        std::string text = row.kind == 'u' ? "https://" : "";
        std::size_t points = text.size();
        // Three bytes each, and one point each only after composition: ế as e + two marks.
        for (; letters && points < row.limit; ++points)
            text += "e\xCC\x82\xCC\x81";
        if (!letters) text.append(row.limit - points, '1');
        if (letters || row.kind == 'u') {
            Document record = table.good();
            set(record, row.path, text);
            expect_accepted(table, row, record);
        }
        expect_set_refused(table, row, text + "1", "length");
    });
}

TEST_F(EveryField, DatesMustBeRealAndInTheContractsForm) {
    for_each_field([&](const Table& table, const Row& row) {
        if (row.kind != 's' && row.kind != 'd' && row.kind != 'a') return;
        for (const std::string_view day :
             {"20190230", "20190431", "20191301", "20190100", "19000229"}) {
            expect_set_refused(table, row, day, "date");
            expect_set_refused(table, row, std::string(day) + "080000", "date");
        }
        for (const std::string_view text :
             {"20190301240000", "20190301086000", "20190301080060", "2019-03-01 08:00:00",
              "01/03/2019 08:00:00", "2019030108000", "201903010800000", "2019030108000a"})
            expect_set_refused(table, row, text, "date");
        if (row.kind == 's') expect_set_refused(table, row, "20190301", "date");
        if (row.kind == 'd') expect_set_refused(table, row, "20190301080000", "date");
    });
}

TEST_F(EveryField, CodesMustBeInTheirList) {
    for_each_field([&](const Table& table, const Row& row) {
        if (row.kind != 'c') return;
        for (const std::string_view code : split(row.codes, ' ')) {
            Document record = table.good();
            set(record, row.path, code);
            expect_accepted(table, row, record);
        }
        for (const std::string_view code : {"77", "-1", "a", "1 2", " 1", "01", "true"})
            expect_set_refused(table, row, code, "code");
    });
}

TEST_F(EveryField, FormsAreChecked) {
    for_each_field([&](const Table& table, const Row& row) {
        if (row.kind == 'u') expect_set_refused(table, row, "files/1", "form");
        if (row.kind == 'n') expect_set_refused(table, row, "1.5", "form");
        if (row.kind == 'n') expect_set_refused(table, row, "-1", "form");
        if (row.kind != '%') return;
        for (const std::string_view text :
             {"100.1", "101", "-1", "1.234", "50%", "1,5", ".5", "5."})
            expect_set_refused(table, row, text, "form");
    });
}

TEST_F(EveryField, FieldsUnknownToTheContractAreRefusedInEveryObject) {
    for_each_field([&](const Table& table, const Row& row) {
        const auto dot = row.path.rfind('.');
        const std::string parent(dot == row.path.npos ? "" : row.path.substr(0, dot + 1));
        const std::string stranger = parent + "TruongLa";
        Document record = table.good();
        set(record, stranger, "x");
        expect_refused(table, {stranger, 'O', 't'}, record, "unknown");
    });
}

TEST_F(EveryField, FieldsGivenTwiceAreRefused) {
    for_each_field([&](const Table& table, const Row& row) {
        Document record = table.good();
        auto& owner = owner_of(record, row.path);
        rapidjson::Value name(last_name(row.path).c_str(), record.GetAllocator());
        rapidjson::Value again(owner[name], record.GetAllocator());
        owner.AddMember(name, again, record.GetAllocator());
        expect_refused(table, row, record, "repeated");
    });
}

TEST_F(EveryField, ListsAreBoundedAndHoldObjects) {
    for_each_field([&](const Table& table, const Row& row) {
        if (row.kind != 'l') return;
        Document record = table.good();
        rapidjson::Value strings(rapidjson::kArrayType);
        strings.PushBack("x", record.GetAllocator());
        set(record, row.path, std::move(strings));
        take_alone(table, record);
        EXPECT_THAT(broken_rules(holdings_), ElementsAre(std::string(info(table.service).name) +
                                                         "." + std::string(row.path) + "[]:type"));
        rapidjson::Value many(rapidjson::kArrayType);
        for (std::size_t i = 0; i <= row.limit; ++i)
            many.PushBack(rapidjson::Value(rapidjson::kObjectType), record.GetAllocator());
        set(record, row.path, std::move(many));
        expect_refused(table, row, record, "members");
    });
}

TEST_F(EveryField, HalfOfASurrogatePairIsNotText) {
    Document record;
    record.Parse(R"(["\udc00"])");
    const std::string half = record[0].GetString();
    for (const Table& table : tables()) {
        const Row& row = *std::find_if(table.rows.begin(), table.rows.end(),
                                       [](const Row& each) { return each.kind == 't'; });
        expect_set_refused(table, row, "a" + half, "text");
    }
}

TEST_F(EveryField, AllFaultsOfARecordAreToldAtOnceWithoutItsValues) {
    Document record = good_dossier();
    set(record, "ChuHoSo", rapidjson::Value(1));
    set(record, "NgayTiepNhan", "riêng tư");
    set(record, "TaiLieuNop[].IsDeleted", "riêng tư");
    set(record, "LoaiDoiTuong", "riêng tư");
    remove(record, "TenTTHC");
    const auto answer = take(holdings_, Service::DongBoHoSoMC, record);
    EXPECT_EQ(broken_rules(holdings_).size(), 5U);
    EXPECT_EQ(answer.message.find("riêng"), std::string::npos);
    EXPECT_NE(answer.message.find("TaiLieuNop[0].IsDeleted"), std::string::npos);
}

TEST_F(EveryField, ARecordOfRubbishHasABoundedAnswer) {
    Document record(rapidjson::kObjectType);
    for (int i = 0; i < 5000; ++i) {
        const std::string name = "x " + std::to_string(i);
        record.AddMember(rapidjson::Value(name.c_str(), record.GetAllocator()), rapidjson::Value(1),
                         record.GetAllocator());
    }
    const auto answer = take(holdings_, Service::DongBoHoSoMC, record);
    EXPECT_EQ(answer.code, Code::Bad);
    EXPECT_LT(answer.message.size(), 1000U);
    std::uint64_t faults = 0;
    for (const auto& [rule, entry] : holdings_.violations().all())
        faults += entry.count;
    EXPECT_EQ(faults, 50U);
}

}  // namespace
}  // namespace dvcsandbox::testing
