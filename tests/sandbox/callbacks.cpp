#include "tests/sandbox/callbacks.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

#include "tests/sandbox/text.h"

namespace dvcsandbox {
namespace {

// Of a code and a deed: faults are drawn by it.
std::uint64_t number_of(const std::string& code, std::size_t deed) {
    const Digest digest = sha256(code + "#" + std::to_string(deed));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number = number << 8U | digest[i];
    return number;
}

}  // namespace

std::optional<int> acknowledgement(const HttpClient::Answer& answer) {
    if (answer.status != 200) return std::nullopt;
    rapidjson::Document body;
    body.Parse<rapidjson::kParseIterativeFlag>(answer.body.data(), answer.body.size());
    if (body.HasParseError() || !body.IsObject()) return std::nullopt;
    if (!body.HasMember("error_code")) return std::nullopt;
    if (body["error_code"].IsInt()) return body["error_code"].GetInt();
    const auto text = text_of(body, "error_code");
    int code = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return code;
}

Callbacks::Callbacks(CallbackSettings settings, SubmissionStore& store, Injector& faults,
                     Acknowledged acknowledged)
    : settings_(std::move(settings)),
      store_(store),
      faults_(faults),
      acknowledged_(std::move(acknowledged)),
      client_(settings_.target) {
    for (std::size_t i = 0; i < settings_.at_once; ++i)
        threads_.emplace_back([this] { work(); });
}

Callbacks::~Callbacks() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        thread.join();
}

void Callbacks::send(const std::string& code, std::size_t deed) {
    const auto number = number_of(code, deed);
    put({.due = Clock::now(), .code = code, .deed = deed});
    if (faults_.strikes(CitizenFault::CallbackAtOnce, number))
        put({.due = Clock::now(), .code = code, .deed = deed, .copy = true});
}

void Callbacks::put(Job job) {
    {
        const std::lock_guard lock(mutex_);
        job.order = ++order_;
        jobs_.push(std::move(job));
    }
    changed_.notify_one();
}

void Callbacks::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (jobs_.empty()) {
            changed_.wait(lock);
        } else if (const auto due = jobs_.top().due; due > Clock::now()) {
            changed_.wait_until(lock, due);
        } else {
            Job job = jobs_.top();
            jobs_.pop();
            ++busy_;
            lock.unlock();
            carry_out(std::move(job));
            lock.lock();
            --busy_;
        }
    }
}

void Callbacks::carry_out(Job job) {
    const auto held = store_.find(job.code);
    if (!held || job.deed >= held->deeds.size()) return;  // forgotten meanwhile
    const Deed& deed = held->deeds[job.deed];
    store_.attempted(job.code, job.deed);
    const auto answer = client_.post(settings_.prefix + deed.callback, deed.body, settings_.limit);
    const auto code = acknowledgement(answer);
    note(answer, code);
    if (code == 0 || code == 1) {
        acknowledged_(job.code, job.deed, code == 0);
        if (!job.copy &&
            faults_.strikes(CitizenFault::CallbackTwice, number_of(job.code, job.deed)))
            put({.due = Clock::now(), .code = job.code, .deed = job.deed, .copy = true});
        return;
    }
    auto pause = settings_.first_pause;
    for (unsigned i = 0; i < job.failures && pause < settings_.longest_pause; ++i)
        pause *= 2;
    ++job.failures;
    job.due = Clock::now() + std::min(pause, settings_.longest_pause);
    put(std::move(job));
}

void Callbacks::note(const HttpClient::Answer& answer, std::optional<int> code) {
    store_.count("callbacks_sent");
    if (code)
        store_.count("callbacks_answered_" + std::to_string(*code));
    else if (answer.status != 0)
        store_.count("callbacks_http_" + std::to_string(answer.status));
    else
        store_.count("callbacks_without_answer");
}

std::size_t Callbacks::waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size() + busy_;
}

}  // namespace dvcsandbox
