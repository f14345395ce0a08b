package main

import (
	"errors"
	"testing"
	"time"
)

func TestTreesHavePlaceForEveryLeaf(t *testing.T) {
	for _, shape := range []struct{ leaves, depth, children int }{
		{100_000, 1, 100_000}, {100_000, 3, 47}, {27, 3, 3}, {28, 3, 4}, {1, 3, 1},
	} {
		if got := childrenPerNode(shape.leaves, shape.depth); got != shape.children {
			t.Errorf("%v: %d children", shape, got)
		}
	}
}

func TestTreeEndsEveryTaskEitherWay(t *testing.T) {
	for _, depth := range []string{"1", "2", "3"} {
		for _, by := range []string{"cancel", "deadline"} {
			asked := requestFor("cancel/tree", map[string]string{
				"tasks": "20", "depth": depth, "by": by,
			})
			result, err := run(t, asked)
			if err != nil || result.Context["checksum"] != "40" {
				t.Errorf("depth %s by %s: %v, %v", depth, by, result.Context["checksum"], err)
			}
		}
	}
}

func TestTreeFindsATaskThatEndedBeforeItsContext(t *testing.T) {
	for name, due := range map[string]time.Time{
		"cancel": {}, "deadline": time.Now().Add(time.Hour),
	} {
		tree := newContextTree(20, 3, due)
		tree.start(3)
		tree.cancels[0]() // and not tree.cancel, after which tasks may end
		tree.ended.Wait()
		if err := tree.check(); !errors.Is(err, errWrong) {
			t.Errorf("%s: tasks that ended early went unnoticed: %v", name, err)
		}
	}
}
