// A group of tasks that fail together: the first exception ends the context of the others, and
// leaves `wait`.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        weft::group parts;
        const weft::context ctx = parts.context();
        for (const std::string part : {"hull", "mast", "sail"}) {
            parts.go([=] {
                if (part == "mast") {
                    throw std::runtime_error("the mast is broken");
                }
                ctx.done().recv();
                std::printf("%s: stopped\n", part.c_str());
            });
        }
        try {
            parts.wait();
        } catch (const std::runtime_error& broken) {
            std::printf("the ship does not sail: %s\n", broken.what());
        }
    });
}

// Unordered output:
// hull: stopped
// sail: stopped
// the ship does not sail: the mast is broken
