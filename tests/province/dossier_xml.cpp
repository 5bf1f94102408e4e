#include "tests/province/dossier_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tests/province/xml_writer.h"

namespace dvcsync::year {

namespace {

constexpr std::size_t longest_summary = 1'000;  // code points in NFC, TrichYeuHoSo of the contract
constexpr std::size_t usual_summary = 420;

// What of a dossier does not change with time: drawn in a fixed order from its own stream.
struct Constant {
    Applicant applicant;
    Style style;
    bool name_nfd = false;
    bool comment = false;
    bool trap_comment = false;
    bool trap_note = false;
    std::string procedure;  // local form of the code
    std::string procedure_name;
    std::string summary;
    std::string other_info;
    std::string note;
    std::string returned_info;
    std::string_view online_payment;
    std::string_view filed_at;
    bool digitised = false;
    std::size_t components = 0;
    std::uint64_t component_bits = 0;
    std::size_t papers = 0;
    std::size_t first_paper = 0;
    std::size_t fees = 0;
    std::uint64_t fee_bits = 0;
    bool population = false;
    bool business = false;
    bool land = false;
    bool insurance = false;
    // Result: which of code and link it has.
    bool result_code = false;
    bool result_url = false;
};

std::string with_line_break(std::string text, Rng& rng) {
    const auto at = text.find(' ', text.size() / 4 + rng.below(text.size() / 2 + 1));
    if (at != std::string::npos) text[at] = '\n';
    return text;
}

std::string code_of(std::string_view agency, Day day, std::uint32_t serial) {
    const Date date = date_of(day);
    return fmt::format("{}-{:02d}{:02d}{:02d}-{:04d}", agency, int(date.year()) % 100,
                       unsigned(date.month()), unsigned(date.day()), serial);
}

std::string url_of(const Job& job, std::string_view code, std::string_view folder,
                   std::size_t number, std::string_view kind) {
    const Date date = date_of(job.received);
    return fmt::format("https://motcua.example.vn/{}/{:04d}/{:02d}/{:02d}/{}-{}.{}", folder,
                       int(date.year()), unsigned(date.month()), unsigned(date.day()), code, number,
                       kind);
}

class Page {
  public:
    Page(const DossierWriter& writer, std::string& out, const Job& job, const Life& life,
         Moment until)
        : world_(writer.world),
          catalogue_(writer.catalogue),
          on_portal_(writer.portal && job.portal_serial != 0),
          files_(writer.files),
          phrases_(writer.world.phrases),
          job_(job),
          life_(life),
          until_(until),
          agency_(world_.agencies.list[job.agency]),
          procedure_(procedure_of(job, world_, catalogue_)),
          field_(world_.catalogue.fields[procedure_.field]),
          rng_(mix(writer.seed, 9), job.id),
          xml_(out) {
        draw();
        xml_.style = constant_.style;
    }

    void write() {
        xml_.open("dossier");
        if (constant_.comment) xml_.comment(phrases_["comment"][job_.id % 2]);
        if (constant_.trap_comment) xml_.comment(phrases_.first("comment-trap"));
        write_head();
        write_applicant();
        write_body();
        write_components();
        write_papers();
        write_fees();
        write_supplements();
        write_results();
        write_databases();
        write_steps();
        write_hand_overs();
        write_apologies();
        xml_.close("dossier");
    }

  private:
    bool seen(Moment at) const { return at <= until_; }
    Moment if_seen(Moment at) const { return seen(at) ? at : never; }

    void draw() {
        Constant& c = constant_;
        const double how = rng_.unit();
        c.style.nfd = how < 0.07;
        c.name_nfd = how < 0.12;  // some write only names in NFD
        c.style.cdata = rng_.chance(0.04);
        c.style.empty = static_cast<Empty>(rng_.below(3));
        c.comment = rng_.chance(0.02);
        c.trap_comment = rng_.chance(0.001);
        c.trap_note = rng_.chance(0.0005);
        const Audience& audience =
            world_.catalogue
                .audiences[procedure_.audiences[rng_.below(procedure_.audiences.size())]];
        // Whatever the catalogue allows, most who come are citizens.
        const std::string kind = rng_.chance(0.6) ? "citizen" : audience.applicant;
        c.applicant = world_.people.applicant(rng_, kind, job_.agency, job_.online != Online::No,
                                              world_.agencies, phrases_);
        c.procedure = procedure_.code;
        const double form = rng_.unit();
        if (form < 0.2) c.procedure += ".000.00.00.H22";
        if (form > 0.95) c.procedure += ".01";
        c.procedure_name = procedure_.name;
        if (rng_.chance(0.03)) c.procedure_name = with_line_break(c.procedure_name, rng_);
        const bool long_summary = rng_.chance(0.002);
        c.summary =
            replaced(replaced(rng_.pick(phrases_["summary"]), "{procedure}", procedure_.name),
                     "{name}", c.applicant.name);
        if (long_summary)
            while (leading(c.summary, longest_summary).size() == c.summary.size())
                c.summary += "; " + procedure_.name;
        c.summary = leading(c.summary, long_summary ? longest_summary : usual_summary);
        if (rng_.chance(0.1)) c.other_info = rng_.pick(phrases_["other-info"]);
        if (rng_.chance(0.15)) c.note = rng_.pick(phrases_["note"]);
        c.returned_info = life_.by_post ? phrases_["returned-info"][1]
                                        : phrases_["returned-info"][rng_.chance(0.8) ? 0 : 2];
        const bool online = job_.online != Online::No;
        c.filed_at = online && job_.received >= day_of(2019, 12, 9) && rng_.chance(0.25)
                         ? "portal"  // the national portal opened on that day
                         : "province";
        if (on_portal_) c.filed_at = "portal";
        const double pay = rng_.unit();
        c.online_payment = !online      ? "none"
                           : pay < 0.1  ? "national"
                           : pay < 0.45 ? "provincial"
                                        : "none";
        c.digitised = online || rng_.chance(0.25);
        c.components = std::min<std::size_t>(procedure_.components.size(), 1 + rng_.below(5));
        c.component_bits = rng_.next();
        c.papers = rng_.chance(0.3) ? 1 + rng_.below(3) : 0;
        c.first_paper = rng_.below(phrases_["paper"].size());
        c.fees = rng_.chance(0.6) ? 1 + rng_.below(2) : 0;
        c.fee_bits = rng_.next();
        c.population = rng_.chance(0.15);
        c.business = c.applicant.kind == "business" && rng_.chance(0.3);
        c.land = agency_.level == Level::District && rng_.chance(0.2);
        c.insurance = rng_.chance(0.01);
        const double link = rng_.unit();
        c.result_code = job_.online == Online::Complete || link < 0.35 ||
                        (job_.online == Online::No && link < 0.6);
        c.result_url = job_.online == Online::Complete || (!c.result_code && link < 0.45) ||
                       (job_.online == Online::No && link < 0.35);
    }

    std::string component_url(std::size_t number) const {
        if (files_.url.empty()) return file_url("tep", number);
        if (job_.id % files_.every != 0) return "";
        return fmt::format("{}/files/pdf-{:016x}", files_.url, job_.id * 10 + number);
    }
    std::string file_url(std::string_view folder, std::size_t number) const {
        return url_of(job_, code_, folder, number, "pdf");
    }

    Day legal() const {
        Day day = life_.due;
        for (const Supplement& supplement : life_.supplements)
            if (seen(supplement.answered)) day = supplement.due_after;
        return day;
    }
    Day due() const {
        Day day = legal();
        for (const Apology& apology : life_.apologies)
            if (seen(apology.at)) day = apology.due_after;
        return day;
    }
    std::string_view status() const {
        std::string_view status;
        for (const Step& step : life_.steps)
            if (seen(step.at)) status = step.status;
        return status;
    }

    void write_head() {
        xml_.plain("code", code_);
        if (on_portal_) xml_.plain("portal-code", portal_code(job_, life_));
        xml_.plain("procedure", constant_.procedure);
        xml_.text("procedure-name", constant_.procedure_name);
        xml_.plain("field-code", field_.code);
        xml_.text("field-name", field_.name);
        xml_.plain("receipt",
                   fmt::format("BN-{}", std::string_view(code_).substr(agency_.code.size() + 1)));
        xml_.plain("agency", agency_.code);
        xml_.text("agency-name", agency_.name);
    }

    void write_applicant() {
        const Applicant& applicant = constant_.applicant;
        xml_.open("applicant");
        xml_.plain("kind", applicant.kind);
        xml_.text("name", applicant.name, constant_.name_nfd);
        xml_.plain("identity-kind", applicant.identity_kind);
        xml_.plain("identity", applicant.identity);
        xml_.plain("account", applicant.account);
        xml_.plain("phone", applicant.phone);
        xml_.plain("fax", applicant.fax);
        xml_.plain("email", applicant.email);
        xml_.text("address", applicant.address);
        xml_.plain("commune", applicant.commune);
        xml_.yes_no("verified", applicant.verified);
        xml_.close("applicant");
    }

    void write_body() {
        const Constant& c = constant_;
        const bool rejected = job_.ending == Ending::Rejected;
        xml_.passage("summary", c.summary);
        xml_.text("other-info", c.other_info);
        xml_.plain("channel", job_.online != Online::No ? "online"
                              : c.fee_bits % 50 == 0    ? "post"
                                                        : "direct");
        xml_.plain("filed-at", c.filed_at);
        xml_.at("submitted", life_.submitted);
        xml_.at("received", life_.received);
        xml_.due("due", due());
        xml_.due("legal-due", legal());
        xml_.at("finished", if_seen(life_.finished));
        xml_.at("returned", if_seen(life_.returned));
        xml_.text("returned-info", seen(life_.returned) ? c.returned_info : "");
        xml_.plain("return-way", life_.by_post ? "post" : "direct");
        xml_.at("refused", rejected ? if_seen(life_.finished) : never);
        xml_.plain("status", status());
        xml_.plain("online-payment", c.online_payment);
        xml_.yes_no("digitised", c.digitised);
        if (c.trap_note)
            xml_.cdata("note", phrases_.first("note-trap"));
        else
            xml_.text("note", c.note);
    }

    void write_components() {
        xml_.open("components");
        for (std::size_t i = 0; i < constant_.components; ++i) {
            const Component& component = procedure_.components[i];
            const std::uint64_t bits = constant_.component_bits >> (i * 8);
            const bool scanned = constant_.digitised && bits % 4 != 0;
            const bool file = scanned || bits % 2 == 0;
            std::string name = component.name;
            if (bits % 32 == 7) {
                Rng rng(job_.id, i);
                name = with_line_break(std::move(name), rng);
            }
            xml_.open("component");
            xml_.number("id",
                        static_cast<std::int64_t>(job_.id) * 10 + static_cast<std::int64_t>(i) + 1);
            xml_.text("name", name);
            xml_.plain("code", component.code);
            xml_.plain("url", file ? component_url(i + 1) : "");
            xml_.plain("deleted", bits % 128 == 9 ? "yes" : bits % 3 == 0 ? "" : "no");
            xml_.yes_no("digitised", scanned);
            xml_.plain("reused", bits % 64 == 5 ? "yes" : "");
            xml_.plain("from-national", constant_.population && i == 0 ? "yes" : "");
            xml_.plain("replaced-by", "");
            xml_.close("component");
        }
        xml_.close("components");
    }

    void write_paper(std::size_t number, int quantity, int kind) {
        const Words& papers = phrases_["paper"];
        xml_.open("paper");
        xml_.text("name", papers[number % papers.size()]);
        xml_.number("quantity", quantity);
        xml_.number("kind", kind);
        xml_.close("paper");
    }

    void write_papers() {
        if (constant_.papers == 0) return xml_.plain("papers", "");
        xml_.open("papers");
        for (std::size_t i = 0; i < constant_.papers; ++i)
            write_paper(constant_.first_paper + i, 1 + static_cast<int>(i % 2),
                        static_cast<int>(i % 3));
        xml_.close("papers");
    }

    void write_fee(std::size_t i, std::string_view when) {
        static constexpr std::array amounts{0,      5'000,  8'000,   15'000,
                                            30'000, 50'000, 100'000, 135'000};
        const Words& names = phrases_["fee"];
        const std::uint64_t bits = constant_.fee_bits >> (i * 8);
        const std::int64_t amount = procedure_.fees.empty()
                                        ? amounts[bits % amounts.size()]
                                        : procedure_.fees[bits % procedure_.fees.size()];
        const std::size_t kind = bits % names.size();
        xml_.open("fee");
        xml_.text("name", names[kind]);
        xml_.plain("code", fmt::format("PLP-{:02d}", kind + 1));
        xml_.plain("when", when);
        xml_.number("amount", amount);
        xml_.plain("kind", kind % 2 == 0 ? "fee" : "charge");
        xml_.close("fee");
    }

    void write_fees() {
        // A second fee is paid with the return of the result, so it is not known before.
        const std::size_t known = constant_.fees == 2 && !seen(life_.returned) ? 1 : constant_.fees;
        if (known == 0) return xml_.plain("fees", "");
        xml_.open("fees");
        for (std::size_t i = 0; i < known; ++i)
            write_fee(i, i == 0 ? "receipt" : "return");
        xml_.close("fees");
    }

    template <class Items, class Seen, class Write>
    void write_list(std::string_view tag, const Items& items, Seen known, Write write) {
        if (std::none_of(items.begin(), items.end(), known)) return xml_.plain(tag, "");
        xml_.open(tag);
        for (const auto& item : items)
            if (known(item)) write(item);
        xml_.close(tag);
    }

    void write_supplements() {
        std::int64_t number = 0;
        write_list(
            "supplements", life_.supplements, [&](const auto& s) { return seen(s.asked); },
            [&](const Supplement& supplement) {
                const bool done = seen(supplement.answered);
                xml_.open("supplement");
                xml_.number("id", static_cast<std::int64_t>(job_.id) * 10 + ++number);
                xml_.text("requested-by", supplement.asked_by);
                xml_.passage("content", supplement.content);
                xml_.at("requested", supplement.asked);
                xml_.text("received-by", done ? supplement.received_by : "");
                xml_.text("received-info", done ? supplement.info : "");
                xml_.at("completed", if_seen(supplement.answered));
                xml_.yes_no("done", done);
                xml_.due("due-before", supplement.due_before);
                xml_.due("due-after", done ? supplement.due_after : no_day);
                if (done && supplement.with_paper) {
                    xml_.open("papers");
                    write_paper(constant_.first_paper + 1, 1, 0);
                    xml_.close("papers");
                } else {
                    xml_.plain("papers", "");
                }
                if (done && supplement.with_fee) {
                    xml_.open("fees");
                    write_fee(2, "supplement");
                    xml_.close("fees");
                } else {
                    xml_.plain("fees", "");
                }
                xml_.close("supplement");
            });
    }

    void write_results() {
        if (job_.ending != Ending::Done || !seen(life_.finished)) return xml_.plain("results", "");
        const ResultFile result = result_file(job_, world_, catalogue_);
        xml_.open("results");
        xml_.open("result");
        xml_.text("name", result.name);
        xml_.plain("component-code", result.component);
        xml_.plain("id", result.id);
        xml_.plain("url", constant_.result_url ? result.url : "");
        xml_.plain("code", constant_.result_code ? procedure_.results.front().code : "");
        xml_.close("result");
        xml_.close("results");
    }

    void write_databases() {
        const Constant& c = constant_;
        if (!c.population && !c.business && !c.land && !c.insurance)
            return xml_.plain("databases", "");
        xml_.open("databases");
        if (c.population) xml_.plain("database", "population");
        if (c.business) xml_.plain("database", "business");
        if (c.insurance) xml_.plain("database", "insurance");
        if (c.land) xml_.plain("database", "land");
        xml_.close("databases");
    }

    void write_steps() {
        std::int64_t number = 0;
        write_list(
            "steps", life_.steps, [&](const Step& step) { return seen(step.at); },
            [&](const Step& step) {
                xml_.open("step");
                xml_.number("id", ++number);
                xml_.text("person", step.person);
                xml_.text("title", step.title);
                xml_.text("unit", step.unit);
                xml_.at("at", step.at);
                xml_.passage("content", step.content);
                xml_.plain("status", step.status);
                xml_.at("start", step.start);
                xml_.due("due", step.due);
                xml_.plain("kind", step.kind);
                xml_.close("step");
            });
    }

    void write_hand_overs() {
        write_list(
            "hand-overs", life_.hand_overs, [&](const auto& h) { return seen(h.sent); },
            [&](const HandOver& hand_over) {
                const Agency& to = world_.agencies.list[hand_over.to];
                xml_.open("hand-over");
                xml_.plain("from", agency_.code);
                xml_.text("from-name", agency_.name);
                xml_.plain("to", to.code);
                xml_.text("to-name", to.name);
                xml_.at("sent", hand_over.sent);
                xml_.at("back", if_seen(hand_over.back));
                xml_.text("reason", hand_over.reason);
                xml_.close("hand-over");
            });
    }

    void write_apologies() {
        write_list(
            "apologies", life_.apologies, [&](const auto& a) { return seen(a.at); },
            [&](const Apology& apology) {
                xml_.open("apology");
                xml_.plain("number", apology.number);
                xml_.at("at", apology.at);
                xml_.passage("reason", apology.reason);
                xml_.due("due-before", apology.due_before);
                xml_.due("due-after", apology.due_after);
                xml_.text("signer", apology.signer);
                xml_.close("apology");
            });
    }

    const World& world_;
    const CatalogueYear& catalogue_;
    bool on_portal_;
    const FilePlace& files_;
    const Phrases& phrases_;
    const Job& job_;
    const Life& life_;
    Moment until_;
    const Agency& agency_;
    const Procedure& procedure_;
    const Field& field_;
    Rng rng_;
    XmlWriter xml_;
    Constant constant_;
    std::string code_ = dossier_code(job_, world_.agencies);
};

}  // namespace

const Procedure& procedure_of(const Job& job, const World& world, const CatalogueYear& catalogue) {
    return world.catalogue.procedures[catalogue.procedures[job.procedure].procedure];
}

std::string dossier_code(const Job& job, const Agencies& agencies) {
    return code_of(agencies.list[job.agency].code, job.received, job.serial);
}

std::string portal_code(const Job& job, const Life& life) {
    if (job.portal_serial == 0) return {};
    return code_of("000.00.00.G22", day_of(life.submitted), job.portal_serial);
}

ResultFile result_file(const Job& job, const World& world, const CatalogueYear& catalogue) {
    const Procedure& procedure = procedure_of(job, world, catalogue);
    return {fmt::format("KQ{:08d}", job.id + 1), procedure.results.front().name,
            procedure.components.front().code,
            url_of(job, dossier_code(job, world.agencies), "ketqua", 1, "signed.pdf")};
}

void DossierWriter::write(std::string& out, const Job& job, const Life& life, Moment until) const {
    Page(*this, out, job, life, until).write();
}

}  // namespace dvcsync::year
