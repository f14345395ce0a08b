#include "round_trips.hpp"

#include <atomic>
#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <thread>

#include "cpus.hpp"
#include "futex.hpp"

namespace floors {
namespace {

namespace context = boost::context;

void increment_for_ever(context::detail::transfer_t from) {
    for (;;) {
        ++*static_cast<std::uint64_t*>(from.data);
        from = context::detail::jump_fcontext(from.fctx, from.data);
    }
}

/// Contexts in a ring, and the one that started them.
struct context_ring {
    struct place {
        context::stack_context stack;
        context::detail::fcontext_t resumes = nullptr;
        std::uint64_t passed = 0;
    };

    std::vector<place> places;
    context::detail::fcontext_t starter = nullptr;
    context::detail::fcontext_t* left = &starter;  // where the context that was left goes
    std::size_t at = 0;
    std::uint64_t hops_left = 0;
};

void pass_on_for_ever(context::detail::transfer_t from) {
    auto& ring = *static_cast<context_ring*>(from.data);
    const std::size_t here = ring.at;
    const std::size_t next = here + 1 == ring.places.size() ? 0 : here + 1;
    for (;;) {
        *ring.left = from.fctx;
        ++ring.places[here].passed;
        --ring.hops_left;
        ring.left = &ring.places[here].resumes;
        ring.at = next;
        from = context::detail::jump_fcontext(
            ring.hops_left == 0 ? ring.starter : ring.places[next].resumes, &ring);
    }
}

struct alignas(128) shared_token {
    std::atomic<std::uint32_t> value{0};
};

/// Hands the token back and forth between this thread and another on another CPU: this one waits
/// for even values, the other for odd ones. `pass` stores a value and wakes whom it is for,
/// `await` returns once the value is there.
template <class Pass, class Await>
std::uint64_t between_threads(std::uint64_t trips, suite::meter& stopwatch, Pass pass,
                              Await await) {
    const auto hops = static_cast<std::uint32_t>(2 * trips);
    shared_token token;
    pin_this_thread(0);
    std::atomic<bool> ready{false};
    std::thread partner([&] {
        pin_this_thread(1);
        ready.store(true, std::memory_order_release);
        for (std::uint32_t hop = 1; hop < hops; hop += 2) {
            await(token.value, hop);
            pass(token.value, hop + 1);
        }
    });
    while (!ready.load(std::memory_order_acquire)) {
        std::this_thread::yield();
    }
    stopwatch.start();
    for (std::uint32_t hop = 0; hop < hops; hop += 2) {
        pass(token.value, hop + 1);
        await(token.value, hop + 2);
    }
    stopwatch.stop();
    partner.join();
    return token.value.load(std::memory_order_relaxed);
}

}  // namespace

std::uint64_t fcontext_round_trips(std::uint64_t trips, suite::meter& stopwatch) {
    context::fixedsize_stack stacks;
    context::stack_context stack = stacks.allocate();
    std::uint64_t token = 0;
    context::detail::transfer_t other{
        context::detail::make_fcontext(stack.sp, stack.size, increment_for_ever), nullptr};
    stopwatch.start();
    for (std::uint64_t trip = 0; trip < trips; ++trip) {
        ++token;
        other = context::detail::jump_fcontext(other.fctx, &token);
    }
    stopwatch.stop();
    // The other context owns nothing, so its stack may go while it is suspended for ever.
    stacks.deallocate(stack);
    return token;
}

std::vector<std::uint64_t> fcontext_round(std::size_t stacks, std::uint64_t hops,
                                          suite::meter& stopwatch) {
    context::fixedsize_stack allocator(64 << 10);
    context_ring ring;
    ring.hops_left = hops;
    ring.places.resize(stacks);
    for (context_ring::place& place : ring.places) {
        place.stack = allocator.allocate();
        place.resumes =
            context::detail::make_fcontext(place.stack.sp, place.stack.size, pass_on_for_ever);
    }
    stopwatch.start();
    context::detail::jump_fcontext(ring.places.front().resumes, &ring);
    stopwatch.stop();
    std::vector<std::uint64_t> passed;
    for (context_ring::place& place : ring.places) {
        passed.push_back(place.passed);
        allocator.deallocate(place.stack);  // owns nothing and is suspended for ever
    }
    return passed;
}

std::uint64_t cache_line_round_trips(std::uint64_t trips, suite::meter& stopwatch) {
    return between_threads(
        trips, stopwatch,
        [](auto& word, std::uint32_t value) { word.store(value, std::memory_order_release); },
        [](auto& word, std::uint32_t value) {
            while (word.load(std::memory_order_acquire) != value) {
            }
        });
}

std::uint64_t futex_round_trips(std::uint64_t trips, suite::meter& stopwatch) {
    return between_threads(
        trips, stopwatch,
        [](auto& word, std::uint32_t value) {
            word.store(value, std::memory_order_release);
            futex_wake(word);
        },
        [](auto& word, std::uint32_t value) {
            for (std::uint32_t seen; (seen = word.load(std::memory_order_acquire)) != value;) {
                futex_wait(word, seen);
            }
        });
}

}  // namespace floors
