#include "suites/kit/exit_status.hpp"

#include <cstdlib>
#include <iostream>
#include <new>

#include "suites/kit/errors.hpp"

namespace suite {

bool is_refusal(const std::error_code& code) {
    for (const std::errc refusal :
         {std::errc::resource_unavailable_try_again, std::errc::not_enough_memory,
          std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
          std::errc::no_buffer_space, std::errc::address_not_available}) {
        if (code == refusal) {
            return true;
        }
    }
    return false;
}

void leave_pool(const char* workload) {
    std::_Exit(static_cast<int>(report_current_exception(workload)));
}

exit_status report_current_exception(const char* program) {
    const auto say = [&](const char* kind, const char* words, exit_status status) {
        std::cerr << program << ": " << kind << words << '\n';
        return status;
    };
    try {
        throw;
    } catch (const usage_error& error) {
        return say("", error.what(), exit_status::usage);
    } catch (const wrong_result& error) {
        return say("wrong result: ", error.what(), exit_status::wrong_result);
    } catch (const unsupported& error) {
        return say("not supported: ", error.what(), exit_status::unsupported);
    } catch (const std::bad_alloc&) {
        return say("", "memory was refused", exit_status::refused);
    } catch (const std::system_error& error) {
        return say("", error.what(),
                   is_refusal(error.code()) ? exit_status::refused : exit_status::crash);
    } catch (const std::exception& error) {
        return say("", error.what(), exit_status::crash);
    } catch (...) {
        return say("", "an exception of unknown type", exit_status::crash);
    }
}

}  // namespace suite
