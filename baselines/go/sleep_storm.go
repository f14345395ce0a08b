package main

import (
	"fmt"
	"sync"
	"time"
)

// wakeAfter is how long after the storm's begin a sleeper is to wake: 1 to 100 ms in whole
// nanoseconds, the same for a number in every language (splitmix64).
func wakeAfter(sleeper uint64) time.Duration {
	const least, most = uint64(time.Millisecond), uint64(100 * time.Millisecond)
	mixed := (sleeper + 1) * 0x9e3779b97f4a7c15
	mixed = (mixed ^ mixed>>30) * 0xbf58476d1ce4e5b9
	mixed = (mixed ^ mixed>>27) * 0x94d049bb133111eb
	mixed ^= mixed >> 31
	return time.Duration(least + mixed%(most-least+1))
}

const neverWoke = time.Duration(-1)

// startSleepers returns once every sleeper is about to sleep.
func startSleepers(begin time.Time, late []time.Duration, ended *sync.WaitGroup) {
	var reported sync.WaitGroup
	reported.Add(len(late))
	ended.Add(len(late))
	for index := range late {
		go func(due time.Time, late *time.Duration) {
			reported.Done()
			time.Sleep(time.Until(due))
			*late = time.Since(due)
			ended.Done()
		}(begin.Add(wakeAfter(uint64(index))), &late[index])
	}
	reported.Wait()
}

// storm returns the CPU time from when all are asleep until all have ended.
func storm(late []time.Duration, lead *headStart, meter *meter) (time.Duration, error) {
	for index := range late {
		late[index] = neverWoke
	}
	var ended sync.WaitGroup
	_, err := lead.arrange(
		func(begin time.Time) { startSleepers(begin, late, &ended) }, ended.Wait)
	if err != nil {
		return 0, err
	}
	before, err := usageNow()
	meter.note(err)
	ended.Wait()
	after, err := usageNow()
	meter.note(err)
	return after.cpu - before.cpu, nil
}

// checkLateness adds each sleeper's lateness, and returns the sum of the times to sleep.
func checkLateness(late []time.Duration, lateness *latencies) (uint64, error) {
	sum := uint64(0)
	for sleeper, each := range late {
		if each < 0 {
			return 0, fmt.Errorf("%w: sleeper %d did not wake, or too early", errWrong, sleeper)
		}
		lateness.add(each)
		sum += uint64(wakeAfter(uint64(sleeper)))
	}
	return sum, nil
}

func prepareSleepStorm(asked *cell) (body, error) {
	late, storms := make([]time.Duration, asked.number("tasks")), asked.operations
	lead := newHeadStart(len(late))
	return func(meter *meter) (uint64, error) {
		lateness := newLatencies(len(late) * storms)
		cpu, checksum := time.Duration(0), uint64(0)
		meter.start()
		for count := 0; count < storms; count++ {
			spent, err := storm(late, lead, meter)
			if err != nil {
				return 0, err
			}
			sum, err := checkLateness(late, lateness)
			if err != nil {
				return 0, err
			}
			cpu += spent
			checksum += sum
		}
		meter.stop()
		meter.figure("cpu_task_ns", float64(cpu)/float64(len(late)*storms))
		return checksum, lateness.report(meter, "")
	}, nil
}
