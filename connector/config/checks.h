// Rules for single values of dvcsync.toml, free of toml++: used by config.cpp, tested by
// themselves.
//
// Each returns "" when the value is good, else a sentence that says what is wrong and what to do,
// ready to follow "file:line: [section] key". Pure but for the file system; thread-safe.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "connector/base/error.h"

namespace dvcsync::config {

// The candidate nearest to `word` when it is near enough to be a slip of the fingers, else "".
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// scheme://host[:port] and nothing else; https unless plain HTTP was allowed.
std::string base_url_fault(std::string_view url, bool allow_plain_http);

// A name of a file or folder inside mappings/: letters, digits, '.', '-', '_', no leading dot.
std::string plain_name_fault(std::string_view name);

// The name of a log's key: a web address without its scheme, of letters, digits, '.', '-', '_',
// '/'.
std::string origin_fault(std::string_view origin);

// A readable, regular file that is not empty.
std::string file_fault(const std::filesystem::path& file);

// As file_fault; group and others must have no right on it, since it holds a secret.
std::string secret_file_fault(const std::filesystem::path& file);

// The first line of a secret file, without its line feed. Checks it as secret_file_fault does.
Result<std::string> read_secret(const std::filesystem::path& file);

// Whether `inner` is `outer` or lies anywhere below it, links followed as far as they exist.
bool lies_within(const std::filesystem::path& inner, const std::filesystem::path& outer);

// The names in a folder, for "there are: a, b": of its sub-folders, or of its *.xml files without
// the ending.
std::string names_in(const std::filesystem::path& folder, bool folders);

}  // namespace dvcsync::config
