package main

import (
	"fmt"
	"math/rand"
	"net"
	"sync/atomic"
	"time"
)

const (
	stallConnections       = 64
	stallMessagesPerSecond = 10_000
	stallTime              = time.Millisecond
)

// stalls are the instants at which one connection's goroutine computes: after each stall a time of
// the exponential distribution passes, so that what they ask for stays bounded when it is too much.
type stalls struct {
	random *rand.Rand
	gap    float64 // mean, in nanoseconds
	next   time.Time
}

// newStalls takes what the stalls of all connections take together, in percent of one CPU.
func newStalls(seed uint64, load int) *stalls {
	own := &stalls{
		random: rand.New(rand.NewSource(int64(seed))),
		gap:    stallConnections * float64(stallTime) * 100 / float64(load),
	}
	own.over()
	return own
}

func (s *stalls) due() bool { return !time.Now().Before(s.next) }

func (s *stalls) over() {
	s.next = time.Now().Add(time.Duration(s.random.ExpFloat64() * s.gap))
}

func prepareStall(asked *cell) (body, error) {
	messages, load, work := asked.operations, asked.number("load"), newSpin(int(stallTime))
	order := fmt.Sprintf("open %d %d", messages, stallMessagesPerSecond)
	var seeds atomic.Uint64
	var stalled atomic.Int64
	server, err := loadServer(asked, stallConnections, func(connection net.Conn) {
		mine := newStalls(seeds.Add(1)-1, load)
		sendBack(connection, func() {
			if mine.due() {
				work.work(1)
				stalled.Add(1)
				mine.over()
			}
		})
	})
	return func(meter *meter) (uint64, error) {
		before := stalled.Load()
		report, err := server.run(meter, order)
		if err != nil {
			return 0, err
		}
		share := float64(stalled.Load()-before) * float64(stallTime) / float64(meter.elapsed)
		meter.figure("stall_load", 100*share)
		return checkMessages(report, uint64(messages), stallConnections,
			server.server.accepted.Load())
	}, err
}
