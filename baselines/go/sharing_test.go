package main

import "testing"

func TestTrueSharingFindsALostIncrement(t *testing.T) {
	load := traffic{5, 2}
	mustPass(t, checkIncrements(5, load))
	mustFind(t, "a lost increment", checkIncrements(4, load))
	additions := make(chan uint64, 3)
	for _, addition := range []uint64{1, 1, 3} {
		additions <- addition
	}
	close(additions)
	mustPass(t, checkIncrements(sumOf(additions), load))
}
