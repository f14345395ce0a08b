package main

import "fmt"

const fibIndexMax = 40

func fibRecursive(index int) uint64 {
	if index < 2 {
		return uint64(index)
	}
	var parts [2]uint64
	forkJoin(len(parts), func(part int) { parts[part] += fibRecursive(index - 1 - part) })
	return parts[0] + parts[1]
}

// fibonacci is the number by adding up, to check with.
func fibonacci(index int) uint64 {
	number, next := uint64(0), uint64(1)
	for ; index > 0; index-- {
		number, next = next, next+number
	}
	return number
}

func checkFibonacci(sum uint64, index, times int) error {
	return requireEqual(sum, fibonacci(index)*uint64(times), "sum of the Fibonacci numbers")
}

func prepareFib(asked *cell) (body, error) {
	index, times := asked.number("index"), asked.operations
	if index > fibIndexMax {
		return nil, fmt.Errorf("%w: index is at most %d", errUsage, fibIndexMax)
	}
	return func(meter *meter) (uint64, error) {
		sum := uint64(0)
		meter.start()
		for time := 0; time < times; time++ {
			sum += fibRecursive(index)
		}
		meter.stop()
		calls := float64(2*fibonacci(index+1)-1) * float64(times)
		meter.figure("call_ns", float64(meter.elapsed)/calls)
		return sum, checkFibonacci(sum, index, times)
	}, nil
}
