#include "tests/crash/exports.h"

#include <fmt/format.h>

namespace crash {
namespace {

std::string step_xml(const Dossier& dossier, int step) {
    // The last step tells the dossier's own status.
    const bool last = step == dossier.steps && dossier.status != "draft";
    return fmt::format(
        "<step><id>S{0}</id><person>Cán bộ {0}</person><title/><unit>Bộ phận một cửa</unit>"
        "<at>{1:02}/03/2019 09:00:00</at><content>Bước {0}</content><status>{2}</status><start/>"
        "<due>29/03/2019 17:00:00</due><kind>normal</kind></step>",
        step, dossier.steps_back && step == 2 ? 1 : step + 3,
        step == 1 ? "received"
        : last    ? dossier.status
                  : "processing");
}

std::string dossier_xml(const Dossier& dossier) {
    const bool ended = dossier.status == "finished" || dossier.status == "returned";
    const std::string finished = dossier.ends_early ? "01/03/2019 07:00:00"
                                 : ended            ? "15/03/2019 10:00:00"
                                                    : "";
    const auto& codes = procedure_codes();
    std::string steps;
    for (int step = 1; step <= dossier.steps; ++step)
        steps += step_xml(dossier, step);
    return fmt::format(
        " <dossier><code>{0}</code>{9}<procedure>{1}</procedure><procedure-name>Thủ tục mẫu"
        "</procedure-name><field-code>LV-012</field-code><field-name>Đất đai</field-name>"
        "<receipt>BN-{2}</receipt><agency>000.00.0{3}.H22</agency>"
        "<agency-name>Sở Thử nghiệm {3}</agency-name><applicant><kind>other</kind>"
        "<name>Tổ chức mẫu</name><identity-kind/><identity/><account/><phone/><fax/><email/>"
        "<address/><commune/><verified>no</verified></applicant><summary>Lần {4}</summary>"
        "<channel>direct</channel><filed-at>province</filed-at>"
        "<submitted>01/03/2019 07:30:00</submitted><received>{5}</received>"
        "<due>29/03/2019 17:00:00</due><legal-due>29/03/2019 17:00:00</legal-due>"
        "<finished>{6}</finished><returned/><return-way>direct</return-way><refused/>"
        "<status>{7}</status><online-payment>none</online-payment><digitised>no</digitised>"
        "<note/><steps>{8}</steps></dossier>\n",
        dossier_code(dossier.number),
        dossier.procedure.empty() ? codes[std::size_t(dossier.number) % codes.size()]
                                  : dossier.procedure,
        dossier.number, dossier.number % 3 + 1, dossier.edition,
        dossier.received ? "01/03/2019 08:00:00" : "31/02/2019 08:00:00", finished, dossier.status,
        steps,
        dossier.portal_code.empty()
            ? ""
            : fmt::format("<portal-code>{}</portal-code>", dossier.portal_code));
}

std::string procedure_xml(const Procedure& procedure) {
    return fmt::format(
        " <procedure><code>{0}</code><id>{0}</id><name>Thủ tục mẫu, lần {1}</name>"
        "<state>{2}</state><kind>Thủ tục hành chính</kind><online-level>full</online-level>"
        "<inter-agency>no</inter-agency><publisher>000.00.00.H22</publisher>"
        "<publisher-name>Ủy ban nhân dân tỉnh</publisher-name><receive-at>Bộ phận một cửa"
        "</receive-at><requirements>Không</requirements><decision><id>QD-{1}</id>"
        "<number>{1}/QĐ-UBND</number><issued>1{1}/01/2019</issued>"
        "<effective>01/02/2019</effective><published>28/01/2019</published><action>{3}</action>"
        "</decision><fields><field><code>LV-012</code><name>Đất đai</name></field></fields>"
        "<levels><level><code>province</code><name>Cấp tỉnh</name></level></levels>"
        "</procedure>\n",
        procedure.code, procedure.edition, procedure.state, procedure.action);
}

std::string answer_xml(const Answer& answer) {
    std::string events;
    int day = 0;
    for (const auto& status : answer.statuses)
        events += fmt::format(
            "<event><id>E{0}</id><status>{1}</status><at>{0:02}/06/2019 09:00:00</at>"
            "<person>Cán bộ</person><content>Bước {0}</content><files/></event>",
            ++day, status);
    return fmt::format(
        " <answer><portal-code>{}</portal-code><code>{}</code><agency>000.00.01.H22</agency>"
        "<agency-name>Sở Thử nghiệm</agency-name><procedure>{}</procedure><account/>"
        "<events>{}</events></answer>\n",
        answer.portal_code, answer.code, procedure_codes().front(), events);
}

}  // namespace

std::string dossier_code(int number) {
    return fmt::format("000.00.0{}.H22-190301-{:04}", number % 3 + 1, number);
}

const std::vector<std::string>& procedure_codes() {
    static const std::vector<std::string> codes{"1.000005", "1.000014", "1.000017", "1.000020",
                                                "1.000028", "1.000010", "1.000016", "1.000025",
                                                "1.000034", "1.000045", "1.000047", "1.000049"};
    return codes;
}

std::string export_xml(const std::string& made, const std::vector<Procedure>& procedures,
                       const std::vector<Dossier>& dossiers, const std::vector<Answer>& answers) {
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<province-export version=\"1\" province=\"H22\" exported=\"{}\">\n",
        made);
    for (const auto& procedure : procedures)
        xml += procedure_xml(procedure);
    for (const auto& dossier : dossiers)
        xml += dossier_xml(dossier);
    for (const auto& answer : answers)
        xml += answer_xml(answer);
    return xml + "</province-export>\n";
}

}  // namespace crash
