package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// generateLoad stands in for the load generator until the test has ended. It does what is ordered,
// one message after the other, and answers with what report makes of the outcome.
func generateLoad(t *testing.T, report func(loadReport) string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			control, err := listener.Accept()
			if err != nil {
				return
			}
			converse(control, report)
			control.Close()
		}
	}()
	return listener.Addr().String()
}

func converse(control net.Conn, report func(loadReport) string) {
	lines := bufio.NewScanner(control)
	var token string
	var port, connections int
	lines.Scan()
	fmt.Sscan(lines.Text(), &token, &port, &connections)
	clients := make([]net.Conn, connections)
	for client := range clients {
		clients[client], _ = net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
		defer clients[client].Close()
		roundTrip(clients[client], 0)
	}
	fmt.Fprintln(control, "ready")
	for lines.Scan() {
		var kind string
		var count int
		fmt.Sscan(lines.Text(), &kind, &count)
		fmt.Fprintln(control, "prepared")
		lines.Scan()
		found := generate(kind, count, port, clients)
		fmt.Fprintln(control, "ended")
		fmt.Fprintln(control, report(found))
	}
}

func generate(kind string, count, port int, clients []net.Conn) (found loadReport) {
	for number := 0; number < count; number++ {
		if kind == "churn" {
			client, _ := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
			if rest, err := io.ReadAll(client); err == nil && len(rest) == 0 {
				found.count++
				found.sum += uint64(number + 1)
			}
			client.Close()
		} else if roundTrip(clients[number%len(clients)], number) {
			found.count++
			found.sum += uint64(number/len(clients) + 1)
		}
	}
	return found
}

func roundTrip(client net.Conn, number int) bool {
	message := bytes.Repeat([]byte{byte(number)}, echoBytes)
	client.Write(message)
	back := make([]byte, echoBytes)
	_, err := io.ReadFull(client, back)
	return err == nil && bytes.Equal(message, back)
}

func reportRightly(found loadReport) string {
	return fmt.Sprintf("done count=%d sum=%d p50_ns=1.5 p99_ns=2", found.count, found.sum)
}

func TestAServersLoadIsChecked(t *testing.T) {
	for _, workload := range []string{"fanout/echo", "fanout/churn", "fanout/stall"} {
		for name, report := range map[string]func(loadReport) string{
			"a changed message": func(loadReport) string { return "wrong message 3" },
			"one that never came back": func(found loadReport) string {
				found.count--
				return reportRightly(found)
			},
			"one instead of another": func(found loadReport) string {
				found.sum++
				return reportRightly(found)
			},
		} {
			asked := requestFor(workload, small[workload])
			asked.server, asked.serverToken = generateLoad(t, report), "t"
			if _, err := run(t, asked); !errors.Is(err, errWrong) {
				t.Errorf("%s: %s went unnoticed: %v", workload, name, err)
			}
		}
	}
}

func TestALoadGeneratorsTroubleIsReported(t *testing.T) {
	for words, status := range map[string]int{
		"refused no more ports": exitRefused, "failed oh": exitCrash,
		"": exitCrash, "done x": exitCrash,
	} {
		asked := requestFor("fanout/echo", small["fanout/echo"])
		asked.server = generateLoad(t, func(loadReport) string { return words })
		asked.serverToken = "t"
		if _, err := run(t, asked); exitStatus(err) != status {
			t.Errorf("%q: %v", words, err)
		}
	}
}

func TestConnectionsBeyondTheLimitAreRefused(t *testing.T) {
	asked := requestFor("fanout/echo", map[string]string{"connections": "100000000"})
	asked.server, asked.serverToken = generateLoad(t, reportRightly), "t"
	if _, err := run(t, asked); exitStatus(err) != exitRefused {
		t.Errorf("a hundred million descriptors: %v", err)
	}
}

func TestAStrangersConnectionIsNoticed(t *testing.T) {
	found := loadReport{count: 10, sum: 55}
	if _, err := checkMessages(found, 10, 1, 2); !errors.Is(err, errWrong) {
		t.Error(err)
	}
}

func TestStallsAskForTheirLoad(t *testing.T) {
	const draws = 10_000
	own, sum := newStalls(1, 160), time.Duration(0)
	for draw := 0; draw < draws; draw++ {
		own.over()
		sum += time.Until(own.next)
	}
	// 64 connections that compute 1 ms every 40 ms ask for 160 % of a CPU.
	if mean := sum / draws; mean < 38*time.Millisecond || mean > 42*time.Millisecond {
		t.Errorf("%v between stalls", mean)
	}
}

func TestSumsOfNumbersAddUp(t *testing.T) {
	for _, dealt := range [][3]uint64{{10, 1, 55}, {10, 4, 18}, {3, 4, 3}} {
		if got := sumOfNumbers(dealt[0], dealt[1]); got != dealt[2] {
			t.Errorf("%d messages over %d connections: %d", dealt[0], dealt[1], got)
		}
	}
}
