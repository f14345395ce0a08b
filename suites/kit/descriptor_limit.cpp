#include "suites/kit/descriptor_limit.hpp"

#include <sys/resource.h>

#include <string>
#include <system_error>

namespace suite {

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void require_descriptors(std::int64_t wanted) {
    raise_descriptor_limit();
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < static_cast<rlim_t>(wanted)) {
        throw std::system_error(std::make_error_code(std::errc::too_many_files_open),
                                std::to_string(wanted) + " descriptors are wanted and " +
                                    std::to_string(limit.rlim_cur) + " are allowed (ulimit -n)");
    }
}

}  // namespace suite
