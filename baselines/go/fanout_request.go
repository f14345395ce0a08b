package main

import (
	"fmt"
	"math/bits"
	"math/rand"
	"sync"
	"time"
)

const (
	requestTimeout = 10 * time.Millisecond
	delayMean      = time.Millisecond
	fanMax         = 64 // one bit for each sub-request
)

// How a sub-request ended.
const (
	subAnswered  = 1
	subCancelled = 2
)

// requestOutcome is what one request saw, by the number of the sub-request, and how long it waited.
type requestOutcome struct {
	seen  uint64
	twice bool
	took  time.Duration
}

func (o *requestOutcome) take(sub int) {
	bit := uint64(1) << sub
	o.twice = o.twice || o.seen&bit != 0
	o.seen |= bit
}

// requestPlan is what is asked for, with a delay for each sub-request of each request, and what
// came of it.
type requestPlan struct {
	fan      int
	mode     string
	delays   []time.Duration
	ends     []uint8
	outcomes []requestOutcome
}

func newRequestPlan(asked *cell) (*requestPlan, error) {
	fan := asked.number("fan")
	if fan > fanMax {
		return nil, fmt.Errorf("%w: fan is at most %d", errUsage, fanMax)
	}
	return &requestPlan{
		fan: fan, mode: asked.parameters["mode"],
		delays:   drawDelays(asked.parameters["backend"], asked.operations*fan),
		ends:     make([]uint8, asked.operations*fan),
		outcomes: make([]requestOutcome, asked.operations),
	}, nil
}

func drawDelays(backend string, count int) []time.Duration {
	random, delays := rand.New(rand.NewSource(1)), make([]time.Duration, count)
	for index := range delays {
		switch backend {
		case "fixed_1ms":
			delays[index] = delayMean
		case "exp_1ms":
			delays[index] = time.Duration(random.ExpFloat64() * float64(delayMean))
		}
	}
	return delays
}

// wanted is how many answers end the wait.
func (p *requestPlan) wanted() int {
	if p.mode == "first" {
		return 1
	}
	return p.fan
}

// issue does one request; every sub-request has ended when it returns.
func (p *requestPlan) issue(request int) {
	began := time.Now()
	answers, cancelled := make(chan int, p.fan), make(chan struct{})
	var ended sync.WaitGroup
	ended.Add(p.fan)
	for sub := 0; sub < p.fan; sub++ {
		go func(sub int) {
			place := request*p.fan + sub
			if backendAnswers(p.delays[place], cancelled) {
				p.ends[place] |= subAnswered
				answers <- sub
			} else {
				p.ends[place] |= subCancelled
			}
			ended.Done()
		}(sub)
	}
	p.collect(&p.outcomes[request], answers)
	p.outcomes[request].took = time.Since(began)
	close(cancelled)
	ended.Wait()
}

// backendAnswers is what a backend does; false when it was cancelled.
func backendAnswers(delay time.Duration, cancelled <-chan struct{}) bool {
	if delay == 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-cancelled:
		return false
	}
}

func (p *requestPlan) collect(outcome *requestOutcome, answers <-chan int) {
	var late <-chan time.Time
	if p.mode == "timeout" {
		timer := time.NewTimer(requestTimeout)
		defer timer.Stop()
		late = timer.C
	}
	for count := 0; count < p.wanted(); count++ {
		select {
		case sub := <-answers:
			outcome.take(sub)
		case <-late:
			return
		}
	}
}

func (p *requestPlan) ideal(request int) time.Duration {
	least, most := p.delays[request*p.fan], time.Duration(0)
	for _, delay := range p.delays[request*p.fan : (request+1)*p.fan] {
		if delay < least {
			least = delay
		}
		if delay > most {
			most = delay
		}
	}
	switch {
	case p.mode == "first":
		return least
	case p.mode == "timeout" && most > requestTimeout:
		return requestTimeout
	}
	return most
}

// checkEnds returns how many sub-requests of a request were cancelled.
func (p *requestPlan) checkEnds(request int) (cancelled int, err error) {
	for sub, end := range p.ends[request*p.fan : (request+1)*p.fan] {
		switch {
		case end == 0:
			return 0, fmt.Errorf("%w: a sub-request did not end", errWrong)
		case end != subAnswered && end != subCancelled:
			return 0, fmt.Errorf("%w: a sub-request both answered and was cancelled", errWrong)
		case end == subCancelled && p.outcomes[request].seen>>sub&1 != 0:
			return 0, fmt.Errorf("%w: a cancelled sub-request's answer was seen", errWrong)
		case end == subCancelled:
			cancelled++
		}
	}
	return cancelled, nil
}

func (p *requestPlan) checkAnswers(request int) error {
	outcome := p.outcomes[request]
	got := bits.OnesCount64(outcome.seen)
	timedOut := p.mode == "timeout" && outcome.took >= requestTimeout
	switch {
	case outcome.twice:
		return fmt.Errorf("%w: an answer was seen twice", errWrong)
	case got > p.wanted() || got < p.wanted() && !timedOut:
		return fmt.Errorf("%w: a request ended with %d answers", errWrong, got)
	case outcome.took < p.ideal(request):
		return fmt.Errorf("%w: a request ended before its backends can have answered", errWrong)
	}
	return nil
}

func (p *requestPlan) check(meter *meter) (uint64, error) {
	cancelledInAll, overheads := 0, make([]float64, 0, len(p.outcomes))
	for request, outcome := range p.outcomes {
		cancelled, err := p.checkEnds(request)
		if err == nil {
			err = p.checkAnswers(request)
		}
		if err != nil {
			return 0, err
		}
		cancelledInAll += cancelled
		overheads = append(overheads, float64(outcome.took-p.ideal(request)))
	}
	meter.percentiles("overhead_", overheads)
	meter.figure("cancelled", 100*float64(cancelledInAll)/float64(len(p.ends)))
	return uint64(len(p.ends)), nil
}

func prepareRequest(asked *cell) (body, error) {
	plan, err := newRequestPlan(asked)
	return func(meter *meter) (uint64, error) {
		plan.ends = make([]uint8, len(plan.ends))
		plan.outcomes = make([]requestOutcome, len(plan.outcomes))
		meter.start()
		for request := range plan.outcomes {
			plan.issue(request)
		}
		meter.stop()
		return plan.check(meter)
	}, err
}
