#include "sched/poll_descriptor.hpp"

#include "platform/epoll.hpp"
#include "sched/execution.hpp"

#include <weft/detail/chan_core.hpp>

#include <memory>
#include <mutex>
#include <new>
#include <type_traits>

namespace weft::sched {

/// All poll descriptors of the process. Never frees one: a late event may still look at it.
class descriptor_slab {
public:
    /// Throws std::bad_alloc.
    poll_descriptor& take() {
        {
            const std::lock_guard hold(lock_);
            if (poll_descriptor* d = pop()) {
                return *d;
            }
        }
        auto fresh = std::make_unique<poll_descriptor[]>(chunk_size);
        const std::lock_guard hold(lock_);
        if (poll_descriptor* d = pop()) {
            return *d;
        }
        if (chunk_count_ == chunks_max) {
            throw std::bad_alloc();
        }
        for (std::uint32_t i = 0; i < chunk_size; ++i) {
            fresh[i].index_ = chunk_count_ * chunk_size + i;
            push(fresh[i]);
        }
        // release: pairs with `find`, on the machine that handles an event.
        chunks_[chunk_count_].store(fresh.release(), platform::memory_order_release);
        ++chunk_count_;
        return *pop();
    }
    void give(poll_descriptor& d) noexcept {
        const std::lock_guard hold(lock_);
        push(d);
    }
    /// One that was taken once.
    poll_descriptor& find(std::uint32_t index) noexcept {
        return chunks_[index / chunk_size].load(platform::memory_order_acquire)[index % chunk_size];
    }

private:
    static constexpr std::uint32_t chunk_size = 256;
    // Four million: what a process may have open is by default limited to a quarter of that.
    static constexpr std::uint32_t chunks_max = 1 << 14;

    poll_descriptor* pop() noexcept {
        poll_descriptor* d = free_;
        if (d != nullptr) {
            free_ = d->next_free_;
        }
        return d;
    }
    void push(poll_descriptor& d) noexcept {
        d.next_free_ = free_;
        free_ = &d;
    }

    detail::spin_lock lock_;  // guards what follows, but for reads of published chunks
    poll_descriptor* free_ = nullptr;
    std::uint32_t chunk_count_ = 0;
    std::array<platform::atomic<poll_descriptor*>, chunks_max> chunks_{};
};

namespace {

descriptor_slab& slab() noexcept {
    static descriptor_slab the_slab;
    static_assert(std::is_trivially_destructible_v<descriptor_slab>, "sockets may outlive it");
    return the_slab;
}

constexpr std::uint32_t readable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t writable = EPOLLOUT | EPOLLHUP | EPOLLERR;

}  // namespace

/// Lives on its party's stack.
struct poll_descriptor::waiter : timer {
    waiter* next = nullptr;
    waiter* prev = nullptr;
    poll_descriptor* where = nullptr;
    goroutine* party = nullptr;
    std::uint32_t generation = 0;
    std::uint32_t seen = 0;
    io_direction towards{};
    bool queued = false;   // guarded by the descriptor's lock, as is what follows
    bool expired = false;  // its time came before it was queued
    io_wait outcome = io_wait::try_again;
};

poll_descriptor& poll_descriptor::open(int descriptor) {
    poll_descriptor& d = slab().take();
    const std::lock_guard hold(d.lock_);  // a late event may be looking
    d.number_ = descriptor;
    d.epoch_.store(0, platform::memory_order_relaxed);
    for (direction& each : d.directions_) {
        each.deadline_ns.store(no_deadline, platform::memory_order_relaxed);
        each.first = each.last = nullptr;
    }
    const std::uint64_t generation = d.life_.load(platform::memory_order_relaxed) >> 32;
    d.life_.store(generation << 32 | 1, platform::memory_order_release);  // pairs with `enter`
    return d;
}

bool poll_descriptor::is_open(std::uint32_t generation) const noexcept {
    const std::uint64_t life = life_.load(platform::memory_order_acquire);
    return generation_of(life) == generation && (life & closed_bit) == 0;
}

bool poll_descriptor::enter(std::uint32_t generation) noexcept {
    std::uint64_t life = life_.load(platform::memory_order_relaxed);
    do {
        if (generation_of(life) != generation || (life & closed_bit) != 0) {
            return false;
        }
    } while (!life_.compare_exchange_weak(life, life + 1, platform::memory_order_acquire,
                                          platform::memory_order_relaxed));
    return true;
}

void poll_descriptor::leave() noexcept {
    // acq_rel: the last one closes the number after all calls of the others.
    const std::uint64_t before = life_.fetch_sub(1, platform::memory_order_acq_rel);
    if ((before & users_mask) == 1) {  // the owner has left, which it does at close only
        finish();
    }
}

bool poll_descriptor::close(std::uint32_t generation) noexcept {
    std::uint64_t life = life_.load(platform::memory_order_relaxed);
    do {
        if (generation_of(life) != generation || (life & closed_bit) != 0) {
            return false;
        }
    } while (!life_.compare_exchange_weak(life, life | closed_bit, platform::memory_order_acq_rel,
                                          platform::memory_order_relaxed));
    waiter* readers = nullptr;
    waiter* writers = nullptr;
    {
        const std::lock_guard hold(lock_);
        drop_earlier_run();
        readers = take_all(io_direction::read, io_wait::closed);
        writers = take_all(io_direction::write, io_wait::closed);
    }
    ready_all(readers);
    ready_all(writers);
    leave();
    return true;
}

void poll_descriptor::finish() noexcept {
    scheduler* s = active();
    if (s != nullptr && epoch_.load(platform::memory_order_relaxed) ==
                            detail::run_epoch.load(platform::memory_order_relaxed)) {
        s->network().remove(number_);
    }
    platform::close_descriptor(number_);
    const std::uint64_t next = (life_.load(platform::memory_order_relaxed) >> 32) + 1;
    life_.store(next << 32 | closed_bit, platform::memory_order_release);
    slab().give(*this);
}

int poll_descriptor::watch() noexcept {
    const std::uint32_t run = detail::run_epoch.load(platform::memory_order_relaxed);
    if (epoch_.load(platform::memory_order_acquire) == run) {  // pairs with the release below
        return 0;
    }
    const std::lock_guard hold(lock_);
    if (epoch_.load(platform::memory_order_relaxed) == run) {
        return 0;
    }
    for (direction& each : directions_) {
        each.first = each.last = nullptr;
    }
    const std::uint64_t data = std::uint64_t{generation()} << 32 | index_;
    const int error = active()->network().add(number_, data, &poll_descriptor::on_event);
    if (error == 0) {
        epoch_.store(run, platform::memory_order_release);
    }
    return error;
}

void poll_descriptor::drop_earlier_run() noexcept {
    if (active() == nullptr || epoch_.load(platform::memory_order_relaxed) !=
                                   detail::run_epoch.load(platform::memory_order_relaxed)) {
        for (direction& each : directions_) {
            each.first = each.last = nullptr;
        }
    }
}

void poll_descriptor::push(waiter& w) noexcept {
    direction& d = at(w.towards);
    w.prev = d.last;
    (d.last != nullptr ? d.last->next : d.first) = &w;
    d.last = &w;
    w.queued = true;
}

void poll_descriptor::remove(waiter& w) noexcept {
    direction& d = at(w.towards);
    (w.prev != nullptr ? w.prev->next : d.first) = w.next;
    (w.next != nullptr ? w.next->prev : d.last) = w.prev;
    w.next = w.prev = nullptr;
    w.queued = false;
}

poll_descriptor::waiter* poll_descriptor::take_first(io_direction d) noexcept {
    waiter* w = at(d).first;
    if (w != nullptr) {
        remove(*w);
    }
    return w;
}

poll_descriptor::waiter* poll_descriptor::take_all(io_direction d, io_wait outcome) noexcept {
    waiter* all = at(d).first;
    for (waiter* w = all; w != nullptr; w = w->next) {
        w->queued = false;
        w->outcome = outcome;
    }
    at(d).first = at(d).last = nullptr;
    return all;
}

void poll_descriptor::ready_all(waiter* first) noexcept {
    while (first != nullptr) {
        waiter* next = first->next;  // the waiter is gone once its party goes on
        detail::ready(*first->party);
        first = next;
    }
}

void poll_descriptor::set_deadline(io_direction d, std::int64_t when_ns) noexcept {
    waiter* waiting = nullptr;
    {
        const std::lock_guard hold(lock_);
        drop_earlier_run();
        direction& towards = at(d);
        towards.deadline_ns.store(when_ns, platform::memory_order_relaxed);
        // release: who reads the count reads the new deadline afterwards.
        towards.changes.fetch_add(1, platform::memory_order_release);
        waiting = take_all(d, io_wait::try_again);
    }
    ready_all(waiting);
}

void poll_descriptor::hand_on(std::uint32_t generation, io_direction d) noexcept {
    waiter* next = nullptr;
    {
        const std::lock_guard hold(lock_);
        if (is_open(generation)) {
            next = take_first(d);
        }
    }
    if (next != nullptr) {
        detail::ready(*next->party);
    }
}

io_wait poll_descriptor::wait(goroutine& party, std::uint32_t generation, io_direction d,
                              std::uint32_t seen, std::int64_t until_ns) noexcept {
    scheduler& s = *active();
    waiter w;
    w.where = this;
    w.party = &party;
    w.generation = generation;
    w.seen = seen;
    w.towards = d;
    if (until_ns != no_deadline) {
        w.fire = &poll_descriptor::expire;
        try {
            s.arm(w, until_ns);
        } catch (const std::bad_alloc&) {
            return io_wait::no_memory;
        }
    }
    s.network().waiter_came();
    park(party, detail::wait_reason::io_wait, {&poll_descriptor::publish, &w});
    s.network().waiter_left();
    s.disarm(w);
    return w.outcome;
}

void poll_descriptor::publish(void* self) noexcept {
    auto& w = *static_cast<waiter*>(self);
    poll_descriptor& d = *w.where;
    {
        const std::lock_guard hold(d.lock_);
        if (!d.is_open(w.generation)) {
            w.outcome = io_wait::closed;
        } else if (!w.expired && d.changes(w.towards) == w.seen) {
            d.push(w);
            return;
        }
    }
    detail::ready(*w.party);
}

void poll_descriptor::expire(timer& self, std::int64_t) {
    auto& w = static_cast<waiter&>(self);
    goroutine* party = nullptr;
    {
        const std::lock_guard hold(w.where->lock_);
        w.expired = true;
        if (w.queued) {
            w.where->remove(w);
            party = w.party;
        }
    }
    if (party != nullptr) {
        detail::ready(*party);
    }
}

void poll_descriptor::on_event(std::uint64_t data, std::uint32_t events, goroutine_list& ready) {
    poll_descriptor& d = slab().find(static_cast<std::uint32_t>(data));
    waiter* woken[2] = {nullptr, nullptr};
    {
        const std::lock_guard hold(d.lock_);
        if (!d.is_open(generation_of(data))) {
            return;
        }
        for (const io_direction towards : {io_direction::read, io_direction::write}) {
            const std::uint32_t interest = towards == io_direction::read ? readable : writable;
            if ((events & interest) != 0) {
                // release: pairs with the acquire in `changes`.
                d.at(towards).changes.fetch_add(1, platform::memory_order_release);
                woken[static_cast<std::size_t>(towards)] = d.take_first(towards);
            }
        }
    }
    for (waiter* w : woken) {
        if (w == nullptr) {
            continue;
        }
        if (w->party->kind == detail::goroutine_kind::foreign) {
            detail::ready(*w->party);
        } else {
            w->party->state.store(detail::goroutine_state::runnable,
                                  platform::memory_order_relaxed);
            ready.push(*w->party);
        }
    }
}

}  // namespace weft::sched
