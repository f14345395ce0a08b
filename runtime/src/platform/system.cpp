#include "platform/system.hpp"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

namespace weft::platform {

namespace {

constexpr int cpus_probed_max = 1 << 16;
constexpr int quota_cpus_min = 2;

int affinity_cpus() {
    for (int cpus = 1024; cpus <= cpus_probed_max; cpus *= 2) {
        cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
        if (set == nullptr) {
            break;
        }
        const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
        const bool known = sched_getaffinity(0, bytes, set) == 0;
        const int count = known ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (known) {
            return std::max(count, 1);
        }
        if (errno != EINVAL) {
            break;
        }
    }
    return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

/// The process's path in a hierarchy of /proc/self/cgroup; `controller` empty means version 2.
std::string cgroup_path(const std::string& controller) {
    std::ifstream file("/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const std::string names = "," + line.substr(first + 1, second - first - 1) + ",";
        const bool matches = controller.empty()
                                 ? names == ",,"
                                 : names.find("," + controller + ",") != std::string::npos;
        if (matches) {
            return line.substr(second + 1);
        }
    }
    return {};
}

double read_quota_v2(const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    std::string quota;
    double period = 0;
    if (file >> quota >> period && quota != "max" && period > 0) {
        return std::stod(quota) / period;
    }
    return std::numeric_limits<double>::infinity();
}

double read_quota_v1(const std::string& folder) {
    std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
    std::ifstream period_file(folder + "/cpu.cfs_period_us");
    double quota = 0;
    double period = 0;
    if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) {
        return quota / period;
    }
    return std::numeric_limits<double>::infinity();
}

/// The least quota of the process's cgroup and the ones around it, in CPUs.
double quota_cpus() {
    double least = std::numeric_limits<double>::infinity();
    const auto look = [&least](const std::string& mount, std::string path, auto read) {
        while (true) {
            least = std::min(least, read(mount + path));
            if (path.empty() || path == "/") {
                break;
            }
            path.erase(path.rfind('/'));
        }
    };
    look("/sys/fs/cgroup", cgroup_path(""), &read_quota_v2);
    look("/sys/fs/cgroup/cpu", cgroup_path("cpu"), &read_quota_v1);
    return least;
}

}  // namespace

int usable_cpus() {
    const int cpus = affinity_cpus();
    const double quota = quota_cpus();
    if (!std::isfinite(quota) || quota >= cpus) {
        return cpus;
    }
    return std::min(cpus, std::max(quota_cpus_min, static_cast<int>(std::ceil(quota))));
}

std::vector<int> thread_ids() {
    std::vector<int> ids;
    std::error_code failed;  // given to the increment too, which else throws
    for (std::filesystem::directory_iterator each("/proc/self/task", failed), end;
         !failed && each != end; each.increment(failed)) {
        ids.push_back(std::atoi(each->path().filename().c_str()));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

void call_in_forked_child(void (*run)()) noexcept {
    pthread_atfork(nullptr, nullptr, run);
}

int process_id() noexcept {
    return getpid();
}

const char* program_name() noexcept {
    return program_invocation_short_name;
}

const char* error_text(int error) noexcept {
    const char* text = strerrordesc_np(error);
    return text == nullptr ? "unknown error" : text;
}

void exit_now(int status) noexcept {
    _exit(status);
}

void write_error(const char* text, std::size_t size) noexcept {
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, text, size);
        if (written > 0) {
            text += written;
            size -= static_cast<std::size_t>(written);
        } else if (errno != EINTR) {
            return;
        }
    }
}

}  // namespace weft::platform
