package main

func prepareOversubscribed(asked *cell) (body, error) {
	units := traffic{uint64(asked.operations), asked.number("tasks")}
	unit := newSpin(nsInMicro)
	return func(meter *meter) (uint64, error) {
		done := make([]uint64, units.producers)
		meter.start()
		forEach(len(done), func(task int) {
			own := uint64(0)
			for share := units.share(task); own < share; own++ {
				unit.work(own)
			}
			done[task] += own
		})
		meter.stop()
		reportWork(meter, float64(units.messages)*nsInMicro, units.messages, asked.workers)
		return units.messages, checkShares(units, done, "units that a task did")
	}, nil
}
