// What a file is, whatever its name says.
#include "connector/files/types.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace dvcsync::files {
namespace {

const std::string pdf = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0", 29);
const std::string elf =
    "\x7f"
    "ELF\2\1\1" +
    std::string(9, '\0') + std::string("\3\0\x3e\0\1\0\0\0", 8) + std::string(40, '\0');

std::string windows_program(const std::string& hidden = {}) {
    std::string bytes = "MZ" + hidden;
    bytes.resize(0x3c, '\0');
    return bytes + std::string("\x80\0\0\0", 4) + std::string(0x40, '\0') +
           std::string("PE\0\0\x64\x86", 6) + std::string(200, '\0');
}

// A stored ZIP archive of one member, as far as its first header.
std::string archive(const std::string& member) {
    std::string bytes("PK\3\4\x0a\0\0\0\0\0\0\0\0\0", 14);
    bytes += std::string(12, '\0');
    bytes += static_cast<char>(member.size());
    return bytes + std::string(3, '\0') + member + std::string(100, 'c');
}

Kind kind(std::string_view name, std::string_view head) {
    const auto found = examine(name, head);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Kind{});
}

TEST(Types, AreFoundByContent) {
    EXPECT_EQ(kind("don.pdf", pdf).type, "application/pdf");
    EXPECT_EQ(kind("anh.png", png).type, "image/png");
    EXPECT_EQ(kind("anh.jpg", std::string("\xff\xd8\xff\xe0\0\x10JFIF\0\1", 12)).type,
              "image/jpeg");
    EXPECT_EQ(kind("a.txt", "xin ch\xC3\xA0o\n").type, "text/plain");
    EXPECT_EQ(kind("a.xml", "<?xml version=\"1.0\"?>\n<a/>").type, "text/xml");
    EXPECT_EQ(kind("a.zip", archive("a.txt")).type, "application/zip");
    EXPECT_EQ(kind("a", std::string("\1\2\3\xfe", 4)).type, "application/octet-stream");
    EXPECT_EQ(kind("a", "").type, "application/x-empty");
    for (const auto& [name, bytes] : {std::pair{"don.pdf", pdf}, {"anh.png", png}}) {
        EXPECT_FALSE(kind(name, bytes).program);
        EXPECT_FALSE(kind(name, bytes).type_differs);
    }
}

TEST(Types, ThatTheExtensionDoesNotStandForAreTold) {
    EXPECT_TRUE(kind("don.pdf", png).type_differs);
    EXPECT_TRUE(kind("don.PDF", "hello\n").type_differs);
    EXPECT_TRUE(kind("anh.jpg", pdf).type_differs);
    EXPECT_TRUE(kind("don.pdf", "").type_differs);
    EXPECT_TRUE(kind("don.docx", "<html><body>x</body></html>").type_differs);
    EXPECT_FALSE(kind("don", pdf).type_differs) << "no extension says nothing";
    EXPECT_FALSE(kind("don.abc", pdf).type_differs) << "nor does one that nobody knows";
    EXPECT_FALSE(kind("don.docx", archive("word/document.xml")).type_differs);
}

TEST(Types, ProgramsAreFoundByContentWhateverTheirName) {
    for (const std::string& bytes :
         {elf, windows_program(), std::string("#!/bin/sh\nreboot\n"),
          std::string("\xEF\xBB\xBF#!/usr/bin/python3\n"),
          std::string("@echo off\r\nformat c:\r\n"),
          std::string("L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 20) + std::string(60, '\0'),
          archive("META-INF/MANIFEST.MF"), archive("AndroidManifest.xml")})
        EXPECT_TRUE(kind("don.pdf", bytes).program) << bytes.substr(0, 12);
}

TEST(Types, FilesThatAreTwoThingsAtOnceArePrograms) {
    EXPECT_TRUE(kind("don.pdf", windows_program("%PDF-1.4\n")).program);
    EXPECT_TRUE(kind("don.pdf", "#!/bin/sh\n" + pdf).program);
    EXPECT_TRUE(kind("anh.png", png + archive("META-INF/MANIFEST.MF")).program);
}

TEST(Types, ProgramsAreFoundByNameWhateverTheirContent) {
    for (const char* name :
         {"a.exe", "A.EXE", "a.pdf.exe", "a.exe. ", "a.bat", "a.cmd", "a.ps1", "a.vbs", "a.js",
          "a.jar", "a.com", "a.scr", "a.lnk", "a.msi", "a.apk", "a.docm", "x/y.sh"})
        EXPECT_TRUE(kind(name, "hello\n").program) << name;
    for (const char* name : {"a.pdf", "exe", "a.exe.pdf", "a.txt", ".", ""})
        EXPECT_FALSE(kind(name, "hello\n").program) << name;
}

TEST(Types, OrdinaryTextIsNoProgram) {
    for (const char* text :
         {"MZ is how this letter begins\n", "ELF\n", "K\xC3\xADnh g\xE1\xBB\xADi\n",
          "see META-INF/MANIFEST.MF\n", "# Title\n"})
        EXPECT_FALSE(kind("a.txt", text).program) << text;
}

TEST(Types, EveryThreadHasItsOwnTable) {
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round)
                if (kind("a.pdf", pdf).type == "application/pdf") ++right;
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(right, 80);
}

TEST(Types, WhatMakesAProgramIsToldWithoutItsName) {
    EXPECT_EQ(kind("secret.exe", "hello\n").program_by,
              "its name ends in .exe; its content is text/plain");
    EXPECT_EQ(kind("secret.pdf", "#!/bin/sh\nreboot\n").program_by,
              "its content is text/x-shellscript");
    EXPECT_EQ(kind("secret.txt", "hello\n").program_by, "");
}

}  // namespace
}  // namespace dvcsync::files
