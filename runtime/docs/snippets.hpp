// What the guide's snippets use without saying what it is.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>
#include <weft/weft.hpp>

struct job {
    void perform() {}
};

inline void use(int) {}
inline void fetch(const weft::context&, const std::string&) {}
