package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// record is one run in Google Benchmark's JSON form.
type record struct {
	Context    map[string]any   `json:"context"`
	Benchmarks []map[string]any `json:"benchmarks"`
}

// measure does the workload warmup + repetitions times. One wrong result ends it.
func measure(work workload, asked *cell) (record, error) {
	defer asked.end()
	do, err := work.prepare(asked)
	if err != nil {
		return record{}, err
	}
	result := record{Context: recordContext(work, asked)}
	for round := 0; round < asked.warmup+asked.repetitions; round++ {
		meter := newMeter()
		checksum, err := do(meter)
		if err == nil {
			err = meter.failure
		}
		if err != nil {
			return record{}, err
		}
		if round < asked.warmup {
			continue
		}
		result.Benchmarks = append(result.Benchmarks, repetition(asked, meter, round-asked.warmup))
		result.Context["checksum"] = strconv.FormatUint(checksum, 10)
		for name, value := range meter.effective {
			result.Context["effective."+name] = value
		}
	}
	return result, nil
}

func repetition(asked *cell, meter *meter, index int) map[string]any {
	operations := float64(asked.operations)
	figures := map[string]any{
		"name": asked.workload, "run_name": asked.workload, "run_type": "iteration",
		"repetitions": asked.repetitions, "repetition_index": index, "threads": 1,
		"iterations": asked.operations, "time_unit": "ns",
		"real_time": float64(meter.elapsed) / operations,
		"cpu_time":  float64(meter.cpu) / operations,
	}
	for name, value := range meter.figures {
		figures[name] = value
	}
	return figures
}

// recordContext says what was run and with which values: the passed parameters, until a body reads
// what it really got back from its channels and goroutines.
func recordContext(work workload, asked *cell) map[string]any {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	lines := map[string]any{
		"date": time.Now().Format(time.RFC3339), "host_name": host, "executable": os.Args[0],
		"num_cpus": runtime.NumCPU(), "library_build_type": "release",
		"schema": "weft.record/1", "contender": contender, "version": version(),
		"workload": work.id, "workload_version": strconv.Itoa(work.version),
		"profile": profileName, "form": "shared", "check": "ok",
		"effective.workers":     strconv.Itoa(runtime.GOMAXPROCS(0)),
		"effective.operations":  strconv.Itoa(asked.operations),
		"effective.warmup":      strconv.Itoa(asked.warmup),
		"effective.repetitions": strconv.Itoa(asked.repetitions),
		"effective.guard":       "none: stacks grow by copying",
	}
	for name, value := range asked.parameters {
		lines["effective."+name] = value
	}
	return lines
}

func version() string { return strings.TrimPrefix(runtime.Version(), "go") }

func description() map[string]any {
	return map[string]any{
		"schema": "weft.describe/1", "contender": contender, "version": version(), "language": "Go",
		"compiler": runtime.Compiler + " " + runtime.Version(), "flags": buildFlags(),
		"allocator": "the Go runtime's, garbage-collected",
		"profiles": []map[string]any{{
			"name": profileName, "default": true,
			"summary": "GOMAXPROCS = W, every other setting as it comes",
		}},
	}
}

// buildFlags is what the toolchain wrote into the program about its own build.
func buildFlags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	var flags []string
	for _, setting := range info.Settings {
		if strings.HasPrefix(setting.Key, "-") || setting.Key == "CGO_ENABLED" {
			flags = append(flags, setting.Key+"="+setting.Value)
		}
	}
	return strings.Join(flags, " ")
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
