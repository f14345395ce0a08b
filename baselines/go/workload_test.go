package main

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
)

// small is a request for each workload that ends at once; the server's is added by who has one.
var small = map[string]map[string]string{
	"spawn/batch": {
		"tasks": "100", "captured_bytes": "64", "stack_touched_bytes": "1024",
	},
	"spawn/chain":  {},
	"spawn/skynet": {"leaves": "100", "capacity": "10"},
	"spawn/parked": {
		"tasks": "100", "wait": "own_channel", "stack_touched_bytes": "4096",
	},
	"channel/ping_pong": {"capacity": "0", "timed": "each"},
	"channel/throughput": {
		"producers": "4", "consumers": "3", "capacity": "1", "message_bytes": "64", "work_ns": "50",
	},
	"channel/ring":           {"tasks": "7", "tokens": "3"},
	"channel/select":         {"mode": "done", "channels": "4", "tasks": "3"},
	"channel/sieve":          {"primes": "20"},
	"channel/pipeline":       {"stages": "5", "capacity": "1"},
	"channel/fine_grain_sum": {"grain": "7"},
	"sharing/false_sharing":  {"stride": "64"},
	"fanout/urls":            {"urls": "20", "delay_ms": "1", "mode": "pool"},
	"cancel/tree":            {"tasks": "20", "depth": "3", "by": "deadline"},
	"time/sleep_storm":       {"tasks": "20"},
	"time/timeout_churn":     {"pending": "10"},
	"idle/cpu":               {"idle_ms": "1"},
	"idle/wake":              {"gap_us": "10"},
	"fanout/echo":            {"connections": "7"},
	"fanout/churn":           {"connections": "3"},
	"fanout/stall":           {"load": "16"},
	"fanout/request":         {"fan": "5", "backend": "exp_1ms", "mode": "first"},
	"sharing/migration":      {"stride": "8"},
	"sharing/true_sharing":   {"way": "channel", "tasks": "8"},
	"pool/worker_pool":       {"pool_tasks": "10", "grain_ns": "100"},
	"pool/task_per_job":      {"grain_ns": "mix"},
	"pool/oversubscribed":    {"tasks": "30"},
	"pool/mutex":             {"tasks": "8", "section_ns": "50"},
	"pool/shared_mutex":      {"tasks": "8", "read_percent": "90", "section_ns": "50"},
	"pool/unbalanced_tree":   {"root_children": "20", "grain_ns": "100"},
	"pool/fib":               {"index": "5"},
	"pool/sojourn":           {"load_percent": "80"},
	"pool/starvation":        {},
}

// few operations for those of which one takes its time by definition; 100 for all others.
var few = map[string]int{"cancel/tree": 2, "time/sleep_storm": 1}

func requestFor(workload string, parameters map[string]string) request {
	operations, found := few[workload]
	if !found {
		operations = 100
	}
	return request{
		workload: workload, profile: profileName, workers: 2, operations: operations, warmup: 1,
		repetitions: 2, parameters: parameters,
	}
}

func run(t *testing.T, asked request) (record, error) {
	t.Helper()
	before := runtime.GOMAXPROCS(asked.workers)
	defer runtime.GOMAXPROCS(before)
	work, cell, err := find(asked)
	if err != nil {
		return record{}, err
	}
	return measure(work, cell)
}

func TestEveryWorkloadGivesARightRecord(t *testing.T) {
	for _, work := range workloads {
		if work.refusal != "" {
			continue
		}
		for _, workers := range []int{1, 2, 5} {
			asked := requestFor(work.id, small[work.id])
			asked.workers = workers
			if work.id == "fanout/urls" {
				asked.operations = 1
				asked.server, asked.serverToken = serve(t, "t", answerRightly), "t"
			} else if work.server {
				asked.server, asked.serverToken = generateLoad(t, reportRightly), "t"
			}
			result, err := run(t, asked)
			if err != nil {
				t.Fatalf("%s on %d workers: %v", work.id, workers, err)
			}
			if len(result.Benchmarks) != asked.repetitions {
				t.Errorf("%s: %d repetitions", work.id, len(result.Benchmarks))
			}
			for name, value := range asked.parameters {
				if result.Context["effective."+name] != value {
					t.Errorf("%s: %s is %v", work.id, name, result.Context["effective."+name])
				}
			}
			if got := result.Context["effective.workers"]; got != fmt.Sprint(workers) {
				t.Errorf("%s: %v workers instead of %d", work.id, got, workers)
			}
			for _, repetition := range result.Benchmarks {
				if repetition["real_time"].(float64) <= 0 {
					t.Errorf("%s: took no time", work.id)
				}
			}
		}
	}
}

func TestAWrongCommandLineIsRefused(t *testing.T) {
	complete := "--workload w --profile p --workers 1 --operations 1 --warmup 0 --repetitions 1"
	if _, err := parseRequest(strings.Fields(complete)); err != nil {
		t.Errorf("%s: %v", complete, err)
	}
	for _, line := range []string{
		"", "--workload", "--workload w", complete + " --workers 2", complete + " --server a:1",
		complete + " --param a", complete + " --param a=1 --param a=2", complete + " --what 1",
		strings.Replace(complete, "--workers 1", "--workers 0", 1),
		strings.Replace(complete, "--warmup 0", "--warmup -1", 1),
		strings.Replace(complete, "--operations 1", "--operations x", 1),
	} {
		if _, err := parseRequest(strings.Fields(line)); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestACellThatIsNoneIsRefused(t *testing.T) {
	for _, wrong := range []request{
		requestFor("channel/none", nil),
		requestFor("channel/ping_pong", nil),
		requestFor("channel/ping_pong", map[string]string{"capacity": "-1", "timed": "all"}),
		requestFor("channel/ping_pong", map[string]string{
			"capacity": "0", "timed": "all", "depth": "1",
		}),
		requestFor("spawn/batch", map[string]string{
			"tasks": "1", "captured_bytes": "8", "stack_touched_bytes": "0",
		}),
		requestFor("sharing/false_sharing", map[string]string{"stride": "12"}),
		requestFor("sharing/true_sharing", map[string]string{"way": "luck", "tasks": "1"}),
		requestFor("pool/worker_pool", map[string]string{"pool_tasks": "all", "grain_ns": "0"}),
		requestFor("pool/fib", map[string]string{"index": "41"}),
		requestFor("pool/shared_mutex", map[string]string{
			"tasks": "1", "read_percent": "101", "section_ns": "0",
		}),
		requestFor("fanout/urls", map[string]string{"urls": "1", "delay_ms": "0", "mode": "both"}),
		requestFor("cancel/tree", map[string]string{"tasks": "1", "depth": "1", "by": "wish"}),
		requestFor("cancel/tree", map[string]string{"tasks": "1", "depth": "0", "by": "cancel"}),
		requestFor("fanout/urls", small["fanout/urls"]),
	} {
		if _, err := run(t, wrong); !errors.Is(err, errUsage) {
			t.Errorf("%s %v: %v", wrong.workload, wrong.parameters, err)
		}
	}
	other := requestFor("channel/ping_pong", small["channel/ping_pong"])
	other.profile = "other"
	if _, err := run(t, other); !errors.Is(err, errUsage) {
		t.Errorf("another profile: %v", err)
	}
}

func TestWhatCannotBeDoneIsListedWithItsReasonAndRefused(t *testing.T) {
	refused := map[any]bool{"spawn/foreign": true, "sharing/layout": true}
	for id := range refused {
		if _, err := run(t, requestFor(id.(string), nil)); !errors.Is(err, errUnsupported) {
			t.Error(id, err)
		}
	}
	for _, entry := range listing()["entries"].([]map[string]any) {
		supported, reason := entry["supported"].(bool), entry["reason"]
		if supported == (reason != nil) || supported == refused[entry["workload"]] {
			t.Errorf("%v: %v, %v", entry["workload"], supported, reason)
		}
	}
}

func TestErrorsHaveTheirExitStatus(t *testing.T) {
	_, refused := net.Dial("tcp", "127.0.0.1:0")
	for status, err := range map[int]error{
		exitOK:    nil,
		exitUsage: fmt.Errorf("%w: x", errUsage),
		exitWrong: requireEqual(1, 2, "one"),
		exitNone:  fmt.Errorf("%w: x", errUnsupported),
		exitCrash: refused,
	} {
		if got := exitStatus(err); got != status {
			t.Errorf("%v ends with %d instead of %d", err, got, status)
		}
	}
}
