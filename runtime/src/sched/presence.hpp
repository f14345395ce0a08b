// Whether a machine is inside the runtime; and taking its processor away while it is not.
//
// Problem. A goroutine that computes for long holds a processor that others need. The monitor must
// be able to take the processor without the goroutine's help and without a signal, and the
// goroutine's next call of the runtime must notice that it is gone, at no more than the cost of a
// few plain instructions.
//
// Rule. A machine raises `inside_` before it touches its processor and then looks for a request; it
// lowers it when it goes back to the program's code. The monitor makes a request, passes a heavy
// fence, and looks whether the machine is inside. If so it stands back. If not, it moves the
// request to `taking`, reads what the machine holds, and ends with `taken` or `none`. A machine
// that comes in and finds a request withdraws one that is only `asked`, waits out `taking`, and
// gives up its processor on `taken`.
//
// Why it is right. By the fence's guarantee (platform/fence.hpp) either the monitor sees the
// machine inside, or the machine sees the request. Where both see each other, one compare-and-swap
// on the request decides. A machine that is kept waiting by `taking`, or has not come in, touches
// neither its processor nor `held`; so the monitor may read `held`, and what the machine last wrote
// to its processor is visible to the monitor by the release of `inside_` that it read, and to the
// machine that gets the processor next by the scheduler's lock.
#pragma once

#include "platform/fence.hpp"

#include <cstdint>

namespace weft::sched {

class presence {
public:
    /// The machine, from the program's code. False: its processor has been taken.
    bool enter() noexcept {
        inside_.store(true, platform::memory_order_relaxed);
        platform::light_fence();
        return request_.load(platform::memory_order_acquire) == request::none || answer();
    }
    /// The machine, on its way to the program's code.
    void leave() noexcept { inside_.store(false, platform::memory_order_release); }
    /// The machine: whether it is between the two, as when the runtime calls itself.
    bool inside() const noexcept { return inside_.load(platform::memory_order_relaxed); }

    /// The monitor: true when the machine is kept out until `taken` or `withdraw` is called.
    bool begin_taking() noexcept;
    void taken() noexcept { request_.store(request::taken, platform::memory_order_release); }
    void withdraw() noexcept { request_.store(request::none, platform::memory_order_release); }

private:
    enum class request : std::uint8_t { none, asked, taking, taken };
    bool answer() noexcept;

    platform::atomic<bool> inside_{true};
    platform::atomic<request> request_{request::none};
};

}  // namespace weft::sched
