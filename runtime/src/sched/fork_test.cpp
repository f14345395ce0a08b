// What fork leaves behind: a child that may call exec, and a parent that notices nothing.
#include "sched/at_procs.hpp"

#include <weft/chan.hpp>
#include <weft/net.hpp>
#include <weft/sync.hpp>
#include <weft/time.hpp>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <stdexcept>

namespace weft::sched {
namespace {

class fork_test : public at_procs {
protected:
    static int status_of(pid_t child) {
        return blocking([child] {
            int status = 0;
            while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
            }
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        });
    }
    /// The status of a child that runs `body` and ends with what it returns.
    template <class Body>
    static int in_child(Body body) {
        const pid_t child = fork();
        if (child == 0) {
            _exit(body());
        }
        return status_of(child);
    }
};

TEST_P(fork_test, children_may_call_exec_while_everything_goes_on) {
    in_run([] {
        std::atomic<bool> over{false};
        wait_group busy;
        const auto values = make_chan<int>();
        for (int i = 0; i < 20; ++i) {
            busy.go([=, &over] {
                while (!over) {
                    values.send(1);
                }
            });
        }
        busy.go([=] {
            for (int v : values) {
                ASSERT_EQ(v, 1);
            }
        });
        wait_group forks;
        for (int i = 0; i < 8; ++i) {
            forks.go([i] {
                const int status = in_child([i] {
                    const char code[] = {'e', 'x', 'i', 't', ' ', static_cast<char>('0' + i), 0};
                    execl("/bin/sh", "sh", "-c", code, nullptr);
                    return 100;
                });
                EXPECT_EQ(status, i);
            });
        }
        forks.wait();
        over = true;
        while (num_goroutine() > 2) {
            yield();
        }
        values.close();
        busy.wait();
    });
}

TEST_P(fork_test, posix_spawn_works) {
    in_run([] {
        for (int i = 0; i < repeated(20); ++i) {
            pid_t child = 0;
            char name[] = "true";
            char* const arguments[] = {name, nullptr};
            ASSERT_EQ(posix_spawnp(&child, "true", nullptr, nullptr, arguments, environ), 0);
            EXPECT_EQ(status_of(child), 0);
        }
    });
}

TEST_P(fork_test, in_the_child_it_is_as_outside_run) {
    in_run([] {
        const auto held = make_chan<int>();
        const int status = in_child([&held] {
            int failures = 0;
            const auto refused = [&failures](auto operation) {
                try {
                    operation();
                    ++failures;
                } catch (const std::logic_error&) {
                }
            };
            refused([] { go([] {}); });
            refused([&held] { held.recv(); });
            refused([] { run([] {}); });
            failures += num_goroutine() == 0 && this_goroutine::id() == 0 ? 0 : 1;
            return failures;
        });
        EXPECT_EQ(status, 0);
    });
}

TEST_P(fork_test, a_child_that_returns_from_its_goroutine_is_told_so) {
    in_run([] {
        testing::internal::CaptureStderr();
        std::atomic<pid_t> child{0};
        wait_group done;
        done.go([&child] {
            const pid_t forked = fork();
            if (forked != 0) {
                child = forked;
            }
        });
        done.wait();
        EXPECT_EQ(status_of(child), 2);
        EXPECT_PRED_FORMAT2(testing::IsSubstring,
                            "fatal error: a goroutine went on in the child of a fork",
                            testing::internal::GetCapturedStderr());
    });
}

TEST_P(fork_test, descriptors_of_the_runtime_do_not_outlive_exec) {
    in_run([] {
        const auto listener = net::listener::listen("127.0.0.1:0");
        const int status = in_child([] {
            execl("/bin/sh", "sh", "-c",
                  "for each in /proc/$$/fd/*; do readlink $each; done | "
                  "grep -q -e eventpoll -e eventfd && exit 1; exit 0",
                  nullptr);
            return 100;
        });
        EXPECT_EQ(status, 0);
    });
}

INSTANTIATE_TEST_SUITE_P(procs, fork_test, processor_counts, testing::PrintToStringParamName());

}  // namespace
}  // namespace weft::sched
