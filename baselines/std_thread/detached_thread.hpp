// A thread that nobody joins.
#pragma once

#include <pthread.h>

#include <memory>
#include <system_error>
#include <utility>

namespace contender {

/// The attributes of a thread that is detached before it begins.
inline const pthread_attr_t& detached_attributes() {
    static const pthread_attr_t made = [] {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        return attributes;
    }();
    return made;
}

/// Runs `task` in a thread of its own. Throws std::system_error where the system refuses one.
///
/// Not by std::thread and its detach: glibc's pthread_detach (seen in 2.36) looks into the thread
/// once more after it has let it go, and a thread that ended meanwhile has given its stack back.
template <class Task>
void start_detached(Task task) {
    auto owned = std::make_unique<Task>(std::move(task));
    pthread_t thread;
    const auto run = [](void* given) -> void* {
        const std::unique_ptr<Task> mine(static_cast<Task*>(given));
        (*mine)();
        return nullptr;
    };
    const int error = pthread_create(&thread, &detached_attributes(), run, owned.get());
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), "a thread cannot be started");
    }
    static_cast<void>(owned.release());  // the thread has it
}

}  // namespace contender
