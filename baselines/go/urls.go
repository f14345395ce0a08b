package main

import (
	"fmt"
	"net/http"
	"sync"
)

const fetchers = 10

// urlAnswers has one slot for each URL; different URLs may be reported from different goroutines.
type urlAnswers struct {
	address, token, target, body string
	slots                        []urlSlot
}

type urlSlot struct {
	right   int
	wrong   string
	failure error
}

func newURLAnswers(asked *cell) *urlAnswers {
	delayMs := asked.number("delay_ms")
	return &urlAnswers{
		address: asked.server, token: asked.serverToken,
		target: fmt.Sprintf("/delay/%d?token=%s", delayMs, asked.serverToken),
		body:   fmt.Sprintf("waited %d ms\n", delayMs),
		slots:  make([]urlSlot, asked.number("urls")),
	}
}

func (a *urlAnswers) fetch(url int) {
	answer, err := httpGet(a.address, a.target)
	a.take(url, answer, err)
}

func (a *urlAnswers) take(url int, answer httpAnswer, err error) {
	slot := &a.slots[url]
	switch {
	case err != nil:
		slot.failure = err
	case answer.status != http.StatusOK:
		slot.wrong = fmt.Sprint("status ", answer.status)
	case answer.header.Get("Delay-Server-Token") != a.token:
		slot.wrong = "not the token of this run's server"
	case answer.body != a.body:
		slot.wrong = "another body than the one asked for"
	default:
		slot.right++
	}
}

func (a *urlAnswers) forget() { a.slots = make([]urlSlot, len(a.slots)) }

// check returns the number of right answers.
func (a *urlAnswers) check(times int) (uint64, error) {
	for _, slot := range a.slots {
		if slot.failure != nil {
			return 0, slot.failure
		}
		if slot.wrong != "" {
			return 0, fmt.Errorf("%w: an answer has %s", errWrong, slot.wrong)
		}
		if err := requireEqual(uint64(slot.right), uint64(times), "right answers"); err != nil {
			return 0, err
		}
	}
	return uint64(len(a.slots)) * uint64(times), nil
}

func (a *urlAnswers) sequential() {
	for url := range a.slots {
		a.fetch(url)
	}
}

func (a *urlAnswers) allAtOnce() {
	var fetched sync.WaitGroup
	fetched.Add(len(a.slots))
	for url := range a.slots {
		go func(url int) {
			a.fetch(url)
			fetched.Done()
		}(url)
	}
	fetched.Wait()
}

func (a *urlAnswers) pool() {
	queue := make(chan int)
	var working sync.WaitGroup
	working.Add(fetchers)
	for worker := 0; worker < fetchers; worker++ {
		go func() {
			for url := range queue {
				a.fetch(url)
			}
			working.Done()
		}()
	}
	for url := range a.slots {
		queue <- url
	}
	close(queue)
	working.Wait()
}

func prepareURLs(asked *cell) (body, error) {
	answers, times := newURLAnswers(asked), asked.operations
	fetchAll := map[string]func(){
		"sequential": answers.sequential, "all_at_once": answers.allAtOnce, "pool": answers.pool,
	}[asked.parameters["mode"]]
	return func(meter *meter) (uint64, error) {
		answers.forget()
		meter.start()
		for time := 0; time < times; time++ {
			fetchAll()
		}
		meter.stop()
		return answers.check(times)
	}, nil
}
