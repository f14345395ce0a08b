package main

import (
	"fmt"
	"strings"
)

// body does one repetition, checks it and returns its checksum; what is not right is an errWrong.
type body func(*meter) (uint64, error)

// workload is one that this program can do. prepare runs on the root goroutine once per process,
// before the first repetition.
type workload struct {
	id         string
	version    int
	source     string
	parameters []parameter
	server     bool   // talks to the server that the command line names
	refusal    string // why it cannot be done, if so
	prepare    func(*cell) (body, error)
}

var workloads = []workload{
	{
		id: "spawn/batch", version: 1, source: "baselines/go/batch.go", prepare: prepareBatch,
		parameters: []parameter{
			number("tasks", 1),
			oneOf("captured_bytes", 0, 64),
			oneOf("stack_touched_bytes", 0, 1024),
		},
	},
	{
		id: "spawn/chain", version: 1, source: "baselines/go/chain.go", prepare: prepareChain,
	},
	{
		id: "spawn/foreign", version: 1,
		refusal: "without cgo every thread of a Go program is the scheduler's own",
	},
	{
		id: "spawn/skynet", version: 2, source: "baselines/go/skynet.go", prepare: prepareSkynet,
		parameters: []parameter{number("leaves", 1), number("capacity", 0)},
	},
	{
		id: "spawn/parked", version: 1, source: "baselines/go/parked.go", prepare: prepareParked,
		parameters: []parameter{
			number("tasks", 1),
			choice("wait", "channel", "own_channel", "sleep"),
			oneOf("stack_touched_bytes", 0, 1024, 4096),
		},
	},
	{
		id: "channel/ping_pong", version: 1, source: "baselines/go/ping_pong.go",
		prepare:    preparePingPong,
		parameters: []parameter{number("capacity", 0), choice("timed", "all", "each")},
	},
	{
		id: "channel/ring", version: 1, source: "baselines/go/ring.go", prepare: prepareRing,
		parameters: []parameter{number("tasks", 2), number("tokens", 1)},
	},
	{
		id: "channel/select", version: 1, source: "baselines/go/select.go", prepare: prepareSelect,
		parameters: []parameter{
			choice("mode", "ready", "empty", "default", "timeout", "done"),
			oneOf("channels", 2, 4, 16, 64),
			number("tasks", 1),
		},
	},
	{
		id: "channel/sieve", version: 1, source: "baselines/go/sieve.go", prepare: prepareSieve,
		parameters: []parameter{number("primes", 1)},
	},
	{
		id: "channel/pipeline", version: 1, source: "baselines/go/pipeline.go",
		prepare:    preparePipeline,
		parameters: []parameter{number("stages", 2), number("capacity", 0)},
	},
	{
		id: "channel/fine_grain_sum", version: 1, source: "baselines/go/fine_grain_sum.go",
		prepare: prepareFineGrainSum, parameters: []parameter{number("grain", 1)},
	},
	{
		id: "channel/throughput", version: 1, source: "baselines/go/throughput.go",
		prepare: prepareThroughput,
		parameters: []parameter{
			number("producers", 1), number("consumers", 1), number("capacity", 0),
			oneOf("message_bytes", 8, 64, 256), number("work_ns", 0),
		},
	},
	{
		id: "sharing/false_sharing", version: 1, source: "baselines/go/false_sharing.go",
		prepare: prepareFalseSharing, parameters: []parameter{number("stride", wordBytes)},
	},
	{
		id: "sharing/migration", version: 1, source: "baselines/go/migration.go",
		prepare: prepareMigration, parameters: []parameter{number("stride", wordBytes)},
	},
	{
		id: "sharing/layout", version: 1,
		refusal: "the padding of Go's runtime is fixed in its source",
	},
	{
		id: "sharing/true_sharing", version: 1, source: "baselines/go/true_sharing.go",
		prepare: prepareTrueSharing,
		parameters: []parameter{
			choice("way", "mutex", "atomic", "channel", "merge"), number("tasks", 1),
		},
	},
	{
		id: "pool/worker_pool", version: 2, source: "baselines/go/worker_pool.go",
		prepare: prepareWorkerPool,
		parameters: []parameter{
			numberOr("pool_tasks", 1, allWorkers), numberOr("grain_ns", 0, mixOfJobs),
		},
	},
	{
		id: "pool/task_per_job", version: 1, source: "baselines/go/task_per_job.go",
		prepare: prepareTaskPerJob, parameters: []parameter{numberOr("grain_ns", 0, mixOfJobs)},
	},
	{
		id: "pool/sojourn", version: 1, source: "baselines/go/sojourn.go",
		prepare: prepareSojourn, parameters: []parameter{number("load_percent", 1)},
	},
	{
		id: "pool/unbalanced_tree", version: 1, source: "baselines/go/unbalanced_tree.go",
		prepare:    prepareUnbalancedTree,
		parameters: []parameter{number("root_children", 1), number("grain_ns", 0)},
	},
	{
		id: "pool/fib", version: 1, source: "baselines/go/fib.go",
		prepare: prepareFib, parameters: []parameter{number("index", 2)},
	},
	{
		id: "pool/oversubscribed", version: 1, source: "baselines/go/oversubscribed.go",
		prepare: prepareOversubscribed, parameters: []parameter{number("tasks", 1)},
	},
	{
		id: "cancel/tree", version: 1, source: "baselines/go/tree.go", prepare: prepareTree,
		parameters: []parameter{
			number("tasks", 1), number("depth", 1), choice("by", "cancel", "deadline"),
		},
	},
	{
		id: "time/sleep_storm", version: 1, source: "baselines/go/sleep_storm.go",
		prepare: prepareSleepStorm, parameters: []parameter{number("tasks", 1)},
	},
	{
		id: "time/timeout_churn", version: 1, source: "baselines/go/timeout_churn.go",
		prepare: prepareTimeoutChurn, parameters: []parameter{number("pending", 0)},
	},
	{
		id: "idle/cpu", version: 1, source: "baselines/go/idle_cpu.go", prepare: prepareIdleCPU,
		parameters: []parameter{number("idle_ms", 1)},
	},
	{
		id: "idle/wake", version: 1, source: "baselines/go/wake.go", prepare: prepareWake,
		parameters: []parameter{number("gap_us", 0)},
	},
	{
		id: "pool/mutex", version: 1, source: "baselines/go/mutex.go",
		prepare: prepareMutex, parameters: []parameter{number("tasks", 1), number("section_ns", 0)},
	},
	{
		id: "pool/shared_mutex", version: 1, source: "baselines/go/shared_mutex.go",
		prepare: prepareSharedMutex,
		parameters: []parameter{
			number("tasks", 1), number("read_percent", 0), number("section_ns", 0),
		},
	},
	{
		id: "pool/starvation", version: 1, source: "baselines/go/starvation.go",
		prepare: prepareStarvation,
	},
	{
		id: "fanout/urls", version: 1, source: "baselines/go/urls.go", prepare: prepareURLs,
		server: true,
		parameters: []parameter{
			number("urls", 1),
			number("delay_ms", 0),
			choice("mode", "sequential", "all_at_once", "pool"),
		},
	},
	{
		id: "fanout/echo", version: 1, source: "baselines/go/echo.go", prepare: prepareEcho,
		server: true, parameters: []parameter{number("connections", 1)},
	},
	{
		id: "fanout/request", version: 1, source: "baselines/go/fanout_request.go",
		prepare: prepareRequest,
		parameters: []parameter{
			number("fan", 1),
			choice("backend", "none", "fixed_1ms", "exp_1ms"),
			choice("mode", "all", "first", "timeout"),
		},
	},
	{
		id: "fanout/churn", version: 1, source: "baselines/go/churn.go", prepare: prepareChurn,
		server: true, parameters: []parameter{number("connections", 1)},
	},
	{
		id: "fanout/stall", version: 1, source: "baselines/go/stall.go", prepare: prepareStall,
		server: true, parameters: []parameter{number("load", 1)},
	},
}

// listing is what `list` prints. Nothing that this contender can do is limited or deviates.
func listing() map[string]any {
	entries := []map[string]any{}
	for _, work := range workloads {
		if work.refusal != "" {
			entries = append(entries, map[string]any{
				"workload": work.id, "version": work.version, "profile": profileName,
				"supported": false, "reason": work.refusal,
			})
			continue
		}
		entries = append(entries, map[string]any{
			"workload": work.id, "version": work.version, "profile": profileName,
			"supported": true, "form": "shared", "source": work.source,
			"limits": []any{}, "deviations": []any{},
		})
	}
	return map[string]any{"schema": "weft.list/1", "contender": contender, "entries": entries}
}

// parameter is a whole number, of at least least or one of values, or else one of words; a mixed
// one may be either.
type parameter struct {
	name   string
	least  int
	values []int
	words  []string
	mixed  bool
}

func number(name string, least int) parameter       { return parameter{name: name, least: least} }
func oneOf(name string, values ...int) parameter    { return parameter{name: name, values: values} }
func choice(name string, words ...string) parameter { return parameter{name: name, words: words} }

func numberOr(name string, least int, words ...string) parameter {
	return parameter{name: name, least: least, words: words, mixed: true}
}

func (p parameter) check(text string) error {
	if p.words != nil {
		for _, word := range p.words {
			if word == text {
				return nil
			}
		}
		if !p.mixed {
			return fmt.Errorf("%w: %s is one of %s, not %q",
				errUsage, p.name, strings.Join(p.words, ", "), text)
		}
	}
	value, err := wholeNumber(p.name, text, p.least)
	if err != nil || p.values == nil {
		return err
	}
	for _, possible := range p.values {
		if possible == value {
			return nil
		}
	}
	return fmt.Errorf("%w: %s is one of %v, not %d", errUsage, p.name, p.values, value)
}

// cell is a request whose parameters are known to be the workload's.
type cell struct {
	request
	atEnd []func() // what prepare leaves to be done when the last repetition is over
}

func (c *cell) end() {
	for _, do := range c.atEnd {
		do()
	}
}

// number is a parameter that find has checked to be one.
func (c *cell) number(name string) int {
	value, err := wholeNumber(name, c.parameters[name], 0)
	if err != nil {
		panic(err)
	}
	return value
}

// find looks the workload up and checks that the parameters are exactly its own.
func find(request request) (workload, *cell, error) {
	if request.profile != profileName {
		return workload{}, nil, fmt.Errorf("%w: there is no profile %q", errUsage, request.profile)
	}
	for _, work := range workloads {
		if work.id == request.workload {
			return work, &cell{request: request}, work.accept(request)
		}
	}
	return workload{}, nil, fmt.Errorf("%w: there is no workload %q", errUsage, request.workload)
}

func (w workload) accept(request request) error {
	if w.refusal != "" {
		return fmt.Errorf("%w: %s", errUnsupported, w.refusal)
	}
	for _, parameter := range w.parameters {
		text, given := request.parameters[parameter.name]
		if !given {
			return fmt.Errorf("%w: parameter %s is missing", errUsage, parameter.name)
		}
		if err := parameter.check(text); err != nil {
			return err
		}
	}
	if len(request.parameters) > len(w.parameters) {
		return fmt.Errorf("%w: %s has %d parameters, not %d",
			errUsage, w.id, len(w.parameters), len(request.parameters))
	}
	if w.server && request.server == "" {
		return fmt.Errorf("%w: %s needs --server and --server-token", errUsage, w.id)
	}
	return nil
}
