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

}  // namespace dvcsync::sync
