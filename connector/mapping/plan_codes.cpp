// What a single value goes out as, without a record around it.
#include "connector/mapping/plan.h"

namespace dvcsync::mapping {
namespace {

const Node* sender_of(const std::vector<Node>& nodes, std::string_view name) {
    for (const auto& node : nodes) {
        if (node.kind == Node::Kind::Field && node.from && node.from->spec->name == name)
            return &node;
        if (node.kind == Node::Kind::Object)
            if (const Node* const inner = sender_of(node.children, name)) return inner;
    }
    return nullptr;
}

}  // namespace

bool Plan::takes_given_code() const {
    return data_->takes_given;
}

bool Plan::takes_files() const {
    return data_->takes_files;
}

bool Plan::takes_hashes() const {
    return data_->takes_hashes;
}

tl::expected<std::string, std::string> Plan::sent_as(std::string_view name, std::string_view text,
                                                     std::optional<Date> on) const {
    const Node* const field = sender_of(data_->nodes, name);
    if (!field || !field->codes || text.empty()) return std::string(text);
    return field->codes->find(text, field->on ? on : std::nullopt).map([](std::string_view code) {
        return std::string(code);
    });
}

}  // namespace dvcsync::mapping
