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
	leaves, capacity := uint64(asked.number("leaves")), asked.number("capacity")
	for rest := leaves; rest > 1; rest /= skynetChildren {
		if rest%skynetChildren != 0 {
			return nil, fmt.Errorf("%w: the leaves of spawn/skynet are a power of ten, not %d",
				errUsage, leaves)
		}
	}
	return func(meter *meter) (uint64, error) {
		var sumOfAll uint64
		meter.start()
		for tree := 0; tree < asked.operations; tree++ {
			result := make(chan uint64, capacity)
			go skynetNode(result, 0, leaves, capacity)
			sum := <-result
			if err := requireEqual(sum, leaves*(leaves-1)/2, "sum of the leaves"); err != nil {
				return 0, err
			}
			sumOfAll += sum
		}
		meter.stop()
		meter.found("capacity", cap(make(chan uint64, capacity)))
		return sumOfAll, nil
	}, nil
}
