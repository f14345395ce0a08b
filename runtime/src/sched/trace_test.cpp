// What stands in a trace: read back, and checked as the Perfetto UI's importer would.
#include "sched/at_procs.hpp"
#include "sched/scratch_path.hpp"
#include "sched/trace_reader.hpp"

#include <weft/chan.hpp>
#include <weft/diagnostics.hpp>
#include <weft/mutex.hpp>
#include <weft/runtime.hpp>
#include <weft/time.hpp>
#include <weft/wait_group.hpp>

#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace weft::sched {
namespace {

using namespace std::chrono_literals;
using kind = trace_event_read::kind;

/// A run of a goroutine on a processor.
struct slice {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string name;
    std::string stopped_by;
};

bool is_processor(const std::string& track) {
    return track.starts_with("P");
}

/// Slices are balanced and do not overlap, and time does not go back. Instants are on them, or not.
std::vector<slice> expect_slices(const std::string& track,
                                 const std::vector<trace_event_read>& events,
                                 std::map<std::string, std::vector<slice>>& by_goroutine) {
    std::vector<slice> slices;
    std::string goroutine;
    std::uint64_t time = 0;
    for (const trace_event_read& event : events) {
        EXPECT_GE(event.time, time) << track;
        time = event.time;
        if (event.what == kind::begin) {
            EXPECT_EQ(goroutine, "") << track << ": two slices at once";
            goroutine = event.notes.at("goroutine");
            slices.push_back({event.time, 0, event.name, ""});
        } else if (event.what == kind::end) {
            EXPECT_NE(goroutine, "") << track << ": the end of nothing";
            slices.back().end = event.time;
            if (is_processor(track)) {
                slices.back().stopped_by = event.notes.at("stopped by");
                by_goroutine[goroutine].push_back(slices.back());
            }
            goroutine.clear();
        }
    }
    EXPECT_EQ(goroutine, "") << track << ": a slice without an end";
    return slices;
}

/// Arrows under one id follow each other, and each has both ends.
void expect_arrows(const trace_reader& trace) {
    struct arrow_end {
        std::uint64_t time;
        bool begins;
    };
    std::map<std::uint64_t, std::vector<arrow_end>> arrows;
    for (const auto& [name, events] : trace.tracks) {
        for (const trace_event_read& event : events) {
            for (const std::uint64_t id : event.arrows_begun) {
                arrows[id].push_back({event.time, true});
            }
            for (const std::uint64_t id : event.arrows_ended) {
                arrows[id].push_back({event.time, false});
            }
        }
    }
    for (auto& [id, ends] : arrows) {
        std::stable_sort(ends.begin(), ends.end(), [](const arrow_end& a, const arrow_end& b) {
            return a.time != b.time ? a.time < b.time : a.begins && !b.begins;
        });
        for (std::size_t i = 0; i < ends.size(); ++i) {
            EXPECT_EQ(ends[i].begins, i % 2 == 0);
        }
        EXPECT_EQ(ends.size() % 2, 0U);
    }
}

/// The trace of a run in which every goroutine has ended; returns the slices of each.
std::map<std::string, std::vector<slice>> expect_whole(const trace_reader& trace) {
    std::map<std::string, std::vector<slice>> by_goroutine;
    for (const auto& [track, events] : trace.tracks) {
        if (is_processor(track) || track.ends_with(" off processor")) {
            expect_slices(track, events, by_goroutine);
        }
    }
    for (auto& [goroutine, slices] : by_goroutine) {
        std::sort(slices.begin(), slices.end(),
                  [](const slice& a, const slice& b) { return a.begin < b.begin; });
        for (std::size_t i = 1; i < slices.size(); ++i) {
            EXPECT_GE(slices[i].begin, slices[i - 1].end) << "G" << goroutine << " in two places";
            EXPECT_NE(slices[i - 1].stopped_by, "end") << "G" << goroutine;
        }
        EXPECT_EQ(slices.back().stopped_by, "end") << "G" << goroutine;
    }
    expect_arrows(trace);
    return by_goroutine;
}

std::size_t count_instants(const trace_reader& trace, const std::string& name) {
    std::size_t count = 0;
    for (const auto& [track, events] : trace.tracks) {
        count += static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [&](const trace_event_read& each) {
                return each.what == kind::instant && each.name == name;
            }));
    }
    return count;
}

bool stopped_by(const std::vector<slice>& slices, const std::string& reason) {
    return std::any_of(slices.begin(), slices.end(),
                       [&](const slice& each) { return each.stopped_by == reason; });
}

class trace_test : public at_procs {
protected:
    ~trace_test() override { std::remove(path.c_str()); }

    /// The trace of a run with `body` as main; the others end before it.
    template <class F>
    trace_reader traced(F body) {
        run(
            [&] {
                body();
                yield_until([] { return num_goroutine() == 1; });
                at_end = stats();
            },
            {.procs = GetParam(), .trace = path});
        return trace_reader(path);
    }

    const std::string path = scratch_path();
    runtime_stats at_end;
};

void use_everything() {
    const auto numbers = make_chan<int>();
    mutex m;
    wait_group all;
    int sum = 0;
    all.go([&] {
        for (int i = 0; i < 200; ++i) {
            numbers.send(i);
        }
        numbers.close();
    });
    for (int i = 0; i < 20; ++i) {
        all.go([&] {
            for (const int number : numbers) {
                const std::lock_guard hold(m);
                sum += number;
                yield();
            }
            sleep(1ms);
            blocking([] { std::this_thread::sleep_for(100us); });
            all.go([] { yield(); });
        });
    }
    all.wait();
    EXPECT_EQ(sum, 199 * 200 / 2);
}

TEST_P(trace_test, every_run_of_every_goroutine_is_a_slice_and_every_wake_up_an_arrow) {
    for (int i = 0; i < repeated(10); ++i) {
        const trace_reader trace = traced(&use_everything);
        const auto goroutines = expect_whole(trace);
        EXPECT_EQ(goroutines.size(), at_end.spawned);
        EXPECT_EQ(count_instants(trace, "spawn"), at_end.spawned - 1);  // none for main
        EXPECT_GE(count_instants(trace, "wake"), at_end.wakes);
        EXPECT_EQ(count_instants(trace, "steal"), at_end.steals);
        EXPECT_GE(count_instants(trace, "retake"), at_end.retakes);
    }
}

TEST_P(trace_test, tracks_are_named_and_belong_to_the_process) {
    const trace_reader trace = traced([] { yield(); });
    EXPECT_EQ(trace.process_name, "trace_test");
    EXPECT_EQ(trace.process_id, static_cast<std::uint64_t>(getpid()));
    // Main may have gone to any of them.
    for (const auto& [track, events] : trace.tracks) {
        EXPECT_TRUE(track == "goroutines" || track == "runnable goroutines" ||
                    (is_processor(track) && std::stoi(track.substr(1)) < GetParam()))
            << track;
    }
}

TEST_P(trace_test, a_slice_says_why_it_ended) {
    const trace_reader trace = traced([] {
        wait_group all;
        const auto c = make_chan<int>();
        mutex m;
        m.lock();
        all.go([&] { c.recv(); });
        all.go([&] { sleep(1ms); });
        all.go([&] { const std::lock_guard hold(m); });
        yield_until_parked(3);
        m.unlock();
        c.send(1);
        all.wait();
    });
    const auto goroutines = expect_whole(trace);
    for (const char* reason : {"chan receive", "sleep", "sync.Mutex.Lock", "end"}) {
        EXPECT_TRUE(std::any_of(goroutines.begin(), goroutines.end(), [&](const auto& each) {
            return stopped_by(each.second, reason);
        })) << reason;
    }
    if (GetParam() == 1) {  // with more, there may be nobody to make way for
        EXPECT_TRUE(stopped_by(goroutines.at("1"), "yield"));
    }
}

TEST_P(trace_test, a_goroutine_is_called_by_its_name_or_else_by_its_place) {
    const std::string sign = "say \"\\\n\" \xC3\xA4\xE4\xED\xA0\x80";
    const trace_reader trace = traced([&] {
        go([] { yield(); });
        go([&] {
            this_goroutine::name(sign);
            sleep(1us);
        });
        go([&] {
            this_goroutine::name(std::string(119, 'x') + "\xC3\xA4");
            sleep(1us);
        });
    });
    std::vector<std::string> names;
    for (const auto& [goroutine, slices] : expect_whole(trace)) {
        EXPECT_TRUE(slices.front().name.starts_with("G" + goroutine + " trace_test.cpp:"))
            << slices.front().name;
        names.push_back(slices.back().name);
    }
    const auto has = [&](const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    const std::string what_is_no_character = "\xEF\xBF\xBD";
    EXPECT_TRUE(has("say \"\\\n\" \xC3\xA4" + what_is_no_character + what_is_no_character +
                    what_is_no_character + what_is_no_character));
    EXPECT_TRUE(has(std::string(119, 'x')));  // no half of a character
}

TEST_P(trace_test, a_blocking_call_is_on_its_machine_s_track) {
    const trace_reader trace = traced([] {
        wait_group all;
        for (int i = 0; i < 3; ++i) {
            all.go([] { blocking([] { std::this_thread::sleep_for(2ms); }); });
        }
        all.wait();
    });
    expect_whole(trace);
    EXPECT_LE(count_instants(trace, "hand-off"), 3U);  // who had no processor hands none off
    int calls = 0;
    for (const auto& [track, events] : trace.tracks) {
        for (const trace_event_read& event : events) {
            const bool blocks = event.notes.count("why") != 0 && event.notes.at("why") == "syscall";
            EXPECT_TRUE(!blocks || track.ends_with(" off processor"));
            calls += blocks ? 1 : 0;
        }
    }
    EXPECT_EQ(calls, 3);
}

TEST_P(trace_test, who_computes_for_long_goes_on_on_its_machine_s_track) {
    const trace_reader trace = traced([this] {
        std::atomic<int> others{0};
        wait_group all;
        for (int i = 0; i < GetParam(); ++i) {  // with main one more than there is room for
            all.go([&] {
                ++others;
                while (others <= GetParam()) {
                }
            });
        }
        all.go([&] { ++others; });
        while (others <= GetParam()) {
        }
        blocking([] {});
        all.wait();
    });
    expect_whole(trace);
    EXPECT_GE(count_instants(trace, "retake"), 1U);
    const bool on_machine = std::any_of(trace.tracks.begin(), trace.tracks.end(), [](auto& each) {
        return std::any_of(each.second.begin(), each.second.end(), [](auto& event) {
            return event.notes.count("why") != 0 && event.notes.at("why") == "retaken";
        });
    });
    EXPECT_TRUE(on_machine);
}

TEST_P(trace_test, what_a_thread_of_the_program_starts_and_wakes_comes_from_elsewhere) {
    const trace_reader trace = traced([] {
        const auto c = make_chan<int>();
        std::thread sender([c] {
            go([c] { c.send(1); });
            c.send(2);
        });
        c.recv();
        c.recv();
        blocking([&] { sender.join(); });
    });
    expect_whole(trace);
    const auto& events = trace.tracks.at("elsewhere");
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [](const trace_event_read& each) {
        return each.name == "spawn" && each.arrows_begun.size() == 1;
    }));
}

TEST_P(trace_test, nothing_is_lost_of_a_run_that_is_longer_than_its_buffers) {
    const int rounds = repeated(20'000);
    const trace_reader trace = traced([rounds] {
        const auto there = make_chan<int>();
        const auto back = make_chan<int>();
        go([=] {
            for (int i = 0; i < rounds; ++i) {
                back.send(*there.recv());
            }
        });
        for (int i = 0; i < rounds; ++i) {
            there.send(i);
            back.recv();
        }
    });
    const auto goroutines = expect_whole(trace);
    EXPECT_EQ(goroutines.size(), 2U);
    EXPECT_GE(count_instants(trace, "wake"), static_cast<std::size_t>(rounds));
}

TEST_P(trace_test, the_goroutines_that_exist_are_counted) {
    const trace_reader trace = traced([] {
        const auto c = make_chan<int>();
        for (int i = 0; i < 100; ++i) {
            go([c] { c.recv(); });
        }
        sleep(50ms);
        for (int i = 0; i < 100; ++i) {
            c.send(i);
        }
    });
    ASSERT_EQ(trace.tracks.count("goroutines"), 1U);
    for (const trace_event_read& event : trace.tracks.at("goroutines")) {
        EXPECT_EQ(event.what, kind::counter);
        EXPECT_LE(event.value, 101U);
    }
}

INSTANTIATE_TEST_SUITE_P(procs, trace_test, processor_counts, testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
