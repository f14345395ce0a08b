package main

import "testing"

func TestTheTreeIsThatOfTheOthers(t *testing.T) {
	for rootChildren, nodes := range map[int]uint64{20: 109, 50: 8939} {
		if got := walkAlone(rootChildren).nodes; got != nodes {
			t.Errorf("%d children of the root: %d nodes instead of %d", rootChildren, got, nodes)
		}
	}
	tree := walkAlone(20)
	mustPass(t, subtree{2 * tree.nodes, 2 * tree.sum}.check(tree, 2))
	mustFind(t, "a lost node", subtree{tree.nodes - 1, tree.sum}.check(tree, 1))
	mustFind(t, "another node", subtree{tree.nodes, tree.sum + 1}.check(tree, 1))
}

func TestFibonacciNumbers(t *testing.T) {
	for index := 0; index < 12; index++ {
		mustPass(t, checkFibonacci(3*fibRecursive(index), index, 3))
	}
	if fibonacci(30) != 832_040 {
		t.Error(fibonacci(30))
	}
	mustFind(t, "another number", checkFibonacci(56, 10, 1))
}
