// Results that come in any order carry the job that they answer.
#include <cstdio>
#include <weft/weft.hpp>

struct job {
    int id;
    int up_to;
};
struct result {
    job of;
    long sum;
};

long sum_up_to(int last) {
    long sum = 0;
    for (int number = 1; number <= last; ++number) {
        sum += number;
    }
    return sum;
}

int main() {
    return weft::run([] {
        const auto jobs = weft::make_chan<job>();
        const auto results = weft::make_chan<result>();
        weft::wait_group workers;
        for (int worker = 0; worker < 3; ++worker) {
            workers.go([=] {
                for (const job each : jobs) {
                    results.send({each, sum_up_to(each.up_to)});
                }
            });
        }
        weft::go([=] {
            for (int id = 1; id <= 6; ++id) {
                jobs.send({id, id * 1000});
            }
            jobs.close();
        });
        weft::go([&workers, results] {
            workers.wait();
            results.close();
        });
        for (const result each : results) {
            std::printf("job %d: the sum up to %d is %ld\n", each.of.id, each.of.up_to, each.sum);
        }
    });
}

// Unordered output:
// job 1: the sum up to 1000 is 500500
// job 2: the sum up to 2000 is 2001000
// job 3: the sum up to 3000 is 4501500
// job 4: the sum up to 4000 is 8002000
// job 5: the sum up to 5000 is 12502500
// job 6: the sum up to 6000 is 18003000
