#include "connector/files/types.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "connector/files/names.h"

namespace dvcsync::files {
namespace {

constexpr std::string_view unknown = "application/octet-stream";

struct Extension {
    std::string_view name;
    // The first is the usual one; the others are what libmagic also says of such files.
    std::array<std::string_view, 4> types;
};

// What citizens file. A name that is not here is neither right nor wrong. The first extension of a
// type is its usual one.
constexpr Extension extensions[] = {
    {"pdf", {"application/pdf"}},
    {"jpg", {"image/jpeg"}},
    {"jpeg", {"image/jpeg"}},
    {"png", {"image/png"}},
    {"gif", {"image/gif"}},
    {"bmp", {"image/bmp", "image/x-ms-bmp"}},
    {"tif", {"image/tiff"}},
    {"tiff", {"image/tiff"}},
    {"webp", {"image/webp"}},
    {"heic", {"image/heic", "image/heif"}},
    {"doc", {"application/msword", "application/CDFV2", "application/x-ole-storage"}},
    {"xls", {"application/vnd.ms-excel", "application/CDFV2", "application/x-ole-storage"}},
    {"ppt", {"application/vnd.ms-powerpoint", "application/CDFV2", "application/x-ole-storage"}},
    {"docx",
     {"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      "application/zip"}},
    {"xlsx",
     {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"}},
    {"pptx",
     {"application/vnd.openxmlformats-officedocument.presentationml.presentation",
      "application/zip"}},
    {"odt", {"application/vnd.oasis.opendocument.text", "application/zip"}},
    {"ods", {"application/vnd.oasis.opendocument.spreadsheet", "application/zip"}},
    {"rtf", {"text/rtf", "application/rtf"}},
    {"txt", {"text/plain"}},
    {"csv", {"text/csv", "text/plain", "application/csv"}},
    {"xml", {"text/xml", "application/xml", "text/plain"}},
    {"json", {"application/json", "text/plain"}},
    {"htm", {"text/html"}},
    {"html", {"text/html"}},
    {"zip", {"application/zip"}},
    {"rar", {"application/x-rar", "application/vnd.rar"}},
    {"7z", {"application/x-7z-compressed"}},
    {"gz", {"application/gzip"}},
    {"p7s",
     {"application/pkcs7-signature", "application/x-pkcs7-signature", unknown, "text/plain"}},
    {"dwg", {"image/vnd.dwg"}},
    {"mp3", {"audio/mpeg"}},
    {"mp4", {"video/mp4"}},
};

// What a double click would run, on whatever system; with the macro forms of office documents.
constexpr std::string_view program_extensions[] = {
    "exe",   "com",    "scr",  "pif",  "bat",  "cmd",  "ps1",  "psm1", "vbs",     "vbe",
    "js",    "jse",    "mjs",  "ws",   "wsf",  "wsh",  "hta",  "jar",  "lnk",     "url",
    "msi",   "msp",    "mst",  "msix", "cpl",  "dll",  "sys",  "reg",  "inf",     "scf",
    "chm",   "gadget", "apk",  "deb",  "rpm",  "dmg",  "pkg",  "app",  "appx",    "sh",
    "bash",  "py",     "pl",   "rb",   "php",  "elf",  "so",   "run",  "out",     "bin",
    "class", "jnlp",   "docm", "xlsm", "pptm", "dotm", "xltm", "iso",  "desktop",
};

constexpr std::string_view program_types[] = {
    "application/x-executable",
    "application/x-pie-executable",
    "application/x-sharedlib",
    "application/x-object",
    "application/x-coredump",
    "application/x-dosexec",
    "application/vnd.microsoft.portable-executable",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "application/x-msi",
    "application/x-ms-installer",
    "application/vnd.android.package-archive",
    "application/java-archive",
    "application/x-java-applet",
    "application/x-dex",
    "application/javascript",
    "application/x-javascript",
    "application/x-shellscript",
    "application/x-debian-package",
    "application/vnd.debian.binary-package",
    "application/x-rpm",
    "text/javascript",
    "text/x-msdos-batch",
    "text/x-shellscript",
    "text/x-perl",
    "text/x-python",
    "text/x-ruby",
    "text/x-php",
    "text/x-lua",
    "text/x-tcl",
    "text/x-awk",
    "text/vbscript",
};

template <class List>
bool has(const List& list, std::string_view value) {
    return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

bool is_program_type(std::string_view type) {
    return has(program_types, type) || type.starts_with("text/x-script.");
}

// A Windows program starts with a DOS one that says where the real one begins.
bool is_windows_program(std::string_view head) {
    constexpr std::size_t where = 0x3c;
    if (!head.starts_with("MZ") || head.size() < where + 4) return false;
    std::size_t at = 0;
    for (std::size_t i = 4; i-- > 0;)
        at = at << 8 | static_cast<std::uint8_t>(head[where + i]);
    return at < head.size() && head.substr(at).starts_with(std::string_view("PE\0\0", 4));
}

// What a loader runs, whatever else the content may pass for: libmagic prefers the more handsome
// half of a file that is two things at once.
bool is_program_content(std::string_view head) {
    if (head.starts_with("#!") || head.starts_with("\xEF\xBB\xBF#!")) return true;
    if (head.starts_with("\x7f"
                         "ELF") ||
        is_windows_program(head))
        return true;
    // An archive may begin anywhere in a file; this member makes it a Java program.
    return head.find("PK\x03\x04") != std::string_view::npos &&
           head.find("META-INF/MANIFEST.MF") != std::string_view::npos;
}

}  // namespace

std::string usual_extension(std::string_view type) {
    if (type == unknown) return {};
    for (const Extension& one : extensions)
        if (one.types.front() == type) return std::string(one.name);
    return {};
}

Result<Kind> examine(std::string_view name, std::string_view head) {
    DVC_TRY_ASSIGN(types, sniff(head));
    const std::string extension = extension_of(name);
    Kind kind;
    kind.type = types.front();
    const auto program_type = std::find_if(types.begin(), types.end(), is_program_type);
    if (program_type != types.end())
        kind.program_by = "its content is " + *program_type;
    else if (is_program_content(head))
        kind.program_by = "its content can be run, besides being " + kind.type;
    else if (has(program_extensions, extension))
        kind.program_by = "its name ends in ." + extension + "; its content is " + kind.type;
    kind.program = !kind.program_by.empty();
    const auto known = std::find_if(std::begin(extensions), std::end(extensions),
                                    [&](const Extension& one) { return one.name == extension; });
    kind.type_differs = known != std::end(extensions) && !has(known->types, kind.type);
    return kind;
}

}  // namespace dvcsync::files
