// channel/sieve: the concurrent prime sieve.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/kit/check.hpp"
#include "suites/kit/workload.hpp"

namespace suite::channel {

/// The first primes, and how often numbers go over a channel until the sieve has found them: a
/// number goes as far as the filter of its smallest prime factor, a prime over every filter's
/// channel before its own.
struct first_primes {
    explicit first_primes(std::size_t count) {
        for (std::uint64_t number = 2; primes.size() < count; ++number) {
            std::size_t filter = 0;
            while (filter < primes.size() && number % primes[filter] != 0) {
                ++filter;
            }
            hops += filter + 1;
            if (filter == primes.size()) {
                primes.push_back(number);
            }
        }
    }

    std::vector<std::uint64_t> primes;
    std::uint64_t hops = 0;
};

/// `Form::sift(last, found)` sieves the numbers from 2 to the last and adds what comes out to
/// `found`.
template <class Form>
class sieve_of {
public:
    explicit sieve_of(const settings& run)
        : wanted_(static_cast<std::size_t>(run.number("primes", 1))), sieves_(run.operations) {}

    std::uint64_t repeat(meter& stopwatch) {
        std::vector<std::uint64_t> found;
        found.reserve(wanted_.primes.size());
        std::int64_t right = 0;
        stopwatch.start();
        for (std::int64_t round = 0; round < sieves_; ++round) {
            found.clear();
            Form::sift(wanted_.primes.back(), found);
            right += found == wanted_.primes ? 1 : 0;
        }
        stopwatch.stop();
        stopwatch.figure("hop_ns", stopwatch.elapsed_ns() / static_cast<double>(sieves_) /
                                       static_cast<double>(wanted_.hops));
        require_equal(right, sieves_, "sieves that found the first primes in order");
        return wanted_.primes.back() * static_cast<std::uint64_t>(sieves_);
    }

private:
    first_primes wanted_;
    std::int64_t sieves_;
};

/// The generator stops at the last prime and every task closes what it sends on, so that all of
/// them end.
template <class C>
requires has_tasks<C> && has_channels<C>
struct task_for_each_prime {
    static void sift(std::uint64_t last, std::vector<std::uint64_t>& found) {
        auto numbers = C::template make_channel<std::uint64_t>(0);
        C::spawn([numbers, last]() mutable {
            for (std::uint64_t number = 2; number <= last; ++number) {
                numbers.send(number);
            }
            numbers.close();
        });
        while (const auto prime = numbers.recv()) {
            found.push_back(*prime);
            auto rest = C::template make_channel<std::uint64_t>(0);
            C::spawn([numbers, rest, prime = *prime]() mutable {
                while (const auto number = numbers.recv()) {
                    if (*number % prime != 0) {
                        rest.send(*number);
                    }
                }
                rest.close();
            });
            numbers = rest;
        }
    }
};

struct sieve_workload {
    static constexpr std::array<std::string_view, 1> parameters{"primes"};
    static constexpr workload_info info{.id = "channel/sieve",
                                        .version = 1,
                                        .source = "suites/channel/sieve.hpp",
                                        .parameters = parameters};
    static constexpr std::array needs{capability::tasks, capability::channels};
    template <class C>
    using body = sieve_of<task_for_each_prime<C>>;
};

}  // namespace suite::channel
