// Several senders cannot know which of them is the last: somebody waits for all, and closes.
#include <cstdio>
#include <weft/weft.hpp>

int main() {
    return weft::run([] {
        const auto votes = weft::make_chan<int>();
        weft::wait_group voters;
        for (int voter = 0; voter < 8; ++voter) {
            voters.go([=] {
                for (int ballot = 0; ballot < 5; ++ballot) {
                    votes.send(1);
                }
            });
        }
        weft::go([&voters, votes] {
            voters.wait();
            votes.close();
        });
        int counted = 0;
        for (const int vote : votes) {
            counted += vote;
        }
        std::printf("%d votes\n", counted);
    });
}

// Output:
// 40 votes
