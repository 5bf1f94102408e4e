// The procedure of the catalogue push: contract section 6, with the decision that publishes it.
#include "tests/sandbox/contract.h"

namespace dvcsandbox {
namespace {

using enum Need;
using enum Mark;

constexpr Field code(std::string_view name) {
    return {name, Optional, Kind::Text, kCodeLimit};
}
constexpr Field text(std::string_view name) {
    return {name, Optional, Kind::Text, kTextLimit};
}
constexpr Field long_text(std::string_view name) {
    return {name, Optional, Kind::Text, kLongTextLimit};
}
constexpr Field list(std::string_view name, const RecordType& members) {
    return {name, Optional, Kind::List, kListLimit, Certain, {}, &members};
}

constexpr std::array kField{code("MALINHVUC"), text("TENLINHVUC")};
constexpr RecordType kFieldType{"LINHVUCTHUCHIEN[]", kField};

constexpr std::array kLevel{
    Field{"CAPTHUCHIEN", Required, Kind::Code, 0, Certain, "0 1 2 3"},
    text("TENCAP"),
};
constexpr RecordType kLevelType{"CAPTHUCHIEN[]", kLevel};

constexpr std::array kSequencePart{long_text("TENTRINHTU")};
constexpr RecordType kSequencePartType{"TRINHTU[]", kSequencePart};
constexpr std::array kSequence{text("TRUONGHOP"), list("TRINHTU", kSequencePartType)};
constexpr RecordType kSequenceType{"TRINHTUTHUCHIEN[]", kSequence};

constexpr std::array kCharge{code("MAPHILEPHI"), text("SOTIEN"), text("DONVI"),
                             long_text("MOTA"),  text("URL"),    text("TENTEP")};
constexpr RecordType kChargeType{"PHILEPHI[]", kCharge};
constexpr std::array kDuration{text("THOIGIANGIAIQUYET"), text("DONVITINH"), long_text("MOTA"),
                               list("PHILEPHI", kChargeType)};
constexpr RecordType kDurationType{"THOIGIAN[]", kDuration};
constexpr std::array kWay{
    Field{"KENH", Optional, Kind::Code, 0, Certain, "1 2 3"},
    list("THOIGIAN", kDurationType),
};
constexpr RecordType kWayType{"CACHTHUCTHUCHIEN[]", kWay};

constexpr std::array kPaper{
    code("MAGIAYTO"),      long_text("TENGIAYTO"), code("SOBANCHINH"),
    code("SOBANSAO"),      text("TENMAUDON"),      text("URL"),
    code("MA_KQ_THAYTHE"),
};
constexpr RecordType kPaperType{"GIAYTO[]", kPaper};
constexpr std::array kComponents{text("TRUONGHOP"), list("GIAYTO", kPaperType)};
constexpr RecordType kComponentsType{"THANHPHANHOSO[]", kComponents};

constexpr std::array kResult{code("MAKETQUA"), text("TENKETQUA"), text("TENTEP"), text("URL")};
constexpr RecordType kResultType{"KETQUATHUCHIEN[]", kResult};

constexpr std::array kAudience{code("MADOITUONG"), text("TENDOITUONG")};
constexpr RecordType kAudienceType{"DOITUONGTHUCHIEN[]", kAudience};

constexpr std::array kLegalBasis{
    text("SOVANBAN"),
    text("TENVANBAN"),
    text("COQUANBANHANH"),
    Field{"NGAYBANHANH", Optional, Kind::AnyDate, 0, Assumed},
    Field{"NGAYHIEULUC", Optional, Kind::AnyDate, 0, Assumed},
    text("DIACHITRUYCAP"),
};
constexpr RecordType kLegalBasisType{"CANCUPHAPLY[]", kLegalBasis};

constexpr std::array kAgency{code("MADONVI"), text("TENDONVI")};
constexpr RecordType kAgencyType{"COQUAN…[]", kAgency};

constexpr std::array kOther{Field{"MATTHC", Required, Kind::Procedure, kCodeLimit, Assumed}};
constexpr RecordType kOtherType{"TTHCLIENTHONG[], TTHCLIENQUAN[]", kOther};

constexpr std::array kDecision{
    Field{"IDQUYETDINH", Optional, Kind::Text, kCodeLimit, Assumed},
    Field{"SOQUYETDINH", Required, Kind::Text, kCodeLimit, Assumed},
    Field{"NGAYBANHANH", Required, Kind::Date, 0, Assumed},
    Field{"NGAYHIEULUC", Optional, Kind::Date, 0, Assumed},
    Field{"NGAYCONGKHAI", Optional, Kind::Date, 0, Assumed},
    Field{"LOAICONGBO", Required, Kind::Code, 0, Assumed, "1 2 3 4"},
};
constexpr RecordType kDecisionType{"QUYETDINHCONGBO", kDecision};

constexpr std::array kProcedure{
    code("ID"),
    Field{"MATTHC", Required, Kind::Procedure, kCodeLimit},
    Field{"TENTTHC", Required, Kind::Text, kTextLimit},
    code("MACOQUANCONGBO"),
    text("LOAITTHC"),
    long_text("MOTADOITUONGTHUCHIEN"),
    long_text("DIACHITIEPNHAN"),
    long_text("YEUCAU"),
    long_text("TUKHOA"),
    code("IDQUYETDINHCONGBO"),
    Field{"TRANGTHAI", Required, Kind::Code, 0, Assumed, "0 1 2"},
    long_text("MOTACOQUANTHUCHIEN"),
    long_text("MOTACOQUANTHAMQUYEN"),
    long_text("MOTA"),
    Field{"MUCDO", Optional, Kind::Code, 0, Assumed, "0 1 2"},
    Field{"LIENTHONG", Optional, Kind::Code, 0, Assumed, "0 1"},
    list("LINHVUCTHUCHIEN", kFieldType),
    list("CAPTHUCHIEN", kLevelType),
    list("TRINHTUTHUCHIEN", kSequenceType),
    list("CACHTHUCTHUCHIEN", kWayType),
    list("THANHPHANHOSO", kComponentsType),
    list("KETQUATHUCHIEN", kResultType),
    list("DOITUONGTHUCHIEN", kAudienceType),
    list("CANCUPHAPLY", kLegalBasisType),
    list("COQUANTHUCHIEN", kAgencyType),
    list("COQUANCOTHAMQUYEN", kAgencyType),
    list("COQUANDUOCUYQUYEN", kAgencyType),
    list("COQUANPHOIHOP", kAgencyType),
    list("TTHCLIENTHONG", kOtherType),
    list("TTHCLIENQUAN", kOtherType),
    Field{"QUYETDINHCONGBO", Required, Kind::Object, 0, Assumed, {}, &kDecisionType},
};
static_assert(kProcedure.size() <= 64);
constexpr RecordType kProcedureType{"DongBoTTHC", kProcedure};

}  // namespace

const RecordType& procedure_type() {
    return kProcedureType;
}

}  // namespace dvcsandbox
