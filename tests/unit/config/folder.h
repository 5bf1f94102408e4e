// A throw-away province folder in which a configuration loads: the files that it names, and no
// more.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "connector/config/config.h"

namespace dvcsync::config {

class FolderTest : public testing::Test {
  protected:
    FolderTest() {
        std::string name = (std::filesystem::temp_directory_path() / "dvc-config-XXXXXX").string();
        folder = ::mkdtemp(name.data());
        write("portal.password", "not a real password\n", 0600);
        write("certs/ca.pem", "ca", 0644);
        write("certs/client.pem", "client", 0644);
        write("certs/client.key", "key", 0600);
        write("mappings/province/reference.xml", "<vocabulary/>", 0644);
        write("mappings/portal/mapi-2024/profile.xml", "<profile/>", 0644);
    }
    ~FolderTest() override { std::filesystem::remove_all(folder); }

    std::filesystem::path write(std::string_view name, std::string_view text,
                                unsigned mode = 0644) {
        std::filesystem::path file = folder / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        std::filesystem::permissions(file, std::filesystem::perms(mode));
        return file;
    }

    // The sample with `from` replaced by `to`, once; `from` must be there.
    static std::string sample_with(std::string_view from, std::string_view to) {
        std::string text = sample();
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        if (at != std::string::npos) text.replace(at, from.size(), to);
        return text;
    }

    Result<Config> load_text(std::string_view text) { return load(write("dvcsync.toml", text)); }

    // The message of loading `text` without the folder's name, so that it reads "dvcsync.toml:12:
    // …".
    std::string faults(std::string_view text) {
        const auto config = load_text(text);
        if (config) return "";
        EXPECT_EQ(config.error().kind, ErrorKind::Config);
        std::string message = config.error().message;
        const std::string prefix = folder.string() + "/";
        for (std::size_t at; (at = message.find(prefix)) != std::string::npos;)
            message.erase(at, prefix.size());
        return message;
    }

    // 1-based line of the first occurrence.
    static std::size_t line_of(std::string_view text, std::string_view what) {
        const auto before = text.substr(0, text.find(what));
        return 1 + std::size_t(std::count(before.begin(), before.end(), '\n'));
    }

    std::filesystem::path folder;
};

}  // namespace dvcsync::config
