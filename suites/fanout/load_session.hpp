// The generator's side of a conversation with one contender; see load_report.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "suites/fanout/load_run.hpp"
#include "suites/kit/descriptor.hpp"

namespace suite::fanout {

class load_session {
public:
    /// `end` is a descriptor whose readability ends the session.
    load_session(descriptor control, std::string token, int end);

    /// Does what the contender orders until it closes the connection. Throws nothing of what goes
    /// wrong with the load: that is said to the contender.
    void serve();

private:
    void converse();
    void say(const std::string& words);
    std::optional<std::string> hear();
    bool wait_for_words() const;

    descriptor control_;
    std::string token_;
    int end_;
    std::string heard_;
};

}  // namespace suite::fanout
