// What a call panics with.
#pragma once

#include <weft/error.hpp>

#include <concepts>
#include <string>

namespace weft::sched {

/// The text of the panic that `f` ends with; "no panic" when it returns.
template <std::invocable F>
std::string panic_of(F f) {
    try {
        f();
    } catch (const panic& p) {
        return p.what();
    }
    return "no panic";
}

}  // namespace weft::sched
