// One exchange over HTTP: a request, and the reply with the manner in which it is to be sent. No
// sockets here: the server carries it out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace dvcsandbox {

struct Request {
    std::string method;
    std::string path;   // without the query
    std::string query;  // without the '?'
    std::string content_type;
    std::string dstcode;             // the header; "" when absent
    std::string authorization = {};  // the header
    std::string body;
    bool reused = false;  // its connection has served a request before
};

enum class Manner : std::uint8_t {
    Whole,
    Twice,    // the same bytes a second time
    Trickle,  // in small pieces over the time of `wait`
    Padded,   // with `padding` after the body
    Cut,      // half of the body, then the connection is closed
    Close,    // nothing: the connection is closed
    Reset,    // nothing: the connection is reset
};

struct Reply {
    int status = 200;
    std::string body = {};
    std::string_view content_type = "application/json; charset=utf-8";
    std::string retry_after = {};  // a header; "": none
    std::string location = {};     // of a redirect, a header; "": none
    Manner manner = Manner::Whole;
    std::chrono::milliseconds wait{0};  // before the answer, or over it
    std::size_t padding = 0;            // bytes after the body, all blanks: white space of JSON
    // Called with true before the answer goes out whole to a client that is there, and with false
    // when it could not be sent after all. Empty: nobody wants to know.
    std::function<void(bool)> told = {};
};

}  // namespace dvcsandbox
