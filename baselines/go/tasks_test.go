package main

import "testing"

func TestSharesThatAreOffAreFound(t *testing.T) {
	load := traffic{5, 2}
	mustPass(t, checkShares(load, []uint64{3, 2}, "share"))
	mustFind(t, "a task that did not run", checkShares(load, []uint64{0, 2}, "share"))
	mustFind(t, "a task that ran twice", checkShares(load, []uint64{6, 2}, "share"))
}
