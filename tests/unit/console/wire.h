// A caller on a real socket that says byte by byte what it does. Every wait is bounded.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace dvcsync::console::test {

struct Answer {
    int status = 0;  // 0: the connection ended without one
    std::string headers;
    std::string body;
};
// Of the bytes of one answer.
Answer answer_in(const std::string& bytes);

class Caller {
  public:
    explicit Caller(int port);
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    bool say(std::string_view bytes);  // false: the other side takes no more
    void finish();                     // no more bytes follow
    // Everything up to the end of the connection; what has come until then if it takes longer.
    std::string hear(std::chrono::milliseconds patience = std::chrono::seconds(10));
    // The first `count` bytes, or what has come until the end.
    std::string hear_some(std::size_t count);

  private:
    int fd_;
};

std::string post(std::string_view path, std::string_view body);
Answer call(int port, std::string_view request);

}  // namespace dvcsync::console::test
