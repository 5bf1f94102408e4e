// Records of the contract that pass, and ways to spoil them, for the tests of the sandbox.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/holdings.h"
#include "tests/sandbox/portal.h"

namespace dvcsandbox::testing {

using rapidjson::Document;

inline constexpr std::string_view kCode = "000.00.01.H22-190301-0001";

NationalList small_list();  // 1.000178, 1.005129, 2.002492

// Every member of the contract, lists with one member each; accepted as they are.
Document good_dossier(std::string_view code = kCode);
Document good_step(std::string_view code = kCode, std::string_view at = "20190302090000");
Document good_procedure(std::string_view code = "1.005129");
Document good_statistics();
Document good_portal_status();
Document good_confirmation();

inline constexpr std::string_view kBorn = "G22.99-190301-0001";  // of the two above
// A submission on the road of the list; with `deeds` parts, all filings and supplements.
Submission good_submission(std::string_view code = kBorn, std::size_t deeds = 1);

// "TaiLieuNop[].TenTepDinhKem": the object that holds the last name, in the first member of each
// list.
rapidjson::Value& owner_of(Document& record, std::string_view path);
std::string last_name(std::string_view path);
void set(Document& record, std::string_view path, rapidjson::Value value);
void set(Document& record, std::string_view path, std::string_view text);
void remove(Document& record, std::string_view path);
std::string to_json(const rapidjson::Value& value);
Document array_of(const std::vector<const Document*>& records);

// Takes one record as new or, when `updating`, as an update.
ItemAnswer take(Holdings& holdings, Service service, const Document& record, bool updating = false);
// The rules broken so far, in order of name.
std::vector<std::string> broken_rules(const Holdings& holdings);

// A portal with user "u", password "p", and a session at hand.
class Client {
  public:
    explicit Client(PortalSettings settings = {});

    struct Line {
        std::string key;
        int code = 99;
        std::string message;
    };
    struct Answer {
        int status = 0;
        int code = 99;  // number or string alike
        bool code_is_string = false;
        std::string message;
        std::vector<Line> lines;
        std::string raw;
    };

    // The envelope of a push around `data`, as text.
    std::string envelope(std::string_view service, std::string_view data,
                         std::string_view updating) const;
    Answer push(std::string_view service, const std::vector<const Document*>& records,
                std::string_view updating = "False");
    Answer read(std::string_view service, std::string_view members);
    Answer send(std::string_view endpoint, std::string body);
    Answer send(Request request);

    Portal portal;
    std::string session;
};

}  // namespace dvcsandbox::testing
