package main

import "sync"

func preparePingPong(asked *cell) (body, error) {
	trips, capacity := asked.operations, asked.number("capacity")
	return func(meter *meter) (uint64, error) {
		there, back := make(chan uint64, capacity), make(chan uint64, capacity)
		meter.found("capacity", cap(there))
		var ended sync.WaitGroup
		token := uint64(0)
		meter.start()
		ended.Add(2)
		go func() {
			for trip := 0; trip < trips; trip++ {
				there <- token
				token = <-back + 1
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
		return token, requireEqual(token, 2*uint64(trips), "token after all hops")
	}, nil
}
