"""A cell agrees with its twin, or the harness says by how much not, or what went wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Sequence
from unittest import TestCase, mock

from harness import crosscheck, process, session, spec, twins
from harness.cli import ROOT
from harness.crosscheck import Judgement, judge_ratio
from harness.model import Interval
from harness.tests.bed import Bed, Output
from harness.twins import Tolerance

TWIN = """
[[twins]]
profile = "plain"
workload = "alpha/first"
parameters = {size = 8}
workers = 1
operations = 100
repetitions = 3
command = ["{build}/twin", "{workers}"]
figure = '^took (\\S+) ns$'
per = 1
"""
TOLERANCE = '\n[twins.tolerance]\nlow = 0.7\nhigh = 0.8\nreason = "it does more"\n'


class TwinBed(Bed):
    """A bed whose one cell takes exactly 1000 ns, and a twin that says what it is told to."""

    def setUp(self) -> None:
        super().setUp()
        self.add_spec()
        self.add_contender("good", "exact")
        self.baselines = self.folder / "baselines"
        self.add_twins("good")
        self.add_twin_program("echo took 1000 ns")

    def add_twins(self, contender: str, text: str = TWIN) -> None:
        path = self.baselines / contender / "twins.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'contender = "{contender}"\n{text}')

    def add_twin_program(self, script: str) -> None:
        program = self.build / "twin"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def compare(self, *words: str) -> Output:
        folders = ["--suites", str(self.suites), "--build", str(self.build)]
        folders += ["--baselines", str(self.baselines)]
        return self.call(["crosscheck", *folders, "--rounds", "6", *words])

    def document(self, *words: str) -> Any:
        return json.loads(self.compare("--json", *words).stdout)


class CrosscheckTest(TwinBed):
    def test_equal_figures_agree(self) -> None:
        output = self.compare()
        self.assertEqual(output.status, 0, output.stderr)
        row = output.stdout.splitlines()[1]
        self.assertRegex(
            row, r"^alpha/first/size=8/workers=1@good:plain +6 +1000 +1000 +ns +1\.000"
        )
        self.assertTrue(row.endswith("  agrees"), row)

    def test_other_figures_differ_by_the_ratio(self) -> None:
        self.add_twin_program("echo took 1300 ns")
        output = self.compare()
        self.assertEqual(output.status, 3)
        self.assertIn("0.769 [0.769, 0.769]  differs", output.stdout)

    def test_a_declared_difference_is_one_with_its_reason(self) -> None:
        self.add_twins("good", TWIN + TOLERANCE)
        self.add_twin_program("echo took 1333 ns")
        output = self.compare()
        self.assertEqual(output.status, 0)
        self.assertIn("within its tolerance", output.stdout)
        self.assertIn("may be 0.7 to 0.8: it does more", output.stdout)
        self.add_twin_program("echo took 1500 ns")
        self.assertEqual(self.compare().status, 3)

    def test_the_figure_is_the_median_for_one_operation(self) -> None:
        self.add_twins("good", TWIN.replace("per = 1", "per = 10"))
        self.add_twin_program("echo took 1 ns; echo took 5e5 ns; echo took 10000 ns")
        self.assertEqual(set(self.document()["pairs"][0]["values"]["by_hand"].values()), {1000.0})

    def test_the_document_has_every_value_and_the_commands(self) -> None:
        document = self.document()
        self.assertEqual(document["schema"], "weft.crosscheck/1")
        pair = document["pairs"][0]
        self.assertEqual(pair["values"]["suite"], {str(number): 1000.0 for number in range(6)})
        self.assertEqual(pair["commands"]["by_hand"], [f"{self.build}/twin", "1"])
        self.assertIn("--operations", pair["commands"]["suite"])
        self.assertEqual(pair["judgement"], "agrees")

    def test_too_few_rounds_decide_nothing(self) -> None:
        output = self.compare("--rounds", "5")
        self.assertEqual(output.status, 3)
        self.assertIn("undecided", output.stdout)

    def test_what_fails_is_said_and_not_tried_again(self) -> None:
        marker = self.folder / "tried"
        failures = {
            "exit 7": "the twin ended with status 7",
            "echo nothing": "the twin printed 0 figures",
            "echo took 0 ns": "the twin printed 1 figures, or one that is not above 0",
            "echo took inf ns": "or one that is not above 0",
            "echo took long ns": "the twin's figure is no number",
        }
        for script, words in failures.items():
            with self.subTest(script):
                marker.unlink(missing_ok=True)
                self.add_twin_program(f"echo >> {marker}\n{script}")
                output = self.compare()
                self.assertEqual(output.status, 3)
                self.assertIn(words, output.stdout)
                self.assertEqual(marker.read_text(), "\n")

    def test_a_twin_that_was_not_built_fails(self) -> None:
        (self.build / "twin").unlink()
        output = self.compare()
        self.assertEqual(output.status, 3)
        self.assertIn("the twin cannot be started", output.stdout)

    def test_a_cell_that_is_wrong_or_mislabelled_fails(self) -> None:
        for behaviour in ("wrong", "mislabelled"):
            self.add_contender("good", behaviour)
            output = self.compare()
            self.assertEqual(output.status, 3)
            self.assertRegex(output.stdout, "the cell: (wrong result|configuration mismatch)")

    def test_an_absent_contender_has_no_twin_to_agree_with(self) -> None:
        self.add_twins("gone")
        self.add_manifest("gone", status="absent", reason="there is none here")
        output = self.compare()
        self.assertEqual(output.status, 0)
        self.assertIn("not installed: there is none here", output.stdout)
        self.assertEqual(self.compare("--contender", "gone").status, 3)

    def test_what_the_contender_cannot_do_is_absent_and_what_it_does_not_list_fails(self) -> None:
        tuned = TWIN.replace('"plain"', '"tuned"')
        self.add_twins("good", TWIN + tuned)
        output = self.compare()
        self.assertEqual(output.status, 0)
        self.assertIn("not expressible: it cannot be tuned", output.stdout)
        self.add_spec("beta/unknown")
        self.add_twins("good", TWIN + TWIN.replace("alpha/first", "beta/unknown"))
        self.assertEqual(self.compare().status, 3)


class OrderTest(TwinBed):
    def first_words(self, rounds: int, twin_number: int, hook: Callable[[], None]) -> list[str]:
        """Which programs were run, in order; the hook is called before each."""
        ran: list[str] = []
        run = process.run

        def spy(command: Sequence[str], *rest: Any, **named: Any) -> process.Finished:
            verbs = ("describe", "list")
            if command[1] not in verbs:
                ran.append(f"{Path(command[0]).name} {command[-1]}")
                hook()
            return run(command, *rest, **named)

        self.add_twins("good", TWIN * twin_number)
        with mock.patch.object(process, "run", spy):
            self.status = self.compare("--rounds", str(rounds)).status
        return [word.split()[0] for word in ran]

    def test_each_of_a_pair_comes_first_in_every_other_round(self) -> None:
        ran = self.first_words(6, 1, lambda: None)
        self.assertEqual(ran, ["good", "twin", "twin", "good"] * 3)

    def test_not_all_pairs_begin_alike_in_a_round(self) -> None:
        ran = self.first_words(1, 2, lambda: None)
        self.assertEqual(sorted(ran[::2]), ["good", "twin"])

    def test_an_interrupted_comparison_shows_what_it_has(self) -> None:
        wishes: list[session.Stop] = []

        def soon() -> None:
            wishes[0].soon = True

        with mock.patch.object(session.Stop, "__init__", _remembering(wishes)):
            ran = self.first_words(6, 1, soon)
        self.assertEqual(ran, ["good", "twin"])
        self.assertEqual(self.status, 130)


def _remembering(wishes: list[session.Stop]) -> Callable[[session.Stop], None]:
    init = session.Stop.__init__

    def remember(stop: session.Stop) -> None:
        init(stop)
        wishes.append(stop)

    return remember


class InputTest(TwinBed):
    def test_a_broken_file_is_one_line_and_status_2(self) -> None:
        changes = {
            "per = 1": "per = 0",
            "(\\S+)": "\\S+",
            "'^took": "'(^took",
            "{build}": "{home}",
            '"{workers}"]': '""]',
            "workers = 1": "workers = 0",
            '"plain"': '"polished"',
            "alpha/first": "alpha/none",
            "{size = 8}": "{length = 8}",
            "size = 8": "size = -8",
            "operations = 100\n": "",
            "repetitions = 3": "repetitions = 3\nspeed = 4",
        }
        texts = {old: TWIN.replace(old, new) for old, new in changes.items()}
        texts["nothing"] = ""
        texts["order"] = TWIN + TOLERANCE.replace("0.8", "0.6")
        texts["no reason"] = TWIN + TOLERANCE.replace('"it does more"', '""')
        for name, text in texts.items():
            with self.subTest(name):
                self.add_twins("good", text)
                output = self.compare()
                self.assertEqual((output.status, output.stdout), (2, ""))
                self.assertRegex(output.stderr, r"\Aharness: .*good/twins\.toml: [^\n]+\n\Z")

    def test_a_contender_names_its_own_folder(self) -> None:
        (self.baselines / "good" / "twins.toml").write_text(f'contender = "other"\n{TWIN}')
        self.assertEqual(self.compare().status, 2)

    def test_a_selection_that_leaves_nothing_is_refused(self) -> None:
        for words in (["--contender", "nobody"], ["--filter", "no such cell"], ["--filter", "("]):
            output = self.compare(*words)
            self.assertEqual((output.status, output.stdout), (2, ""))
        (self.baselines / "good" / "twins.toml").unlink()
        self.assertEqual(self.compare().status, 2)

    def test_a_fixed_number_of_operations_is_the_twins_too(self) -> None:
        self.add_spec(run="operations = 7")
        self.assertEqual(self.compare().status, 2)

    def test_a_cell_with_a_service_has_no_twin(self) -> None:
        self.add_spec(run='operations = 100\nservice = "server"')
        self.assertEqual(self.compare().status, 2)

    def test_the_repositorys_own_twins_fit_its_workloads(self) -> None:
        specs = {s.workload.id: s for s in spec.load(ROOT / "suites", ROOT)}
        own = twins.load(ROOT / "baselines", ROOT)
        self.assertGreaterEqual(len({(t.contender, t.workload) for t in own}), 6)
        for twin in own:
            crosscheck.check_twin(twin, specs)


class JudgementTest(TestCase):
    def judge(self, low: float, high: float, tolerance: Tolerance | None = None) -> Judgement:
        middle = (low * high) ** 0.5
        return judge_ratio(Interval(10, middle, low, high, 0.97), tolerance)

    def test_the_interval_decides(self) -> None:
        self.assertIs(self.judge(0.9, 1.1), Judgement.AGREES)
        self.assertIs(self.judge(1.01, 1.24), Judgement.AGREES)
        self.assertIs(self.judge(1.01, 1.26), Judgement.DIFFERS)
        self.assertIs(self.judge(0.79, 0.99), Judgement.DIFFERS)

    def test_a_wide_interval_agrees_with_nothing(self) -> None:
        self.assertIs(self.judge(0.7, 1.1), Judgement.UNDECIDED)
        self.assertIs(self.judge(0.9, 1.4), Judgement.UNDECIDED)

    def test_a_tolerance_holds_the_whole_interval_or_does_not_help(self) -> None:
        tolerance = Tolerance(1.0, 1.2, "a reason")
        wider = Tolerance(1.1, 1.6, "a reason")
        self.assertIs(self.judge(1.2, 1.5, wider), Judgement.TOLERATED)
        self.assertIs(self.judge(1.2, 1.7, wider), Judgement.DIFFERS)
        self.assertIs(self.judge(1.01, 1.3, tolerance), Judgement.DIFFERS)
        self.assertIs(self.judge(0.95, 1.05, wider), Judgement.AGREES)

    def test_no_ratio_decides_nothing(self) -> None:
        self.assertIs(judge_ratio(None, None), Judgement.UNDECIDED)
        self.assertIs(judge_ratio(Interval(5, 1.0, None, None, None), None), Judgement.UNDECIDED)
