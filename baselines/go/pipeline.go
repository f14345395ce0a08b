package main

// squared is what a stage makes of a number. The modulus is a prime, so that numbers stay apart
// however often they are squared.
func squared(number uint64) uint64 {
	const modulus = 1<<31 - 1
	return number * number % modulus
}

// weightedSum is the last stage. A number's weight is its place, so that a lost, doubled or late
// one shows.
type weightedSum struct{ sum, count uint64 }

func (s *weightedSum) take(number uint64) {
	s.count++
	s.sum += s.count * number
}

func (s weightedSum) check(wanted weightedSum) error {
	if err := requireEqual(s.count, wanted.count, "numbers that came out"); err != nil {
		return err
	}
	return requireEqual(s.sum, wanted.sum, "weighted sum of the numbers that came out")
}

func calculatedSum(stages int, numbers uint64) (all weightedSum) {
	for number := uint64(0); number < numbers; number++ {
		value := number + 2
		for stage := 2; stage < stages; stage++ {
			value = squared(value)
		}
		all.take(value)
	}
	return all
}

func flow(links []chan uint64, numbers uint64) (all weightedSum) {
	go func(out chan<- uint64) {
		for number := uint64(0); number < numbers; number++ {
			out <- number + 2
		}
		close(out)
	}(links[0])
	for stage := 1; stage < len(links); stage++ {
		go func(in <-chan uint64, out chan<- uint64) {
			for number := range in {
				out <- squared(number)
			}
			close(out)
		}(links[stage-1], links[stage])
	}
	for number := range links[len(links)-1] {
		all.take(number)
	}
	return all
}

func preparePipeline(asked *cell) (body, error) {
	stages, capacity := asked.number("stages"), asked.number("capacity")
	numbers := uint64(asked.operations)
	wanted := calculatedSum(stages, numbers)
	return func(meter *meter) (uint64, error) {
		links := make([]chan uint64, stages-1)
		for stage := range links {
			links[stage] = make(chan uint64, capacity)
		}
		meter.found("capacity", cap(links[0]))
		meter.start()
		got := flow(links, numbers)
		meter.stop()
		meter.figure("hop_ns", float64(meter.elapsed)/float64(numbers)/float64(len(links)))
		return got.sum, got.check(wanted)
	}, nil
}
