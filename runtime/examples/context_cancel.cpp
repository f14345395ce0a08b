// Whoever holds `cancel` ends the context and all that was derived from it. A cancel that is
// forgotten happens when it is destroyed.
#include <cstdio>
#include <utility>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        auto [parent, cancel] = weft::with_cancel(weft::background());
        auto [child, cancel_child] = weft::with_cancel(parent);
        weft::go([stop = std::move(cancel)] { stop(); });
        child.done().recv();
        std::printf("parent: %s\n", parent.err().message().c_str());
        std::printf("child: %s\n", child.err().message().c_str());

        weft::context forgotten;
        {
            auto [ctx, never_called] = weft::with_cancel(weft::background());
            forgotten = ctx;
        }
        std::printf("forgotten: %s\n", forgotten.err().message().c_str());
    });
}

// Output:
// parent: context canceled
// child: context canceled
// forgotten: context canceled
