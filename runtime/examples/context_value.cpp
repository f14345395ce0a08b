// What belongs to a request goes down with its context, under a key that has a type.
#include <cstdio>
#include <string>
#include <weft/weft.hpp>

constexpr weft::context_key<std::string> user("user");

void answer(const weft::context& ctx) {
    const std::string* name = ctx.value(user);
    std::printf("hello, %s\n", name == nullptr ? "stranger" : name->c_str());
}

int main() {
    return weft::run([] {
        answer(weft::background());
        const auto request = weft::with_value(weft::background(), user, "Ada");
        answer(request);
        answer(weft::with_value(request, user, "Grace"));
    });
}

// Output:
// hello, stranger
// hello, Ada
// hello, Grace
