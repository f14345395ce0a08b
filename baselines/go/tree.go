package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// childrenPerNode of each inner node give a tree of that depth place for so many leaves.
func childrenPerNode(leaves, depth int) int {
	for children := 1; ; children++ {
		place := 1
		for level := 0; level < depth && place < leaves; level++ {
			place *= children
		}
		if place >= leaves {
			return children
		}
	}
}

// contextTree is one tree and what became of its tasks.
type contextTree struct {
	children        int
	due             time.Time // zero where cancel ends it
	cancelled       atomic.Bool
	root            context.Context
	cancels         []context.CancelFunc
	marks           []uint32
	reported, ended sync.WaitGroup
}

func newContextTree(tasks, depth int, due time.Time) *contextTree {
	tree := &contextTree{
		children: childrenPerNode(tasks, depth), due: due, marks: make([]uint32, tasks),
		cancels: make([]context.CancelFunc, 0, 2*tasks),
	}
	tree.root = tree.keep(context.WithCancel(context.Background()))
	if !due.IsZero() {
		tree.root = tree.keep(context.WithDeadline(tree.root, due))
	}
	return tree
}

func (t *contextTree) keep(made context.Context, cancel context.CancelFunc) context.Context {
	t.cancels = append(t.cancels, cancel)
	return made
}

// start returns once every task has reported.
func (t *contextTree) start(depth int) {
	t.reported.Add(len(t.marks))
	t.ended.Add(len(t.marks))
	t.grow(t.root, depth, t.marks)
	t.reported.Wait()
}

// grow makes depth levels below the parent, the last of them the tasks' own contexts.
func (t *contextTree) grow(parent context.Context, depth int, marks []uint32) {
	if depth == 1 {
		for index := range marks {
			t.startTask(t.keep(context.WithCancel(parent)), &marks[index])
		}
		return
	}
	share := (len(marks) + t.children - 1) / t.children
	for len(marks) > 0 {
		if share > len(marks) {
			share = len(marks)
		}
		t.grow(t.keep(context.WithCancel(parent)), depth-1, marks[:share])
		marks = marks[share:]
	}
}

func (t *contextTree) startTask(own context.Context, mark *uint32) {
	go func() {
		t.reported.Done()
		<-own.Done()
		if t.mayEnd() {
			*mark = 1
		}
		t.ended.Done()
	}()
}

func (t *contextTree) mayEnd() bool {
	if t.due.IsZero() {
		return t.cancelled.Load()
	}
	return !time.Now().Before(t.due)
}

func (t *contextTree) cancel() {
	t.cancelled.Store(true)
	t.cancels[0]()
}

// check finds tasks that did not end, or ended before their context.
func (t *contextTree) check() error {
	for _, cancel := range t.cancels {
		cancel()
	}
	return checkMarks(t.marks, 1)
}

// treeTimes is how long the tasks of a round took to start and to end.
type treeTimes struct{ start, end time.Duration }

func cancelTree(tasks, depth int) (treeTimes, error) {
	began := time.Now()
	tree := newContextTree(tasks, depth, time.Time{})
	tree.start(depth)
	cancelled := time.Now()
	tree.cancel()
	tree.ended.Wait()
	return treeTimes{cancelled.Sub(began), time.Since(cancelled)}, tree.check()
}

func expireTree(tasks, depth int, lead *headStart) (treeTimes, error) {
	var tree *contextTree
	var began time.Time
	var times treeTimes
	due, err := lead.arrange(func(due time.Time) {
		began = time.Now()
		tree = newContextTree(tasks, depth, due)
		tree.start(depth)
		times.start = time.Since(began)
	}, func() { tree.ended.Wait() })
	if err != nil {
		return times, err
	}
	tree.ended.Wait()
	times.end = time.Since(due)
	return times, tree.check()
}

func prepareTree(asked *cell) (body, error) {
	tasks, depth, rounds := asked.number("tasks"), asked.number("depth"), asked.operations
	byDeadline := asked.parameters["by"] == "deadline"
	lead := newHeadStart(tasks)
	one := func() (treeTimes, error) {
		if byDeadline {
			return expireTree(tasks, depth, lead)
		}
		return cancelTree(tasks, depth)
	}
	return func(meter *meter) (uint64, error) {
		var total treeTimes
		meter.start()
		for count := 0; count < rounds; count++ {
			times, err := one()
			if err != nil {
				return 0, err
			}
			total.start += times.start
			total.end += times.end
		}
		meter.stop()
		all := float64(tasks) * float64(rounds)
		meter.figure("start_task_ns", float64(total.start)/all)
		meter.figure("end_task_ns", float64(total.end)/all)
		return uint64(tasks) * uint64(rounds), nil
	}, nil
}
