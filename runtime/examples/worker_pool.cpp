// A fixed number of workers share one channel of jobs: each takes the next when it has time, and
// all end when it is closed.
#include <cstdio>
#include <weft/weft.hpp>

void start_workers(int workers, const weft::recv_chan<int>& jobs,
                   const weft::send_chan<int>& results) {
    weft::go([=] {
        weft::wait_group pool;
        for (int worker = 0; worker < workers; ++worker) {
            pool.go([=] {
                for (const int job : jobs) {
                    results.send(job * job);
                }
            });
        }
        pool.wait();
        results.close();
    });
}

int main() {
    return weft::run([] {
        const auto jobs = weft::make_chan<int>(30);
        const auto results = weft::make_chan<int>(30);
        start_workers(6, jobs, results);
        for (int job = 1; job <= 30; ++job) {
            jobs.send(job);
        }
        jobs.close();
        int total = 0;
        for (const int result : results) {
            total += result;
        }
        std::printf("%d\n", total);
    });
}

// Output:
// 9455
