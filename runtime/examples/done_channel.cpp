// Closing a channel tells all who wait for it at once, however many they are.
#include <atomic>
#include <cstdio>
#include <optional>
#include <weft/weft.hpp>

void work(const weft::recv_chan<int>& jobs, const weft::recv_chan<weft::unit>& done,
          const weft::send_chan<int>& results) {
    bool working = true;
    while (working) {
        weft::select(
            weft::on_recv(jobs, [&](std::optional<int> job) { results.send(*job * *job); }),
            weft::on_recv(done, [&] { working = false; }));
    }
}

int main() {
    return weft::run([] {
        const auto jobs = weft::make_chan<int>();
        const auto results = weft::make_chan<int>(9);
        const auto done = weft::make_chan<weft::unit>();
        weft::wait_group workers;
        for (int worker = 0; worker < 3; ++worker) {
            workers.go([=] { work(jobs, done, results); });
        }
        for (int job = 1; job <= 9; ++job) {
            jobs.send(job);
        }
        done.close();
        workers.wait();

        results.close();
        int sum = 0;
        for (const int result : results) {
            sum += result;
        }
        std::printf("all workers have ended; the sum is %d\n", sum);
    });
}

// Output:
// all workers have ended; the sum is 285
