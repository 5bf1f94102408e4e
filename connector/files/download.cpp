// The only file that knows libcurl. Links are read by the library that connects to them, so that
// what is checked and what is done cannot differ.
#include "connector/files/download.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <locale.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

#include "connector/base/limits.h"
#include "connector/base/text.h"
#include "connector/files/addresses.h"

namespace dvcsync::files {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr int lowest_free_port = 1024;
constexpr milliseconds look_around{50};  // how soon `stop` and the deadlines are seen
constexpr std::size_t shown_host = 100;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Url = std::unique_ptr<CURLU, Deleter<curl_url_cleanup>>;
using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;
using Headers = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK || text == nullptr) return std::nullopt;
    const std::unique_ptr<char, Deleter<curl_free>> owner(text);
    return std::string(text);
}

// The library reads letters beyond ASCII in a host as the thread's locale has them: UTF-8 here,
// whatever the process was started with.
class Utf8Locale {
  public:
    Utf8Locale() : ours_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (ours_ != nullptr) before_ = ::uselocale(ours_);
    }
    ~Utf8Locale() {
        if (ours_ == nullptr) return;
        ::uselocale(before_);
        ::freelocale(ours_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

  private:
    locale_t ours_;
    locale_t before_{};
};

// The host as it is compared: lower case, ASCII, no trailing dot.
std::optional<std::string> host_of(CURLU* url) {
    const Utf8Locale locale;
    auto host = part(url, CURLUPART_HOST, CURLU_PUNYCODE);
    if (!host || part(url, CURLUPART_ZONEID)) return std::nullopt;
    if (host->ends_with('.')) host->pop_back();
    if (host->empty() || host->ends_with('.')) return std::nullopt;
    return lower(*std::move(host));
}

// An entry of FetchRules::hosts in normal form.
std::optional<std::string> normal_rule(std::string_view rule) {
    const std::string_view star = rule.starts_with("*.") ? "*." : "";
    const std::string_view name = rule.substr(star.size());
    // Nothing but a host: what is more than that would be read as another part of a link.
    if (name.empty() || name.find_first_of("/?#@\\* ") != std::string_view::npos) return {};
    const Url url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, ("https://" + std::string(name)).c_str(), 0) !=
            CURLUE_OK ||
        part(url.get(), CURLUPART_PORT))
        return {};
    auto host = host_of(url.get());
    if (host) host->insert(0, star);
    return host;
}

struct Link {
    Url url;
    std::string host;
};

tl::unexpected<Error> refused(std::string why) {
    return fail(ErrorKind::Refused, std::move(why));
}

// Where a redirect leads, for messages: without its path and query, which may hold names and keys.
std::string shown_target(std::string_view target, CURLU* from) {
    const Url url(curl_url_dup(from));
    if (curl_url_set(url.get(), CURLUPART_URL, std::string(target).c_str(),
                     CURLU_ALLOW_SPACE | CURLU_URLENCODE) != CURLUE_OK)
        return "what is no address of the web";
    const auto port = part(url.get(), CURLUPART_PORT);
    return excerpt(
        fmt::format("{}://{}{}", part(url.get(), CURLUPART_SCHEME).value_or(""),
                    part(url.get(), CURLUPART_HOST).value_or(""), port ? ":" + *port : ""),
        shown_host);
}

// For messages: the library's host is ASCII without controls, but of any length.
std::string shown(std::string_view host) {
    return excerpt(host, shown_host);
}

// The link of a redirect may be relative to `from`, where it was found. What is refused is told
// with the host, which the caller has not got.
Result<Link> read_link(std::string_view text, const FetchRules& rules, CURLU* from = nullptr) {
    const auto bad = [] { return refused("its link is not an address of the web (https://…)"); };
    text = trimmed(text);
    if (text.size() > limits::max_link || text.find('\0') != std::string_view::npos) return bad();
    Link link{Url(from == nullptr ? curl_url() : curl_url_dup(from)), {}};
    // Blanks and letters beyond ASCII stand in many links; they are sent as "%20" and the like.
    if (curl_url_set(link.url.get(), CURLUPART_URL, std::string(text).c_str(),
                     CURLU_DISALLOW_USER | CURLU_ALLOW_SPACE | CURLU_URLENCODE) != CURLUE_OK)
        return bad();
    const auto scheme = part(link.url.get(), CURLUPART_SCHEME);
    const auto host = host_of(link.url.get());
    if (!scheme || !host) return bad();
    link.host = *host;
    // What is checked below is what is connected to.
    if (curl_url_set(link.url.get(), CURLUPART_HOST, host->c_str(), 0) != CURLUE_OK) return bad();
    const bool secure = *scheme == "https";
    if (!secure && *scheme != "http") return bad();
    const bool allowed = std::any_of(rules.hosts.begin(), rules.hosts.end(), [&](const auto& rule) {
        const auto normal = normal_rule(rule);
        return normal && host_fits(link.host, *normal);
    });
    if (!allowed)
        return refused(
            fmt::format("{}: this host is not among those that files may be fetched "
                        "from; add it to file_hosts in {} if files may come from there",
                        shown(link.host), rules.section));
    // After the host: opening plain http for one that may not be asked anyway would help nobody.
    if (!secure && from != nullptr && part(from, CURLUPART_SCHEME) == "https")
        return refused("it leads from https down to http");
    if (!secure && !rules.plain_http)
        return refused(
            fmt::format("{}: plain http is not allowed; ask for an https link, or write "
                        "allow_plain_http = true in {}",
                        shown(link.host), rules.section));
    const auto port = part(link.url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const int number = port ? std::atoi(port->c_str()) : 0;
    if (!rules.private_addresses && number < lowest_free_port && number != 80 && number != 443)
        return refused(fmt::format(
            "{}: port {} is not one that files are fetched from; ask for a link without "
            "it, or write allow_private_addresses = true in {} if the host is one of your own",
            shown(link.host), number, rules.section));
    return link;
}

// One transfer, as the library's callbacks see it.
struct Transfer {
    const FetchRules& rules;
    const Sink& sink;
    const Question* question = nullptr;  // a POST
    CURL* easy = nullptr;
    Status fault{};         // of the sink
    bool barred = false;    // an address was not public
    bool unwanted = false;  // a body that is not the file
    bool too_many_headers = false;
    bool wants_certificate = false;  // the host has asked who we are
    std::size_t headers = 0;
    std::uint64_t received = 0;
};

long status_of(CURL* easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* context) {
    auto& transfer = *static_cast<Transfer*>(context);
    transfer.received += count;
    // The words of a refusal or a redirect are not for us, however many there are.
    transfer.unwanted = status_of(transfer.easy) != 200;
    if (transfer.unwanted) return 0;
    transfer.fault = transfer.sink({bytes, count});
    return transfer.fault ? count : 0;
}

std::size_t on_header(char*, std::size_t, std::size_t count, void* context) {
    auto& transfer = *static_cast<Transfer*>(context);
    transfer.received += count;
    transfer.headers += count;
    transfer.too_many_headers = transfer.headers > limits::max_answer_headers;
    return transfer.too_many_headers ? 0 : count;
}

// Sees the address itself, after names are resolved: a name that leads elsewhere the second time
// it is asked for gains nothing.
curl_socket_t on_socket(void* context, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(context);
    if (!transfer.rules.private_addresses && !is_public(address->addr)) {
        transfer.barred = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int transfer_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// Called where the host asks for a certificate; there is none to show.
int on_certificate_wanted(SSL* connection, X509**, EVP_PKEY**) {
    auto* const transfer =
        static_cast<Transfer*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), transfer_index()));
    if (transfer != nullptr) transfer->wants_certificate = true;
    return 0;
}

CURLcode on_tls(CURL*, void* tls, void* context) {
    auto* const settings = static_cast<SSL_CTX*>(tls);
    SSL_CTX_set_ex_data(settings, transfer_index(), context);
    SSL_CTX_set_client_cert_cb(settings, &on_certificate_wanted);
    return CURLE_OK;
}

// The library's options are of several types, so a function for each would say less.
template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

bool prepare(Transfer& transfer, const Link& link, std::uint64_t max) {
    CURL* const easy = transfer.easy;
    const FetchRules& rules = transfer.rules;
    bool good =
        set(easy, CURLOPT_CURLU, link.url.get()) &&
        set(easy, CURLOPT_PROTOCOLS_STR, rules.plain_http ? "http,https" : "https") &&
        set(easy, CURLOPT_FOLLOWLOCATION, 0L) && set(easy, CURLOPT_PROXY, "") &&
        set(easy, CURLOPT_NETRC, long{CURL_NETRC_IGNORED}) && set(easy, CURLOPT_NOSIGNAL, 1L) &&
        set(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1}) &&
        set(easy, CURLOPT_HTTP09_ALLOWED, 0L) && set(easy, CURLOPT_USERAGENT, "dvcsync") &&
        set(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2}) &&
        set(easy, CURLOPT_FRESH_CONNECT, 1L) && set(easy, CURLOPT_FORBID_REUSE, 1L) &&
        // A resolver that hangs is left behind, or the end of a call would wait for it.
        set(easy, CURLOPT_QUICK_EXIT, 1L) &&
        set(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(max)) &&
        set(easy, CURLOPT_WRITEFUNCTION, &on_body) && set(easy, CURLOPT_WRITEDATA, &transfer) &&
        set(easy, CURLOPT_HEADERFUNCTION, &on_header) && set(easy, CURLOPT_HEADERDATA, &transfer) &&
        set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_socket) &&
        set(easy, CURLOPT_OPENSOCKETDATA, &transfer) &&
        set(easy, CURLOPT_SSL_CTX_FUNCTION, &on_tls) && set(easy, CURLOPT_SSL_CTX_DATA, &transfer);
    if (!rules.ca_file.empty())
        good = good && set(easy, CURLOPT_CAINFO, rules.ca_file.c_str()) &&
               set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    return good;
}

// The headers must outlive the transfer.
bool prepare_question(CURL* easy, const Question& question, Headers& headers) {
    headers.reset(
        curl_slist_append(nullptr, fmt::format("Content-Type: {}", question.content_type).c_str()));
    return headers != nullptr && set(easy, CURLOPT_POST, 1L) &&
           set(easy, CURLOPT_POSTFIELDS, question.body.data()) &&
           set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(question.body.size())) &&
           set(easy, CURLOPT_HTTPHEADER, headers.get());
}

// Ends with the library's own result, or CURLE_ABORTED_BY_CALLBACK and the reason in `ended`.
CURLcode run(Transfer& transfer, SteadyTime deadline, const std::atomic<bool>& stop,
             std::string_view& ended) {
    const Multi multi(curl_multi_init());
    if (multi == nullptr || curl_multi_add_handle(multi.get(), transfer.easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    const auto silence = transfer.rules.silence;
    const auto least =
        static_cast<std::uint64_t>(silence.count()) * limits::least_bytes_per_second / 1'000 + 1;
    auto window = std::chrono::steady_clock::now();
    std::uint64_t before = 0;
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    for (int running = 1; running != 0;) {
        if (curl_multi_perform(multi.get(), &running) != CURLM_OK) result = CURLE_OUT_OF_MEMORY;
        int left = 0;
        const CURLMsg* const message = curl_multi_info_read(multi.get(), &left);
        if (message != nullptr) result = message->data.result;
        if (message != nullptr || result == CURLE_OUT_OF_MEMORY) break;
        const auto now = std::chrono::steady_clock::now();
        if (stop) {
            ended = "stopped";
        } else if (now >= deadline) {
            ended = "not complete within the time allowed for a file";
        } else if (now - window >= silence) {
            if (transfer.received - before < least) ended = "it sends nothing, or too slowly";
            window = now;
            before = transfer.received;
        }
        if (!ended.empty()) break;
        curl_multi_poll(multi.get(), nullptr, 0, look_around.count(), nullptr);
    }
    curl_multi_remove_handle(multi.get(), transfer.easy);
    return result;
}

tl::unexpected<Error> later(const Link& link, std::string_view what) {
    return fail(ErrorKind::Retry, fmt::format("{}: {}", shown(link.host), what));
}

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

tl::unexpected<Error> not_given(const Link& link, long status) {
    const std::string_view meaning = status == 404 || status == 410
                                         ? "there is no file behind the link now"
                                     : status == 401 || status == 403 ? "the link is not valid now"
                                     : status == 429                  ? "too many requests"
                                                                      : "no file";
    return later(link, fmt::format("{} (HTTP {})", meaning, status));
}

// The link that a redirect leads to, or nothing after the whole file.
Result<std::optional<std::string>> hop(const Link& link, Transfer& transfer, std::uint64_t max,
                                       SteadyTime deadline, const std::atomic<bool>& stop) {
    Headers headers;
    const Easy easy(curl_easy_init());
    transfer.easy = easy.get();
    if (easy == nullptr || !prepare(transfer, link, max) ||
        (transfer.question != nullptr &&
         !prepare_question(easy.get(), *transfer.question, headers)))
        return later(link, "the HTTP library cannot be set up");
    std::string_view ended;
    const CURLcode code = run(transfer, deadline, stop, ended);
    if (!transfer.fault) return tl::make_unexpected(transfer.fault.error());
    if (!ended.empty()) return later(link, ended);
    if (transfer.too_many_headers) return later(link, "its answer is not a sensible one");
    const long status = status_of(easy.get());
    // Some hosts ask and take no for an answer.
    if (transfer.wants_certificate && status != 200 && !is_redirect(status) &&
        code != CURLE_PEER_FAILED_VERIFICATION)
        return later(link, fmt::format("it asks for a client certificate (mutual TLS), and files "
                                       "are fetched without one{}; ask whoever runs it for a way "
                                       "that needs none",
                                       status == 0 ? "" : fmt::format(" (HTTP {})", status)));
    if (is_redirect(status)) {
        curl_header* target = nullptr;
        if (curl_easy_header(easy.get(), "Location", 0, CURLH_HEADER, -1, &target) != CURLHE_OK)
            return later(link, "a redirect to nowhere");
        return std::optional<std::string>(target->value);
    }
    // An answer that is no file may also announce more than a file may have.
    if (status != 0 && status != 200) return not_given(link, status);
    switch (code) {
        case CURLE_OK:
            if (status == 200) return std::optional<std::string>();
            return later(link, "no answer");
        case CURLE_FILESIZE_EXCEEDED:
            return refused(fmt::format("{}: larger than the {} bytes that are allowed",
                                       shown(link.host), max));
        case CURLE_COULDNT_CONNECT:
            if (transfer.barred)
                return refused(fmt::format(
                    "{}: leads to an address inside a network, which files are not fetched from; "
                    "write allow_private_addresses = true in {} if it is meant",
                    shown(link.host), transfer.rules.section));
            return later(link, "cannot be connected to");
        case CURLE_COULDNT_RESOLVE_HOST:
            return later(link, "its name leads to no address");
        case CURLE_PEER_FAILED_VERIFICATION:
            return later(link, fmt::format("its certificate is not trusted; name its authority "
                                           "with file_ca in {}",
                                           transfer.rules.section));
        case CURLE_PARTIAL_FILE:
            return later(link, "it ended before the file was whole");
        default:
            return later(link, curl_easy_strerror(code));
    }
}

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

std::chrono::milliseconds time_for(std::uint64_t bytes) {
    return std::clamp<std::chrono::milliseconds>(std::chrono::seconds(bytes / limits::poor_line),
                                                 limits::shortest_download,
                                                 limits::longest_download);
}

Status check_hosts(const FetchRules& rules) {
    for (const std::string& rule : rules.hosts) {
        const auto host = normal_rule(rule);
        if (!host)
            return fail(ErrorKind::Config,
                        fmt::format("\"{}\" is not a host that files can be fetched from; write a "
                                    "name like files.example.vn or *.example.vn, without https://",
                                    excerpt(rule, shown_host)));
        if (!rules.private_addresses && is_private_host(*host))
            return fail(ErrorKind::Config,
                        fmt::format("\"{}\" is inside a network, and files are fetched from "
                                    "public addresses only: write allow_private_addresses = true, "
                                    "or remove it",
                                    excerpt(rule, shown_host)));
    }
    return {};
}

Status check_authorities(const std::filesystem::path& ca_file) {
    if (ca_file.empty()) return {};
    const auto wrong = [&](std::string_view what) {
        return fail(ErrorKind::Config,
                    fmt::format("{} {}; it should hold the authorities of those that files are "
                                "fetched from, in PEM (-----BEGIN CERTIFICATE-----)",
                                ca_file.string(), what));
    };
    if (::access(ca_file.c_str(), R_OK) != 0) return wrong("cannot be read");
    const std::unique_ptr<BIO, Deleter<BIO_free_all>> file(BIO_new_file(ca_file.c_str(), "r"));
    const std::unique_ptr<X509, Deleter<X509_free>> first(
        file == nullptr ? nullptr : PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    return first != nullptr ? Status{} : wrong("holds no certificate");
}

Status download(std::string_view url, std::uint64_t max, const FetchRules& rules,
                const std::atomic<bool>& stop, const Sink& sink) {
    start_library();
    const SteadyTime deadline = std::chrono::steady_clock::now() + rules.deadline;
    DVC_TRY_ASSIGN(link, read_link(url, rules));
    for (int followed = 0;; ++followed) {
        Transfer transfer{rules, sink};
        DVC_TRY_ASSIGN(target, hop(link, transfer, max, deadline, stop));
        if (!target) return {};
        if (followed == rules.redirects) return later(link, "too many redirects");
        const auto not_followed = [&](std::string_view why) {
            return refused(fmt::format("{}: its answer redirects to {}, which was not followed: {}",
                                       shown(link.host), shown_target(*target, link.url.get()),
                                       why));
        };
        auto next = read_link(*target, rules, link.url.get());
        if (!next) return not_followed(next.error().message);
        link = *std::move(next);
    }
}

Result<std::string> ask(std::string_view url, const Question& question, std::size_t max,
                        FetchRules rules, const std::atomic<bool>& stop) {
    start_library();
    const Url parsed(curl_url());
    curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), CURLU_DISALLOW_USER);
    rules.hosts = {host_of(parsed.get()).value_or("")};
    DVC_TRY_ASSIGN(link, read_link(url, rules));
    std::string answer;
    const Sink keep = [&](std::string_view part) -> Status {
        if (answer.size() + part.size() > max)
            return refused(
                fmt::format("{}: its answer is larger than {} bytes", shown(link.host), max));
        answer += part;
        return {};
    };
    Transfer transfer{rules, keep, &question};
    const SteadyTime deadline = std::chrono::steady_clock::now() + rules.deadline;
    DVC_TRY_ASSIGN(target, hop(link, transfer, max, deadline, stop));
    if (target) return later(link, "a redirect, which a question does not follow");
    return answer;
}

}  // namespace dvcsync::files
