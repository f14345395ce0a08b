#include "sched/inspection.hpp"

#include "fiber/peek.hpp"
#include "platform/fence.hpp"
#include "platform/symbols.hpp"
#include "sched/goroutine_extension.hpp"
#include "sched/report.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace weft::sched {

namespace {

using detail::goroutine_state;
using detail::wait_reason;

constexpr std::size_t frames_max = 100;
constexpr std::int64_t minute_ns = 60'000'000'000;

std::optional<goroutine_view> look(const goroutine& g) {
    goroutine_view seen;
    seen.state = g.state.load(platform::memory_order_acquire);
    if (seen.state == goroutine_state::free || fiber::peek(g.system)) {
        return std::nullopt;
    }
    seen.descriptor = &g;
    seen.id = fiber::peek(g.id);
    seen.started_at = fiber::peek(g.started_at);
    seen.name = name_of(g);
    seen.stack = fiber::peek(g.stack);
    seen.reason = g.reason.load(platform::memory_order_relaxed);
    seen.locked_to_thread = fiber::peek(g.kind) == detail::goroutine_kind::locked;
    seen.waits_since = g.waits_since.load(platform::memory_order_relaxed);
    seen.durable = g.durable.load(platform::memory_order_relaxed);
    if (const auto* of = g.extension.load(platform::memory_order_acquire)) {
        seen.bubble = of->bubble_number.load(platform::memory_order_relaxed);
    }
    return seen;
}

bool still_there(const goroutine_view& g) noexcept {
    return g.descriptor->state.load(platform::memory_order_acquire) != goroutine_state::free &&
           fiber::peek(g.descriptor->id) == g.id;
}

std::string header(const goroutine_view& g) {
    std::string text = "goroutine " + std::to_string(g.id);
    if (!g.name.empty()) {
        text += " \"" + g.name + "\"";
    }
    text += " [" + std::string(g.word());
    if (g.durable && g.state == goroutine_state::waiting) {
        text += " (durable)";
    }
    if (const std::int64_t minutes = g.waited_ns() / minute_ns; minutes > 0) {
        text += ", " + std::to_string(minutes) + " minutes";
    }
    if (g.locked_to_thread) {
        text += ", locked to thread";
    }
    if (g.bubble != detail::no_bubble) {
        text += ", synctest bubble " + std::to_string(g.bubble);
    }
    return text + "]:\n";
}

}  // namespace

std::string_view goroutine_view::word() const noexcept {
    switch (state) {
        case goroutine_state::waiting:
            return word_of(reason);
        case goroutine_state::running:
            return reason == wait_reason::blocking_call ? word_of(reason) : "running";
        case goroutine_state::runnable:
            return "runnable";
        case goroutine_state::free:
            break;
    }
    return "dead";
}

std::int64_t goroutine_view::waited_ns() const noexcept {
    const bool waits = state == goroutine_state::waiting ||
                       (state == goroutine_state::running && reason == wait_reason::blocking_call);
    return waits ? coarse_clock::ns_since(waits_since) : 0;
}

std::vector<goroutine_view> look_at(const goroutine* slab) {
    std::vector<goroutine_view> seen;
    for (std::size_t i = 0; i < goroutine_pool::slab_size; ++i) {
        if (std::optional<goroutine_view> one = look(slab[i])) {
            seen.push_back(*std::move(one));
        }
    }
    platform::heavy_fence();  // see the head of inspection.hpp
    std::erase_if(seen, [](const goroutine_view& each) { return !still_there(each); });
    return seen;
}

goroutine_writer::goroutine_writer(scheduler& s, const void* caller)
    : stacks_(s.stacks()),
      memory_(stacks_.memory()),
      caller_(reinterpret_cast<std::uintptr_t>(caller)) {}

std::string goroutine_writer::describe(const goroutine_view& g) {
    return header(g) + backtrace(g) + started_in(g.started_at);
}

std::string goroutine_writer::describe_briefly(const goroutine_view& g) {
    return header(g) + started_in(g.started_at);
}

std::string goroutine_writer::lines_of(std::span<const std::uintptr_t> addresses,
                                       fiber::trace_end end) {
    std::string lines;
    for (const std::uintptr_t address : addresses) {
        std::string& call = calls_[address];
        if (call.empty()) {
            call = platform::describe_call(address);
        }
        lines += call;
    }
    if (end == fiber::trace_end::full) {
        lines += "...additional frames elided...\n";
    } else if (end == fiber::trace_end::lost) {
        lines += "...the stack cannot be read further...\n";
    }
    return lines;
}

std::string goroutine_writer::backtrace(const goroutine_view& g) {
    const machine* m = current_machine();
    if (m != nullptr && m->current == g.descriptor) {
        return own_backtrace();
    }
    if (g.state == goroutine_state::running) {
        return "\tgoroutine running on other thread; stack unavailable\n";
    }
    return g.stack == nullptr ? std::string() : parked_backtrace(g);
}

std::string goroutine_writer::own_backtrace() {
    std::array<std::uintptr_t, frames_max> addresses{};
    const fiber::trace all = fiber::trace_here(addresses);
    const std::span found = std::span(addresses).first(all.count);
    const auto first = std::find(found.begin(), found.end(), caller_);
    return lines_of(std::span(first, found.end()), all.end);
}

std::string goroutine_writer::parked_backtrace(const goroutine_view& g) {
    const fiber::memory_range slot = slot_of(g.stack);
    if (!slot.holds(reinterpret_cast<std::uintptr_t>(g.stack), sizeof *g.stack)) {
        return {};  // a slab that is younger than this report
    }
    std::array<std::uintptr_t, frames_max> addresses{};
    const void* const stack_pointer = fiber::peek(g.stack->self.stack_pointer);
    const fiber::trace found = fiber::trace_parked(stack_pointer, slot, addresses);
    platform::heavy_fence();
    const bool undisturbed =
        still_there(g) && g.descriptor->state.load(platform::memory_order_relaxed) == g.state &&
        g.descriptor->waits_since.load(platform::memory_order_relaxed) == g.waits_since &&
        fiber::peek(g.stack->self.stack_pointer) == stack_pointer;
    return undisturbed ? lines_of(std::span(addresses).first(found.count), found.end)
                       : "\tgoroutine went on meanwhile; stack unavailable\n";
}

fiber::memory_range goroutine_writer::slot_of(const fiber::stack* s) {
    const auto address = reinterpret_cast<std::uintptr_t>(s);
    const auto above = std::upper_bound(
        memory_.begin(), memory_.end(), address,
        [](std::uintptr_t at, const fiber::memory_range& slab) { return at < slab.low; });
    if (above == memory_.begin() || !std::prev(above)->holds(address, 1)) {
        return {};
    }
    return stacks_.slot_around(*std::prev(above), address);
}

void describe_all(scheduler& s, const void* caller,
                  const std::function<void(std::string_view)>& write) {
    goroutine_writer writer(s, caller);
    bool first = true;
    for_each_goroutine(s, [&](const goroutine_view& each) {
        write((first ? "" : "\n") + writer.describe(each));
        first = false;
    });
}

goroutine_info info_of(const goroutine_view& g) {
    return {g.id, g.name, std::string(g.word()), g.started_at,
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::nanoseconds(g.waited_ns()))};
}

}  // namespace weft::sched
