#include "cpus.hpp"

#include <sched.h>

#include <cerrno>
#include <system_error>

namespace floors {
namespace {

std::vector<int> read_allowed_cpus() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
    }
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &set)) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

}  // namespace

const std::vector<int>& allowed_cpus() {
    static const std::vector<int> cpus = read_allowed_cpus();
    return cpus;
}

void pin_this_thread(int index) {
    const std::vector<int>& cpus = allowed_cpus();
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpus[static_cast<std::size_t>(index) % cpus.size()], &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
    }
}

}  // namespace floors
