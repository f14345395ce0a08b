// Package twins has some of the contender's cells again, as Go's own benchmarks and with none of
// its code: `python3 -m harness crosscheck` compares the figures. The benchmark's goroutine takes
// part itself, as is usual in benchmarks; the contender's root only waits.
package twins

import (
	"sync"
	"testing"
)

const tasksOfBatch = 100_000

// An operation is a batch.
func BenchmarkBatch(b *testing.B) {
	for i := 0; i < b.N; i++ {
		var ended sync.WaitGroup
		ended.Add(tasksOfBatch)
		for task := 0; task < tasksOfBatch; task++ {
			go ended.Done()
		}
		ended.Wait()
	}
}

func BenchmarkPingPong(b *testing.B) {
	there, back := make(chan int), make(chan int)
	go func() {
		for token := range there {
			back <- token + 1
		}
		close(back)
	}()
	b.ResetTimer()
	token := 0
	for i := 0; i < b.N; i++ {
		there <- token
		token = <-back + 1
	}
	b.StopTimer()
	close(there)
	if _, open := <-back; open || token != 2*b.N {
		b.Fatalf("the token is %d after %d trips", token, b.N)
	}
}

// An operation is a message.
func BenchmarkThroughputOneToOne(b *testing.B) {
	numbers := make(chan int, 128)
	go func() {
		for number := 1; number <= b.N; number++ {
			numbers <- number
		}
		close(numbers)
	}()
	sum := 0
	for number := range numbers {
		sum += number
	}
	if sum != b.N*(b.N+1)/2 {
		b.Fatalf("the sum of the numbers to %d is %d", b.N, sum)
	}
}

func BenchmarkThroughputFourToFour(b *testing.B) {
	const parties = 4
	numbers, sums := make(chan int, 128), make(chan int)
	var sending sync.WaitGroup
	for party := 0; party < parties; party++ {
		sending.Add(1)
		go func(first int) {
			for number := first; number <= b.N; number += parties {
				numbers <- number
			}
			sending.Done()
		}(party + 1)
		go func() {
			sum := 0
			for number := range numbers {
				sum += number
			}
			sums <- sum
		}()
	}
	sending.Wait()
	close(numbers)
	sum := 0
	for party := 0; party < parties; party++ {
		sum += <-sums
	}
	if sum != b.N*(b.N+1)/2 {
		b.Fatalf("the sum of the numbers to %d is %d", b.N, sum)
	}
}
