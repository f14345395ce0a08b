"""Each format is held to its own rules, as strictly as its strictest reader, and loses no run."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import subprocess
import unittest
from dataclasses import replace
from typing import Any, Iterator

from harness.export import FORMATS, dashboards, export, go, table
from harness.export.rows import Export, Made, Sample, load
from harness.model import Cell, Metric
from harness.tests.bed import RecordedBed

HOSTILE = '=cmd|"x"!A1, a/b = 50 %\n</script>\\ é'
TIME = Metric("real_time", "ns", "lower")


def made(**changes: Any) -> Made:
    """A run whose cell has a name that no format expects."""
    cell = Cell("alpha/first", (("size", 8), ("by", HOSTILE)), 2, "weft", HOSTILE)
    plain = Made(0, 0, cell, "ok", None, 100, (Sample(TIME, 1.5e-7),))
    return replace(plain, **changes)


# The grammar of Go's proposal 14313 (benchmark format), as its own reader has it.
BENCHMARK = re.compile(r"Benchmark([^a-z\s]\S*)\s+(\d+)((?:\s+\S+\s+\S+)+)")
CONFIGURATION = re.compile(r"([a-z][^A-Z\s:]*):[ \t]+(\S.*)")
UNIT = re.compile(r"Unit\s+(\S+)((?:\s+[^=\s]+=\S+)+)")


def read_benchfmt(text: str) -> Iterator[tuple[str, dict[str, float]]]:
    """The benchmarks with their values; raises ValueError for what is no line of the format."""
    for line in text.splitlines():
        found = BENCHMARK.fullmatch(line)
        if found is None:
            if line and not CONFIGURATION.fullmatch(line) and not UNIT.fullmatch(line):
                raise ValueError(line)
            continue
        words = found[3].split()
        if int(found[2]) < 1 or len(words) % 2:
            raise ValueError(line)
        values = {unit: float(value) for value, unit in zip(words[::2], words[1::2])}
        if len(values) * 2 != len(words) or not all(map(math.isfinite, values.values())):
            raise ValueError(line)
        yield found[1], values


LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-z_]+)\{{({LABEL}(?:,{LABEL})*)\}} (-?[0-9.]+(?:e[+-]\d+)?)")
DESCRIPTOR = re.compile(r"# (TYPE|UNIT|HELP) (\w+) (.+)")


def read_openmetrics(text: str) -> dict[str, list[tuple[str, float]]]:
    """The samples of each family; raises ValueError where the format's rules are broken."""
    if not text.endswith("\n# EOF\n"):
        raise ValueError("does not end as it must")
    families: dict[str, list[tuple[str, float]]] = {}
    kinds: dict[str, str] = {}
    for line in text.removesuffix("# EOF\n").splitlines():
        descriptor, sample = DESCRIPTOR.fullmatch(line), SAMPLE.fullmatch(line)
        if descriptor is not None:
            what, family, value = descriptor.groups()
            if what == "TYPE":
                if family in kinds:
                    raise ValueError(f"{family} comes in two places")
                kinds[family] = value
                families[family] = []
            if what == "UNIT" and not family.endswith(f"_{value}"):
                raise ValueError(f"{family} does not end in its unit")
        elif sample is not None:
            family = list(families)[-1]
            suffix = "_info" if kinds[family] == "info" else ""
            if sample[1] != family + suffix:
                raise ValueError(f"{sample[1]} is not in its family")
            families[family].append((sample[2], float(sample[3])))
        else:
            raise ValueError(line)
    for family, samples in families.items():
        if len({labels for labels, _ in samples}) != len(samples):
            raise ValueError(f"{family} has the same labels twice")
    return families


class ExportTest(RecordedBed):
    CONTENDERS = {"weft": "good", "other": "exact", "crash": "crash"}
    ROUNDS = 6
    STATUS = 3

    def setUp(self) -> None:
        super().setUp()
        self.export = load(self.out)
        self.good = [run for run in self.runs() if run["status"] == "ok"]

    def with_run(self, run: Made) -> Export:
        return replace(self.export, runs=(run,))

    def test_the_verb_writes_every_format_to_stdout_and_nothing_else(self) -> None:
        for name in FORMATS:
            output = self.call(["export", str(self.out), "--format", name])
            self.assertEqual((output.status, output.stderr), (0, ""), name)
            self.assertEqual(output.stdout, export(self.out, name))
        self.assertEqual(self.call(["export", str(self.out), "--format", "morse"]).status, 2)
        empty = self.call(["export", str(self.folder / "none"), "--format", "csv"])
        self.assertEqual((empty.status, empty.stdout), (2, ""))

    def test_csv_is_rectangular_and_has_every_run_and_every_gap(self) -> None:
        rows = list(csv.reader(io.StringIO(table.csv_text(self.export))))
        self.assertEqual({len(row) for row in rows}, {len(table.COLUMNS)})
        entries = [dict(zip(table.COLUMNS, row)) for row in rows[1:]]
        self.assertEqual(
            {e["run"] for e in entries if e["run"]}, {str(r["run"]) for r in self.runs()}
        )
        crashed = [e for e in entries if e["contender"] == "crash" and e["run"]]
        self.assertTrue(crashed and all(e["reason"] and not e["value"] for e in crashed))
        gaps = [e for e in entries if e["status"] == "not expressible"]
        self.assertEqual(len(gaps), 3)
        times = [float(e["value"]) for e in entries if e["figure"] == "real_time"]
        self.assertEqual(len(times), len(self.good))

    def test_csv_keeps_a_hostile_text_in_its_field_and_no_formula(self) -> None:
        run = made(status="failed", reason=HOSTILE, samples=())
        _, row, *_ = csv.reader(io.StringIO(table.csv_text(self.with_run(run))))
        entry = dict(zip(table.COLUMNS, row))
        self.assertEqual(entry["reason"], "'" + HOSTILE)
        self.assertEqual(entry["profile"], "'" + HOSTILE)

    def test_benchfmt_has_a_line_for_every_run_that_counts(self) -> None:
        text = go.benchfmt(self.export)
        found = list(read_benchfmt(text))
        self.assertEqual(len(found), len(self.good))
        for (name, values), run in zip(found, self.good):
            contender = run["cell"]["contender"]
            wanted = f"Alpha/workload=first/size=8/contender={contender}/profile=plain-1"
            self.assertEqual(name, wanted)
            repetitions = [each["real_time"] for each in run["record"]["benchmarks"]]
            self.assertIn(values["ns/op"], [sorted(repetitions)[len(repetitions) // 2]])
        self.assertIn("Unit ns/op better=lower\n", text)
        self.assertRegex(text, r"\bfingerprint: [0-9a-f]{12}\n")

    def test_benchfmt_keeps_a_hostile_name_in_its_field(self) -> None:
        ((name, values),) = read_benchfmt(go.benchfmt(self.with_run(made())))
        keys = [part.split("=")[0] for part in name.split("/")[1:]]
        self.assertEqual(keys, ["workload", "size", "by", "contender", "profile"])
        self.assertTrue(name.endswith("-2"))
        self.assertEqual(values, {"ns/op": 1.5e-7})

    def test_benchfmt_keeps_the_figures_of_a_line_apart(self) -> None:
        names = {"p50_ns": "p50-ns", "p99_ns": "p99-ns", "cpu_ns_per_s": "cpu_ns_per_s-ns/s"}
        for metric, unit in names.items():
            kind = "ns/s" if metric.endswith("_s") else "ns"
            self.assertEqual(go.unit(Metric(metric, kind, "lower")), unit)
        self.assertEqual(go.unit(Metric("share", "per cent", "higher")), "share-per_cent")

    def test_the_readers_of_this_test_are_strict(self) -> None:
        for text in ("benchmarkX 1 1 ns/op", "Benchmarkx 1 1 ns/op", "BenchmarkX 0 1 ns/op"):
            with self.assertRaises(ValueError):
                list(read_benchfmt(text))
        for text in ("BenchmarkX 1 1", "BenchmarkX 1 nan ns/op", "BenchmarkX 1 1 a 2 a"):
            with self.assertRaises(ValueError):
                list(read_benchfmt(text))
        for text in ("a 1\n# EOF\n", 'a{b="c"} 1\n', '# TYPE a gauge\na{b="""} 1\n# EOF\n'):
            with self.assertRaises(ValueError):
                read_openmetrics(text)

    @unittest.skipIf(shutil.which("benchstat") is None, "benchstat is missing")
    def test_benchstat_reads_it(self) -> None:
        path = self.folder / "run.txt"
        path.write_text(go.benchfmt(self.with_run(made())) + go.benchfmt(self.export))
        command = ["benchstat", "-col", "/contender", str(path)]
        found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(found.stderr, "")
        self.assertRegex(found.stdout, r"weft\b.*other\b")
        self.assertIn("sec/op", found.stdout)

    def test_bmf_has_a_median_in_its_bounds_for_each_cell_with_figures(self) -> None:
        document = json.loads(dashboards.bmf(self.export))
        self.assertEqual(len(document), 2)
        for name, measures in document.items():
            self.assertRegex(name, r"^alpha/first/size=8/workers=1@\w+:plain$")
            self.assertEqual(set(measures), {"latency"})
            measure = measures["latency"]
            self.assertLessEqual(measure["lower_value"], measure["value"])
            self.assertLessEqual(measure["value"], measure["upper_value"])

    def test_github_action_benchmark_gets_each_direction_on_its_own(self) -> None:
        points = json.loads(dashboards.smaller_is_better(self.export))
        self.assertEqual(len(points), 2)
        for point in points:
            self.assertEqual(set(point), {"name", "unit", "value", "range", "extra"})
            self.assertIsInstance(point["value"], float)
            self.assertTrue(all(isinstance(point[k], str) for k in set(point) - {"value"}))
        self.assertEqual(json.loads(dashboards.bigger_is_better(self.export)), [])

    def test_openmetrics_has_every_cell_with_figures_or_with_its_gap(self) -> None:
        families = read_openmetrics(dashboards.openmetrics(self.export))
        self.assertEqual(len(families["weft_run"]), 1)
        self.assertEqual([value for _, value in families["weft_cell_runs"]], [6.0, 6.0])
        self.assertEqual(len(families["weft_cell_seconds"]), 2 * 3)
        for _, value in families["weft_cell_seconds"]:
            self.assertAlmostEqual(value, 1e-6, delta=2e-8)
        gaps = families["weft_cell_gap"]
        self.assertEqual(sum('gap="not expressible"' in labels for labels, _ in gaps), 3)
        self.assertEqual(sum('gap="failed"' in labels for labels, _ in gaps), 1)

    def test_openmetrics_keeps_a_hostile_name_in_its_label(self) -> None:
        (group,) = self.export.analysis.groups
        results = [
            replace(result, cell=replace(result.cell, profile=HOSTILE + result.cell.profile))
            for result in group.results
        ]
        groups = (replace(group, results=tuple(results)),)
        analysis = replace(self.export.analysis, groups=groups)
        families = read_openmetrics(dashboards.openmetrics(replace(self.export, analysis=analysis)))
        self.assertEqual(len(families["weft_cell_seconds"]), 2 * 3)
