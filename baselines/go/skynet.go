package main

import "fmt"

const skynetChildren = 10

func skynetNode(parent chan<- uint64, first, leaves uint64, capacity int) {
	if leaves == 1 {
		parent <- first
		return
	}
	children := make(chan uint64, capacity)
	share := leaves / skynetChildren
	for child := uint64(0); child < skynetChildren; child++ {
		go skynetNode(children, first+child*share, share, capacity)
	}
	sum := uint64(0)
	for child := 0; child < skynetChildren; child++ {
		sum += <-children
	}
	parent <- sum
}

func prepareSkynet(asked *cell) (body, error) {
	leaves, capacity := uint64(asked.operations), asked.number("capacity")
	for rest := leaves; rest > 1; rest /= skynetChildren {
		if rest%skynetChildren != 0 {
			return nil, fmt.Errorf("%w: the operations of spawn/skynet are a power of ten, not %d",
				errUsage, leaves)
		}
	}
	return func(meter *meter) (uint64, error) {
		meter.start()
		result := make(chan uint64, capacity)
		go skynetNode(result, 0, leaves, capacity)
		sum := <-result
		meter.stop()
		meter.found("capacity", cap(result))
		return sum, requireEqual(sum, leaves*(leaves-1)/2, "sum of the leaves")
	}, nil
}
