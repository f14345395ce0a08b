#include "sched/memory_refusal.hpp"

#include <weft/error.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <type_traits>

namespace weft::sched {

namespace {

static_assert(std::is_nothrow_copy_constructible_v<resource_error>);

resource_error no_memory(const char* what) {
    return {ENOMEM, std::generic_category(), what};
}

/// In the order of `memory_for`.
const std::array<resource_error, 4>& made() {
    static const std::array errors{
        no_memory("no memory for another goroutine"), no_memory("no memory for a bubble"),
        no_memory("no memory for another timer"), no_memory("no memory for another processor")};
    return errors;
}

}  // namespace

void prepare_memory_refusals() {
    made();
}

void refuse_memory(memory_for what) {
    throw resource_error(made()[static_cast<std::size_t>(what)]);
}

}  // namespace weft::sched
