// What Valgrind must be told of stacks; some ten idle instructions for each new one without it.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define WEFT_VALGRIND 1
#endif

namespace weft::fiber {

/// The stacks that Valgrind knows. It follows the stack pointer, and takes a jump to memory that it
/// does not know as a stack for a frame of many kilobytes, whose contents it then complains about.
class valgrind_stacks {
public:
    void add([[maybe_unused]] char* low, [[maybe_unused]] std::size_t size) noexcept {
#ifdef WEFT_VALGRIND
        if (RUNNING_ON_VALGRIND != 0) {
            try {
                ids_.push_back(VALGRIND_STACK_REGISTER(low, low + size));
            } catch (const std::bad_alloc&) {  // then it complains
            }
        }
#endif
    }
    void forget_all() noexcept {
#ifdef WEFT_VALGRIND
        for ([[maybe_unused]] const unsigned id : ids_) {
            VALGRIND_STACK_DEREGISTER(id);
        }
#endif
        ids_.clear();
    }

private:
    std::vector<unsigned> ids_;
};

}  // namespace weft::fiber
