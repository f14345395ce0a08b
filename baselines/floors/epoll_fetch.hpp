// Fetches all URLs from one thread with non-blocking sockets and epoll, and nothing in between.
#pragma once

#include <cstddef>

#include "suites/fanout/url_answers.hpp"

namespace floors {

/// Keeps at most `at_once` connections open. Throws std::system_error.
void epoll_fetch(suite::fanout::url_answers& answers, std::size_t at_once);

}  // namespace floors
