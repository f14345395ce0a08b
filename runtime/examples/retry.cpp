// Trying again after a pause that doubles, until it works or the context ends.
#include <chrono>
#include <cstdio>
#include <system_error>
#include <weft/weft.hpp>

using namespace std::chrono_literals;

template <class Attempt>
std::error_code retry(const weft::context& ctx, Attempt attempt) {
    constexpr auto longest = 16ms;
    auto pause = 1ms;
    while (!attempt()) {
        if (weft::select(weft::on_recv(ctx.done()), weft::on_timeout(pause)) == 0) {
            return ctx.err();
        }
        pause = pause * 2 < longest ? pause * 2 : longest;
    }
    return {};
}

int main() {
    return weft::run([] {
        int tries = 0;
        retry(weft::background(), [&] { return ++tries == 4; });
        std::printf("it worked the %dth time\n", tries);

        auto [ctx, cancel] = weft::with_timeout(weft::background(), 30ms);
        const auto end = retry(ctx, [] { return false; });
        std::printf("it never worked: %s\n", end.message().c_str());
    });
}

// Output:
// it worked the 4th time
// it never worked: context deadline exceeded
