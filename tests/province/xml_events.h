// Reads XML as a stream of leaf elements; libxml2 stays inside xml_events.cpp. Documents with a
// document type are refused.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::year {

struct XmlHandler {
    virtual ~XmlHandler() = default;
    // `path` is the names from the root, joined by '/': "province-export/dossier/code".
    virtual void begin(std::string_view path) = 0;
    // `text` is the element's own text, trimmed.
    virtual void end(std::string_view path, std::string_view text) = 0;
    virtual void attribute(std::string_view path, std::string_view name,
                           std::string_view value) = 0;
};

// Config error with file and line if the file cannot be read or is not well-formed.
Status read_xml(const std::filesystem::path& file, XmlHandler& handler);

}  // namespace dvcsync::year
