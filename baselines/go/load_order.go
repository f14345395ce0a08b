package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// loadReport is what the load generator found.
type loadReport struct {
	count, sum uint64
	figures    map[string]float64
}

// loadOrder is a conversation with the load generator, as suites/fanout/load_report.hpp has it. The
// generator keeps its connections open until it is closed.
type loadOrder struct {
	control net.Conn
	lines   *bufio.Scanner
}

// orderLoad returns once each of the connections has had a message sent back.
func orderLoad(asked *cell, port, connections int) (*loadOrder, error) {
	control, err := net.Dial("tcp", asked.server)
	if err != nil {
		return nil, err
	}
	order := &loadOrder{control, bufio.NewScanner(control)}
	order.say(fmt.Sprintf("%s %d %d", asked.serverToken, port, connections))
	if err := order.expect("ready"); err != nil {
		control.Close()
		return nil, err
	}
	return order, nil
}

func (l *loadOrder) close() { l.control.Close() }

// run times what is ordered, and names the report's figures.
func (l *loadOrder) run(meter *meter, order string) (loadReport, error) {
	l.say(order)
	if err := l.expect("prepared"); err != nil {
		return loadReport{}, err
	}
	meter.start()
	l.say("start")
	answer := l.hear()
	meter.stop()
	if err := requireAnswer(answer, "ended"); err != nil {
		return loadReport{}, err
	}
	report, err := parseLoadReport(l.hear())
	for name, value := range report.figures {
		meter.figure(name, value)
	}
	return report, err
}

// say leaves it to the next hearing to notice that nobody listens.
func (l *loadOrder) say(words string) { fmt.Fprintln(l.control, words) }

func (l *loadOrder) hear() string {
	if !l.lines.Scan() {
		return ""
	}
	return l.lines.Text()
}

func (l *loadOrder) expect(wanted string) error { return requireAnswer(l.hear(), wanted) }

var errNoReport = errors.New("the load generator's report is none")

func requireAnswer(answer, wanted string) error {
	if answer == wanted {
		return nil
	}
	switch kind, words, _ := strings.Cut(answer, " "); kind {
	case "wrong":
		return fmt.Errorf("%w: %s", errWrong, words)
	case "refused":
		return fmt.Errorf("the load generator was refused: %s: %w", words, syscall.EMFILE)
	}
	return fmt.Errorf("the load generator says %q instead of %q", answer, wanted)
}

func parseLoadReport(line string) (report loadReport, err error) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "done" {
		return report, requireAnswer(line, "done")
	}
	report.figures = map[string]float64{}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "count":
			report.count, err = strconv.ParseUint(value, 10, 64)
		case "sum":
			report.sum, err = strconv.ParseUint(value, 10, 64)
		default:
			report.figures[name], err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return report, fmt.Errorf("%w: %v", errNoReport, err)
		}
	}
	return report, nil
}
