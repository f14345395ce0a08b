#include <weft/select_list.hpp>

#include <weft/error.hpp>

#include <algorithm>
#include <functional>

namespace weft {

void detail::throw_second_default() {
    throw panic("reflect.Select: multiple default cases");
}

void select_list::add(std::unique_ptr<detail::list_entry> entry) {
    entries_.push_back(std::move(entry));
}

select_list::spent_place select_list::spent_on(const detail::chan_core* channel) noexcept {
    const auto last = std::find_if(spent_.rbegin(), spent_.rend(), [&](std::uint32_t index) {
        return entries_[index]->core() == channel;
    });
    return last == spent_.rend() ? spent_.end() : std::prev(last.base());
}

void select_list::replace(spent_place spent, std::unique_ptr<detail::list_entry> entry) {
    replaced_.reserve(replaced_.size() + 1);
    std::swap(entries_[*spent], entry);
    spent_.erase(spent);
    if (handlers_running_ > 0) {
        replaced_.push_back(std::move(entry));
    }
}

void select_list::put_in_order() {
    if (known_ == entries_.size()) {
        return;
    }
    in_order_.reserve(entries_.size());
    spent_.reserve(entries_.size());
    slots_.resize(entries_.size());
    for (; known_ < entries_.size(); ++known_) {
        // A nil channel never proceeds, and needs no place.
        if (const detail::chan_core* core = entries_[known_]->core()) {
            in_order_.push_back({core, static_cast<std::uint32_t>(known_)});
        }
    }
    std::sort(in_order_.begin(), in_order_.end(),
              [](const placed& a, const placed& b) { return std::less<>{}(a.core, b.core); });
}

std::size_t select_list::select() {
    put_in_order();
    detail::select_request request;
    request.timeout_ns = timeout_ns_;
    request.timeout = timeout_;
    request.otherwise = otherwise_;
    for (const placed& each : in_order_) {
        if (detail::select_case* which = entries_[each.index]->prepare()) {
            slots_[request.channels++] = {which, each.index};
        }
    }
    const std::size_t chosen = detail::run_select(slots_.data(), request);
    run_handler(static_cast<std::uint32_t>(chosen));
    return chosen;
}

void select_list::run_handler(std::uint32_t chosen) {
    detail::list_entry& entry = *entries_[chosen];
    if (entry.spend()) {
        spent_.push_back(chosen);
    }
    const struct running {
        explicit running(select_list& of) : list(of) { ++list.handlers_running_; }
        ~running() {
            if (--list.handlers_running_ == 0) {
                list.replaced_.clear();
            }
        }
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        select_list& list;
    } now(*this);
    entry.finish();
}

}  // namespace weft
