package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// threadTotals is what the kernel has counted for the threads of this process that live now.
type threadTotals struct {
	cpu        time.Duration
	switches   int64
	migrations int64 // to another processor; counted for each thread and for no process
}

// threadTotalsNow reads a file for each thread, so not while something is timed. It is nil where
// the kernel does not say: the files are there with CONFIG_SCHED_DEBUG.
func threadTotalsNow() *threadTotals {
	threads, err := filepath.Glob("/proc/self/task/*/sched")
	if err != nil {
		return nil
	}
	sum, found := threadTotals{}, false
	for _, thread := range threads {
		// A thread that ends now has no file any more.
		if text, err := os.ReadFile(thread); err == nil {
			found = sum.add(text) || found
		}
	}
	if !found {
		return nil
	}
	return &sum
}

// add adds the figures of one thread's file, whose lines are `name : value`, times in milliseconds.
func (t *threadTotals) add(text []byte) bool {
	values := map[string]float64{}
	for _, line := range bytes.Split(text, []byte("\n")) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			if number, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64); err == nil {
				values[string(bytes.TrimSpace(name))] = number
			}
		}
	}
	cpu, timed := values["se.sum_exec_runtime"]
	switches, counted := values["nr_switches"]
	migrations, moved := values["se.nr_migrations"]
	if !timed || !counted || !moved {
		return false
	}
	t.cpu += time.Duration(cpu * float64(time.Millisecond))
	t.switches += int64(switches)
	t.migrations += int64(migrations)
	return true
}

// shareAccountedFor leaves room for a reading of a thread's time that is late by a part of a tick.
const shareAccountedFor = 0.98

// migrationsBetween is how often threads were moved between two readings, if the threads that
// lived at both account for what the process spent meanwhile: otherwise some that ended took part.
// The first reading has to be before, and the second after, those of the process.
func migrationsBetween(before, after threadTotals, begin, end usage) (int64, bool) {
	process := (end.voluntary + end.involuntary) - (begin.voluntary + begin.involuntary)
	cpu := float64(end.cpu - begin.cpu)
	all := after.switches-before.switches >= process &&
		float64(after.cpu-before.cpu) >= shareAccountedFor*cpu
	return after.migrations - before.migrations, all
}
