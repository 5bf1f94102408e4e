#include "tests/unit/sync/office.h"

namespace dvcsync::sync {

std::string dossier_xml(const std::string& code, int steps, const std::string& status,
                        const std::string& note) {
    std::string rows;
    for (int i = 1; i <= steps; ++i) {
        rows += fmt::format(
            "<step><id>{0}-{1}</id><person>Clerk</person><title/><unit/>"
            "<at>0{1}/03/2019 09:00:00</at><content>step {1}</content><status>processing</status>"
            "<start/><due>15/03/2019 17:00:00</due><kind>normal</kind></step>",
            code, i);
    }
    return fmt::format(
        "<dossier><code>{}</code><procedure>1.005129</procedure>"
        "<procedure-name>A procedure</procedure-name><field-code>LV-001</field-code>"
        "<field-name>A field</field-name><receipt/><agency>000.00.01.H22</agency>"
        "<agency-name>An agency</agency-name>"
        "<applicant><kind>citizen</kind><name>A Person</name><identity-kind/><identity/><account/>"
        "<phone/><fax/><email/><address/><commune/><verified/></applicant>"
        "<summary>About</summary><other-info/><channel>direct</channel>"
        "<filed-at>province</filed-at><submitted>01/03/2019 08:00:00</submitted>"
        "<received>01/03/2019 08:30:00</received><due>15/03/2019 17:00:00</due>"
        "<legal-due>15/03/2019 17:00:00</legal-due><finished/><returned/><returned-info/>"
        "<return-way>direct</return-way><refused/><status>{}</status>"
        "<online-payment>none</online-payment><digitised>no</digitised><note>{}</note>"
        "<components/><papers/><fees/><supplements/><results/><databases/><steps>{}</steps>"
        "<hand-overs/><apologies/></dossier>\n",
        code, status, note, rows);
}

std::string answer_xml(const std::string& portal_code, const std::string& code,
                       std::initializer_list<std::pair<const char*, const char*>> events) {
    std::string xml = fmt::format(
        "<answer><portal-code>{}</portal-code><code>{}</code><agency>000.00.01.H22</agency>"
        "<agency-name>Sở</agency-name><procedure>1.005129</procedure><account></account><events>",
        portal_code, code);
    for (const auto& [status, at] : events) {
        xml += fmt::format(
            "<event><id>{0}</id><status>{0}</status><at>{1}</at><person>B</person>"
            "<content>c</content><files></files></event>",
            status, at);
    }
    return xml + "</events></answer>";
}

}  // namespace dvcsync::sync
