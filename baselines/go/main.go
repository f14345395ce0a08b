// Command go is the real Go as a contender: it describes itself, lists the workloads it can do and
// runs one of them, as baselines/README.md asks of every contender.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
)

const (
	contender   = "go"
	profileName = "default"
)

// The exit statuses of a contender's program.
const (
	exitOK      = 0
	exitUsage   = 2
	exitWrong   = 3
	exitNone    = 4
	exitRefused = 5
	exitCrash   = 70
)

var (
	errUsage       = errors.New("usage")
	errWrong       = errors.New("wrong result")
	errUnsupported = errors.New("not supported")
)

func exitStatus(err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errWrong):
		return exitWrong
	case errors.Is(err, errUnsupported):
		return exitNone
	case isRefusal(err):
		return exitRefused
	}
	return exitCrash
}

// isRefusal says whether an error is the machine's refusal of memory, descriptors or ports.
func isRefusal(err error) bool {
	for _, refusal := range []syscall.Errno{
		syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS,
		syscall.EADDRNOTAVAIL,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

func dispatch(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("%w: go describe | list | run --workload ID ...", errUsage)
	}
	verb, options := arguments[0], arguments[1:]
	switch {
	case verb == "describe" && len(options) == 0:
		return printJSON(description())
	case verb == "list" && len(options) == 0:
		return printJSON(listing())
	case verb == "run":
		request, err := parseRequest(options)
		if err != nil {
			return err
		}
		return runCell(request)
	}
	return fmt.Errorf("%w: %q is no verb, or takes no options: describe, list or run",
		errUsage, verb)
}

// runCell measures a cell on a goroutine of its own, because the one that main runs on has its
// stack and its start-up behind it.
func runCell(request request) error {
	work, asked, err := find(request)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(request.workers)
	type result struct {
		record record
		err    error
	}
	done := make(chan result)
	go func() {
		record, err := measure(work, asked)
		done <- result{record, err}
	}()
	outcome := <-done
	if outcome.err != nil {
		return outcome.err
	}
	return printJSON(outcome.record)
}

func main() {
	// A panic or a fatal error ends the process by a signal, because its usual status is that of a
	// wrong command line.
	debug.SetTraceback("crash")
	err := dispatch(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "go:", err)
	}
	os.Exit(exitStatus(err))
}
