package main

import "fmt"

func prepareChurn(asked *cell) (body, error) {
	total, atOnce := uint64(asked.operations), asked.number("connections")
	if err := requireDescriptors(atOnce + descriptorsBeside); err != nil {
		return nil, err
	}
	server, err := loadServer(asked, 0, discard)
	endedInAll := uint64(0)
	return func(meter *meter) (uint64, error) {
		report, err := server.run(meter, fmt.Sprintf("churn %d %d", total, atOnce))
		if err != nil {
			return 0, err
		}
		if err := requireEqual(report.count, total, "connections that were ended"); err != nil {
			return 0, err
		}
		endedInAll += report.count
		accepted := server.server.accepted.Load()
		if err := requireEqual(accepted, endedInAll, "connections accepted"); err != nil {
			return 0, err
		}
		return report.sum, requireEqual(report.sum, sumOfNumbers(total, 1), "sum of their numbers")
	}, err
}
