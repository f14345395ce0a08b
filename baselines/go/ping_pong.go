package main

import (
	"sync"
	"time"
)

func preparePingPong(asked *cell) (body, error) {
	trips, capacity := asked.operations, asked.number("capacity")
	each := asked.parameters["timed"] == "each"
	return func(meter *meter) (uint64, error) {
		there, back := make(chan uint64, capacity), make(chan uint64, capacity)
		meter.found("capacity", cap(there))
		var ended sync.WaitGroup
		token := uint64(0)
		var taken latencies
		if each {
			taken = make(latencies, 0, trips)
		}
		meter.start()
		ended.Add(2)
		go func() {
			begin := time.Now()
			for trip := 0; trip < trips; trip++ {
				there <- token
				token = <-back + 1
				if each {
					end := time.Now()
					taken = append(taken, end.Sub(begin))
					begin = end
				}
			}
			ended.Done()
		}()
		go func() {
			for trip := 0; trip < trips; trip++ {
				back <- <-there + 1
			}
			ended.Done()
		}()
		ended.Wait()
		meter.stop()
		if each {
			if err := taken.report(meter, ""); err != nil {
				return 0, err
			}
		}
		return token, requireEqual(token, 2*uint64(trips), "token after all hops")
	}, nil
}
