// The parts that every element of profile.xml is made of: endpoints, values, members, parameters.
// Internal to the profile_*.cpp files. Not thread-safe: one for each file that is read.
#pragma once

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connector/portal/profile_data.h"
#include "connector/portal/profile_file.h"

namespace dvcsync::portal {

// Which sources a value may have in one part of the file.
using Sources = std::initializer_list<Source>;

class ProfileValues {
  public:
    // The endpoint that the element names; a fault if it is not declared.
    std::string endpoint(pugi::xml_node node);
    // Header or query parameter; <member>s of a body. Literals are allowed everywhere.
    Field parameter(pugi::xml_node node, Sources allowed);
    std::vector<Field> members(pugi::xml_node parent, Sources allowed);
    // A required whole number; a fault if it is out of range.
    int whole(pugi::xml_node node, const char* attribute, int least, int most);
    // Whether the attribute says `yes`, not `no`; without it, `no`.
    bool either(pugi::xml_node node, const char* attribute, std::string_view no,
                std::string_view yes);

    ProfileFile file;
    ProfileData data;
    std::set<std::string> used_settings;
    std::set<std::string> used_endpoints;
    bool uses_updating = false;
    bool uses_session = false;

  private:
    void value(pugi::xml_node node, Sources allowed, Field& field);
};

// The elements <ask>, <list>, <next-code>, <upload>, <submissions> and <callbacks>.
Ask read_ask_element(ProfileValues& in, pugi::xml_node node);
NextCode read_next_code_element(ProfileValues& in, pugi::xml_node node);
Upload read_upload_element(ProfileValues& in, pugi::xml_node node);
List read_list_element(ProfileValues& in, pugi::xml_node node);
Submissions read_submissions_element(ProfileValues& in, pugi::xml_node node);
CallbackRules read_callbacks_element(ProfileValues& in, pugi::xml_node node);

CatalogueQuestions read_catalogue_element(ProfileValues& in, pugi::xml_node node);

// What all questions have in common, and a fault for each source that is never sent.
void read_question(ProfileValues& in, pugi::xml_node node, Sources allowed, Question& question);
void must_send(ProfileValues& in, pugi::xml_node node, const Question& question,
               std::initializer_list<std::pair<Source, const char*>> needed);

// The words between white space.
std::vector<std::string> words_of(std::string_view text);
// The name of a mapping file: it becomes part of a path.
std::string mapping_name(ProfileFile& file, pugi::xml_node node, const char* attribute);

template <class Words>
auto find_word(const Words& words, std::string_view word) {
    return std::find_if(std::begin(words), std::end(words),
                        [&](const auto& pair) { return pair.first == word; });
}

// The whole text as a number, or nullopt.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace dvcsync::portal
