#include "tests/province/xml_events.h"

#include <fmt/format.h>
#include <libxml/parser.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include "connector/base/text.h"

namespace dvcsync::year {

namespace {

constexpr std::size_t chunk = 256u << 10;

struct State {
    XmlHandler& handler;
    std::string path;
    std::vector<std::string> texts;
};

std::string_view view(const xmlChar* text) {
    return reinterpret_cast<const char*>(text);
}

void on_start(void* context, const xmlChar* name, const xmlChar*, const xmlChar*, int,
              const xmlChar**, int attribute_count, int, const xmlChar** attributes) {
    auto& state = *static_cast<State*>(context);
    if (!state.path.empty()) state.path += '/';
    state.path += view(name);
    state.texts.emplace_back();
    state.handler.begin(state.path);
    for (int i = 0; i < attribute_count; ++i) {
        const auto* begin = reinterpret_cast<const char*>(attributes[i * 5 + 3]);
        const auto* end = reinterpret_cast<const char*>(attributes[i * 5 + 4]);
        state.handler.attribute(state.path, view(attributes[i * 5]),
                                {begin, static_cast<std::size_t>(end - begin)});
    }
}

void on_end(void* context, const xmlChar* name, const xmlChar*, const xmlChar*) {
    auto& state = *static_cast<State*>(context);
    state.handler.end(state.path, trimmed(state.texts.back()));
    state.texts.pop_back();
    const auto size = view(name).size();
    state.path.resize(state.path.size() - std::min(state.path.size(), size + 1));
}

void on_text(void* context, const xmlChar* text, int size) {
    auto& state = *static_cast<State*>(context);
    if (!state.texts.empty())
        state.texts.back().append(reinterpret_cast<const char*>(text),
                                  static_cast<std::size_t>(size));
}

// Silence: the error is read from the context afterwards.
void on_message(void*, const char*, ...) {}

struct FreeParser {
    void operator()(xmlParserCtxt* parser) const {
        if (parser->myDoc) xmlFreeDoc(parser->myDoc);
        xmlFreeParserCtxt(parser);
    }
};

tl::unexpected<Error> not_well_formed(const std::filesystem::path& file, xmlParserCtxt* parser) {
    const auto* error = xmlCtxtGetLastError(parser);
    return fail(
        ErrorKind::Config,
        fmt::format("{}:{}: not well-formed XML: {}", file.string(), error ? error->line : 0,
                    trimmed(error && error->message ? error->message : "unknown")));
}

}  // namespace

Status read_xml(const std::filesystem::path& file, XmlHandler& handler) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(ErrorKind::Config, "cannot read " + file.string());
    xmlSAXHandler sax{};
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = on_start;
    sax.endElementNs = on_end;
    sax.characters = on_text;
    sax.cdataBlock = on_text;
    sax.warning = on_message;
    sax.error = on_message;
    State state{handler, {}, {}};
    const std::unique_ptr<xmlParserCtxt, FreeParser> parser(
        xmlCreatePushParserCtxt(&sax, &state, nullptr, 0, nullptr));
    if (!parser) return fail(ErrorKind::Retry, "not enough memory to read " + file.string());
    xmlCtxtUseOptions(parser.get(), XML_PARSE_NONET | XML_PARSE_HUGE);
    std::vector<char> buffer(chunk);
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        const auto got = static_cast<int>(in.gcount());
        if (xmlParseChunk(parser.get(), buffer.data(), got, 0) != 0)
            return not_well_formed(file, parser.get());
    }
    if (xmlParseChunk(parser.get(), nullptr, 0, 1) != 0) return not_well_formed(file, parser.get());
    return {};
}

}  // namespace dvcsync::year
