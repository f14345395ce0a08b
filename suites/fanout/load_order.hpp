// The contender's side of a conversation with the load generator; see load_report.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "suites/fanout/byte_streams.hpp"
#include "suites/fanout/load_report.hpp"
#include "suites/kit/descriptor_limit.hpp"
#include "suites/kit/meter.hpp"

namespace suite::fanout {

inline constexpr std::int64_t descriptors_besides = 64;

/// The generator keeps its connections open as long as this lives.
template <byte_stream Stream>
class load_order {
public:
    /// Returns once each of the connections has had a message sent back. Throws std::system_error
    /// beforehand when this process may not have as many descriptors.
    load_order(Stream stream, const server& generator, std::uint16_t port, std::int64_t connections)
        : stream_(std::move(stream)) {
        require_descriptors(connections + descriptors_besides);
        say(generator.token + ' ' + std::to_string(port) + ' ' + std::to_string(connections));
        require_answer(hear(), "ready");
    }
    load_order(const load_order&) = delete;
    load_order& operator=(const load_order&) = delete;
    ~load_order() { stream_.close(); }

    /// Times what is ordered, and names the report's figures.
    load_report run(meter& stopwatch, std::string_view order) {
        say(order);
        require_answer(hear(), "prepared");
        stopwatch.start();
        say("start");
        const std::string answer = hear();
        stopwatch.stop();
        require_answer(answer, "ended");
        load_report report = parse_load_report(hear());
        for (const auto& [name, value] : report.figures) {
            stopwatch.figure(name, value);
        }
        return report;
    }

private:
    void say(std::string_view words) {
        const std::string line = std::string(words) + '\n';
        write_all(stream_, std::as_bytes(std::span(line)));
    }

    std::string hear() {
        for (;;) {
            const auto end = heard_.find('\n');
            if (end != std::string::npos) {
                std::string line = heard_.substr(0, end);
                heard_.erase(0, end + 1);
                return line;
            }
            std::array<std::byte, 512> buffer;
            const std::size_t got = stream_.read_some(std::span(buffer));
            if (got == 0) {
                throw std::runtime_error("the load generator has gone");
            }
            heard_.append(reinterpret_cast<const char*>(buffer.data()), got);
        }
    }

    Stream stream_;
    std::string heard_;
};

}  // namespace suite::fanout
