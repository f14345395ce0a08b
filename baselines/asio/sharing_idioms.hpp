// Tasks that share memory: a coroutine for each, or tuned a function.
#pragma once

#include "adapter.hpp"
#include "spawn_idioms.hpp"
#include "suites/sharing/false_sharing.hpp"

namespace contender {

struct counted_coroutines {
    template <class Function>
    static void for_each(std::size_t tasks, Function function) {
        run_to_end(all(tasks, function));
    }

private:
    template <class Function>
    static task<> all(std::size_t tasks, Function& function) {
        wait_group ended;
        ended.add(tasks);
        for (std::size_t index = 0; index < tasks; ++index) {
            coroutine_or_function::start([&function, index] { function(index); }, ended);
        }
        co_await ended.wait();
    }
};

}  // namespace contender

namespace suite {

template <>
struct idiom<contender::asio_coroutines, sharing::false_sharing_workload> {
    using body = sharing::false_sharing_of<contender::counted_coroutines>;
    static constexpr std::string_view source = "baselines/asio/sharing_idioms.hpp";
};

}  // namespace suite
