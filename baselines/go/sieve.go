package main

// firstPrimes gives as many primes, and how often numbers go over a channel until the sieve has
// found them: a number goes as far as the filter of its smallest prime factor.
func firstPrimes(count int) (primes []uint64, hops uint64) {
	for number := uint64(2); len(primes) < count; number++ {
		filter := 0
		for filter < len(primes) && number%primes[filter] != 0 {
			filter++
		}
		hops += uint64(filter) + 1
		if filter == len(primes) {
			primes = append(primes, number)
		}
	}
	return primes, hops
}

// oneSieve appends what comes out. The generator stops at the last prime and every task closes what
// it sends on, so that all of them end.
func oneSieve(last uint64, found []uint64) []uint64 {
	numbers := make(chan uint64)
	go func(to chan<- uint64) {
		for number := uint64(2); number <= last; number++ {
			to <- number
		}
		close(to)
	}(numbers)
	for prime, open := <-numbers; open; prime, open = <-numbers {
		found = append(found, prime)
		rest := make(chan uint64)
		go func(from <-chan uint64, to chan<- uint64, prime uint64) {
			for number := range from {
				if number%prime != 0 {
					to <- number
				}
			}
			close(to)
		}(numbers, rest, prime)
		numbers = rest
	}
	return found
}

func areEqual(got, wanted []uint64) bool {
	if len(got) != len(wanted) {
		return false
	}
	for index := range got {
		if got[index] != wanted[index] {
			return false
		}
	}
	return true
}

func prepareSieve(asked *cell) (body, error) {
	primes, hops := firstPrimes(asked.number("primes"))
	sieves, last := asked.operations, primes[len(primes)-1]
	found := make([]uint64, 0, len(primes))
	return func(meter *meter) (uint64, error) {
		right := 0
		meter.start()
		for round := 0; round < sieves; round++ {
			found = oneSieve(last, found[:0])
			if areEqual(found, primes) {
				right++
			}
		}
		meter.stop()
		meter.figure("hop_ns", float64(meter.elapsed)/float64(sieves)/float64(hops))
		return last * uint64(sieves), requireEqual(uint64(right), uint64(sieves),
			"sieves that found the first primes in order")
	}, nil
}
