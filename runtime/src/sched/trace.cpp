#include "sched/trace.hpp"

#include "platform/clock.hpp"
#include "platform/file.hpp"
#include "platform/random.hpp"
#include "platform/system.hpp"
#include "sched/scheduler.hpp"
#include "sched/trace_event.hpp"

#include <weft/error.hpp>

#include <memory>
#include <mutex>
#include <system_error>

namespace weft::sched {

namespace {

constexpr std::int64_t round_ns = 10'000'000;
// How long an ending process waits for who writes the file, who may be the one that ends it.
constexpr int exit_attempts_max = 500;
constexpr std::int64_t exit_retry_ns = 2'000'000;

constexpr std::uint32_t sequence_elsewhere = 1;
constexpr std::uint32_t sequence_of_first_processor = 2;

// Beside the process's, in the room that `fresh_uuid` leaves.
constexpr std::uint64_t uuid_elsewhere = 1;
constexpr std::uint64_t uuid_live = 2;
constexpr std::uint64_t uuid_runnable = 3;
constexpr std::uint64_t uuid_of_first_processor = std::uint64_t{1} << 32;
// Below every processor and machine.
constexpr std::uint64_t rank_elsewhere = std::uint64_t{1} << 30;

/// Unlike those of other traces that may be looked at together with this one.
std::uint64_t fresh_uuid() noexcept {
    platform::random random;
    random.seed(static_cast<std::uint64_t>(platform::now_ns()) ^
                static_cast<std::uint64_t>(platform::process_id()) << 40);
    random.next();
    return std::uint64_t{random.next()} << 36;
}

int create_or_throw(const std::string& path) {
    const int file = platform::create_file(path);
    if (file < 0) {
        throw std::system_error(-file, std::generic_category(),
                                "weft: the trace " + path + " cannot be written");
    }
    return file;
}

}  // namespace

void trace_track::write(trace_packet& packet) noexcept {
    const std::string_view bytes = packet.bytes();
    while (!ring_.push(bytes)) {
        owner_.drain(*this);
    }
}

tracer::tracer(const std::string& path)
    : path_(path),
      uuid_(fresh_uuid()),
      elsewhere_(*this, sequence_elsewhere),
      file_(create_or_throw(path)) {
    begin_trace_sequence(elsewhere_, uuid_ + uuid_elsewhere);
    describe_trace_process(elsewhere_, uuid_);
    describe_trace_track(elsewhere_, uuid_ + uuid_elsewhere, "elsewhere", rank_elsewhere);
    describe_trace_counter(elsewhere_, uuid_ + uuid_live, "goroutines");
    describe_trace_counter(elsewhere_, uuid_ + uuid_runnable, "runnable goroutines");
    drain(elsewhere_);  // before all that needs the clocks
}

tracer::~tracer() {
    if (started_) {
        ending_.store(true, platform::memory_order_release);
        wake_.set();
        thread_.join();
    }
    drain_all();
    if (const int error = platform::close_file(file_); error_ == 0) {
        error_ = error;
    }
    say_if_incomplete();
    std::unique_ptr<trace_track> track(processors_.load(platform::memory_order_acquire));
    while (track != nullptr) {
        track.reset(track->next_);
    }
}

void tracer::start(const scheduler& watched) {
    watched_ = &watched;
    if (const int error = thread_.start("weft-trace", &tracer::entry, this); error != 0) {
        throw resource_error(error, std::generic_category(), "the trace needs a thread");
    }
    started_ = true;
}

trace_track& tracer::track_of_processor(std::uint32_t index) {
    const std::uint32_t sequence = sequence_of_first_processor + index;
    trace_track* const newest = processors_.load(platform::memory_order_acquire);
    for (trace_track* each = newest; each != nullptr; each = each->next_) {
        if (each->sequence == sequence) {
            return *each;
        }
    }
    auto fresh = std::make_unique<trace_track>(*this, sequence);
    const std::uint64_t uuid = uuid_ + uuid_of_first_processor + index;
    begin_trace_sequence(*fresh, uuid);
    describe_trace_track(*fresh, uuid, "P" + std::to_string(index), index);
    fresh->next_ = newest;
    processors_.store(fresh.get(), platform::memory_order_release);
    return *fresh.release();
}

void tracer::entry(void* self) {
    static_cast<tracer*>(self)->loop();
}

void tracer::loop() noexcept {
    while (!ending_.load(platform::memory_order_acquire)) {
        sample();
        drain_all();
        wake_.wait_for(round_ns);
    }
    sample();
}

/// What stays the same is not written again: a program that rests leaves no trace.
void tracer::sample() noexcept {
    const auto count = [this](std::uint64_t uuid, std::uint64_t now, std::uint64_t& seen) {
        if (now != seen) {
            seen = now;
            elsewhere([&](trace_track& track) {
                trace_event(track, trace_event_type::counter).on(uuid_ + uuid).counted(now);
            });
        }
    };
    count(uuid_live, watched_->live(), live_seen_);
    count(uuid_runnable, watched_->runnable(), runnable_seen_);
}

void tracer::drain(trace_track& track) noexcept {
    const std::lock_guard hold(file_lock_);
    drain_locked(track);
}

void tracer::drain_all() noexcept {
    const std::lock_guard hold(file_lock_);
    drain_locked(elsewhere_);
    for (trace_track* each = processors_.load(platform::memory_order_acquire); each != nullptr;
         each = each->next_) {
        drain_locked(*each);
    }
}

void tracer::drain_locked(trace_track& track) noexcept {
    std::size_t taken = 0;
    for (const std::string_view part : track.ring_.pushed()) {
        if (error_ == 0 && !part.empty()) {
            error_ = platform::write_file(file_, part.data(), part.size());
        }
        taken += part.size();
    }
    track.ring_.consume(taken);
}

void tracer::flush_at_exit() noexcept {
    for (int attempt = 0; !file_lock_.try_lock(); ++attempt) {
        if (attempt == exit_attempts_max) {
            return;
        }
        platform::sleep_thread(exit_retry_ns);
    }
    // Not unlocked: what others write after this is not to be torn by the end of the process.
    drain_locked(elsewhere_);
    for (trace_track* each = processors_.load(platform::memory_order_acquire); each != nullptr;
         each = each->next_) {
        drain_locked(*each);
    }
    say_if_incomplete();
}

/// Allocates nothing: see `flush_at_exit`.
void tracer::say_if_incomplete() const noexcept {
    if (error_ != 0) {
        const std::string_view why = platform::error_text(-error_);
        for (const std::string_view part :
             {std::string_view("weft: the trace "), std::string_view(path_),
              std::string_view(" is not complete: "), why, std::string_view("\n")}) {
            platform::write_error(part.data(), part.size());
        }
    }
}

void flush_trace_at_exit() noexcept {
    scheduler* s = active();
    if (s != nullptr && s->trace() != nullptr) {
        s->trace()->flush_at_exit();
    }
}

}  // namespace weft::sched
