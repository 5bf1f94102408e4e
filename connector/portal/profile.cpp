#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"

namespace dvcsync::portal {

namespace {

const std::string no_endpoint;

}  // namespace

Result<Profile> Profile::load(const std::filesystem::path& file) {
    DVC_TRY_ASSIGN(data, read_profile(file));
    Profile profile;
    profile.data_ = std::move(data);
    return profile;
}

const std::string& Profile::name() const {
    return data_->name;
}
bool Profile::has(Operation operation) const {
    return data_->push(operation).has_value();
}
int Profile::batch(Operation operation) const {
    const auto& push = data_->push(operation);
    return push ? push->batch : 1;
}
bool Profile::knows_updating(Operation operation) const {
    const auto& push = data_->push(operation);
    return push && push->updating;
}

bool Profile::repeatable(Operation operation) const {
    const auto& push = data_->push(operation);
    return push && push->repeatable;
}
bool Profile::can_ask() const {
    return data_->ask.has_value();
}
bool Profile::can_list() const {
    return data_->list.has_value();
}
const std::string& Profile::endpoint(Operation operation) const {
    const auto& push = data_->push(operation);
    return push ? push->endpoint : no_endpoint;
}
const std::string& Profile::ask_endpoint() const {
    return data_->ask ? data_->ask->endpoint : no_endpoint;
}
const std::string& Profile::list_endpoint() const {
    return data_->list ? data_->list->endpoint : no_endpoint;
}
Profile::Pace Profile::pace(std::string_view endpoint) const {
    const auto found = data_->paces.find(endpoint);
    return found == data_->paces.end() ? Pace{} : found->second;
}
const std::vector<std::string>& Profile::settings() const {
    return data_->settings;
}
const std::vector<std::string>& Profile::endpoints() const {
    return data_->endpoints;
}

}  // namespace dvcsync::portal
