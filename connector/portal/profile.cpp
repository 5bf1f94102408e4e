#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"

namespace dvcsync::portal {

namespace {

const std::string nothing;
const std::vector<std::string> no_hosts;

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
int Profile::batch(Operation operation, bool updating) const {
    const auto& push = data_->push(operation, updating);
    return push ? push->batch : 1;
}
bool Profile::has_known_form(Operation operation) const {
    return data_->known_pushes[static_cast<std::size_t>(operation)].has_value();
}
bool Profile::gives_codes() const {
    return data_->next_code.has_value();
}
bool Profile::takes_files() const {
    return data_->upload.has_value();
}
bool Profile::tells_hashes() const {
    return data_->upload && !data_->upload->hash.empty();
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
bool Profile::can_pull() const {
    return data_->submissions.has_value();
}
const std::string& Profile::endpoint(Operation operation) const {
    const auto& push = data_->push(operation);
    return push ? push->endpoint : nothing;
}
const std::string& Profile::ask_endpoint() const {
    return data_->ask ? data_->ask->endpoint : nothing;
}
const std::string& Profile::list_endpoint() const {
    return data_->list ? data_->list->endpoint : nothing;
}
const std::string& Profile::news_endpoint() const {
    return data_->submissions ? data_->submissions->list.endpoint : nothing;
}
const std::string& Profile::fetch_endpoint() const {
    return data_->submissions ? data_->submissions->fetch.endpoint : nothing;
}
std::chrono::hours Profile::overlap() const {
    return data_->submissions ? data_->submissions->list.overlap : std::chrono::hours(0);
}
const std::string& Profile::fetch_reading() const {
    return data_->submissions ? data_->submissions->fetch.reading : nothing;
}
const std::vector<std::string>& Profile::file_hosts() const {
    return data_->submissions ? data_->submissions->hosts : no_hosts;
}
std::optional<Callbacks> Profile::callbacks() const {
    if (!data_->callbacks) return std::nullopt;
    return Callbacks(data_);
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
