package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// received is what consumers saw of four messages from each of two producers, after a fault.
func received(fault func(first []uint64) []uint64) []tally {
	first := []uint64{
		makeMessage(0, 1), makeMessage(0, 2), makeMessage(1, 1),
		makeMessage(0, 3), makeMessage(0, 4), makeMessage(1, 2),
	}
	second := []uint64{makeMessage(1, 3), makeMessage(1, 4)}
	seen := []tally{{last: make([]uint64, 2)}, {last: make([]uint64, 2)}}
	for _, message := range fault(first) {
		seen[0].take(message)
	}
	for _, message := range second {
		seen[1].take(message)
	}
	return seen
}

func TestThroughputFindsEveryFault(t *testing.T) {
	load := traffic{messages: 8, producers: 2}
	right := func(m []uint64) []uint64 { return m }
	if sum, err := load.check(received(right)); err != nil || sum != 20 {
		t.Fatalf("right messages: %d, %v", sum, err)
	}
	for name, fault := range map[string]func([]uint64) []uint64{
		"lost":           func(m []uint64) []uint64 { return m[:len(m)-1] },
		"duplicated":     func(m []uint64) []uint64 { return append(m, m[len(m)-1]) },
		"reordered":      func(m []uint64) []uint64 { m[0], m[1] = m[1], m[0]; return m },
		"changed":        func(m []uint64) []uint64 { m[5] = makeMessage(1, 9); return m },
		"of no producer": func(m []uint64) []uint64 { m[5] = makeMessage(7, 2); return m },
	} {
		if _, err := load.check(received(fault)); !errors.Is(err, errWrong) {
			t.Errorf("a message %s went unnoticed: %v", name, err)
		}
	}
}

func TestSharesAddUp(t *testing.T) {
	for _, load := range []traffic{{8, 2}, {10, 4}, {3, 4}, {1, 1}} {
		sum := uint64(0)
		for producer := 0; producer < load.producers; producer++ {
			sum += load.share(producer)
		}
		if sum != load.messages {
			t.Errorf("%v: shares are %d in all", load, sum)
		}
	}
}

func TestBatchFindsATaskThatRanTwiceOrNever(t *testing.T) {
	for _, marks := range [][]uint32{{1, 1, 0}, {1, 2, 1}} {
		if err := checkMarks(marks, 1); !errors.Is(err, errWrong) {
			t.Errorf("%v went unnoticed: %v", marks, err)
		}
	}
	if err := checkMarks([]uint32{3, 3}, 3); err != nil {
		t.Error(err)
	}
}

func TestParkedFromEveryWait(t *testing.T) {
	for _, wait := range []string{"channel", "own_channel", "sleep"} {
		for _, bytes := range []string{"0", "1024", "4096"} {
			asked := requestFor("spawn/parked", map[string]string{
				"tasks": "20", "wait": wait, "stack_touched_bytes": bytes,
			})
			asked.operations, asked.warmup, asked.repetitions = 1, 0, 1
			if result, err := run(t, asked); err != nil || result.Context["checksum"] != "20" {
				t.Errorf("%s, %s: %v, %v", wait, bytes, result.Context["checksum"], err)
			}
		}
	}
}

func TestParkedSleepsLongerWhenItWasLate(t *testing.T) {
	tasks := parking{tasks: 2, wait: "sleep", touch: func() {}, sleep: 1}
	if _, err := tasks.parkForSure(func() {}); err != nil || tasks.sleep == 1 {
		t.Errorf("slept %v: %v", tasks.sleep, err)
	}
}

func TestChainRunsEveryLinkOnce(t *testing.T) {
	links := newChain(100)
	links.run()
	if err := checkMarks(links.marks, 1); err != nil {
		t.Error(err)
	}
	links.run()
	links.ended.Add(1)
	links.link(99) // once more
	if err := checkMarks(links.marks, 1); !errors.Is(err, errWrong) {
		t.Errorf("a link that ran twice went unnoticed: %v", err)
	}
}

func TestWorkerPoolFindsALostAndAWrongResult(t *testing.T) {
	for _, results := range []poolResults{{9, 55}, {10, 54}} {
		if err := results.check(10); !errors.Is(err, errWrong) {
			t.Errorf("%v went unnoticed: %v", results, err)
		}
	}
}

func TestSkynetRefusesWhatIsNoPowerOfTen(t *testing.T) {
	asked := requestFor("spawn/skynet", map[string]string{"leaves": "999", "capacity": "0"})
	if _, err := run(t, asked); !errors.Is(err, errUsage) {
		t.Error(err)
	}
}

func TestCountersLieAtTheirStride(t *testing.T) {
	for _, stride := range []int{8, 64, 128} {
		counters := stridedCounters(4, stride)
		for index, counter := range counters {
			if got := addressOf(counter) - addressOf(counters[0]); got != uintptr(index*stride) {
				t.Errorf("stride %d: counter %d lies %d bytes on", stride, index, got)
			}
		}
		if addressOf(counters[0])%boundaryBytes != 0 {
			t.Errorf("stride %d: the first counter is off the boundary", stride)
		}
	}
}

func TestSpinTakesLongerForMoreWork(t *testing.T) {
	fastest := func(work spin) time.Duration {
		best := time.Hour
		for try := 0; try < 20; try++ {
			began := time.Now()
			work.work(1)
			if took := time.Since(began); took < best {
				best = took
			}
		}
		return best
	}
	small, large := fastest(newSpin(1_000)), fastest(newSpin(1_000_000))
	// A thousand times the work; a hundredfold time is what even a disturbed machine shows.
	if large <= 100*small {
		t.Errorf("1 µs of work took %v, and 1 ms of it %v", small, large)
	}
}

// serve answers each connection with handle until the test has ended.
func serve(t *testing.T, token string, handle func(string) http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle(token))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func answerRightly(token string) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		var delayMs int
		if _, err := fmt.Sscanf(in.URL.Path, "/delay/%d", &delayMs); err != nil {
			http.NotFound(out, in)
			return
		}
		time.Sleep(time.Duration(delayMs) * time.Millisecond)
		out.Header().Set("Delay-Server-Token", token)
		fmt.Fprintf(out, "waited %d ms\n", delayMs)
	}
}

func TestURLsInEveryMode(t *testing.T) {
	address := serve(t, "t", answerRightly)
	for _, mode := range []string{"sequential", "all_at_once", "pool"} {
		asked := requestFor("fanout/urls", map[string]string{
			"urls": "15", "delay_ms": "1", "mode": mode,
		})
		asked.operations, asked.server, asked.serverToken = 2, address, "t"
		result, err := run(t, asked)
		if err != nil || result.Context["checksum"] != "30" {
			t.Errorf("%s: checksum %v, %v", mode, result.Context["checksum"], err)
		}
	}
}

func TestURLsFindsAWrongAnswer(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"another server's token": answerRightly("other"),
		"another status":         http.NotFound,
		"another body": func(out http.ResponseWriter, _ *http.Request) {
			out.Header().Set("Delay-Server-Token", "t")
			fmt.Fprint(out, "waited 2 ms\n")
		},
	} {
		asked := requestFor("fanout/urls", small["fanout/urls"])
		asked.server = serve(t, "t", func(string) http.HandlerFunc { return handle })
		asked.serverToken = "t"
		if _, err := run(t, asked); !errors.Is(err, errWrong) {
			t.Errorf("%s went unnoticed: %v", name, err)
		}
	}
}

func TestURLsReportsAServerThatIsGone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	asked := requestFor("fanout/urls", small["fanout/urls"])
	asked.server, asked.serverToken = listener.Addr().String(), "t"
	if _, err := run(t, asked); err == nil || exitStatus(err) != exitCrash {
		t.Errorf("no server: %v", err)
	}
}

func TestACutOffAnswerIsAnError(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
	if _, err := parseHTTPAnswer([]byte(whole)); err != nil {
		t.Error(err)
	}
	for _, text := range []string{
		"", whole[:20], whole[:len(whole)-1], whole + "d", strings.Replace(whole, "3", "x", 1),
	} {
		if _, err := parseHTTPAnswer([]byte(text)); err == nil {
			t.Errorf("%q went unnoticed", text)
		}
	}
}
