#include "stack_pool.hpp"

#include <sys/mman.h>

#include <mutex>
#include <new>

namespace contender {
namespace {

// A free stack holds the list's link at its top, where the next fiber will write anyway.
struct free_stack {
    free_stack* next;
};

free_stack* link_of(void* top) {
    return reinterpret_cast<free_stack*>(static_cast<char*>(top) - sizeof(free_stack));
}

void* top_of(free_stack* link) {
    return reinterpret_cast<char*>(link) + sizeof(free_stack);
}

struct stack_list {
    free_stack* head = nullptr;
    std::size_t size = 0;

    void push(free_stack* stack) {
        stack->next = head;
        head = stack;
        ++size;
    }
    free_stack* pop() {
        free_stack* const stack = head;
        head = stack->next;
        --size;
        return stack;
    }
    void move(std::size_t stacks, stack_list& to) {
        for (; stacks > 0 && head != nullptr; --stacks) {
            to.push(pop());
        }
    }
};

constexpr std::size_t batch = 64;        // stacks that change hands with the depot at once
constexpr std::size_t cached_max = 256;  // stacks that a thread keeps

std::mutex depot_mutex;
stack_list depot;  // guarded by depot_mutex; given back to the system by the process's end

/// A thread's stacks, which the depot inherits when the thread ends.
struct thread_cache : stack_list {
    ~thread_cache() {
        const std::scoped_lock lock(depot_mutex);
        move(size, depot);
    }
};
thread_local thread_cache cached;

// Stacks that were never used come from one mapping at a time, from its end to its begin, and
// take no memory before a fiber touches them.
struct slab {
    char* base = nullptr;
    std::size_t left = 0;
};
thread_local slab fresh;

void* carve_fresh() {
    if (fresh.left == 0) {
        void* const base = mmap(nullptr, batch * stack_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED) {
            throw std::bad_alloc();
        }
        madvise(base, batch * stack_bytes, MADV_NOHUGEPAGE);
        fresh = {static_cast<char*>(base), batch};
    }
    void* const top = fresh.base + fresh.left * stack_bytes;
    --fresh.left;
    return top;
}

void* take_stack() {
    if (cached.head == nullptr) {
        const std::scoped_lock lock(depot_mutex);
        depot.move(batch, cached);
    }
    return cached.head != nullptr ? top_of(cached.pop()) : carve_fresh();
}

}  // namespace

boost::context::stack_context pooled_stack::allocate() {
    boost::context::stack_context stack;
    stack.size = stack_bytes;
    stack.sp = take_stack();
    return stack;
}

void pooled_stack::deallocate(boost::context::stack_context& stack) noexcept {
    cached.push(link_of(stack.sp));
    if (cached.size > cached_max) {
        const std::scoped_lock lock(depot_mutex);
        cached.move(batch, depot);
    }
}

}  // namespace contender
