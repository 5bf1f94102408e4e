// A checked view of one XML file: every fault is collected with its line. Internal to profile.cpp.
#pragma once

#include <initializer_list>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "connector/base/error.h"

namespace dvcsync::portal {

class ProfileFile {
  public:
    // `name` is shown in the faults. Returns the root element, or a null node after a fault.
    pugi::xml_node parse(std::string name, std::string text, std::string_view root);

    void fault(pugi::xml_node at, const std::string& what);
    // Faults attributes, children and text that the element may not have.
    void only(pugi::xml_node at, std::initializer_list<std::string_view> attributes,
              std::initializer_list<std::string_view> children);
    // The attribute's trimmed value; a fault if it is missing or empty.
    std::string required(pugi::xml_node at, const char* attribute);
    std::string optional(pugi::xml_node at, const char* attribute);
    bool yes_no(pugi::xml_node at, const char* attribute);  // missing: no
    // The only child of that name; a null node if there is none, a fault if there are several.
    pugi::xml_node one(pugi::xml_node at, const char* child);

    bool faultless() const { return faults_.empty(); }
    std::string faults() const;

  private:
    void fault_at(std::ptrdiff_t offset, const std::string& what);

    std::string name_;
    std::string text_;
    pugi::xml_document document_;
    std::vector<std::string> faults_;
};

}  // namespace dvcsync::portal
