// What the load generator found, as a line of text between two processes.
//
// A conversation with it, which a contender begins by connecting (> is what the contender says):
//
//     > <token> <port> <connections>     where the contender listens, and how many to keep open
//     ready                              all are connected and each has had a message sent back
//     > closed <messages>                each connection sends its next message when one is back
//     > open <messages> <per second>     messages are sent at the times of a Poisson process
//     > churn <connections> <at once>    connections are made and waited on until they are ended
//     prepared
//     > start
//     ended                              what the contender times is between these two
//     done count=... sum=... <figure>=...
//
// and so on from the next order, until the contender closes the connection. Instead of an answer
// comes `wrong <words>` when the contender sent something wrong back, `refused <words>` when the
// system refused descriptors or ports, `failed <words>` when anything else went wrong; then the
// generator closes all connections.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace suite::fanout {

struct load_report {
    std::uint64_t count = 0;  // messages that came back, or connections that were ended
    std::uint64_t sum = 0;    // of their numbers, which each connection counts from 1
    std::map<std::string, double, std::less<>> figures;
};

std::string to_line(const load_report& report);

/// Throws std::runtime_error when the line is no report.
load_report parse_load_report(std::string_view line);

/// Returns when `line` is `wanted`. Throws what went wrong otherwise: wrong_result,
/// std::system_error (of a refusal), std::runtime_error.
void require_answer(std::string_view line, std::string_view wanted);

/// The sum that a report must have when `messages` were dealt out to `connections` in turn.
std::uint64_t sum_of_numbers(std::uint64_t messages, std::uint64_t connections);

}  // namespace suite::fanout
