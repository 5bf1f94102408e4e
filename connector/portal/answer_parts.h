// What reading a push, a login and a question have in common: strict JSON, the portal's code, the
// profile's rules. Only answer*.cpp and those that read questions include this; RapidJSON stays
// among them.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>

#include "connector/base/time.h"
#include "connector/portal/portal.h"
#include "connector/portal/profile_data.h"
#include "connector/portal/transport.h"

namespace dvcsync::portal {

inline std::string_view text_of(const rapidjson::Value& value) {
    return {value.GetString(), value.GetStringLength()};
}

// The member, if the value is an object that has it exactly once: two members of one name
// contradict.
const rapidjson::Value* member(const rapidjson::Value& object, std::string_view name);

// Codes come as number or as string (contract §1): 0, "0", "00" are one code. "" = no code.
std::string code_of(const rapidjson::Value* value);

// Null, false, or a string, array or object without content; a missing value too.
bool is_empty(const rapidjson::Value* value);

// What an answer says as a whole.
struct Top {
    Meaning meaning = Meaning::InDoubt;
    std::string code;
    std::string message;
    bool quoted = false;  // the message is the portal's own
};

// What the call was, as far as it changes the meaning of a code: "exists" answers a new record,
// "missing" an update. An operation that knows no difference may be answered by both.
struct Sent {
    bool as_new = true;
    bool as_update = true;
};

// The rules on a code and the message beside it.
Top judge(const AnswerRules& rules, std::string code, const rapidjson::Value* message, Sent sent);

// The document must outlive every Value taken from it.
class Answer {
  public:
    Answer(const AnswerRules& rules, const Reply& reply, Sent sent);

    Top top;
    const rapidjson::Value* root = nullptr;  // nullptr: there is no contract's answer, only top
    std::string_view text;  // what `root` was read from, for as long as the Reply and this live

  private:
    void read(const AnswerRules& rules, const std::string& body, Sent sent);
    bool parse(rapidjson::Document& document, std::string_view text);
    void unclear(std::string_view why);

    rapidjson::Document outer_;
    rapidjson::Document inner_;
};

// What `top` means for whatever it speaks of. Outcome.endpoint is set only for the whole of an
// answer.
Outcome outcome_of_whole(const Top& top, const Reply& reply, UtcTime now);
Outcome outcome_of_line(const Top& top, const Reply& reply, UtcTime now);

}  // namespace dvcsync::portal
