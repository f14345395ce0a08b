// Store-load fences, symmetric and asymmetric.
//
// Problem. The scheduler has Dekker pairs: "publish work, then look for sleepers" against "declare
// sleep, then look for work". Each side needs its store to be visible before its load; a plain
// store followed by a load is what every processor reorders. One side (publishing work) runs
// millions of times a second, the other (going to sleep) rarely.
//
// Rule. The frequent side calls `light_fence`, the rare side `heavy_fence`. With membarrier(2) the
// heavy side makes every processor that runs this process execute a full fence, so that the light
// side needs only to keep the compiler from reordering. Where the kernel refuses membarrier, both
// are full fences.
//
// Why it is right. membarrier(PRIVATE_EXPEDITED) returns after each running thread of the process
// has passed a full barrier between its program-order predecessors and successors. So for every
// light_fence either its preceding store is visible to loads after the heavy_fence, or the barrier
// hit before the store, and then the light side's following load sees the stores that preceded the
// heavy_fence. That is the Dekker guarantee.
#pragma once

#include <weft/detail/atomic.hpp>

namespace weft::platform {

/// Registers for membarrier once per process; called before the first thread is started.
void prepare_fences() noexcept;

namespace detail {
extern bool membarrier_ready;  // written before threads exist, constant afterwards
}

/// A full fence on this processor.
void full_fence() noexcept;

/// The frequent side of an asymmetric pair; a full fence where membarrier is missing.
inline void light_fence() noexcept {
    if (detail::membarrier_ready) [[likely]] {
        compiler_barrier();
    } else {
        full_fence();
    }
}

/// The rare side of an asymmetric pair. Costs a system call and an interrupt per busy processor.
void heavy_fence() noexcept;

}  // namespace weft::platform
