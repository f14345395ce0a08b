#include "sched/goroutine_extension.hpp"

#include "sched/bubble.hpp"
#include "sched/scheduler.hpp"

#include <weft/runtime.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace weft::sched {

namespace {

using detail::local_value;

platform::atomic<std::uint64_t> local_keys{1};

/// A plain thread's. Not inlined: see platform/thread.hpp.
[[gnu::noinline]] goroutine_extension& thread_extension() noexcept {
    struct ending {
        goroutine_extension extension;
        ~ending() { end_locals(extension); }
    };
    thread_local ending self;
    return self.extension;
}

/// Null when the caller is a goroutine without one.
goroutine_extension* find_extension() noexcept {
    const machine* m = current_machine();
    if (m == nullptr || m->current == nullptr) {
        return &thread_extension();
    }
    return m->current->extension.load(platform::memory_order_relaxed);
}

}  // namespace

goroutine_extension& this_extension() {
    if (goroutine_extension* found = find_extension()) {
        return *found;
    }
    auto fresh = std::make_unique<goroutine_extension>();
    // release: pairs with the reports' acquire.
    current_machine()->current->extension.store(fresh.get(), platform::memory_order_release);
    return *fresh.release();
}

void end_locals(goroutine_extension& of) noexcept {
    while (local_value* newest = of.locals) {
        of.locals = newest->next;
        newest->end(*newest, local_value::fate::destroy);
    }
}

void end_extension(goroutine_extension& of) noexcept {
    end_locals(of);
    end_exit(of.exit);
    if (of.thread_locks != 0) {
        machine& m = *of.locked_to;
        const runtime_visit visit(&m);
        m.owner->end_locked(m, of);
    }
    if (!of.name.empty()) {
        const std::lock_guard hold(of.lock);
        of.name.clear();
    }
    if (of.bubble != nullptr) {  // last: whoever waits for that may end the run
        leave(of);
    }
}

void abandon_extension(goroutine& g) noexcept {
    const std::unique_ptr<goroutine_extension> of(
        g.extension.exchange(nullptr, platform::memory_order_relaxed));
    if (of == nullptr) {
        return;
    }
    while (local_value* newest = of->locals) {
        of->locals = newest->next;
        newest->end(*newest, local_value::fate::abandon);
    }
    if (of->bubble != nullptr) {
        of->bubble->drop_reference();
    }
}

std::string name_of(const goroutine& g) {
    goroutine_extension* of = g.extension.load(platform::memory_order_acquire);
    if (of == nullptr) {
        return {};
    }
    const std::lock_guard hold(of->lock);
    return of->name;
}

std::size_t copy_name(const goroutine& g, char* to, std::size_t size_max) noexcept {
    goroutine_extension* of = g.extension.load(platform::memory_order_acquire);
    if (of == nullptr) {
        return 0;
    }
    const std::lock_guard hold(of->lock);
    return of->name.copy(to, size_max);
}

}  // namespace weft::sched

namespace weft {

std::uint64_t detail::new_local_key() noexcept {
    return sched::local_keys.fetch_add(1, platform::memory_order_relaxed);
}

detail::local_value* detail::find_local(std::uint64_t key) noexcept {
    const goroutine_extension* of = sched::find_extension();
    local_value* value = of == nullptr ? nullptr : of->locals;
    while (value != nullptr && value->key != key) {
        value = value->next;
    }
    return value;
}

void detail::prepare_for_locals() {
    sched::this_extension();
}

void detail::add_local(local_value& value) noexcept {
    goroutine_extension& of = *sched::find_extension();
    value.next = of.locals;
    of.locals = &value;
}

void this_goroutine::name(std::string_view name) {
    detail::goroutine_extension& of = sched::this_extension();
    std::string text(name);
    const std::lock_guard hold(of.lock);
    of.name.swap(text);
}

}  // namespace weft
