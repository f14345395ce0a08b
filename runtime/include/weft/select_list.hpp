// A select whose cases are known only at run time.
#pragma once

#include <weft/chan.hpp>
#include <weft/detail/select_cases.hpp>
#include <weft/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

namespace detail {

/// A case whose type the list has forgotten.
class list_entry {
public:
    list_entry() = default;
    virtual ~list_entry() = default;
    list_entry(const list_entry&) = delete;
    list_entry& operator=(const list_entry&) = delete;

    /// Null when there is no channel that could be waited for.
    virtual select_case* prepare() noexcept { return nullptr; }
    virtual const chan_core* core() const noexcept { return nullptr; }
    virtual void finish() = 0;
    /// Whether the case, just chosen, can never proceed again.
    virtual bool spend() noexcept { return false; }
};

template <class Case>
class list_entry_of : public list_entry {
public:
    explicit list_entry_of(Case&& which) : case_(std::move(which)) {}

    select_case* prepare() noexcept override {
        if constexpr (Case::is_channel) {
            case_.prepare();
            return &case_;
        }
        return nullptr;
    }
    const chan_core* core() const noexcept override {
        if constexpr (Case::is_channel) {
            return case_.channel();
        }
        return nullptr;
    }
    void finish() override { case_.finish(); }

protected:
    Case case_;
};

template <class T, class Handler>
class sending_entry final : public list_entry_of<send_case<T, Handler>> {
    using base = list_entry_of<send_case<T, Handler>>;

public:
    using base::base;
    select_case* prepare() noexcept override { return spent_ ? nullptr : base::prepare(); }
    bool spend() noexcept override { return spent_ = !this->case_.closed(); }
    void renew(send_case<T, Handler>&& which) noexcept {
        std::destroy_at(&this->case_);
        std::construct_at(&this->case_, std::move(which));
        spent_ = false;
    }

private:
    bool spent_ = false;  // the value is gone
};

}  // namespace detail

/// A `select` with any number of cases, which are added one after the other and count from 0; it
/// may be used again and again. Handlers and values are kept by the list. Not thread-safe; a
/// handler may use the list that it belongs to. One that was moved from may be assigned to.
///
/// | case       | after it was chosen                                                          |
/// |------------|------------------------------------------------------------------------------|
/// | on_recv    | as before                                                                    |
/// | on_send    | spent, since its value is gone: it never proceeds, until it is set anew by   |
/// |            | another `on_send` on its channel. Not spent when the channel was closed      |
/// | on_timeout | as before: each select counts from its own start                             |
/// | otherwise  | as before                                                                    |
class select_list {
public:
    /// As the cases of `select`.
    template <class Channel, class Handler = detail::no_handler>
    select_list& on_recv(const Channel& ch, Handler handler = {}) {
        using element = detail::element_of<Channel>;
        using entry = detail::list_entry_of<detail::recv_case<element, Handler>>;
        add(std::make_unique<entry>(
            detail::recv_case<element, Handler>(recv_chan<element>(ch), std::move(handler))));
        return *this;
    }
    /// Takes the place of the spent case on the channel of `ch` that was chosen last; adds a case
    /// when there is none.
    template <class Channel, class Value, class Handler = detail::no_handler>
    select_list& on_send(const Channel& ch, Value&& value, Handler handler = {}) {
        using element = detail::element_of<Channel>;
        using send_case = detail::send_case<element, Handler>;
        using entry = detail::sending_entry<element, Handler>;
        send_case which(send_chan<element>(ch), element(std::forward<Value>(value)),
                        std::move(handler));
        const auto spent = spent_on(which.channel());
        if (spent == spent_.end()) {
            add(std::make_unique<entry>(std::move(which)));
            return *this;
        }
        if constexpr (std::is_nothrow_move_constructible_v<send_case>) {
            auto* same = dynamic_cast<entry*>(entries_[*spent].get());
            if (same != nullptr && handlers_running_ == 0) {
                same->renew(std::move(which));
                spent_.erase(spent);
                return *this;
            }
        }
        replace(spent, std::make_unique<entry>(std::move(which)));
        return *this;
    }
    /// As the case of `select`; of several the earliest counts.
    template <class Rep, class Period, class Handler = detail::no_handler>
    select_list& on_timeout(std::chrono::duration<Rep, Period> d, Handler handler = {}) {
        using entry = detail::list_entry_of<detail::timeout_case<Handler>>;
        const std::int64_t ns = detail::saturated_ns(d);
        add(std::make_unique<entry>(detail::timeout_case<Handler>{ns, std::move(handler)}));
        if (ns < timeout_ns_) {
            timeout_ns_ = ns;
            timeout_ = last();
        }
        return *this;
    }
    /// Throws `panic` "reflect.Select: multiple default cases" when there is one already.
    template <class Handler = detail::no_handler>
    select_list& otherwise(Handler handler = {}) {
        using entry = detail::list_entry_of<detail::default_case<Handler>>;
        if (otherwise_ != detail::no_case) {
            detail::throw_second_default();
        }
        add(std::make_unique<entry>(detail::default_case<Handler>{std::move(handler)}));
        otherwise_ = last();
        return *this;
    }

    /// As `weft::select` of the cases in the list; an empty list blocks for ever. Allocates only in
    /// the first call after a case was added; O(n log n) for n cases then, O(n) from then on.
    std::size_t select();

private:
    struct placed {
        const detail::chan_core* core;
        std::uint32_t index;
    };

    using spent_place = std::vector<std::uint32_t>::iterator;

    void add(std::unique_ptr<detail::list_entry> entry);
    spent_place spent_on(const detail::chan_core* channel) noexcept;
    void replace(spent_place spent, std::unique_ptr<detail::list_entry> entry);
    void put_in_order();
    void run_handler(std::uint32_t chosen);
    std::uint32_t last() const noexcept { return static_cast<std::uint32_t>(entries_.size() - 1); }

    std::vector<std::unique_ptr<detail::list_entry>> entries_;
    std::size_t known_ = 0;         // entries that in_order_ knows
    std::vector<placed> in_order_;  // of the channels' addresses, so that sorting finds it done
    std::vector<detail::select_slot> slots_;  // scratch of `select`
    std::vector<std::uint32_t> spent_;        // in the order in which they were chosen
    // Replaced by handlers, perhaps by their own: kept until no handler runs.
    std::vector<std::unique_ptr<detail::list_entry>> replaced_;
    int handlers_running_ = 0;
    std::int64_t timeout_ns_ = detail::never_ns;
    std::uint32_t timeout_ = detail::no_case;
    std::uint32_t otherwise_ = detail::no_case;
};

}  // namespace weft
