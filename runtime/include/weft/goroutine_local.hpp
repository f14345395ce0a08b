// Variables of which every goroutine has its own.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weft {

namespace detail {

/// A goroutine's value of one variable, without its type; made and destroyed by the goroutine.
struct local_value {
    enum class fate : std::uint8_t { destroy, abandon };  // abandon: only the memory is released
    using end_function = void (*)(local_value& self, fate how) noexcept;

    local_value* next = nullptr;
    std::uint64_t key = 0;
    end_function end = nullptr;
};

template <class T>
class local_holder final : public local_value {
public:
    template <class Factory>
    local_holder(std::uint64_t of, const Factory& factory) {
        ::new (static_cast<void*>(storage_)) T(factory());
        key = of;
        end = &local_holder::end_value;
    }
    T& value() noexcept { return *std::launder(reinterpret_cast<T*>(storage_)); }

private:
    static void end_value(local_value& self, fate how) noexcept {
        auto* mine = static_cast<local_holder*>(&self);
        if (how == fate::destroy) {
            std::destroy_at(&mine->value());
        }
        delete mine;
    }
    alignas(T) std::byte storage_[sizeof(T)];
};

std::uint64_t new_local_key() noexcept;
/// The caller's value, or null.
local_value* find_local(std::uint64_t key) noexcept;
/// What `add_local` needs; throws std::bad_alloc.
void prepare_for_locals();
void add_local(local_value& value) noexcept;

}  // namespace detail

/// A variable of which every goroutine has its own: what `thread_local` cannot be for a goroutine,
/// which goes from thread to thread. Each value is made when its goroutine first asks for it, and
/// destroyed when the goroutine ends, by `goexit` too: in the reverse order of making, after the
/// goroutine's function. A destructor may use other such variables; it must not throw. At the end
/// of `run` the values of goroutines that have not ended are given up without being destroyed, as
/// their stacks are. A plain thread has a value of its own too, until it ends.
///
/// Usable from everywhere at the same time, inside and outside of `run`. May be destroyed before
/// the values are. Costs a goroutine that does not use it nothing; a look-up is linear in the
/// number of such variables that the goroutine has used.
template <class T>
class goroutine_local {
public:
    /// Values are value-initialised.
    goroutine_local() requires std::default_initializable<T> : make_([] { return T(); }) {}
    /// Values are what `factory` returns, which may be called by several threads at the same time.
    template <class Factory>
    requires std::invocable<const Factory&> &&
        (!std::same_as<std::remove_cvref_t<Factory>, goroutine_local>)explicit goroutine_local(
            Factory factory)
        : make_(std::move(factory)) {}
    goroutine_local(const goroutine_local&) = delete;
    goroutine_local& operator=(const goroutine_local&) = delete;

    /// The caller's value; not to be handed to who may outlive the goroutine. The first call throws
    /// what making the value throws, and std::bad_alloc; the next one tries again.
    T& get() const {
        if (detail::local_value* found = detail::find_local(key_)) {
            return static_cast<detail::local_holder<T>*>(found)->value();
        }
        detail::prepare_for_locals();
        auto* fresh = new detail::local_holder<T>(key_, make_);
        detail::add_local(*fresh);
        return fresh->value();
    }
    /// As `get`.
    ///@{
    T& operator*() const { return get(); }
    T* operator->() const { return std::addressof(get()); }
    ///@}

private:
    const std::uint64_t key_ = detail::new_local_key();
    const std::function<T()> make_;
};

}  // namespace weft
