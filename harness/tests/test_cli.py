"""Bad input is one clear line and status 2; data goes to stdout and words to stderr."""

from __future__ import annotations

import argparse
import json
from unittest import mock

from harness import campaign, cli
from harness.cli import time_budget
from harness.tests.bed import Bed


class CommandLineTest(Bed):
    def setUp(self) -> None:
        super().setUp()
        self.add_spec(sizes="[8, 128]")
        self.add_contender("good")
        self.bed = ["--suites", str(self.suites), "--build", str(self.build)]

    def test_bad_input_is_one_line_and_status_2(self) -> None:
        empty = str(self.folder / "empty")
        cases: list[list[str]] = [
            [],
            ["fly"],
            ["run", "--quick", "--full"],
            ["run", "--rounds", "0"],
            ["run", "--seed", "-1"],
            ["run", "--time-budget", "soon"],
            ["run", "--resume", empty],
            ["report", empty],
            ["list", *self.bed, "--suite", "gamma"],
            ["list", *self.bed, "--contender", "nobody"],
            ["list", *self.bed, "--filter", "("],
            ["list", *self.bed, "--filter", "no such cell"],
            ["list", *self.bed[:2], "--build", empty],
            ["list", *self.bed[2:], "--suites", empty],
        ]
        for words in cases:
            with self.subTest(words):
                output = self.call(words)
                self.assertEqual((output.status, output.stdout), (2, ""))
                self.assertRegex(output.stderr, r"\Aharness[^\n]+\n\Z")

    def test_a_resumed_folder_that_is_none_is_not_made(self) -> None:
        self.call(["run", "--resume", str(self.folder / "none")])
        self.assertFalse((self.folder / "none").exists())

    def test_times_are_read_with_their_units(self) -> None:
        found = [time_budget(text) for text in ("90", "90s", "5m", "30min", "1.5h")]
        self.assertEqual(found, [90, 90, 300, 1800, 5400])
        for text in ("", "0", "-5", "5d", "1e3", "nan"):
            with self.assertRaises(argparse.ArgumentTypeError):
                time_budget(text)

    def test_list_names_every_cell_and_why_some_have_no_figures(self) -> None:
        output = self.call(["list", "--quick", *self.bed])
        self.assertEqual(output.status, 0)
        self.assertEqual(
            output.stdout.splitlines(),
            [
                "alpha/first/size=8/workers=1@good:plain",
                "alpha/first/size=8/workers=1@good:tuned  not expressible: it cannot be tuned",
                "alpha/first/size=128/workers=1@good:plain",
                "alpha/first/size=128/workers=1@good:tuned  not expressible: it cannot be tuned",
            ],
        )
        self.assertEqual(output.stderr, "2 to be run, 2 not expressible\n")
        entries = json.loads(self.call(["list", "--quick", "--json", *self.bed]).stdout)
        self.assertEqual([entry["gap"] for entry in entries], [None, "not expressible"] * 2)

    def test_plan_shows_the_order_and_a_filter_does_not_change_it(self) -> None:
        self.add_contender("other")
        words = ["plan", "--quick", *self.bed, "--seed", "3", "--rounds", "4"]
        whole = self.call(words).stdout.splitlines()
        self.assertEqual(len(whole), 4 * 4)
        part = self.call([*words, "--filter", "size=8/|@good"]).stdout.splitlines()
        self.assertEqual(part, [line for line in whole if "size=8/" in line or "@good" in line])

    def test_a_mistake_of_the_harness_is_status_70(self) -> None:
        with mock.patch.object(cli, "_doctor", side_effect=ZeroDivisionError):
            output = self.call(["doctor"])
        self.assertEqual(output.status, 70)
        self.assertIn("internal error; what was recorded is kept", output.stderr)

    def test_a_report_that_cannot_be_made_keeps_the_figures(self) -> None:
        words = [word for word in self.words("--rounds", "1") if word != "--no-report"]
        with mock.patch.dict("sys.modules", {"harness.report": None}):
            output = self.call(words)
        self.assertEqual((output.status, output.stdout), (70, ""))
        self.assertIn("python3-matplotlib", output.stderr)
        self.assertEqual(len(self.runs()), 2)

    def test_the_report_s_path_is_the_only_data_on_stdout(self) -> None:
        words = [word for word in self.words("--rounds", "1") if word != "--no-report"]
        page = self.out / "report.html"
        with mock.patch.object(campaign, "render", return_value=page) as render:
            output = self.call(words)
            self.assertEqual((output.status, output.stdout), (0, f"{page}\n"))
            again = self.call(["report", str(self.out)])
            self.assertEqual((again.status, again.stdout), (0, f"{page}\n"))
        self.assertEqual(render.call_count, 2)
