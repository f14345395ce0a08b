// All goroutines, as `dump` and reports show them.
#include "sched/inspection.hpp"

#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <alloca.h>
#include <gtest/gtest.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// Functions with frames of every kind, exported so that backtraces name them. What follows each
// call keeps it from being the function's last act, which needs no frame.
namespace weft_frames {

template <class T>
void keep(T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

[[gnu::noinline]] void waits(const weft::chan<int>& ch) {
    ch.recv();
    keep(ch);
}

[[gnu::noinline]] void with_many_registers(const weft::chan<int>& ch, int a, int b, int c, int d) {
    waits(ch);
    int sum = a + b + c + d;
    keep(sum);
    keep(ch);
}

[[gnu::noinline]] void with_variable_size(const weft::chan<int>& ch, std::size_t size) {
    auto* memory = static_cast<char*>(alloca(size));
    keep(*memory);
    with_many_registers(ch, 1, 2, 3, 4);
    keep(*memory);
}

[[gnu::noinline]] void with_aligned_locals(const weft::chan<int>& ch) {
    alignas(128) char buffer[256] = {};
    keep(buffer);
    with_variable_size(ch, 300);
    keep(buffer);
}

}  // namespace weft_frames

namespace weft::sched {
namespace {

using namespace std::chrono_literals;
using testing::IsNotSubstring;
using testing::IsSubstring;

template <class Dump>
std::string text_of(Dump write) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* file = open_memstream(&text, &size);
    write(file);
    std::fclose(file);
    const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
    return {text, size};
}

std::string dump_text() {
    return text_of([](std::FILE* file) { dump(file); });
}

/// The part of a dump that describes one goroutine.
std::string part(const std::string& text, std::uint64_t id) {
    const std::size_t begin = text.find("goroutine " + std::to_string(id) + " [");
    return begin == std::string::npos ? "" : text.substr(begin, text.find("\n\n", begin) - begin);
}

bool in_order(const std::string& text, const std::vector<std::string>& words) {
    std::size_t at = 0;
    for (const std::string& word : words) {
        at = text.find(word, at);
        if (at == std::string::npos) {
            return false;
        }
    }
    return true;
}

class inspection_test : public at_procs {};

#if defined(__x86_64__)
TEST_P(inspection_test, a_parked_goroutine_s_backtrace_goes_from_its_wait_to_its_entry) {
    in_run([] {
        const auto ch = make_chan<int>();
        std::atomic<std::uint64_t> id{0};
        go([ch, &id] {
            id = this_goroutine::id();
            weft_frames::with_aligned_locals(ch);
        });
        yield_until_parked(1);
        const std::string text = part(dump_text(), id);
        EXPECT_PRED_FORMAT2(IsSubstring, "[chan receive]:\nweft::", text);
        EXPECT_TRUE(in_order(
            text, {"weft::detail::chan_", "weft_frames::waits", "weft_frames::with_many_registers",
                   "weft_frames::with_variable_size", "weft_frames::with_aligned_locals",
                   "weft::sched::run_stack", "started in "}))
            << text;
        EXPECT_PRED_FORMAT2(IsNotSubstring, "...", text);
        ch.send(1);
    });
}
#endif

/// Receives so many calls further down; whether there was something.
[[gnu::noinline]] bool deeper(const chan<int>& ch, int levels) {
    const bool received = levels == 0 ? ch.recv().has_value() : deeper(ch, levels - 1);
    weft_frames::keep(received);
    return received;
}

TEST_P(inspection_test, a_backtrace_too_long_says_so) {
    in_run([] {
        const auto ch = make_chan<int>();
        go([ch] { deeper(ch, 200); });
        yield_until_parked(1);
        EXPECT_PRED_FORMAT2(IsSubstring, "\n...additional frames elided...\nstarted in ",
                            dump_text());
        ch.send(1);
    });
}

TEST_P(inspection_test, who_dumps_is_running_and_sees_its_own_calls_only) {
    in_run([] {
        const std::string text = part(dump_text(), 1);
        EXPECT_PRED_FORMAT2(IsSubstring, "goroutine 1 [running]:\n", text);
        EXPECT_PRED_FORMAT2(IsNotSubstring, "weft::dump", text);
        EXPECT_TRUE(in_order(text, {"weft::sched::run_stack", "started in "})) << text;
    });
}

TEST_P(inspection_test, every_goroutine_is_there_with_go_s_word_and_its_place) {
    in_run([] {
        const auto place = source_location::current();
        const auto ch = make_chan<int>();
        mutex held;
        held.lock();
        wait_group all;
        const auto start = [&](auto body) {
            all.add(1);
            go([&all, body] { body(), all.done(); }, place);
        };
        start([&] { ch.recv(); });
        start([&] { select(on_recv(ch), on_timeout(1h)); });
        start([&] { held.lock(), held.unlock(); });
        yield_until_parked(3);
        start([] {});
        const std::string text = dump_text();
        for (const char* word : {"[chan receive]", "[select]", "[sync.Mutex.Lock]"}) {
            EXPECT_PRED_FORMAT2(IsSubstring, word, text);
        }
        const std::string started = std::string("started in ") + place.function_name() + "\n\t" +
                                    place.file_name() + ":" + std::to_string(place.line()) + "\n";
        EXPECT_PRED_FORMAT2(IsSubstring, started, text);
        ch.close();
        held.unlock();
        all.wait();
    });
}

TEST_P(inspection_test, a_blocking_call_is_a_syscall_and_no_longer_than_it_lasts) {
    in_run([] {
        std::atomic<bool> inside{false};
        std::atomic<bool> leave{false};
        std::atomic<std::uint64_t> id{0};
        const auto after = make_chan<int>();
        go([&] {
            id = this_goroutine::id();
            blocking([&] {
                inside = true;
                while (!leave) {
                    std::this_thread::yield();
                }
            });
            EXPECT_PRED_FORMAT2(IsSubstring, "[running]", part(dump_text(), id));
            after.send(1);
        });
        yield_until([&] { return inside.load(); });
        EXPECT_PRED_FORMAT2(IsSubstring, "[syscall]", part(dump_text(), id));
        EXPECT_PRED_FORMAT2(IsSubstring, "stack unavailable", part(dump_text(), id));
        leave = true;
        after.recv();
    });
}

TEST_P(inspection_test, a_plain_thread_may_dump) {
    in_run([] {
        const auto ch = make_chan<int>();
        go([ch] { ch.recv(); });
        yield_until_parked(1);
        std::string text;
        blocking([&] { std::thread([&] { text = dump_text(); }).join(); });
        EXPECT_PRED_FORMAT2(IsSubstring, "goroutine 1 [syscall]", text);
        EXPECT_PRED_FORMAT2(IsSubstring, "[chan receive]", text);
        ch.send(1);
    });
}

TEST(dump_test, outside_run_there_is_nothing_to_write) {
    EXPECT_EQ(dump_text(), "");
    run([] {});
    EXPECT_EQ(dump_text(), "");
}

std::vector<goroutine_view> all_of(scheduler& s) {
    std::vector<goroutine_view> all;
    for_each_goroutine(s, [&all](const goroutine_view& each) { all.push_back(each); });
    return all;
}

TEST(wait_time_test, minutes_are_shown_from_the_first_on) {
    run([] {
        goroutine_view main = all_of(*active()).front();
        main.state = detail::goroutine_state::waiting;
        main.reason = detail::wait_reason::select;
        main.stack = nullptr;
        const std::uint32_t now = active()->clock().ticks();
        const auto header_after = [&](std::chrono::milliseconds wait) {
            main.waits_since =
                now - static_cast<std::uint32_t>(wait / 1ms * 1'000'000 / coarse_clock::tick_ns);
            main.descriptor = nullptr;
            const std::string text = goroutine_writer(*active()).describe(main);
            return text.substr(0, text.find('\n'));
        };
        EXPECT_EQ(header_after(1s), "goroutine 1 [select]:");
        EXPECT_EQ(header_after(61s), "goroutine 1 [select, 1 minutes]:");
        EXPECT_EQ(header_after(150min), "goroutine 1 [select, 150 minutes]:");
    });
}

/// The monitor has long been asleep when the first sleep ends: the time that parks are given must
/// not be that of when it fell asleep.
TEST(wait_time_test, a_wait_is_known_to_some_10_ms_even_after_the_program_was_idle) {
    run([] {
        const time_point wakes_at = now() + 400ms;
        sleep(400ms);
        const auto ch = make_chan<int>();
        go([ch] { ch.recv(); });
        yield_until_parked(2);
        sleep(100ms);
        const goroutine_info info = info_of(all_of(*active()).back());
        EXPECT_EQ(info.state, "chan receive");
        EXPECT_GE(info.waited, 80ms);
        EXPECT_LE(info.waited, now() - wakes_at + 20ms);
        ch.send(1);
        yield_until([] { return num_goroutine() == 1; });
    });
}

/// Looks at everything so often while the test's goroutines go on.
class onlooker {
public:
    template <class Look>
    onlooker(int times, Look look)
        : thread_([this, times, look] {
              for (int i = 0; i < times; ++i) {
                  look();
              }
              done_ = true;
          }) {}
    bool done() const { return done_; }
    void join() {
        blocking([this] { thread_.join(); });
    }

private:
    std::atomic<bool> done_{false};
    std::thread thread_;
};

TEST_P(inspection_test, looking_while_everything_goes_on_disturbs_nothing) {
    in_run([] {
        const auto baton = make_chan<int>();
        wait_group senders;
        wait_group others;
        onlooker eye(repeated(500), [] { EXPECT_NE(dump_text(), ""); });
        for (int i = 0; i < 4; ++i) {
            senders.go([&] {
                while (!eye.done()) {
                    baton.send(1);
                }
            });
            others.go([&] {
                for (int depth = 0; deeper(baton, depth % 20); ++depth) {
                }
            });
        }
        others.go([&] {
            while (!eye.done()) {
                wait_group short_lived;
                for (int j = 0; j < 20; ++j) {
                    short_lived.go([] { yield(); });
                }
                short_lived.wait();
            }
        });
        senders.wait();
        baton.close();
        others.wait();
        eye.join();
    });
}

TEST_P(inspection_test, what_is_seen_of_a_descriptor_belongs_to_one_goroutine) {
    static constexpr std::uint64_t ids_max = 1 << 20;
    const source_location here = source_location::current();
    const source_location there = source_location::current();
    // By id: where the goroutine was started, as it says itself, and as it was seen.
    std::vector<std::uint_least32_t> said(ids_max);
    std::vector<std::uint_least32_t> seen(ids_max);
    in_run([&] {
        onlooker eye(repeated(3000), [&] {
            for (const goroutine_view& each : all_of(*active())) {
                if (each.id < ids_max) {
                    seen[each.id] = each.started_at.line();
                }
            }
        });
        while (!eye.done()) {
            wait_group both;
            both.add(2);
            for (const source_location& place : {here, there}) {
                go(
                    [&both, &said, line = place.line()] {
                        const std::uint64_t id = this_goroutine::id();
                        if (id < ids_max) {
                            said[id] = line;
                        }
                        both.done();
                    },
                    place);
            }
            both.wait();
        }
        eye.join();
    });
    for (std::uint64_t id = 2; id < ids_max; ++id) {
        if (seen[id] != 0) {
            EXPECT_EQ(seen[id], said[id]) << "goroutine " << id;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(procs, inspection_test, processor_counts,
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
