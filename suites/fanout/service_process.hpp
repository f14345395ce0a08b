// For tests: a service as the harness starts it.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "suites/kit/descriptor.hpp"
#include "suites/kit/settings.hpp"

namespace suite::fanout::testing {

/// Runs until its standard input is closed, which `end` and the destructor do.
class service_process {
public:
    explicit service_process(const char* program) {
        std::array<int, 2> input{};
        std::array<int, 2> output{};
        require_success(pipe2(input.data(), O_CLOEXEC), "pipe2");
        require_success(pipe2(output.data(), O_CLOEXEC), "pipe2");
        const descriptor its_input(input[0]);
        const descriptor its_output(output[1]);
        const descriptor said(output[0]);
        stdin_ = descriptor(input[1]);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, its_input.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, its_output.get(), STDOUT_FILENO);
        std::array<char*, 2> words{const_cast<char*>(program), nullptr};
        const int error =
            posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) {
            throw std::runtime_error(std::string("cannot start ") + program);
        }
        read_introduction(said.get());
    }
    service_process(const service_process&) = delete;
    service_process& operator=(const service_process&) = delete;
    ~service_process() { end(); }

    const server& peer() const { return peer_; }

    /// Closes its standard input and waits for its exit status; -1 when a signal ended it.
    int end() {
        stdin_.close();
        if (process_ != 0) {
            waitpid(std::exchange(process_, 0), &status_, 0);
        }
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
    }

private:
    void read_introduction(int output) {
        std::string line;
        for (char byte = 0; ::read(output, &byte, 1) == 1 && byte != '\n';) {
            line += byte;
        }
        const auto introduction = nlohmann::json::parse(line);
        const std::string address = introduction["address"];
        const auto colon = address.rfind(':');
        peer_ = {address.substr(0, colon),
                 static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))),
                 introduction["token"]};
    }

    server peer_;
    pid_t process_ = 0;
    descriptor stdin_;
    int status_ = 0;
};

}  // namespace suite::fanout::testing
