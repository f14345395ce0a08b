// The rarely used parts of a goroutine.
#pragma once

#include "sched/goexit.hpp"

#include <weft/detail/bubble.hpp>
#include <weft/detail/goroutine.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/goroutine_local.hpp>

#include <cstdint>
#include <string>

namespace weft::sched {
class bubble;
struct machine;
}  // namespace weft::sched

namespace weft::detail {

/// Made when first needed; emptied at the goroutine's end, and kept with the descriptor for the
/// next one: so a report may read the name of a goroutine that is just ending.
struct goroutine_extension {
    // The goroutine's own.
    local_value* locals = nullptr;  // newest first
    sched::forced_exit exit;
    std::uint32_t thread_locks = 0;       // lock_os_thread less unlock_os_thread
    sched::machine* locked_to = nullptr;  // while there are any
    // A counted reference, constant while the goroutine may be made ready; and for reports.
    sched::bubble* bubble = nullptr;
    platform::atomic<bubble_id> bubble_number{no_bubble};

    spin_lock lock;  // guards what follows
    std::string name;
};

}  // namespace weft::detail

namespace weft::sched {

using detail::goroutine;
using detail::goroutine_extension;

/// The caller's: of its goroutine, or of the plain thread. Throws std::bad_alloc at first use.
goroutine_extension& this_extension();

/// Destroys the values of goroutine_local variables. They may use and make others, and block.
void end_locals(goroutine_extension& of) noexcept;

/// The goroutine has ended, after its closure: leaves the extension as if it was new.
void end_extension(goroutine_extension& of) noexcept;

/// The run has ended, and the goroutine does not exist any more: releases the extension's memory.
void abandon_extension(goroutine& g) noexcept;

/// Empty when it has none; for any thread.
std::string name_of(const goroutine& g);
/// As much of it as fits, without memory for it; returns the size.
std::size_t copy_name(const goroutine& g, char* to, std::size_t size_max) noexcept;

}  // namespace weft::sched
