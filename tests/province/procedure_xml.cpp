#include "tests/province/procedure_xml.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/province/random.h"
#include "tests/province/xml_writer.h"

namespace dvcsync::year {

namespace {

class Sheet {
  public:
    Sheet(const ProcedureWriter& writer, std::string& out, const ProcedureYear& year, bool decided)
        : world_(writer.world),
          phrases_(writer.world.phrases),
          catalogue_(writer.catalogue),
          year_(year),
          procedure_(world_.catalogue.procedures[year.procedure]),
          decided_(decided),
          rng_(mix(writer.seed, 10), year.procedure),
          xml_(out) {
        xml_.style.nfd = rng_.chance(0.06);
        xml_.style.cdata = rng_.chance(0.1);
        xml_.style.empty = rng_.chance(0.5) ? Empty::SelfClosed : Empty::Pair;
    }

    void write() {
        xml_.open("procedure");
        write_scalars();
        write_decision();
        write_fields_and_levels();
        write_sequences();
        write_ways();
        write_components();
        write_results();
        write_audiences();
        write_legal_bases();
        write_agencies();
        write_links();
        xml_.close("procedure");
    }

  private:
    Action action() const { return decided_ ? year_.action : year_.before_action; }

    std::string_view state() const {
        if (action() == Action::Abolished) return "abolished";
        return action() == Action::Amended ? "amended" : "public";
    }

    std::string_view description() {
        const std::string_view usual = rng_.pick(phrases_["description"]);
        if (!decided_ || year_.action == Action::New) return usual;
        return phrases_.first(year_.action == Action::Amended    ? "description-amended"
                              : year_.action == Action::Replaced ? "description-replaced"
                                                                 : "description-abolished");
    }

    void write_scalars() {
        std::string name = procedure_.name;
        // Real names hold line breaks where the decision's table broke them.
        const auto blank = name.find(' ', name.size() / 2);
        if (rng_.chance(0.04) && blank != std::string::npos) name[blank] = '\n';
        xml_.plain("code", procedure_.code);
        xml_.number("id", static_cast<std::int64_t>(year_.procedure) + 10'001);
        xml_.text("name", name);
        xml_.plain("state", state());
        xml_.text("kind", procedure_.kind);
        xml_.plain("online-level", !procedure_.online() ? "none"
                                   : rng_.chance(0.4)   ? "full"
                                                        : "part");
        xml_.yes_no("inter-agency", year_.inter_agency);
        xml_.plain("publisher", world_.agencies.province_code);
        xml_.text("publisher-name", world_.agencies.province_name);
        xml_.text("receive-at", procedure_.receive_at.empty() ? rng_.pick(phrases_["receive-at"])
                                                              : procedure_.receive_at);
        xml_.passage("requirements", rng_.pick(phrases_["requirement"]));
        xml_.text("keywords", rng_.chance(0.6) ? phrases_.first("keyword") : "");
        xml_.passage("description", description());
        xml_.text("audience-note", "");
        xml_.text("agencies-note", procedure_.agency);
        xml_.text("authority-note", procedure_.authority);
    }

    void write_decision() {
        const Decision& before = catalogue_.earlier[year_.before];
        const Decision& decision = decided_ ? catalogue_.decisions[year_.decision] : before;
        xml_.open("decision");
        xml_.plain("id", decision.id);
        xml_.plain("number", decision.number);
        xml_.date("issued", decision.issued);
        xml_.date("effective", decision.effective);
        xml_.date("published", decision.published);
        xml_.plain("action", word(action()));
        xml_.plain("replaces", decided_ && year_.action == Action::Replaced ? before.number : "");
        xml_.close("decision");
    }

    void write_pair(std::string_view list, std::string_view tag, std::string_view code,
                    std::string_view name) {
        xml_.open(list);
        write_item(tag, code, name);
        xml_.close(list);
    }

    void write_item(std::string_view tag, std::string_view code, std::string_view name) {
        xml_.open(tag);
        xml_.plain("code", code);
        xml_.text("name", name);
        xml_.close(tag);
    }

    void write_fields_and_levels() {
        const Field& field = world_.catalogue.fields[procedure_.field];
        write_pair("fields", "field", field.code, field.name);
        xml_.open("levels");
        for (const std::string& level : procedure_.levels)
            write_item("level", level, phrases_.first("level-" + level));
        xml_.close("levels");
    }

    void write_sequences() {
        xml_.open("sequences");
        const Words& cases = phrases_["sequence-case"];
        const std::size_t count = procedure_.online() ? cases.size() : 1;
        for (std::size_t i = 0; i < count; ++i) {
            xml_.open("sequence");
            xml_.text("case", cases[i]);
            xml_.open("parts");
            for (const std::string& part : phrases_["sequence"])
                xml_.passage("part", part);
            xml_.close("parts");
            xml_.close("sequence");
        }
        xml_.close("sequences");
    }

    void write_ways() {
        xml_.open("ways");
        for (const Way& way : procedure_.ways) {
            xml_.open("way");
            xml_.plain("channel", way.channel);
            xml_.open("durations");
            xml_.open("duration");
            xml_.plain("length", way.length);
            xml_.plain("unit", way.unit);
            xml_.passage("description", procedure_.way_text.empty()
                                            ? phrases_.first("way-" + way.channel)
                                            : procedure_.way_text);
            write_charges();
            xml_.close("duration");
            xml_.close("durations");
            xml_.close("way");
        }
        xml_.close("ways");
    }

    void write_charges() {
        if (procedure_.fees.empty()) return xml_.plain("charges", "");
        xml_.open("charges");
        for (std::size_t i = 0; i < procedure_.fees.size(); ++i) {
            xml_.open("charge");
            xml_.plain("code", fmt::format("PLP-{:02d}", i + 1));
            xml_.number("amount", procedure_.fees[i]);
            xml_.text("currency", phrases_.first("national-currency"));
            xml_.text("description", phrases_["charge-note"][i % 2]);
            xml_.plain("url", "");
            xml_.plain("file", "");
            xml_.close("charge");
        }
        xml_.close("charges");
    }

    std::string form_url(std::size_t number) const {
        return fmt::format("https://motcua.example.vn/mau-don/{}/{}", procedure_.code, number);
    }

    void write_components() {
        xml_.open("components");
        xml_.open("case");
        xml_.text("name", phrases_.first("case-default"));
        xml_.open("papers");
        for (std::size_t i = 0; i < procedure_.components.size(); ++i) {
            const Component& component = procedure_.components[i];
            xml_.open("paper");
            xml_.plain("code", component.code);
            xml_.text("name", component.name);
            xml_.number("originals", component.originals);
            xml_.plain("copies", component.copies > 0 ? std::to_string(component.copies) : "");
            xml_.text("form", component.form);
            xml_.plain("url", component.form.empty() ? "" : form_url(i + 1));
            xml_.plain("replaced-by", "");
            xml_.close("paper");
        }
        xml_.close("papers");
        xml_.close("case");
        xml_.close("components");
    }

    void write_results() {
        xml_.open("results");
        for (const ResultKind& result : procedure_.results) {
            xml_.open("result");
            xml_.plain("code", result.code);
            xml_.text("name", result.name);
            xml_.plain("file", "");
            xml_.plain("url", "");
            xml_.close("result");
        }
        xml_.close("results");
    }

    void write_audiences() {
        xml_.open("audiences");
        for (const std::size_t index : procedure_.audiences)
            write_item("audience", world_.catalogue.audiences[index].code,
                       world_.catalogue.audiences[index].name);
        xml_.close("audiences");
    }

    void write_legal_bases() {
        xml_.open("legal-bases");
        for (const LegalBasis& basis : procedure_.legal) {
            xml_.open("legal-basis");
            xml_.text("number", basis.number);
            xml_.text("title", basis.title);
            xml_.text("issuer", basis.issuer);
            xml_.plain("issued", "");
            xml_.plain("effective", "");
            xml_.plain("url", "");
            xml_.close("legal-basis");
        }
        xml_.close("legal-bases");
    }

    void write_agencies() {
        const Agency& department =
            world_.agencies.list[world_.agencies.department(procedure_.department)];
        write_pair("agencies", "agency", department.code, department.name);
        write_pair("authorities", "agency", world_.agencies.province_code,
                   world_.agencies.province_name);
        xml_.plain("delegates", "");
        if (!year_.inter_agency) return xml_.plain("coordinators", "");
        const Agency& other =
            world_.agencies
                .list[world_.agencies.department(procedure_.department == "TC" ? "TNMT" : "TC")];
        write_pair("coordinators", "agency", other.code, other.name);
    }

    // Inter-agency procedures name the next one of the year's catalogue with which they are joined.
    void write_links() {
        const std::string& next =
            world_.catalogue
                .procedures[catalogue_.procedures[(place() + 1) % catalogue_.procedures.size()]
                                .procedure]
                .code;
        if (year_.inter_agency) {
            xml_.open("linked");
            xml_.plain("procedure-code", next);
            xml_.close("linked");
        } else {
            xml_.plain("linked", "");
        }
        if (rng_.chance(0.2)) {
            xml_.open("related");
            xml_.plain("procedure-code", next);
            xml_.close("related");
        } else {
            xml_.plain("related", "");
        }
    }

    std::size_t place() const {
        return static_cast<std::size_t>(&year_ - catalogue_.procedures.data());
    }

    const World& world_;
    const Phrases& phrases_;
    const CatalogueYear& catalogue_;
    const ProcedureYear& year_;
    const Procedure& procedure_;
    bool decided_;
    Rng rng_;
    XmlWriter xml_;
};

}  // namespace

void ProcedureWriter::write(std::string& out, const ProcedureYear& procedure, bool decided) const {
    Sheet(*this, out, procedure, decided).write();
}

}  // namespace dvcsync::year
