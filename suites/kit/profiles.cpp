#include "suites/kit/profiles.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "suites/kit/allocator.hpp"

namespace suite {
namespace {

constexpr const char* preload = "LD_PRELOAD";

std::filesystem::path this_program() {
    return std::filesystem::read_symlink("/proc/self/exe");
}

std::filesystem::path program_of(const profile& which) {
    const std::filesystem::path here = this_program();
    return which.program.empty() ? here : here.parent_path() / which.program;
}

const profile& default_profile(const description& who) {
    return *std::find_if(who.profiles.begin(), who.profiles.end(),
                         [](const profile& each) { return each.is_default; });
}

/// Why the profile cannot be had on this machine; empty where it can.
std::string absence(const profile& which) {
    if (which.name == fast_allocator && fast_allocator_library().empty()) {
        return "jemalloc was not found: install libjemalloc2 and build again";
    }
    if (!std::filesystem::exists(program_of(which))) {
        return "its program, " + which.program + ", was not built";
    }
    return {};
}

[[noreturn]] void start_again(const std::filesystem::path& program, const char* const* argv) {
    // execv promises not to change what it is given.
    ::execv(program.c_str(), const_cast<char* const*>(argv));
    throw std::system_error(errno, std::generic_category(), program.string());
}

}  // namespace

description with_allocators(description who) {
    for (profile& each : who.profiles) {
        each.effective.emplace("allocator", usual_allocator());
    }
    profile fast = default_profile(who);
    fast.summary = fast.name + ", with jemalloc in malloc's place";
    fast.name = fast_allocator;
    fast.is_default = false;
    fast.on_request = true;
    fast.effective["allocator"] = fast_allocator;
    who.profiles.push_back(std::move(fast));
    return who;
}

std::vector<entry> entries_of(const profile& which, const description& who,
                              std::span<const workload_set> sets) {
    const std::string reason = absence(which);
    std::vector<entry> all;
    for (const workload_set& set : sets) {
        for (entry& each : set.entries(own_name(which, who))) {
            each.profile = which.name;
            if (!reason.empty() && each.how.refusal.empty()) {
                each.how = {.refusal = reason, .kind = gap::not_installed};
            }
            all.push_back(std::move(each));
        }
    }
    return all;
}

void become(const profile& which, const char* const* argv) {
    if (const std::string reason = absence(which); !reason.empty()) {
        throw unsupported(reason);
    }
    const std::filesystem::path program = program_of(which);
    if (program != this_program()) {
        start_again(program, argv);
    }
    if (which.name != fast_allocator || allocator_in_use() == fast_allocator) {
        return;
    }
    const std::string library = fast_allocator_library();
    const char* already = std::getenv(preload);
    if (already != nullptr && already == library) {
        throw unsupported(library + " did not take malloc's place");
    }
    if (::setenv(preload, library.c_str(), 1) != 0) {
        throw std::system_error(errno, std::generic_category(), preload);
    }
    start_again(program, argv);
}

std::string own_name(const profile& which, const description& who) {
    return which.name == fast_allocator ? default_profile(who).name : which.name;
}

}  // namespace suite
