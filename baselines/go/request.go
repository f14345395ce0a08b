package main

import (
	"fmt"
	"strconv"
	"strings"
)

// request is a `run` command line: the cell, and how often to do it. No field has a default.
type request struct {
	workload    string
	profile     string
	workers     int
	operations  int
	warmup      int
	repetitions int
	parameters  map[string]string
	server      string
	serverToken string
}

var requiredOptions = []string{
	"--workload", "--profile", "--workers", "--operations", "--warmup", "--repetitions",
}

func parseRequest(arguments []string) (request, error) {
	parsed := request{parameters: map[string]string{}}
	seen := map[string]bool{}
	for ; len(arguments) > 0; arguments = arguments[2:] {
		option := arguments[0]
		if len(arguments) == 1 {
			return request{}, fmt.Errorf("%w: %s wants a value", errUsage, option)
		}
		if seen[option] && option != "--param" {
			return request{}, fmt.Errorf("%w: %s is given twice", errUsage, option)
		}
		seen[option] = true
		if err := parsed.set(option, arguments[1]); err != nil {
			return request{}, err
		}
	}
	for _, option := range requiredOptions {
		if !seen[option] {
			return request{}, fmt.Errorf("%w: %s is missing", errUsage, option)
		}
	}
	if seen["--server"] != seen["--server-token"] {
		return request{}, fmt.Errorf("%w: --server and --server-token go together", errUsage)
	}
	return parsed, nil
}

func (r *request) set(option, value string) (err error) {
	switch option {
	case "--workload":
		r.workload = value
	case "--profile":
		r.profile = value
	case "--server":
		r.server = value
	case "--server-token":
		r.serverToken = value
	case "--workers":
		r.workers, err = wholeNumber(option, value, 1)
	case "--operations":
		r.operations, err = wholeNumber(option, value, 1)
	case "--repetitions":
		r.repetitions, err = wholeNumber(option, value, 1)
	case "--warmup":
		r.warmup, err = wholeNumber(option, value, 0)
	case "--param":
		name, setting, found := strings.Cut(value, "=")
		if _, twice := r.parameters[name]; !found || twice {
			return fmt.Errorf("%w: --param %s is not name=value, or given twice", errUsage, value)
		}
		r.parameters[name] = setting
	default:
		return fmt.Errorf("%w: unknown option %q", errUsage, option)
	}
	return err
}

func wholeNumber(name, text string, least int) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil || value < least {
		return 0, fmt.Errorf("%w: %s must be a whole number of at least %d, not %q",
			errUsage, name, least, text)
	}
	return value, nil
}
