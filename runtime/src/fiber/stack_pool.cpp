#include "fiber/stack_pool.hpp"

#include "platform/memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string_view>

namespace weft::fiber {

namespace {

constexpr std::size_t slab_bytes_max = std::size_t{64} << 20;
constexpr std::uint64_t canary_value = 0x57454654'C0FFEE11;
constexpr std::size_t colours = 16;
// Half of the kernel's mappings, two for each guard, stay with the rest of the program.
constexpr std::uint64_t mappings_per_guard = 2;

// A frame that skips the guard is the compiler's affair (stack-clash protection probes every page
// on x86-64); aarch64's compilers take a guard of 64 KiB for granted.
#if defined(__aarch64__)
constexpr std::size_t guard_bytes_wanted = 64 << 10;
#else
constexpr std::size_t guard_bytes_wanted = 4 << 10;
#endif

void place_canary(stack& of) noexcept {
    of.canary = reinterpret_cast<std::uint64_t*>(of.low);
    *of.canary = canary_value;
}

std::size_t round_up(std::size_t value, std::size_t unit) noexcept {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

stack_pool::~stack_pool() {
    close();
}

void stack_pool::open(std::size_t stack_size, entry start) {
    const std::size_t page = platform::system_page_size();
    guard_bytes_ = round_up(guard_bytes_wanted, page);
    slot_bytes_ = round_up(stack_size, page) + guard_bytes_;
    start_ = start;
    mprotect_left_ = platform::mappings_max() / 2 / mappings_per_guard;
    guards_ = probe_guard();
}

void stack_pool::close() noexcept {
    for (stack* each : made_stacks_) {
        destroy_fiber(each->self.sanitizer);
    }
    made_stacks_.clear();
    known_.forget_all();
    for (const slab& each : slabs_) {
        forget_stack_memory(each.memory, each.bytes);
        platform::unreserve(each.memory, each.bytes);
    }
    slabs_.clear();
    cold_.clear();
    depot_ = nullptr;
    depot_count_.store(0, platform::memory_order_relaxed);
    fresh_ = fresh_end_ = nullptr;
    warm_.store(0, platform::memory_order_relaxed);
}

guard_kind stack_pool::probe_guard() noexcept {
    const char* asked = std::getenv("WEFT_GUARD");
    const std::string_view want = asked == nullptr ? "" : asked;
    if (want == "none") {
        return guard_kind::none;
    }
    if (want == "canary") {
        return guard_kind::canary;
    }
    // What the kernel can do is found out by doing it: version numbers lie, and a locked address
    // space refuses what the same kernel grants elsewhere.
    const std::size_t page = platform::system_page_size();
    char* probe = platform::reserve(page);
    const bool by_madvise = probe != nullptr && platform::guard_by_madvise(probe, page);
    if (probe != nullptr) {
        platform::unreserve(probe, page);
    }
    return by_madvise && want != "mprotect" ? guard_kind::madvise : guard_kind::mprotect;
}

bool stack_pool::install_guard(char* slot) noexcept {
    switch (guards_) {
        case guard_kind::madvise:
            return platform::guard_by_madvise(slot, guard_bytes_);
        case guard_kind::mprotect:
            if (mprotect_left_ == 0) {
                return false;
            }
            --mprotect_left_;
            return platform::guard_by_mprotect(slot, guard_bytes_);
        case guard_kind::none:
        case guard_kind::canary:
            break;
    }
    return false;
}

bool stack_pool::add_slab() noexcept {
    const std::size_t slots = std::max<std::size_t>(1, slab_bytes_max / slot_bytes_);
    const std::size_t bytes = slots * slot_bytes_;
    try {
        slabs_.reserve(slabs_.size() + 1);
        // Every slot may become cold one day, and trimming must not fail for want of memory.
        cold_.reserve((slabs_.size() + 1) * slots);
        if constexpr (sanitized) {
            made_stacks_.reserve((slabs_.size() + 1) * slots);
        }
    } catch (const std::bad_alloc&) {
        return false;
    }
    char* memory = platform::reserve(bytes);
    if (memory == nullptr) {
        return false;
    }
    slabs_.push_back({memory, bytes});
    fresh_ = memory;
    fresh_end_ = memory + bytes;
    return true;
}

stack* stack_pool::make(char* slot) noexcept {
    const std::size_t colour = (made_++ % colours) * platform::cache_line;
    char* top = slot + slot_bytes_ - colour - sizeof(stack);
    top -= reinterpret_cast<std::uintptr_t>(top) % platform::cache_line;
    auto* made = new (top) stack;
    made->low = slot + guard_bytes_;
    prepare(made->self, top, static_cast<std::size_t>(top - made->low), start_);
    create_fiber(made->self.sanitizer);
    known_.add(made->low, slot_bytes_ - guard_bytes_);
    if constexpr (sanitized) {
        made_stacks_.push_back(made);
    }
    warm_.fetch_add(1, platform::memory_order_relaxed);
    return made;
}

stack* stack_pool::take(int count, int* got) noexcept {
    const std::lock_guard hold(lock_);
    stack* chain = nullptr;
    *got = 0;
    while (*got < count) {
        stack* next = depot_;
        if (next != nullptr) {
            depot_ = next->next;
            depot_count_.fetch_sub(1, platform::memory_order_relaxed);
        } else if (*got > 0) {
            break;  // fresh memory is dear: no more of it than is asked for now
        } else if (!cold_.empty()) {
            next = make(cold_.back());
            cold_.pop_back();
            if (guards_ == guard_kind::mprotect || guards_ == guard_kind::canary) {
                place_canary(*next);  // whether this one had a guard is not remembered
            }
        } else {
            if (fresh_ == fresh_end_ && !add_slab()) {
                break;
            }
            char* slot = fresh_;
            fresh_ += slot_bytes_;
            const bool guarded = install_guard(slot);
            next = make(slot);
            if (!guarded && guards_ != guard_kind::none) {
                place_canary(*next);
            }
        }
        next->next = chain;
        chain = next;
        ++*got;
    }
    return chain;
}

void stack_pool::give(stack* first, stack* last, int count) noexcept {
    const std::lock_guard hold(lock_);
    last->next = depot_;
    depot_ = first;
    depot_count_.fetch_add(static_cast<std::uint64_t>(count), platform::memory_order_relaxed);
}

int stack_pool::trim(int count) noexcept {
    if constexpr (sanitized) {
        return 0;  // the sanitizers' handles stand in the memory that would be discarded
    }
    const std::lock_guard hold(lock_);
    int trimmed = 0;
    while (trimmed < count && depot_ != nullptr) {
        stack* victim = depot_;
        depot_ = victim->next;
        depot_count_.fetch_sub(1, platform::memory_order_relaxed);
        char* slot = victim->low - guard_bytes_;
        platform::discard(victim->low, slot_bytes_ - guard_bytes_);
        cold_.push_back(slot);
        warm_.fetch_sub(1, platform::memory_order_relaxed);
        ++trimmed;
    }
    return trimmed;
}

std::vector<memory_range> stack_pool::memory() {
    std::vector<memory_range> all;
    for (bool complete = false; !complete;) {
        all.reserve(2 * all.capacity() + 1);  // not under the lock
        const std::lock_guard hold(lock_);
        complete = slabs_.size() <= all.capacity();
        for (std::size_t i = 0; complete && i < slabs_.size(); ++i) {
            const auto low = reinterpret_cast<std::uintptr_t>(slabs_[i].memory);
            all.push_back({low, low + slabs_[i].bytes});
        }
    }
    std::sort(all.begin(), all.end(),
              [](memory_range one, memory_range other) { return one.low < other.low; });
    return all;
}

memory_range stack_pool::slot_around(memory_range slab, std::uintptr_t address) const noexcept {
    const std::uintptr_t slot = slab.low + (address - slab.low) / slot_bytes_ * slot_bytes_;
    return {slot + guard_bytes_, slot + slot_bytes_};
}

bool stack_pool::canary_died(const stack& of) noexcept {
    return of.canary != nullptr && *of.canary != canary_value;
}

bool stack_pool::overflows(const stack& of, const void* address) const noexcept {
    const char* at = static_cast<const char*>(address);
    return at >= of.low - guard_bytes_ && at < of.low;
}

}  // namespace weft::fiber
