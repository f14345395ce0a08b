package main

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

const (
	echoBytes         = 64
	descriptorsBeside = 64
)

// taskServer accepts connections, each of which a goroutine of its own serves.
type taskServer struct {
	listener net.Listener
	serving  sync.WaitGroup
	accepted atomic.Uint64
	failure  atomic.Pointer[error] // what ended accepting before its time
}

func startServer(serve func(net.Conn)) (*taskServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &taskServer{listener: listener}
	server.serving.Add(1)
	go func() {
		server.acceptAll(serve)
		server.serving.Done()
	}()
	return server, nil
}

func (s *taskServer) acceptAll(serve func(net.Conn)) {
	for {
		connection, err := s.listener.Accept()
		if err != nil {
			s.failure.CompareAndSwap(nil, &err)
			s.listener.Close()
			return
		}
		s.accepted.Add(1)
		s.serving.Add(1)
		go func() {
			serve(connection)
			connection.Close()
			s.serving.Done()
		}()
	}
}

func (s *taskServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// close waits until every connection has ended, which is the clients' to do.
func (s *taskServer) close() {
	s.listener.Close()
	s.serving.Wait()
}

// loadedServer is a server and the clients that are connected to it.
type loadedServer struct {
	server *taskServer
	load   *loadOrder
}

func loadServer(asked *cell, connections int, serve func(net.Conn)) (*loadedServer, error) {
	if err := requireDescriptors(connections + descriptorsBeside); err != nil {
		return nil, err
	}
	server, err := startServer(serve)
	if err != nil {
		return nil, err
	}
	load, err := orderLoad(asked, server.port(), connections)
	if err != nil {
		err = server.cause(err)
		server.close()
		return nil, err
	}
	loaded := &loadedServer{server, load}
	asked.atEnd = append(asked.atEnd, func() {
		load.close()
		server.close()
	})
	return loaded, nil
}

func (l *loadedServer) run(meter *meter, order string) (loadReport, error) {
	report, err := l.load.run(meter, order)
	return report, l.server.cause(err)
}

// cause is what ended accepting, if anything did, instead of what the clients noticed of it.
func (s *taskServer) cause(err error) error {
	if failure := s.failure.Load(); err != nil && failure != nil {
		return *failure
	}
	return err
}

// requireDescriptors raises the limit on open descriptors, and says so when it is still too low.
func requireDescriptors(wanted int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	// What may not be raised stays as it is, which the next line looks at.
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Cur < uint64(wanted) {
		return fmt.Errorf("%d descriptors are wanted and %d are allowed (ulimit -n): %w",
			wanted, limit.Cur, syscall.EMFILE)
	}
	return nil
}

// sendBack sends back what comes until the peer's end, and calls before each time in between. A
// connection that breaks is the client's to report.
func sendBack(connection net.Conn, before func()) {
	var message [echoBytes]byte
	for {
		got, err := connection.Read(message[:])
		if err != nil {
			return
		}
		before()
		if _, err := connection.Write(message[:got]); err != nil {
			return
		}
	}
}

// discard is what a server that only accepts and closes does with a connection.
func discard(net.Conn) {}

// checkMessages is an errWrong unless every message came back, dealt out as they were.
func checkMessages(report loadReport, messages, connections, accepted uint64) (uint64, error) {
	if err := requireEqual(accepted, connections, "connections that were accepted"); err != nil {
		return 0, err
	}
	if err := requireEqual(report.count, messages, "messages that came back"); err != nil {
		return 0, err
	}
	return report.sum, requireEqual(report.sum, sumOfNumbers(messages, connections),
		"sum of their numbers")
}

func sumOfNumbers(messages, connections uint64) uint64 {
	each, oneMore := messages/connections, messages%connections
	return connections*(each*(each+1)/2) + oneMore*(each+1)
}
