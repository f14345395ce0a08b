// Ends in the way that its argument names; program.cpp beside it ends in the same way.
package main

import (
	"context"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func waitOnCondition() {
	never := sync.NewCond(&sync.Mutex{})
	never.L.Lock()
	never.Wait()
}

func recurse(above *[64]int) int {
	here := [64]int{above[0]}
	return recurse(&here) + here[1]
}

func quit() {
	go func() {
		time.Sleep(50 * time.Millisecond) // main waits by now
		syscall.Kill(os.Getpid(), syscall.SIGQUIT)
		time.Sleep(time.Hour) // were nobody left, a deadlock could be found first
	}()
	<-make(chan int)
}

var size = -1
var noParent context.Context

var endings = map[string]func(){
	"close of closed":      func() { c := make(chan int); close(c); close(c) },
	"close of nil":         func() { var c chan int; close(c) },
	"send on closed":       func() { c := make(chan int, 1); close(c); c <- 1 },
	"size out of range":    func() { _ = make(chan int, size) },
	"negative counter":     func() { (&sync.WaitGroup{}).Done() },
	"ticker":               func() { time.NewTicker(0) },
	"ticker reset":         func() { time.NewTicker(time.Second).Reset(0) },
	"nil parent":           func() { _, cancel := context.WithCancel(noParent); cancel() },
	"in another goroutine": func() { go func() { var c chan int; close(c) }(); select {} },
	"unlock":               func() { (&sync.Mutex{}).Unlock() },
	"shared unlock":        func() { (&sync.RWMutex{}).Unlock() },
	"shared unlock_shared": func() { (&sync.RWMutex{}).RUnlock() },
	"goexit":               func() { runtime.Goexit() },
	"overflow":             func() { recurse(&[64]int{}) },
	"receive":              func() { <-make(chan int) },
	"send":                 func() { make(chan int) <- 1 },
	"receive from nil":     func() { var c chan int; <-c },
	"send to nil":          func() { var c chan int; c <- 1 },
	"select": func() {
		a, b := make(chan int), make(chan int)
		select {
		case <-a:
		case <-b:
		}
	},
	"select nothing":              func() { select {} },
	"lock":                        func() { var m sync.Mutex; m.Lock(); m.Lock() },
	"lock behind a reader":        func() { var m sync.RWMutex; m.RLock(); m.Lock() },
	"lock_shared behind a writer": func() { var m sync.RWMutex; m.Lock(); m.RLock() },
	"wait":                        func() { var w sync.WaitGroup; w.Add(1); w.Wait() },
	"wait on condition":           waitOnCondition,
	"locked to its thread":        func() { runtime.LockOSThread(); <-make(chan int) },
	"quit":                        quit,
}

func main() {
	endings[os.Args[1]]()
}
