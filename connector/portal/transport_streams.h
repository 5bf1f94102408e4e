// The two bodies of an exchange as cpprestsdk streams. Only transport.cpp includes this.
#pragma once

#include <cpprest/astreambuf.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace dvcsync::portal {

// The many functions of a cpprestsdk stream buffer that the client never calls.
class PlainBuffer : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
  public:
    using Byte = std::uint8_t;

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
    void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(std::ios_base::openmode) const override { return traits::eof(); }
    pos_type seekpos(pos_type, std::ios_base::openmode) override { return traits::eof(); }
    pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
        return traits::eof();
    }
    bool acquire(Byte*& bytes, std::size_t& count) override {
        bytes = nullptr;
        count = 0;
        return false;
    }
    void release(Byte*, std::size_t) override {}

  protected:
    explicit PlainBuffer(std::ios_base::openmode mode) : streambuf_state_manager(mode) {}

    pplx::task<int_type> _putc(Byte) override { return nothing(); }
    pplx::task<std::size_t> _putn(const Byte*, std::size_t) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    pplx::task<int_type> _bumpc() override { return nothing(); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return nothing(); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return nothing(); }
    pplx::task<int_type> _ungetc() override { return nothing(); }
    pplx::task<std::size_t> _getn(Byte*, std::size_t) override {
        return pplx::task_from_result<std::size_t>(0);
    }
    std::size_t _scopy(Byte*, std::size_t) override { return 0; }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    Byte* _alloc(std::size_t) override { return nullptr; }
    void _commit(std::size_t) override {}

    static pplx::task<int_type> nothing() {
        return pplx::task_from_result<int_type>(traits::eof());
    }
};

// A request body that can be read once and never rewound, so that cpprestsdk cannot send it twice.
// `may_start` is asked once, before the first byte leaves: it says whether sending is still
// allowed.
class BodyBuffer : public PlainBuffer {
  public:
    BodyBuffer(const std::string& body, std::function<bool()> may_start)
        : PlainBuffer(std::ios_base::in), body_(body), may_start_(std::move(may_start)) {}

  protected:
    pplx::task<std::size_t> _getn(Byte* into, std::size_t count) override {
        if (offset_ == 0 && !may_start_())
            return pplx::task_from_exception<std::size_t>(std::runtime_error("given up"));
        const auto size = std::min(count, body_.size() - offset_);
        std::memcpy(into, body_.data() + offset_, size);
        offset_ += size;
        return pplx::task_from_result(size);
    }

  private:
    const std::string& body_;
    std::function<bool()> may_start_;
    std::size_t offset_ = 0;
};

// Collects an answer of at most `max` bytes; more is an error, not a cut.
class AnswerBuffer : public PlainBuffer {
  public:
    AnswerBuffer(std::string& body, std::size_t max)
        : PlainBuffer(std::ios_base::out), body_(body), max_(max) {}

  protected:
    pplx::task<std::size_t> _putn(const Byte* from, std::size_t count) override {
        if (count > max_ - body_.size())
            return pplx::task_from_exception<std::size_t>(
                std::length_error("the answer is too large"));
        body_.append(reinterpret_cast<const char*>(from), count);
        return pplx::task_from_result(count);
    }

  private:
    std::string& body_;
    std::size_t max_;
};

}  // namespace dvcsync::portal
