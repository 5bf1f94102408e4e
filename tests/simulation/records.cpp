#include "tests/simulation/records.h"

#include <fmt/format.h>

namespace dvcsync::simulation {
namespace {

std::string step(const DossierText& text, int number) {
    return fmt::format(
        "<step><id>{0}-{1}</id><person>Clerk</person><title/><unit/>"
        "<at>{2:02}/04/2019 {3:02}:00:00</at><content>step {1}{4}</content>"
        "<status>processing</status><start/><due>15/04/2019 17:00:00</due>"
        "<kind>normal</kind></step>",
        text.code, number, 1 + number / 10, 8 + number % 10,
        number == text.refused_step ? fmt::format(" {}", refused_words) : "");
}

}  // namespace

std::string xml_of(const DossierText& text) {
    std::string steps;
    for (const int number : text.steps)
        steps += step(text, number);
    const std::string received =
        text.broken ? "some day" : fmt::format("{:02}/03/2019 08:30:00", text.day);
    const bool finished = text.status == "finished";
    return fmt::format(
        "<dossier><code>{0}</code>{10}<procedure>{1}</procedure>"
        "<procedure-name>A procedure</procedure-name><field-code>LV-001</field-code>"
        "<field-name>A field</field-name><receipt/><agency>{2}</agency>"
        "<agency-name>Agency {2}</agency-name>"
        "<applicant><kind>citizen</kind><name>A Person</name><identity-kind/><identity/><account/>"
        "<phone/><fax/><email/><address>house {3}</address><commune/><verified/></applicant>"
        "<summary>About{4}</summary><other-info/><channel>direct</channel>"
        "<filed-at>province</filed-at><submitted>01/03/2019 08:00:00</submitted>"
        "<received>{5}</received><due>15/04/2019 17:00:00</due>"
        "<legal-due>15/04/2019 17:00:00</legal-due><finished>{6}</finished><returned/>"
        "<returned-info/><return-way>direct</return-way><refused/><status>{7}</status>"
        "<online-payment>none</online-payment><digitised>no</digitised><note>v{8}</note>"
        "<components/><papers/><fees/><supplements/><results/><databases/><steps>{9}</steps>"
        "<hand-overs/><apologies/></dossier>",
        text.code, text.procedure, text.agency, text.aside,
        text.refused ? fmt::format(" {}", refused_words) : "", received,
        finished ? "10/04/2019 10:00:00" : "", text.status, text.mark, steps,
        text.portal_code.empty() ? ""
                                 : fmt::format("<portal-code>{}</portal-code>", text.portal_code));
}

std::string xml_of(const ProcedureText& text) {
    return fmt::format(
        "<procedure><code>{0}</code><id>{0}</id><name>A procedure{1} v{2}</name>"
        "<state>{3}</state><kind>general</kind><online-level>part</online-level>"
        "<inter-agency>no</inter-agency><publisher>000.00.00.H22</publisher>"
        "<publisher-name>The province</publisher-name><receive-at/><requirements/><keywords/>"
        "<description/><audience-note/><agencies-note/><authority-note/>"
        "<decision><id>D-{2}</id><number>{2}/QD-{0}</number><issued>25/01/2019</issued>"
        "<effective>01/02/2019</effective><published>28/01/2019</published>"
        "<action>{4}</action><replaces/></decision>"
        "<fields/><levels/><sequences/><ways/><components/><results/><audiences/><legal-bases/>"
        "<agencies/><authorities/><delegates/><coordinators/><linked/><related/></procedure>",
        text.code, text.refused ? fmt::format(" {}", refused_words) : "", text.mark, text.state,
        text.action);
}

}  // namespace dvcsync::simulation
