#include "sched/bubble.hpp"

#include "platform/clock.hpp"
#include "sched/execution.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/memory_refusal.hpp"
#include "sched/report.hpp"
#include "sched/timer_run.hpp"

#include <weft/detail/chan_core.hpp>
#include <weft/error.hpp>
#include <weft/runtime.hpp>
#include <weft/testing.hpp>

#include <algorithm>
#include <mutex>
#include <new>

namespace weft::detail {
platform::atomic<std::uint32_t> bubble_count{0};
}

namespace weft::sched {

namespace {

using detail::wait_reason;

// Midnight of 2000-01-01, as in Go, if the clock counted from 1970. Far from both ends of what a
// time can be, and from what the real clock shows.
constexpr std::int64_t start_ns = 946'684'800'000'000'000;

platform::atomic<detail::bubble_id> last_id{detail::no_bubble};

detail::bubble_id new_id() noexcept {
    detail::bubble_id id = detail::no_bubble;
    while (id == detail::no_bubble) {  // when all numbers have been given
        id = last_id.fetch_add(1, platform::memory_order_relaxed) + 1;
    }
    return id;
}

}  // namespace

bubble::bubble(goroutine& root) noexcept
    : id_(new_id()),
      epoch_(detail::run_epoch.load(platform::memory_order_relaxed)),
      root_(root),
      now_ns_(start_ns) {
    detail::bubble_count.fetch_add(1, platform::memory_order_relaxed);
}

bubble::~bubble() {
    detail::bubble_count.fetch_sub(1, platform::memory_order_relaxed);
}

bool bubble::over() const noexcept {
    return ended_.load(platform::memory_order_relaxed) ||
           epoch_ != detail::run_epoch.load(platform::memory_order_relaxed);
}

void bubble::arm(timer& t, std::int64_t ns) {
    const std::int64_t now = now_ns();
    arm_at(t, ns > no_deadline - now ? no_deadline : now + ns);
}

void bubble::go_on(goroutine* chosen) noexcept {
    if (chosen != nullptr) {
        detail::ready(*chosen);
    }
}

goroutine* bubble::count_out() noexcept {
    if (--running_ != 0 || over()) {
        return nullptr;
    }
    goroutine* chosen = &root_;
    if (waiter_ != nullptr && timers_.next_ns() > now_ns()) {
        chosen = std::exchange(waiter_, nullptr);
    }
    running_ = 1;
    chosen->durable.store(false, platform::memory_order_relaxed);
    return chosen;
}

void bubble::one_started() noexcept {
    const std::lock_guard hold(lock_);
    ++members_;
    ++running_;
}

void bubble::one_ended() noexcept {
    goroutine* chosen = nullptr;
    {
        const std::lock_guard hold(lock_);
        --members_;
        chosen = count_out();
    }
    go_on(chosen);
}

void bubble::one_blocked() noexcept {
    goroutine* chosen = nullptr;
    {
        const std::lock_guard hold(lock_);
        chosen = count_out();
    }
    go_on(chosen);
}

void bubble::one_woken() noexcept {
    const std::lock_guard hold(lock_);
    ++running_;
}

void bubble::wait_for_others(goroutine& party) {
    {
        const std::lock_guard hold(lock_);
        if (waiter_ != nullptr) {
            throw panic("wait already in progress");
        }
        waiter_ = &party;
    }
    park_durably(party, wait_reason::bubble_wait, {});
}

bubble::sight bubble::look_around() noexcept {
    const std::lock_guard hold(lock_);
    if (running_ > 1 || waiter_ != nullptr) {
        return sight::busy;
    }
    return members_ == 0 ? sight::empty : sight::blocked;
}

/// The root, with all members blocked: whether there is a time at which one of them goes on.
bool bubble::move_clock() noexcept {
    const std::int64_t next =
        main_ended_.load(platform::memory_order_relaxed) ? no_deadline : timers_.next_holding_ns();
    if (next == no_deadline) {
        return false;
    }
    now_ns_.store(next, platform::memory_order_relaxed);
    return true;
}

void bubble::end() noexcept {
    {
        const std::lock_guard hold(lock_);
        ended_.store(true, platform::memory_order_relaxed);
    }
    timers_.clear();
}

bool bubble::attend() noexcept {
    while (true) {
        fire_due();
        const sight seen = look_around();
        if (seen == sight::busy) {
            park_durably(root_, wait_reason::bubble_run, {});
        } else if (seen == sight::empty) {
            end();
            return true;
        } else if (timers_.next_ns() <= now_ns()) {
            yield();  // somebody outside has the lock of a timer's channel for a moment
        } else if (!move_clock()) {
            end();
            return false;
        }
    }
}

std::string bubble::describe_deadlock() const {
    const char* why = main_ended_.load(platform::memory_order_relaxed)
                          ? "main bubble goroutine has exited but blocked goroutines remain\n"
                          : "all goroutines in bubble are blocked\n";
    return std::string("deadlock: ") + why + describe_waiting(*active(), id_);
}

bubble* bubble_of(const goroutine& g) noexcept {
    // acquire: it may be the goroutine's own doing that it has one at all.
    const goroutine_extension* of = g.extension.load(platform::memory_order_acquire);
    return of == nullptr ? nullptr : of->bubble;
}

bubble* find_current_bubble() noexcept {
    const machine* m = current_machine();
    return m == nullptr || m->current == nullptr ? nullptr : bubble_of(*m->current);
}

std::int64_t real_ns(std::int64_t callers_ns) noexcept {
    const bubble* here = current_bubble();
    return here == nullptr
               ? callers_ns
               : platform::now_ns() + (std::max<std::int64_t>(0, callers_ns) - here->now_ns());
}

bubble* find_bubble_to_join(const machine* m) noexcept {
    const bool acts_for_goroutine = m != nullptr && m->current != nullptr && !m->presence.inside();
    return acts_for_goroutine ? bubble_of(*m->current) : nullptr;
}

namespace {

void belong(goroutine_extension& of, bubble* which) noexcept {
    of.bubble = which;
    of.bubble_number.store(which == nullptr ? detail::no_bubble : which->id(),
                           platform::memory_order_relaxed);
}

}  // namespace

void join(goroutine& g, bubble& which) {
    goroutine_extension* of = g.extension.load(platform::memory_order_relaxed);
    if (of == nullptr) {
        of = new goroutine_extension;
        // release: pairs with the reports' acquire.
        g.extension.store(of, platform::memory_order_release);
    }
    belong(*of, &which);
    which.add_reference();
    which.one_started();
}

void leave(goroutine_extension& of) noexcept {
    bubble& which = *of.bubble;
    belong(of, nullptr);
    which.one_ended();
    which.drop_reference();
}

void park_durably(goroutine& party, wait_reason reason, fiber::departure_action publish) noexcept {
    struct departure {
        fiber::departure_action publish;
        bubble* of;
    } leaving{publish, detail::bubbles_exist() ? bubble_of(party) : nullptr};
    if (leaving.of == nullptr) {
        park(party, reason, publish);
        return;
    }
    party.durable.store(true, platform::memory_order_relaxed);
    const auto publish_and_count_out = [](void* argument) {
        const departure left = *static_cast<departure*>(argument);  // the frame may soon be gone
        if (left.publish.run != nullptr) {
            left.publish.run(left.publish.argument);
        }
        left.of->one_blocked();
    };
    park(party, reason, {publish_and_count_out, &leaving});
}

void arm_before_wait(bubble& here, timer& t, std::int64_t ns) {
    try {
        here.arm(t, ns);
    } catch (const std::bad_alloc&) {
        timer_run::refuse();
    }
}

void count_woken_member(goroutine& g) noexcept {
    g.durable.store(false, platform::memory_order_relaxed);
    bubble_of(g)->one_woken();
}

void require_same_bubble(const goroutine& party) noexcept {
    const bubble* of = bubble_of(party);
    if (of != nullptr && of != current_bubble()) {
        report_fatal("semaphore wake of synctest goroutine from outside bubble");
    }
}

void require_inside(const bubble* which, const char* text) {
    if (which != nullptr && which != current_bubble()) {
        throw panic(text);
    }
}

namespace {

/// What `bubble` does in a goroutine: its stay in the bubble, as the root.
class attendance {
public:
    attendance() : root_(*current_machine()->current), extension_(this_extension()) {
        if (extension_.bubble != nullptr) {
            throw panic("synctest.Run called from within a synctest bubble");
        }
        which_ = new bubble(root_);
        belong(extension_, which_);
    }
    attendance(const attendance&) = delete;
    attendance& operator=(const attendance&) = delete;
    ~attendance() {
        belong(extension_, nullptr);
        which_->drop_reference();
    }
    bubble& which() const noexcept { return *which_; }

private:
    goroutine& root_;
    goroutine_extension& extension_;
    bubble* which_ = nullptr;
};

/// However the function of a bubble ends.
struct main_end {
    bubble& of;
    ~main_end() { of.main_ended(); }
};

void run_bubble_here(void (*body)(void*), void* argument, source_location started_at) {
    try {
        const attendance stay;
        bubble& here = stay.which();
        go(
            [&here, body, argument] {
                const main_end end{here};
                body(argument);
            },
            started_at);
        if (!here.attend()) {
            throw deadlock_error(here.describe_deadlock());
        }
    } catch (const std::bad_alloc&) {
        refuse_memory(memory_for::bubble);
    }
}

}  // namespace

}  // namespace weft::sched

namespace weft {

namespace detail {

bubble_id find_bubble_of_caller() noexcept {
    const sched::bubble* here = sched::find_current_bubble();
    return here == nullptr ? no_bubble : here->id();
}

std::chrono::steady_clock::time_point find_time_of_caller() noexcept {
    using clock = std::chrono::steady_clock;
    const sched::bubble* here = sched::find_current_bubble();
    return here == nullptr ? clock::now()
                           : clock::time_point(std::chrono::nanoseconds(here->now_ns()));
}

void run_bubble(void (*body)(void*), void* argument, source_location started_at) {
    if (sched::current_machine() != nullptr) {
        sched::run_bubble_here(body, argument, started_at);
    } else {
        run([&] { sched::run_bubble_here(body, argument, started_at); }, {}, started_at);
    }
}

}  // namespace detail

void bubble_wait() {
    sched::bubble* here = sched::current_bubble();
    if (here == nullptr) {
        throw panic("goroutine is not in a bubble");
    }
    here->wait_for_others(sched::this_party());
}

}  // namespace weft
