package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// usage is what this process had used up at one instant.
type usage struct {
	at          time.Time
	cpu         time.Duration
	voluntary   int64
	involuntary int64
	minorFaults int64
	majorFaults int64
}

func usageNow() (usage, error) {
	var raw syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &raw); err != nil {
		return usage{}, fmt.Errorf("getrusage: %w", err)
	}
	return usage{
		cpu:         time.Duration(raw.Utime.Nano() + raw.Stime.Nano()),
		voluntary:   raw.Nvcsw,
		involuntary: raw.Nivcsw,
		minorFaults: raw.Minflt,
		majorFaults: raw.Majflt,
		at:          time.Now(),
	}, nil
}

// meter is the stopwatch of one repetition. A body calls start and stop once each around what is
// timed, and names its own figures and effective values; checks come after stop.
type meter struct {
	begin       usage
	slowdown    float64       // the share by which SUITE_SLOWDOWN makes the timed part longer
	threads     *threadTotals // before the timed part; nil where they are not to be had
	elapsed     time.Duration
	cpu         time.Duration // of the whole process
	threadsPeak int64
	figures     map[string]float64
	effective   map[string]string
	failure     error // the first reading that went wrong
}

func newMeter() *meter {
	return &meter{
		slowdown: slowdownAsked(), figures: map[string]float64{}, effective: map[string]string{},
	}
}

func (m *meter) start() {
	m.noteThreads()
	if m.threadsPeak <= threadsReadMost {
		m.threads = threadTotalsNow()
	}
	now, err := usageNow()
	m.note(err)
	m.begin = now
}

func (m *meter) stop() {
	// The clock comes first here and last in usageNow, so that the readings are not timed.
	m.elapsed = time.Since(m.begin.at)
	for until := time.Duration(float64(m.elapsed) * (1 + m.slowdown)); m.elapsed < until; {
		m.elapsed = time.Since(m.begin.at)
	}
	end, err := usageNow()
	m.note(err)
	m.noteThreads()
	m.noteMigrations(end)
	if m.slowdown > 0 {
		m.figure("slowdown", m.slowdown)
	}
	peak, err := statusLine("VmHWM:")
	m.note(err)
	m.cpu = end.cpu - m.begin.cpu
	m.figure("voluntary_switches", float64(end.voluntary-m.begin.voluntary))
	m.figure("involuntary_switches", float64(end.involuntary-m.begin.involuntary))
	m.figure("minor_faults", float64(end.minorFaults-m.begin.minorFaults))
	m.figure("major_faults", float64(end.majorFaults-m.begin.majorFaults))
	m.figure("threads_peak", float64(m.threadsPeak))
	m.figure("peak_rss_bytes", float64(peak*kib))
}

// figure adds a figure of the workload's own.
func (m *meter) figure(name string, value float64) { m.figures[name] = value }

// found states the value that a parameter really had, read back from what has it.
func (m *meter) found(name string, value int) { m.effective[name] = strconv.Itoa(value) }

func (m *meter) noteThreads() {
	threads, err := statusLine("Threads:")
	m.note(err)
	if threads > m.threadsPeak {
		m.threadsPeak = threads
	}
}

// Each thread has a file; so many take longer to read than many a repetition.
const threadsReadMost = 256

func (m *meter) noteMigrations(end usage) {
	if m.threads == nil || m.threadsPeak > threadsReadMost {
		return
	}
	if totals := threadTotalsNow(); totals != nil {
		if moved, whole := migrationsBetween(*m.threads, *totals, m.begin, end); whole {
			m.figure("migrations", float64(moved))
		}
	}
}

// slowdownAsked is what a gate puts into a program to see whether it would notice.
func slowdownAsked() float64 {
	share, err := strconv.ParseFloat(os.Getenv("SUITE_SLOWDOWN"), 64)
	if err != nil || !(share > 0) {
		return 0
	}
	return share
}

func (m *meter) resident() int64 {
	resident, err := residentBytes()
	m.note(err)
	return resident
}

func (m *meter) note(err error) {
	if m.failure == nil {
		m.failure = err
	}
}

const kib = 1024

// residentBytes is how much of this process is in memory now.
func residentBytes() (int64, error) {
	size, err := statusLine("VmRSS:")
	return size * kib, err
}

// statusLine reads a line of /proc/self/status, which gives sizes in KiB and counts as they are.
func statusLine(name string) (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range bytes.Split(status, []byte("\n")) {
		fields := bytes.Fields(line)
		if len(fields) >= 2 && string(fields[0]) == name {
			return strconv.ParseInt(string(fields[1]), 10, 64)
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no line %s", name)
}
