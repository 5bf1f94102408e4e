#include "connector/mapping/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dvcsync::mapping {
namespace {

using Kind = ContractMember::Kind;

class Loader {
  public:
    explicit Loader(DataFile& file) : file_(file) {}

    Contract run() {
        const auto root = file_.root();
        contract_.file = file_.shown();
        if (std::string_view(root.name()) != "contract") {
            file_.fault(root,
                        fmt::format("the root element must be <contract>, not <{}>", root.name()));
            return std::move(contract_);
        }
        file_.allow(root, {"profiles"}, {"document"});
        contract_.profiles = split(file_.required(root, "profiles"), ' ');
        for (const auto& node : root.children("document"))
            add_document(node);
        return std::move(contract_);
    }

  private:
    void add_document(pugi::xml_node node) {
        file_.allow(node, {"operation", "answers", "section", "known"},
                    {"member", "list", "object"});
        ContractDocument document;
        document.operation = node.attribute("operation").value();
        document.answers = node.attribute("answers").value();
        document.section = file_.required(node, "section");
        document.known = file_.is_yes(node, "known");
        if (document.operation.empty() == document.answers.empty())
            file_.fault(node, "<document> needs either 'operation' or 'answers'");
        else if (!document.operation.empty() && !operation_from(document.operation))
            file_.fault(node, fmt::format("unknown operation '{}'", document.operation));
        document.members = members(node);
        contract_.documents.push_back(std::move(document));
    }

    std::vector<ContractMember> members(pugi::xml_node parent) {
        std::vector<ContractMember> all;
        for (const auto& node : parent.children()) {
            const std::string_view element = node.name();
            if (element != "member" && element != "list" && element != "object") continue;
            ContractMember member = element == "member" ? scalar(node) : nested(node);
            member.name = file_.required(node, "name");
            member.required = file_.is_yes(node, "required");
            member.mark = file_.required(node, "mark");
            member.profiles = split(node.attribute("profiles").value(), ' ');
            for (const auto& profile : member.profiles)
                if (std::find(contract_.profiles.begin(), contract_.profiles.end(), profile) ==
                    contract_.profiles.end())
                    file_.fault(node,
                                fmt::format("profile '{}' is not among those of <contract>{}",
                                            profile, suggestion(profile, contract_.profiles)));
            for (const auto& other : all)
                if (other.name == member.name)
                    file_.fault(node, fmt::format("member '{}' comes twice", member.name));
            all.push_back(std::move(member));
        }
        return all;
    }

    ContractMember scalar(pugi::xml_node node) {
        file_.allow(node,
                    {"name", "type", "form", "required", "max", "values", "mark", "profiles"});
        static constexpr std::array<std::pair<std::string_view, Kind>, 4> types{
            {{"text", Kind::Text},
             {"number", Kind::Number},
             {"bool", Kind::Bool},
             {"date", Kind::Date}}};
        const std::string_view type = node.attribute("type").as_string("text");
        ContractMember member;
        const auto* const known = std::find_if(types.begin(), types.end(),
                                               [&](const auto& one) { return one.first == type; });
        if (known == types.end())
            file_.fault(node, fmt::format("unknown type '{}': text, number, bool or date", type));
        else
            member.kind = known->second;
        member.max = file_.number(node, "max");
        member.form = node.attribute("form").value();
        member.values = split(node.attribute("values").value(), ' ');
        return member;
    }

    ContractMember nested(pugi::xml_node node) {
        file_.allow(node, {"name", "required", "mark", "profiles"}, {"member", "list", "object"});
        ContractMember member;
        member.kind = std::string_view(node.name()) == "list" ? Kind::List : Kind::Object;
        member.children = members(node);
        return member;
    }

    DataFile& file_;
    Contract contract_;
};

}  // namespace

bool ContractMember::is_known_by(std::string_view profile) const {
    return profiles.empty() ||
           std::find(profiles.begin(), profiles.end(), profile) != profiles.end();
}

const ContractDocument* Contract::find(const PlanData& plan) const {
    const std::string_view operation =
        plan.operation ? to_string(*plan.operation) : std::string_view();
    for (const auto& document : documents)
        if (document.operation == operation && document.answers == plan.answers &&
            document.known == plan.known)
            return &document;
    return nullptr;
}

std::vector<Contract> load_contracts(const std::filesystem::path& folder, Faults& faults) {
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".xml") paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Contract> contracts;
    for (const auto& path : paths) {
        DataFile file(path, faults);
        if (file.is_usable()) contracts.push_back(Loader(file).run());
    }
    return contracts;
}

}  // namespace dvcsync::mapping
