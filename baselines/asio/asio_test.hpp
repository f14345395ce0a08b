// What the contender's tests have in common: runs, pools of every kind, and a channel that errs.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "adapter.hpp"
#include "suites/kit/check.hpp"
#include "suites/kit/meter.hpp"

namespace contender {

inline suite::settings make_settings(const char* profile, int workers, std::int64_t operations,
                                     std::map<std::string, std::string, std::less<>> parameters) {
    suite::settings run;
    run.profile = profile;
    run.workers = workers;
    run.operations = operations;
    run.parameters = std::move(parameters);
    return run;
}

template <class Body>
std::uint64_t repeat_once(const suite::settings& run) {
    const pool_of_run pool(run);
    suite::meter stopwatch;
    return Body(run).repeat(stopwatch);
}

enum class defect { drops, duplicates, reorders, corrupts, invents };

/// A channel with one defect, which befalls its second message, or its end, which has become a
/// message where it invents some; nobody tries it before waiting.
template <defect Defect, class Value = std::uint64_t>
class spoilt_channel : public channel_of<Value> {
public:
    using sound = channel_of<Value>;
    using message = typename sound::message;
    template <class Other>
    using carrying = spoilt_channel<Defect, Other>;

    using sound::sound;

    static bool send_at_once(const Value&) { return false; }

    task<> send(Value value) {
        const int number = ++*sent_;
        if (Defect == defect::drops && number == 2) {
            co_return;
        }
        if (Defect == defect::reorders && number == 2) {
            *held_back_ = value;
            co_return;
        }
        if (Defect == defect::corrupts && number == 2) {
            value ^= 1;
        }
        co_await sound::send(value);
        if (Defect == defect::duplicates && number == 2) {
            co_await sound::send(value);
        }
        if (Defect == defect::reorders && number == 3) {
            co_await sound::send(*held_back_);
        }
    }

    static bool receive_at_once(message&) { return false; }

    task<message> receive() {
        message got = co_await sound::receive();
        if (Defect == defect::invents) {
            std::get<0>(got) = {};
        }
        co_return got;
    }

private:
    std::shared_ptr<std::atomic<int>> sent_ = std::make_shared<std::atomic<int>>(0);
    std::shared_ptr<Value> held_back_ = std::make_shared<Value>();
};

class EveryPool : public testing::TestWithParam<std::tuple<const char*, int>> {
protected:
    static const char* profile() { return std::get<0>(GetParam()); }
    static int workers() { return std::get<1>(GetParam()); }
    static suite::settings ask(std::int64_t operations,
                               std::map<std::string, std::string, std::less<>> parameters) {
        return make_settings(profile(), workers(), operations, std::move(parameters));
    }
};

}  // namespace contender
