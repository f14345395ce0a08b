"""Synthetic analyses: ordinary, full of gaps, interrupted, empty, hostile."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, Mapping, Sequence

from harness import stats
from harness.model import (
    Analysis,
    Cell,
    CellResult,
    Comparison,
    Contender,
    Gap,
    Group,
    Interval,
    Metric,
    Workload,
)

ROUNDS = 9
HOSTILE = "</script><script>alert('x')</script> \"q\" ' & $x_1$ {{ 7 * 7 }} \x1b[31m\x00 "

# One median in the metric's unit for each of these rows; None is a gap.
_ROWS = (
    "weft:default",
    "boost_fiber:work_stealing",
    "boost_fiber:round_robin",
    "tbb:default",
    "std_thread:default",
    "go:default",
)
_Medians = tuple[float | None, ...]
_SPECS: dict[str, tuple[str, str, str, list[tuple[dict[str, int | str], int, _Medians]]]] = {
    "spawn/batch": (
        "Starting and joining a batch of empty tasks",
        "What does it cost to start a task and to learn that it ended?",
        "one task started, run and waited for",
        [
            ({"tasks": 1000, "captured_bytes": 0}, 2, (61, 640, 415, 64, 8900, 240)),
            ({"tasks": 100000, "captured_bytes": 0}, 2, (58, 702, 431, 59.5, None, 251)),
            ({"tasks": 100000, "captured_bytes": 64}, 1, (55, 690, 428, 51, None, 265)),
        ],
    ),
    "spawn/skynet": (
        "A million goroutines in a tree",
        "How much does a deep tree of tasks and channels cost for each leaf?",
        "one leaf of the tree",
        [({"leaves": 100000, "capacity": 0}, 2, (210, 1900, 1450, None, None, 420))],
    ),
    "spawn/parked": (
        "Tasks that only wait",
        "How much memory does a waiting task hold?",
        "one parked task",
        [
            ({"tasks": 10000}, 2, (4210, 69700, 69500, None, 11200, 2710)),
            ({"tasks": 100000}, 2, (4190, 69650, 69480, None, None, 2690)),
        ],
    ),
    "channel/ping_pong": (
        "Ping-pong over two channels",
        "How long does a round trip between two tasks take?",
        "one round trip: two sends, two receives",
        [
            ({"capacity": 0}, 1, (72, 402, 318, None, 9900, 395)),
            ({"capacity": 0}, 2, (95, 5200, 322, None, 10100, 402)),
            ({"capacity": 1}, 2, (88, 4800, 301, None, 9700, 371)),
        ],
    ),
    "channel/throughput": (
        "Messages through one channel",
        "How many messages do producers get through to consumers?",
        "one 8-byte message sent and received",
        [
            ({"producers": 1, "consumers": 1, "capacity": 0}, 2, (51, 2100, 172, None, 5200, 148)),
            ({"producers": 1, "consumers": 1, "capacity": 1}, 2, (43, 1350, 140, None, 4400, 121)),
            ({"producers": 1, "consumers": 1, "capacity": 128}, 2, (19, 160, 71, None, 140, 68)),
            ({"producers": 4, "consumers": 4, "capacity": 0}, 2, (64, 2400, 171, None, 5900, 161)),
            ({"producers": 4, "consumers": 4, "capacity": 128}, 2, (41, 310, 70, None, 290, 40.7)),
        ],
    ),
    "sharing/false_sharing": (
        "Counters on one cache line",
        "What does sharing a cache line cost, and does padding cure it?",
        "one increment of a task's own counter",
        [
            ({"stride": 8}, 2, (4.1, 4.12, None, 4.08, 4.11, 4.1)),
            ({"stride": 128}, 2, (1.01, 1.01, None, 1.012, 1.009, 1.19)),
        ],
    ),
    "pool/worker_pool": (
        "A worker pool fed by a channel",
        "How small may a job be before the pool costs more than the work?",
        "one job taken, done, and its result sent back",
        [
            ({"tasks": 2, "job_ns": 0}, 2, (120, 2500, 460, 44, 1900, 310)),
            ({"tasks": 2, "job_ns": 1000}, 2, (655, 2900, 1500, 560, 2400, 800)),
            ({"tasks": 2, "job_ns": 100000}, 2, (50300, 51200, 100900, 50200, 50900, 50350)),
        ],
    ),
    "fanout/urls": (
        "Fetching slow URLs",
        "How long do 100 answers of 100 ms take: one by one, all at once, by a pool of ten?",
        "fetching all URLs once",
        [
            ({"urls": 100, "mode": "all_at_once"}, 2, (108e6, None, None, None, 121e6, 112e6)),
            ({"urls": 100, "mode": "pool"}, 2, (1.02e9, None, None, None, 1.03e9, 1.02e9)),
            ({"urls": 100, "mode": "sequential"}, 2, (10.1e9, None, None, None, 10.2e9, 10.1e9)),
        ],
    ),
}
_NAMES = ("weft", "boost_fiber", "tbb", "std_thread", "go")
_TITLES = dict(zip(_NAMES, ("Weft", "Boost.Fiber", "oneTBB", "std::thread", "Go")))
_FLOORS = {"channel/ping_pong": ("fcontext_jump", 21.0), "spawn/batch": ("function_call", 1.9)}


def workload(id: str, **changes: Any) -> Workload:
    """One of the workloads above, or any other id with plain words."""
    title, question, operation, _ = _SPECS.get(id, (id, f"What of {id}?", "one operation", []))
    parked = id == "spawn/parked"
    metric = (
        Metric("bytes_per_task", "B", "lower") if parked else Metric("real_time", "ns", "lower")
    )
    made = Workload(
        id=id,
        version=1,
        title=title,
        question=question,
        operation=operation,
        stresses="the scheduler's queues and wake-up",
        check="the sum of what every task was given",
        metric=metric,
        control=id == "sharing/false_sharing",
        floor=_FLOORS.get(id, (None, 0))[0],
        metrics=(metric,) if parked else (),
        parameter_titles={"capacity": "slots in each channel"},
        path=f"suites/{id}.toml",
    )
    return replace(made, **changes)


def cell_of(spec: Workload, parameters: Mapping[str, int | str], workers: int, row: str) -> Cell:
    """The cell of a row."""
    contender, _, profile = row.partition(":")
    source = f"suites/{spec.id}.hpp"
    return Cell(spec.id, tuple(parameters.items()), workers, contender, profile, source=source)


def measured(cell: Cell, values: Sequence[float], failures: tuple[str, ...] = ()) -> CellResult:
    """A cell with these values and figures beside them."""
    middle = sorted(values)[len(values) // 2]

    def alike(value: float) -> Interval:
        return stats.interval([value] * len(values))

    counters = {"count.parks": alike(4e5), "count.steals": alike(0.0)}
    return CellResult(
        cell=cell,
        gap=None,
        reason=None,
        by_round=dict(enumerate(values)),
        interval=stats.interval(values),
        metrics={
            **(counters if cell.contender == "weft" else {}),
            "iterations": alike(200000.0),
            "cpu_time": alike(middle * 1.9),
            "voluntary_switches": alike(12.0),
            "involuntary_switches": alike(3.0),
            "migrations": alike(2.0),
            "minor_faults": alike(512.0),
            "peak_rss_bytes": alike(4771840.0 + len(cell.row) * 1e6),
            "threads_peak": alike(3.0),
        },
        effective={"workers": str(cell.workers), "stack_bytes": "65536"},
        failures=failures,
        command=f"build/release/contenders/{cell.contender} run --workload {cell.workload} "
        f"--profile {cell.profile or 'default'} --workers {cell.workers} --operations 200000",
    )


def missing(cell: Cell, gap: Gap, reason: str) -> CellResult:
    """A cell without figures."""
    return CellResult(cell=cell, gap=gap, reason=reason)


def group_of(
    spec: Workload,
    parameters: Mapping[str, int | str],
    workers: int,
    results: Sequence[CellResult],
    floor: float | None = None,
) -> Group:
    """The group with its comparisons to weft's default row, paired in run order."""
    figures = {result.cell.row: result for result in results if result.interval}
    comparisons = []
    base = figures.get("weft:default")
    for result in figures.values():
        if base is None or result is base:
            continue
        ratio = stats.ratio(base.by_round, result.by_round)
        if ratio is not None:
            comparisons.append(Comparison(base.cell, result.cell, ratio, stats.separable(ratio)))
    return Group(
        id=results[0].cell.group,
        workload=spec,
        parameters=tuple(parameters.items()),
        workers=workers,
        results=tuple(results),
        comparisons=tuple(comparisons),
        floor=None if floor is None else stats.interval([floor] * ROUNDS),
        floor_name=spec.floor,
    )


def contender(name: str, **changes: Any) -> Contender:
    """A built contender that describes itself."""
    describe: dict[str, Any] = {
        "version": "1.0",
        "language": "C++20",
        "compiler": "g++ 12.2.0",
        "flags": "-O3 -DNDEBUG",
        "allocator": "glibc 2.36",
        "profiles": [{"name": "default", "default": True, "summary": "W workers, nothing tuned"}],
    }
    if name == "boost_fiber":
        describe["profiles"] = [
            {"name": "round_robin", "default": False, "summary": "one thread, fibers in turn"},
            {"name": "work_stealing", "default": True, "summary": "W threads, each may steal"},
        ]
    title = _TITLES.get(name, name)
    made = Contender(name, title, "built", None, f"contenders/{name}", describe)
    return replace(made, **changes)


def _values(random_source: random.Random, median: float, rounds: int) -> list[float]:
    return [median * random_source.lognormvariate(0, 0.02) for _ in range(rounds)]


def _group(
    id: str, point: tuple[dict[str, int | str], int, _Medians], seed: int, rounds: int
) -> Group:
    parameters, workers, medians = point
    spec = workload(id)
    noise = random.Random(seed)
    results = []
    for row, median in zip(_ROWS, medians):
        cell = cell_of(spec, parameters, workers, row)
        if median is None:
            reason = f"{cell.contender} has nothing that does this between its tasks"
            results.append(missing(cell, Gap.NOT_EXPRESSIBLE, reason))
        else:
            results.append(measured(cell, _values(noise, median, rounds)))
    return group_of(spec, parameters, workers, results, _FLOORS.get(id, (None, None))[1])


def ordinary(rounds: int = ROUNDS) -> Analysis:
    """Five suites, five contenders, six rows, twenty-odd groups, wins, losses and ties."""
    points = [(id, point) for id, spec in _SPECS.items() for point in spec[3]]
    groups = [_group(id, point, seed, rounds) for seed, (id, point) in enumerate(points)]
    return Analysis(
        manifest={
            "schema": "weft.manifest/1",
            "command": ["python3", "-m", "harness", "run", "--quick"],
            "size": "quick",
            "seed": 1234,
            "commit": "0f3c2d1",
            "dirty": False,
            "contenders": ["told elsewhere"],
        },
        environment={
            "cpu": {"model": "Example CPU 3000", "cores": 2, "governor": "powersave"},
            "kernel": "6.1.0",
            "limits": {"max_map_count": 65530, "open_files": 1048576},
        },
        warnings=(
            "The frequency governor is powersave; cure: cpupower frequency-set -g performance",
            "Steal time was 1.2 % during the run: the host shares this machine with others",
        ),
        contenders=tuple(contender(name) for name in _TITLES),
        workloads=tuple(workload(id) for id in _SPECS),
        groups=tuple(groups),
        interrupted=False,
        runs_planned=len(points) * 6 * rounds,
        runs_finished=len(points) * 6 * rounds,
        runs_failed=0,
    )


def full_of_gaps() -> Analysis:
    """A different gap in each cell, one group without the reference, one without anybody."""
    whole = ordinary()
    kinds = list(Gap)
    groups = []
    for at, group in enumerate(whole.groups):
        results = []
        for place, result in enumerate(group.results):
            keep = at % 4 != 3 and (at + place) % 3 == 0 and (at % 4 != 2 or place > 0)
            gap = kinds[(at + place) % len(kinds)]
            results.append(result if keep else missing(result.cell, gap, f"because of {at}"))
        made = group_of(group.workload, dict(group.parameters), group.workers, results)
        groups.append(replace(made, floor=group.floor))
    absent = contender("tbb", status="absent", reason="libtbb-dev is missing", program=None)
    contenders = tuple(absent if c.name == "tbb" else c for c in whole.contenders)
    return replace(whole, groups=tuple(groups), contenders=contenders, warnings=())


def interrupted() -> Analysis:
    """Stopped early: four rounds, too few for an interval, the last groups not run."""
    whole = ordinary(rounds=4)
    groups = []
    for at, group in enumerate(whole.groups):
        results = list(group.results)
        if at > 8:
            results = [missing(r.cell, Gap.NOT_RUN, "the run was interrupted") for r in results]
        elif at == 2:
            results[0] = replace(results[0], failures=("round 3: did not finish within 60 s",))
        groups.append(group_of(group.workload, dict(group.parameters), group.workers, results))
    return replace(whole, groups=tuple(groups), interrupted=True, runs_finished=131, runs_failed=1)


def empty() -> Analysis:
    """A run that recorded nothing."""
    return Analysis({}, {}, (), (), (), (), True, 0, 0, 0)


def higher_is_better() -> Analysis:
    """One group whose metric is a rate: the reference has twice the rate of go."""
    rate = Metric("rate", "1/s", "higher")
    spec = workload("fanout/echo", metric=rate, metrics=(rate,))
    rows = {"weft:default": 2000.0, "go:default": 1000.0, "tbb:default": 8000.0}
    results = [measured(cell_of(spec, {"connections": 4}, 2, r), [v] * 9) for r, v in rows.items()]
    group = group_of(spec, {"connections": 4}, 2, results)
    return replace(
        ordinary(),
        workloads=(spec,),
        groups=(group,),
        contenders=tuple(map(contender, ("weft", "go", "tbb"))),
    )


def _hostile_group() -> Group:
    long_name = "x" * 300 + " " + HOSTILE
    spec = workload(
        f"{HOSTILE}/../../{HOSTILE}",
        title=HOSTILE,
        question=long_name,
        operation=HOSTILE,
        stresses=HOSTILE,
        check=HOSTILE,
        parameter_titles={HOSTILE: HOSTILE},
        path=HOSTILE,
        floor=HOSTILE,
        metric=Metric(HOSTILE, HOSTILE, "sideways"),
        metrics=(Metric("extra" + HOSTILE, HOSTILE, HOSTILE),),
    )
    parameters: dict[str, int | str] = {HOSTILE: long_name, "n": 10**30}
    tiny, huge = [1e-150 * k for k in range(1, 10)], [1e150 / k for k in range(1, 10)]
    rows = {
        "weft:default": tiny,
        HOSTILE: huge,
        long_name: [1.0] * 9,
        f"weft:{HOSTILE}": [1e-150] * 9,
    }
    results = []
    for row, values in rows.items():
        made = measured(cell_of(spec, parameters, 2, row), values, (HOSTILE, HOSTILE))
        metrics = {**made.metrics, "extra" + HOSTILE: stats.interval([1.7e308] * 9)}
        results.append(
            replace(made, command=HOSTILE, effective={HOSTILE: HOSTILE}, metrics=metrics)
        )
    results.append(missing(cell_of(spec, parameters, 2, "\ud800"), Gap.FAILED, HOSTILE))
    twin = missing(cell_of(spec, parameters, 2, HOSTILE), Gap.WRONG_RESULT, long_name)
    group = group_of(spec, parameters, 2, results, floor=1e-310)
    return replace(group, results=(*group.results, twin))


def hostile() -> Analysis:
    """Every string tries to leave its place, every number is extreme, every name is too long."""
    group = _hostile_group()
    described = {"version": HOSTILE, "profiles": [{"name": HOSTILE, "summary": HOSTILE}, 7]}
    return Analysis(
        manifest={HOSTILE: [HOSTILE] * 3, "deep": {"er": {"still": HOSTILE}}},
        environment={HOSTILE: HOSTILE, "cpu": None},
        warnings=(HOSTILE,),
        contenders=(
            contender("weft"),
            contender(HOSTILE, title=HOSTILE, describe=described),
            contender("gone", status="absent", reason=HOSTILE),
        ),
        workloads=(group.workload, workload(f"other {HOSTILE}")),
        groups=(group, replace(group, id=group.id)),
        interrupted=True,
        runs_planned=10**12,
        runs_finished=1,
        runs_failed=10**9,
    )
