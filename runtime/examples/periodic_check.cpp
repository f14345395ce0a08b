// A long computation looks at its context now and then: often enough to stop promptly, seldom
// enough to cost nothing.
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <weft/weft.hpp>

std::error_code count_to(const weft::context& ctx, std::uint64_t end, std::uint64_t& counted) {
    constexpr std::uint64_t steps_between_looks = 1024;
    for (counted = 0; counted < end; ++counted) {
        if (counted % steps_between_looks == 0 && ctx.err()) {
            return ctx.err();
        }
    }
    return {};
}

int main() {
    return weft::run([] {
        auto [ctx, cancel] = weft::with_cancel(weft::background());
        std::uint64_t counted = 0;
        const std::error_code whole = count_to(ctx, 10'000, counted);
        std::printf("%s after %llu\n", whole ? "stopped" : "done",
                    static_cast<unsigned long long>(counted));

        weft::wait_group counter;
        std::error_code end;
        counter.go([&, &ctx = ctx] { end = count_to(ctx, UINT64_MAX, counted); });
        weft::yield();
        cancel();
        counter.wait();
        std::printf("stopped: %s\n", end.message().c_str());
    });
}

// Output:
// done after 10000
// stopped: context canceled
