// The scheduler: processors, machines, and who runs what.
//
// Problem. Goroutines must never wait in a queue while a processor is idle, yet waking a thread is
// four orders of magnitude dearer than switching, and must not happen for work that the waker is
// about to reach itself.
//
// Rule. A processor is held by one machine or stands in the idle list. Work is published in a
// processor's queue (by its holder) or in the global queue (by anybody). Work that displaces other
// work wakes one idle processor, unless a machine is already searching; the goroutine just made
// ready, alone in the next slot, wakes nobody. A woken machine is "spinning" (counted) until it
// finds work; the last one to find some wakes the next. A machine that finds nothing for a bounded
// time puts its processor into the idle list and sleeps; one sleeping machine, the keeper, sleeps
// in the network poller until the first timer is due, all others on their event.
//
// Why no wake-up is lost. Two Dekker pairs, each side storing before it loads:
//   publisher: store queue tail;            light_fence; load spinning_ and idle_count_
//   sleeper:   spinning_ - 1, idle_count_ + 1; heavy_fence; load every queue
// Either the publisher sees nobody spinning and somebody idle, and wakes; or the sleeper sees the
// work, takes a processor back and searches again. A publisher that sees a spinning machine relies
// on it: that machine either finds the work or passes through the sleeper's side later. A machine
// that stops spinning because it found something wakes another, since the publishers of everything
// else relied on it. The global queue needs no fence: it is published, and looked at by the
// sleeper, under the scheduler's lock. Timers: `arm` publishes the heap's first time and then
// loads `keeper_until_ns_`; the keeper stores that and then loads every heap's first time, all
// seq_cst.
//
// After the Go scheduler's discipline (runtime/proc.go, "Worker thread parking/unparking"); the
// asymmetric fence is ours.
#pragma once

#include "platform/system.hpp"
#include "platform/thread.hpp"
#include "sched/coarse_clock.hpp"
#include "sched/foreign_use.hpp"
#include "sched/global_queue.hpp"
#include "sched/poller.hpp"
#include "sched/processor_table.hpp"
#include "sched/trace.hpp"

#include <weft/diagnostics.hpp>
#include <weft/runtime.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weft::sched {

class bubble;

class scheduler {
public:
    /// Throws resource_error. `options` are complete and valid.
    explicit scheduler(const options& settings);
    ~scheduler();
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;

    /// Runs `main` as goroutine 1 on the calling thread and others until `stop`; then waits for all
    /// machines to reach a scheduling point.
    void run(goroutine& main);
    /// No goroutine is scheduled any more.
    void stop() noexcept;
    bool stopping() const noexcept { return stopping_.load(platform::memory_order_acquire); }

    // For a machine that holds a processor, on a goroutine's stack.

    /// The next goroutine, or null: the machine's loop must decide.
    goroutine* pick(machine& m) noexcept;
    /// Leaves `from` and goes on with `next` (null: with the machine's loop), running `publish`
    /// once `from` is complete. Returns the machine that came back to `from`.
    machine& switch_away(machine& m, fiber::context& from, goroutine* next,
                         fiber::departure_action publish) noexcept;
    void make_ready(processor& p, goroutine& g) noexcept;
    /// All of `list`, which is empty afterwards; at the end of the queue, since nobody has handed
    /// anything to them that they would find in the cache.
    void make_ready(processor& p, goroutine_list& list) noexcept;
    void push_back(processor& p, goroutine& g) noexcept;
    /// As push_back, for a goroutine that has run before: it may be locked to a thread.
    void queue_again(processor& p, goroutine& g) noexcept;
    /// After a `pick` that found nothing: whether the machine's loop must be asked even so.
    bool must_decide(const machine& m) const noexcept;
    /// Frees the descriptor of a goroutine that has ended.
    void retire(processor& p, goroutine& g) noexcept;
    void keep_stack(processor& p, fiber::stack& s) noexcept;

    // For any thread.

    /// A descriptor with its id; throws resource_error. `m` may be null or hold no processor, and
    /// `joined` is null for a goroutine that is in no bubble.
    goroutine& new_goroutine(machine* m, source_location started_at, bubble* joined = nullptr);
    /// As the above in the usual case: null where `p` has none at hand.
    goroutine* goroutine_at_hand(processor& p, source_location started_at) noexcept;
    void discard_goroutine(machine* m, goroutine& g) noexcept;
    void push_global(goroutine& g) noexcept;
    void push_global(goroutine_list& list) noexcept;
    /// A goroutine that begins to wait without a processor to count that.
    void count_park_elsewhere() noexcept {
        parks_elsewhere_.fetch_add(1, platform::memory_order_relaxed);
    }
    /// Goroutines made ready by who holds no processor to count them.
    void count_wakes_elsewhere(std::uint64_t count) noexcept {
        wakes_elsewhere_.fetch_add(count, platform::memory_order_relaxed);
    }
    /// Wakes one idle processor unless somebody searches already.
    void wake_one() noexcept;
    /// Arms a timer in the heap of the calling machine's processor, or in some heap.
    void arm(timer& t, std::int64_t when_ns);
    /// As `arm`, for a party that has left its stack and can be told nothing: without memory the
    /// process ends, and says so.
    void arm_for_parked(timer& t, std::int64_t when_ns) noexcept;
    bool disarm(timer& t) noexcept { return t.heap != nullptr && t.heap->disarm(t); }
    /// As the heap's, for a timer that was armed once in this run.
    bool take_due(timer& t, std::int64_t now_ns) noexcept {
        const bool fired = t.heap->take_due(t, now_ns);
        timers_fired_.fetch_add(fired ? 1 : 0, platform::memory_order_relaxed);
        return fired;
    }

    /// The machine gives its processor up for a blocking call, and queues for one afterwards.
    void enter_blocking(machine& m) noexcept;
    /// For a machine that is away: with a processor again, the same goroutine goes on, perhaps on
    /// another machine, which is returned.
    machine& come_back(machine& m, goroutine& g) noexcept;
    /// The machine found that its processor was taken: takes an idle one, if there is one.
    void lost_processor(machine& m) noexcept;
    /// The machine's processor is marked: passes it on, and the goroutine goes on without.
    void relinquish(machine& m) noexcept;

    /// A thread of the program uses the runtime for the first time in this run (+1), or ends (-1).
    void foreign_thread_known(int change) noexcept {
        if (!is_bystander(platform::thread_id())) {
            foreign_born_in_run_.fetch_add(change, platform::memory_order_seq_cst);
        }
    }
    void foreign_thread_active(int change) noexcept {
        if (foreign_active_.fetch_add(change, platform::memory_order_seq_cst) + change == 0) {
            poller_.ring();  // it may have been all that kept a deadlock from being one
        }
    }

    // The calling machine's goroutine, whose extension is `of`, and the machine's thread.

    /// Throws resource_error when too many threads are locked already.
    void lock_to_thread(machine& m, detail::goroutine_extension& of);
    void unlock_from_thread(machine& m, detail::goroutine_extension& of) noexcept;
    /// The goroutine ends while it is locked.
    void end_locked(machine& m, detail::goroutine_extension& of) noexcept;

    /// Processors from now on; returns how many before. Throws std::invalid_argument beyond what
    /// the options allow, resource_error.
    int set_procs(int n);

    /// Has the monitor report all goroutines. Async-signal-safe.
    void ask_for_report() noexcept;

    goroutine_pool& goroutines() noexcept { return goroutines_; }
    fiber::stack_pool& stacks() noexcept { return stacks_; }
    const coarse_clock& clock() const noexcept { return clock_; }
    poller& network() noexcept { return poller_; }
    const processor_table& processors() const noexcept { return processors_; }
    int procs() const noexcept { return procs_.load(platform::memory_order_relaxed); }
    std::uint64_t live() const noexcept;
    /// Goroutines that wait for a processor; out of date when it returns.
    std::uint64_t runnable() const noexcept;
    /// Null when the run is not traced.
    tracer* trace() const noexcept { return trace_.get(); }
    runtime_stats snapshot() const noexcept;
    /// The report of the deadlock that ended the run; empty when there was none.
    const std::string& deadlock_report() const noexcept { return deadlock_report_; }

private:
    friend class monitor;

    // search.cpp, idle.cpp, keeper.cpp: a machine's loop, searching and sleeping.
    void machine_loop(machine& m) noexcept;
    goroutine* find_runnable(machine& m) noexcept;
    goroutine* look_around(machine& m) noexcept;
    goroutine* search(machine& m) noexcept;
    goroutine* steal_from(machine& m, processor& victim, bool next_too) noexcept;
    bool work_anywhere() noexcept;
    bool release_processor(machine& m, goroutine*& found) noexcept;
    void sleep(machine& m) noexcept;
    void keep_watch(machine& m) noexcept;
    void stop_spinning(machine& m) noexcept;
    std::int64_t first_timer_ns() const noexcept;
    bool end_watch(machine& m, goroutine_list& ready) noexcept;
    void fire_all_due() noexcept;
    bool deadlocked() noexcept;
    bool strangers_live() noexcept;
    bool is_bystander(int thread_id) const noexcept;
    /// Makes a sleeping machine the keeper when there is none; the monitor's.
    void appoint_keeper() noexcept;

    // locked_thread.cpp, set_procs.cpp
    goroutine* find_locked(machine& m) noexcept;
    void sleep_aside(machine& m) noexcept;
    void end_machine(machine& m) noexcept;
    void give_up(machine& m) noexcept;
    void reap() noexcept;
    void leave_start_to_monitor(processor& p, bool spinning) noexcept;
    void start_for_locked() noexcept;
    processor& add_processor();
    processor& new_processor();
    void attend(machine& m) noexcept;
    /// Whether processors must be taken from who holds them, for want of fewer or by a claim.
    bool procs_wait() noexcept;
    bool all_idle() const noexcept {
        return idle_count_.load(platform::memory_order_seq_cst) ==
               in_use_.load(platform::memory_order_seq_cst);
    }

    // Under lock_.
    void claim_for_locked(processor& p) noexcept;
    void publish_global_size() noexcept {
        global_size_.store(global_.size() + locked_runnable_.size(),
                           platform::memory_order_relaxed);
    }
    void add_global(goroutine& g) noexcept;
    void count_arrival() noexcept {
        arrivals_.store(arrivals_.load(platform::memory_order_relaxed) + 1,
                        platform::memory_order_release);
    }
    bool claim(goroutine& g) noexcept;
    bool serve_claim(processor& p) noexcept;
    bool surplus() const noexcept;
    void make_spare(processor& p) noexcept;
    void lay_down(processor& p) noexcept;
    processor* take_idle(processor* preferred = nullptr) noexcept;
    bool take_back(machine& m) noexcept;
    void put_idle(processor& p) noexcept;
    machine* pop_sleeper(bool& is_keeper) noexcept;

    machine& first_machine() noexcept;
    static void set_held(machine& m, processor* p) noexcept;
    bool retake(processor& p) noexcept;
    bool thread_to_be_had() noexcept;
    void pass_on(processor& p) noexcept;
    void hand(machine& m, bool is_keeper) noexcept;
    bool start_machine(processor& p, bool spinning) noexcept;
    static void machine_entry(void* self);
    goroutine* pop_global(processor& p) noexcept;
    goroutine* serve(machine& m) noexcept;
    goroutine* take_arrival(processor& p) noexcept;
    void bind_stack(processor& p, goroutine& g) noexcept;
    void restock(processor& p, const goroutine& g) noexcept;
    void give_older_stacks(processor& p) noexcept;
    void overflow(processor& p, goroutine& g) noexcept;
    void report_deadlock() noexcept;
    std::uint64_t next_id(processor* p) noexcept;
    std::size_t own_threads() const noexcept;

    static constexpr std::size_t monitor_threads = 1;
    // A processor's own; beyond that half go to the depot.
    static constexpr int stacks_cached_max = 64;
    // How often a processor looks after what is not its own queue; prime, so as not to fall into
    // step with a program's own rhythm.
    static constexpr std::uint32_t service_interval = 61;
    // Of so many decisions one may go to what has arrived from outside: a flood of it leaves the
    // rest to the processor's own queue.
    static constexpr std::uint32_t arrival_interval = 2;

    const options settings_;
    std::vector<int> bystanders_;  // threads older than the first goroutine; constant from then on
    fiber::stack_pool stacks_;
    goroutine_pool goroutines_;
    poller poller_;
    processor_table processors_;
    coarse_clock clock_;  // beside what every park reads and nobody writes
    std::vector<std::unique_ptr<machine>> machines_;  // guarded by lock_

    // Read by every publisher, written when machines start and stop searching.
    alignas(platform::false_sharing_range) platform::atomic<std::int32_t> spinning_{0};
    platform::atomic<std::int32_t> idle_count_{0};
    platform::atomic<std::int32_t> procs_;
    platform::atomic<std::int32_t> in_use_;  // processors that are held or idle
    platform::atomic<bool> stopping_{false};
    platform::atomic<std::size_t> global_size_{0};
    // Bumped under lock_ when somebody without a processor has put work into the global queue.
    platform::atomic<std::uint32_t> arrivals_{0};

    alignas(platform::false_sharing_range) mutable detail::spin_lock lock_;  // guards what follows
    global_queue global_;
    // Apart: who takes a hundred goroutines from the one must not touch them to know which are
    // which.
    goroutine_list locked_runnable_;
    processor* idle_ = nullptr;
    processor* spare_ = nullptr;
    processor* waiting_for_start_ = nullptr;
    machine* claimants_ = nullptr;  // first in, first out
    machine* last_claimant_ = nullptr;
    std::size_t locked_threads_ = 0;
    std::size_t ended_ = 0;  // machines to be reaped
    machine* sleepers_ = nullptr;
    machine* keeper_ = nullptr;
    int away_ = 0;  // machines that run a goroutine without a processor
    std::string deadlock_report_;
    detail::spin_lock resizing_;  // held by who changes the number of processors

    platform::atomic<std::int64_t> keeper_until_ns_{0};  // 0: nobody keeps watch
    platform::atomic<int> foreign_active_{0};
    platform::atomic<int> foreign_born_in_run_{0};
    platform::atomic<std::uint64_t> ids_{1};
    platform::atomic<std::uint64_t> foreign_spawned_{0};
    platform::atomic<int> starting_{0};                   // machines whose thread is being started
    platform::atomic<std::int64_t> refused_until_ns_{0};  // no new thread is asked for before
    platform::atomic<std::uint64_t> timers_fired_{0};
    platform::atomic<std::uint64_t> retakes_{0};
    platform::atomic<std::uint64_t> parks_elsewhere_{0};
    platform::atomic<std::uint64_t> wakes_elsewhere_{0};
    platform::atomic<std::uint64_t> futex_sleeps_{0};
    platform::atomic<std::uint64_t> futex_wakes_{0};
    std::unique_ptr<class monitor> monitor_;
    std::unique_ptr<tracer> trace_;
};

}  // namespace weft::sched

#include "sched/scheduler_inline.hpp"  // IWYU pragma: export
