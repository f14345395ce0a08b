// Built with the library as it is, and with the switch that leaves the exception state behind: each
// shows which of the two it is.
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <weft/weft.hpp>

namespace {

/// Waits, while it is destroyed by an exception on its way, for a goroutine that has none.
class waits_in_destructor {
public:
    explicit waits_in_destructor(int& seen) : seen_(seen) {}
    ~waits_in_destructor() {
        const auto done = weft::make_chan<int>();
        weft::go([done] { done.send(std::uncaught_exceptions()); });
        seen_ = *done.recv();
    }

private:
    int& seen_;
};

int exceptions_seen_by_another() {
    int seen = -1;
    // On one processor, so that the other goroutine runs on the same thread.
    weft::run(
        [&] {
            try {
                const waits_in_destructor waiting(seen);
                throw std::runtime_error("on its way");
            } catch (const std::runtime_error&) {
            }
        },
        {.procs = 1});
    return seen;
}

TEST(ExceptionState, TravelsWithTheGoroutineUnlessThatIsLeftOut) {
#if defined(WEFT_UNSAVED_EXCEPTION_STATE)
    EXPECT_EQ(exceptions_seen_by_another(), 1);
#else
    EXPECT_EQ(exceptions_seen_by_another(), 0);
#endif
}

}  // namespace
