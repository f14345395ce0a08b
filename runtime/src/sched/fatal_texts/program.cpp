// Ends in the way that its argument names; program.go beside it ends in the same way.
#include <weft/weft.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace {

using namespace std::chrono_literals;
using weft::make_chan;

void wait_on_condition() {
    weft::mutex guard;
    weft::condition_variable never;
    std::unique_lock hold(guard);
    never.wait(hold);
}

int recurse(const volatile int* above) {
    const volatile int here[64] = {*above};
    return *above == 1 ? 0 : recurse(here) + here[1];
}

void overflow() {
    const volatile int first = 0;
    recurse(&first);
}

void quit() {
    weft::go([] {
        weft::sleep(50ms);  // main waits by now
        std::raise(SIGQUIT);
        weft::sleep(1h);  // were nobody left, a deadlock could be found first
    });
    make_chan<int>().recv();
}

const std::map<std::string, std::function<void()>> endings = {
    {"close of closed",
     [] {
         auto c = make_chan<int>();
         c.close(), c.close();
     }},
    {"close of nil", [] { weft::chan<int>().close(); }},
    {"send on closed",
     [] {
         auto c = make_chan<int>(1);
         c.close(), c.send(1);
     }},
    {"size out of range", [] { make_chan<int>(static_cast<std::size_t>(-1)); }},
    {"negative counter", [] { weft::wait_group().done(); }},
    {"ticker", [] { weft::ticker(0s); }},
    {"ticker reset", [] { weft::ticker(1s).reset(0s); }},
    {"nil parent", [] { weft::with_cancel(weft::context()); }},
    {"in another goroutine", [] { weft::go([] { weft::chan<int>().close(); }), weft::select(); }},
    {"unlock", [] { weft::mutex().unlock(); }},
    {"shared unlock", [] { weft::shared_mutex().unlock(); }},
    {"shared unlock_shared", [] { weft::shared_mutex().unlock_shared(); }},
    {"goexit", [] { weft::goexit(); }},
    {"overflow", overflow},
    {"receive", [] { make_chan<int>().recv(); }},
    {"send", [] { make_chan<int>().send(1); }},
    {"receive from nil", [] { weft::chan<int>().recv(); }},
    {"send to nil", [] { weft::chan<int>().send(1); }},
    {"select",
     [] { weft::select(weft::on_recv(make_chan<int>()), weft::on_recv(make_chan<int>())); }},
    {"select nothing", [] { weft::select(); }},
    {"lock",
     [] {
         weft::mutex m;
         m.lock(), m.lock();
     }},
    {"lock behind a reader",
     [] {
         weft::shared_mutex m;
         m.lock_shared(), m.lock();
     }},
    {"lock_shared behind a writer",
     [] {
         weft::shared_mutex m;
         m.lock(), m.lock_shared();
     }},
    {"wait",
     [] {
         weft::wait_group w;
         w.add(1), w.wait();
     }},
    {"wait on condition", wait_on_condition},
    {"locked to its thread", [] { weft::lock_os_thread(), make_chan<int>().recv(); }},
    {"quit", quit},
};

}  // namespace

int main(int count, char** arguments) {
    const auto found = count == 2 ? endings.find(arguments[1]) : endings.end();
    if (found == endings.end()) {
        for (const auto& [name, ending] : endings) {
            std::puts(name.c_str());
        }
        return 0;
    }
    // In a goroutine of its own kind: what leaves main leaves `run`, which has a caller in C++.
    weft::run_and_exit([&found] { found->second(); });
}
