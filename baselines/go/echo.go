package main

import (
	"fmt"
	"net"
)

func prepareEcho(asked *cell) (body, error) {
	messages, connections := asked.operations, asked.number("connections")
	server, err := loadServer(asked, connections, func(connection net.Conn) {
		sendBack(connection, func() {})
	})
	return func(meter *meter) (uint64, error) {
		report, err := server.run(meter, fmt.Sprint("closed ", messages))
		if err != nil {
			return 0, err
		}
		return checkMessages(report, uint64(messages), uint64(connections),
			server.server.accepted.Load())
	}, err
}
