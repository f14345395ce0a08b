"""Whole gates with stand-ins: every exit status, and what the outputs say."""

from __future__ import annotations

import json
import re
import shutil
import unittest
import xml.etree.ElementTree as ElementTree
from datetime import date
from pathlib import Path
from typing import Any, Sequence
from unittest import mock

from harness import machine, process, schema
from harness.gate import command, error_rates, flow, sides
from harness.gate.error_rates import Tally
from harness.gate.model import Rules
from harness.session import Stop
from harness.tests.gate.bed import CELL, GateBed
from harness.tests.gate.json_schema import problems
from harness.tests.gate.repository import RepositoryBed

SCHEMA = Path(schema.__file__).parent / "schemas" / "gate.json"
# After the router's runs and half of the decider's, of two canaries, the machine is slower.
DRIFTING = """echo >> "$0.count"
count=0
while read -r _; do count=$((count + 1)); done < "$0.count"
level=1000000
[ "$count" -le 44 ] || level=1500000
echo $((level + $$ * 7919 % 20011))
"""


class StatusTest(GateBed):
    def check(self, status: int, verdict: str, words: str, *arguments: str) -> None:
        output = self.gate(*arguments)
        self.assertEqual(output.status, status, output.stdout + output.stderr)
        result = self.result()
        self.assertEqual(result["verdict"], verdict)
        self.assertIn(words, result["words"])

    def test_0_where_nothing_changed(self) -> None:
        self.check(0, "EQUIVALENT", "a change of")
        self.assertEqual(self.document()["health"], "healthy")

    def test_0_where_the_programs_are_the_same(self) -> None:
        program = (self.folder / "base" / "contenders" / "good").read_text()
        same = program.replace(str(self.folder / "base"), str(self.folder / "head"))
        (self.folder / "head" / "contenders" / "good").write_text(same)
        self.check(0, "IDENTICAL", "the same")
        kinds = {control["kind"] for control in self.document()["controls"]}
        self.assertEqual(kinds, {"null copy", "positive", "drift"})

    def test_0_for_an_improvement(self) -> None:
        self.add_build("head", nanoseconds=80_000)
        self.check(0, "IMPROVEMENT", "")

    def test_0_for_a_regression_that_is_accepted_or_in_quarantine(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        entry = "cells = '^alpha/'\nreason = 'it is wanted'\nuntil = 9999-12-31\n"
        self.write_config(f"[[accepted]]\nup_to_percent = 30\n{entry}")
        self.check(0, "ACCEPTED", "up to 30.0 %")

    def test_1_for_a_regression(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        self.check(1, "REGRESSION", "beyond the noise's floor")
        self.assertTrue(15 < self.result()["effect_percent"] < 25)

    def test_2_for_input_that_has_to_change(self) -> None:
        entry = "[[quarantine]]\ncells = '^alpha/'\nreason = 'noise'\nuntil = 2020-01-31"
        inputs: list[tuple[dict[str, Any], list[str], str]] = [
            ({"more": entry}, [], "expired on 2020-01-31"),
            ({"family": "^gamma/"}, [], "finds no cell"),
            ({"family": "("}, [], "no regular expression"),
            ({"more": "speed = 4"}, [], "not a key"),
            ({}, ["--cells", "no such cell"], "no cell is left"),
            ({}, ["--base-build", str(self.folder / "none")], "no contender"),
        ]
        for config, words, said in inputs:
            with self.subTest(said):
                self.write_config(**config)
                output = self.gate(*words)
                self.assertEqual((output.status, output.stdout), (2, ""))
                self.assertIn(said, output.stderr)

    def test_2_for_a_plan_that_can_decide_nothing(self) -> None:
        self.add_spec(sizes="[8, 9, 10, 11]")
        output = self.gate("--pairs", "6,6")
        self.assertEqual(output.status, 2)
        self.assertIn("6 pairs cannot decide about 4 cells", output.stderr)
        self.assertEqual(self.gate("--pairs", "4,20").status, 2)

    def test_2_without_a_base(self) -> None:
        output = self.call(["gate", "--config", str(self.config)])
        self.assertEqual(output.status, 2)
        output = self.call(["gate", "--config", str(self.config), "--base", "no-such-revision"])
        self.assertEqual(output.status, 2)
        self.assertEqual(self.call([*self.gate_words()[:3], "--base", "HEAD"]).status, 2)

    def test_3_where_head_crashes_or_is_wrong(self) -> None:
        for behaviour, words in {"kill -SEGV $$": "SIGSEGV", "exit 3": "wrong result"}.items():
            self.add_build("head", behaviour=behaviour)
            self.out = self.folder / words
            self.check(3, "BROKEN", words)

    def test_3_where_head_has_lost_a_cell(self) -> None:
        self.add_build("head", entries=[])
        self.check(3, "BROKEN", "does not list this workload")

    def test_3_where_head_cannot_be_asked(self) -> None:
        self.add_build("head")
        (self.folder / "head" / "describe.json").write_text("hello")
        self.check(3, "BROKEN", "is not JSON")

    def test_3_where_head_does_not_do_the_work(self) -> None:
        self.add_build("head", nanoseconds=30_000)
        self.check(3, "SUSPICIOUS", "cannot have done the same work")

    def test_4_where_the_slowdown_is_not_found(self) -> None:
        self.replace(sides, "_SLOWDOWN", "NOBODY_READS_IT")
        output = self.gate()
        self.assertEqual(output.status, 4)
        self.assertIn("The gate was blind", output.stdout)
        self.assertEqual(self.document()["health"], "blind")

    def test_4_where_the_machine_itself_changed(self) -> None:
        self.replace_program(flow, "_CANARY", DRIFTING)
        output = self.gate()
        self.assertEqual(output.status, 4)
        self.assertIn("contaminated", output.stdout)

    def test_4_where_every_pair_is_disturbed(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        self.causes.return_value = ["other processes"]
        self.check(4, "INCONCLUSIVE", "disturbed from outside")
        dropped = self.document()["invalidated"]
        self.assertEqual(list(dropped), ["other processes"])
        for control in self.document()["controls"]:
            self.assertIn("disturbed from outside (other processes: ", control["words"])
        self.assertEqual(self.gate("--from", str(self.out), "--allow-inconclusive").status, 0)

    def test_5_where_the_builds_differ(self) -> None:
        for side, flags in (("base", "-O3"), ("head", "-O2")):
            cache = self.folder / side / "CMakeCache.txt"
            cache.write_text(f"CMAKE_CXX_FLAGS:STRING={flags}\n")
        self.check(5, "NOT COMPARABLE", "CMAKE_CXX_FLAGS")

    def test_70_for_a_mistake_of_the_gate(self) -> None:
        with mock.patch.object(command, "document", side_effect=ZeroDivisionError):
            output = self.gate()
        self.assertEqual(output.status, 70)

    def test_124_when_the_time_is_over(self) -> None:
        output = self.gate("--time-budget", "0.001s")
        self.assertEqual(output.status, 124)
        self.assertIn("the time was over", output.stdout)
        self.assertEqual(self.document()["results"], [])

    def test_130_when_it_is_interrupted(self) -> None:
        stops: list[Stop] = []
        init, run = Stop.__init__, process.run

        def remember(stop: Stop) -> None:
            init(stop)
            stops.append(stop)

        def interrupt(words: Sequence[str], *rest: Any, **named: Any) -> process.Finished:
            if "run" in words and stops:
                stops[0].soon = (self.out / "gate-plan.json").exists()
            return run(words, *rest, **named)

        with mock.patch.object(Stop, "__init__", remember):
            with mock.patch.object(process, "run", interrupt):
                output = self.gate()
        self.assertEqual(output.status, 130)
        self.assertIn("interrupted", output.stdout)


@unittest.skipUnless(shutil.which("cmake") and shutil.which("ninja"), "needs cmake and ninja")
class WorkTreeTest(RepositoryBed):
    def check(self, head: str, verdict: str, status: int) -> None:
        output = self.call(["gate", "--base", "HEAD", "--head", ".", *self.places()])
        self.assertEqual(output.status, status, output.stdout + output.stderr)
        self.assertEqual(self.result()["verdict"], verdict)
        document = self.document()
        names = [document[side]["revision"] for side in ("base", "head")]
        self.assertEqual(names, [self.head.commit, head])
        self.assertIn(f"head `{head}`", (self.out / "gate.md").read_text())
        self.assertEqual(self.repository.worktrees(), 1)

    def test_a_change_is_judged_before_it_is_committed(self) -> None:
        self.change("100000", "120000")
        self.check(f"{self.head.commit} with uncommitted changes", "REGRESSION", 1)

    def test_without_a_change_it_is_the_commit(self) -> None:
        self.check(self.head.commit, "IDENTICAL", 0)


class OutputTest(GateBed):
    def test_the_outputs_agree_and_keep_their_schema(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        output = self.gate()
        document = self.document()
        described = json.loads(SCHEMA.read_text())
        self.assertEqual(list(problems(document, described, described)), [])
        text = (self.out / "gate.md").read_text()
        self.assertEqual(text.splitlines()[0], document["sentence"])
        self.assertTrue(document["sentence"].startswith("Fail: 1 confirmed regression;"))
        self.assertIn(f"`{CELL}`", text)
        suite = ElementTree.parse(self.out / "junit.xml").getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        self.assertEqual(output.stdout.splitlines()[-1], str(self.out / "gate.md"))
        self.assertTrue((self.out / "SHA256SUMS").is_file())
        self.assertTrue(document["repeat"].endswith(" --seed 5"))
        self.assertNotIn("--out", document["repeat"])

    def test_the_error_rates_of_the_host_are_in_every_output(self) -> None:
        tallies = [Tally("none", gates=60), Tally("5 %", "spin", (CELL,), gates=20, found=18)]
        found = error_rates.host_document(tallies, Rules((8, 20)), "f", date(2026, 1, 31))
        host = {**machine.facts(), "fingerprint": "f", "nickname": "n"}
        path = self.folder / "host" / error_rates.NAME
        path.parent.mkdir()
        for text, words in ((json.dumps(found), "18 of 20 = 90.0 %"), ("{", "Not measured")):
            path.write_text(text)
            self.out = self.folder / words
            with mock.patch.object(command, "_host", return_value=command._Host(host, path.parent)):
                self.assertEqual(self.gate().status, 0)
            described = json.loads(SCHEMA.read_text())
            self.assertEqual(list(problems(self.document(), described, described)), [])
            for name in ("gate.md", "gate.html"):
                self.assertIn(words, (self.out / name).read_text())

    def test_a_verdict_is_the_same_when_it_is_asked_for_again(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        self.assertEqual(self.gate().status, 1)
        before = (self.out / "gate.json").read_bytes()
        self.assertEqual(self.gate("--from", str(self.out)).status, 1)
        self.assertEqual((self.out / "gate.json").read_bytes(), before)

    def test_runs_that_changed_since_are_not_judged(self) -> None:
        self.gate()
        runs = self.out / "raw" / "runs.jsonl"
        runs.write_text(runs.read_text().replace('"value": 9', '"value": 8'))
        output = self.gate("--from", str(self.out))
        self.assertEqual((output.status, output.stdout), (3, ""))
        self.assertIn("it changed since", output.stderr)

    def test_in_a_job_of_github_the_worst_are_annotated(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        summary = self.folder / "summary"
        variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
        with mock.patch.dict("os.environ", variables):
            output = self.gate()
        self.assertRegex(output.stdout, r"\A::error title=REGRESSION alpha/first[^:]*::\+")
        self.assertEqual(summary.read_text(), (self.out / "gate.md").read_text())

    def test_no_work_folder_stays(self) -> None:
        self.gate()
        self.assertEqual(list((self.folder / "work").iterdir()), [])

    def test_the_sides_take_turns_at_being_first(self) -> None:
        self.gate()
        lines = (self.out / "raw" / "runs.jsonl").read_text().splitlines()
        runs = [json.loads(line) for line in lines]
        router = [r for r in runs if r["subject"] == CELL and r["stage"] == 1]
        firsts = [r["arm"] for r in router if r["position"] == 0]
        for block in range(0, 6, 2):
            self.assertEqual(sorted(firsts[block : block + 2]), [0, 1])
        commands = {r["side"]: r["command"][0] for r in runs if r["side"] != "canary"}
        self.assertEqual(set(commands.values()), {"bin/contender"})

    def test_a_disturbed_pair_is_made_again_in_its_order_and_counts_once(self) -> None:
        asked: list[bool] = []

        def first_of_the_gate(_: int) -> list[str]:
            if (self.out / "gate-plan.json").exists():
                asked.append(True)
            return ["steal"] if len(asked) == 1 else []

        self.causes.side_effect = first_of_the_gate
        self.gate()
        lines = (self.out / "raw" / "runs.jsonl").read_text().splitlines()
        runs = [json.loads(line) for line in lines]
        again = [r for r in runs if r["attempt"] == 1]
        self.assertEqual(len(again), 2)
        first = [r for r in runs if r["attempt"] == 0 and r["subject"] == again[0]["subject"]]
        self.assertEqual([r["arm"] for r in first[:2]], [r["arm"] for r in again])
        self.assertEqual(self.document()["completeness"]["measured"], 1)


class MarkupTest(GateBed):
    def test_what_a_contender_says_stays_text(self) -> None:
        evil = 'echo "a|b \\`c <script> ::error::x" >&2; exit 7'
        self.add_build("head", behaviour=evil)
        with mock.patch.dict("os.environ", {"GITHUB_ACTIONS": "true"}):
            output = self.gate()
        self.assertEqual(output.status, 3)
        text = (self.out / "gate.md").read_text()
        row = next(line for line in text.splitlines() if line.startswith(f"| `{CELL}`"))
        self.assertEqual(row.count("|"), 9)
        self.assertEqual(re.findall(r"`[^`]*<script>[^`]*`", row), [row.split(" | ")[-1][:-2]])
        annotation = output.stdout.splitlines()[0]
        self.assertEqual(annotation.count("::"), 2)
