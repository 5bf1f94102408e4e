#include <fmt/format.h>

#include <set>

#include "tests/sandbox/contract.h"

namespace dvcsandbox {
namespace {

std::string limit_of(const Field& field) {
    if (field.kind == Kind::Code) return fmt::format("one of {}", field.codes);
    if (field.kind == Kind::List) return fmt::format("≤ {} members", field.limit);
    return field.limit == 0 ? std::string() : fmt::format("≤ {}", field.limit);
}

void write(const RecordType& type, std::set<const RecordType*>& written, std::string& out) {
    if (!written.insert(&type).second) return;
    out += fmt::format(
        "### {}\n\n| field | requirement | type | limit | mark |\n|---|---|---|---|---|\n",
        type.name);
    for (const Field& field : type.fields)
        out += fmt::format("| {} | {} | {} | {} | {}{} |\n", field.name, name_of(field.need),
                           name_of(field.kind), limit_of(field),
                           field.mark == Mark::Certain ? "certain" : "assumed",
                           field.era == Era::Newer  ? ", since 2022"
                           : field.era == Era::Base ? ", not in newer models"
                                                    : "");
    out += '\n';
    for (const Field& field : type.fields)
        if (field.members != nullptr) write(*field.members, written, out);
}

}  // namespace

std::string contract_page() {
    std::string out;
    std::set<const RecordType*> written;
    for (const RecordType* type : {&dossier_type(), &progress_type(), &procedure_type(),
                                   &statistics_type(), &portal_status_type(), &confirmation_type()})
        write(*type, written, out);
    return out;
}

}  // namespace dvcsandbox
