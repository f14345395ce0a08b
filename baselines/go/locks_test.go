package main

import (
	"sync"
	"testing"
)

// overlap does a section on two goroutines, without a lock, until its check has found that.
func overlap(section func(), check func() error) {
	for check() == nil {
		var ended sync.WaitGroup
		ended.Add(2)
		for task := 0; task < 2; task++ {
			go func() {
				section()
				ended.Done()
			}()
		}
		ended.Wait()
	}
}

func TestAMutexThatExcludesNobodyIsFound(t *testing.T) {
	var guarded guardedCount
	load, work := traffic{0, 2}, newSpin(20_000)
	mustPass(t, guarded.check(load))
	overlap(func() { guarded.addOne(work) }, func() error {
		err := guarded.check(load)
		load.messages += 2
		return err
	})
}

func TestASharedMutexThatAdmitsReadersIsFound(t *testing.T) {
	var pair guardedPair
	work := newSpin(20_000)
	if !pair.read(work) {
		t.Error("a pair that nobody wrote is torn")
	}
	torn := false
	overlap(func() {
		pair.write(work)
		if !pair.read(work) {
			torn = true
		}
	}, func() error {
		if torn {
			return errWrong
		}
		return nil
	})
}

func TestSharedSectionsAreChecked(t *testing.T) {
	load := sharedSections{traffic{100, 2}, 50}
	writes := load.writes()
	if writes < 25 || writes > 75 {
		t.Errorf("%d of 100 sections write", writes)
	}
	right := []seenSections{{0, writes - 20}, {0, 20}}
	_, err := load.check(right, writes)
	mustPass(t, err)
	_, err = load.check(right, writes-1)
	mustFind(t, "a lost write", err)
	_, err = load.check([]seenSections{{1, writes}, {}}, writes)
	mustFind(t, "a torn read", err)
	_, err = load.check(right[:1], writes)
	mustFind(t, "a task that did not run", err)
}
