"""gate.html is sound, says what gate.json says, and can change nothing about the verdict."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any, Mapping
from unittest import mock

from harness.cli import ROOT
from harness.gate import error_rates, evidence, forest, markdown, page, reports
from harness.gate.decision import decide
from harness.gate.document import document
from harness.gate.error_rates import Tally
from harness.gate.model import Decision, Health, Kind, Sample, Standing, Subject, Verdict
from harness.model import Metric
from harness.report.check import check
from harness.report.tests.analyses import HOSTILE
from harness.tests.gate.bed import GateBed
from harness.tests.gate.samples import CONTROLS, RULES, cell, control, sample

NAME = "channel/throughput/producers=4/consumers=4/capacity=128/workers=2@weft:default"
SLOWER = "channel/ping_pong/capacity=0/workers=2@weft:default"
CELLS: dict[str, tuple[Subject, Sample]] = {
    SLOWER: (cell(), sample(14)),
    NAME: (cell(), sample(-9)),
    "spawn/batch/tasks=1000/workers=2@weft:default": (cell(), sample(0.4)),
    "spawn/skynet/workers=2@weft:default": (cell(), sample(6, spread=0.07)),
    "pool/worker_pool/workers=2@weft:default": (
        cell(quarantine="its noise is looked into"),
        sample(0, 0.02),
    ),
    "fanout/urls/workers=2@weft:default": (cell(accepted_up_to=0.3), sample(12)),
    "sharing/layout/workers=2@weft:default": (
        cell(standing=Standing(Verdict.IDENTICAL, "the same code and data")),
        Sample(),
    ),
    "channel/ring/workers=2@weft:default": (
        cell(),
        Sample(planned=20, broken_head="did not finish within 10 s"),
    ),
}


def rates() -> dict[str, Any]:
    """Of a host that was calibrated."""
    tallies = [Tally("none", gates=60, alarms=1)]
    tallies += [Tally("5 %", "spin", (SLOWER,), gates=20, found=18)]
    return error_rates.host_document(tallies, RULES, "0123456789ab", date(2026, 1, 31))


def about(**host: Any) -> dict[str, Any]:
    side = {"revision": "1f2e3d4", "program_sha256": "0" * 64, "settings": {"flags": "-O3"}}
    facts = {"fingerprint": "0123456789ab", "nickname": "x86_64-2cpu", "error_rates": rates()}
    facts |= {"noise": "noise.json of 2026-01-20", "warnings": ["the governor is powersave"]}
    return {
        "made": "2026-01-31T12:00:00Z",
        "base": side,
        "head": {**side, "revision": "5a6b7c8"},
        "host": {**facts, **host},
        "repeat": "python3 -m harness gate --base 1f2e3d4 --seed 5",
    }


def gate(
    cells: dict[str, tuple[Subject, Sample]] | None = None,
    controls: Mapping[str, Sample] | None = None,
) -> dict[str, Any]:
    """gate.json of a gate with these cells."""
    found = CELLS if cells is None else cells
    named = {
        name: (replace(subject, id=name, cell=name), replace(one, first=(90.0,), second=(95.0,)))
        for name, (subject, one) in found.items()
    }
    checks = [control(kind) for kind in CONTROLS]
    subjects = [subject for subject, _ in named.values()] + checks
    well = {s.id: sample(8 if s.kind is Kind.POSITIVE else 0) for s in checks}
    well = {name: replace(one, first=(1.0,) * 20, second=(1.0,) * 20) for name, one in well.items()}
    decider = {name: one for name, (subject, one) in named.items() if subject.standing is None}
    measured = [subject for subject in subjects if subject.standing is None]
    router = {s.id: sample(8 if s.kind is Kind.POSITIVE else 0, n=8) for s in measured}
    metrics = {s.id: Metric("real_time", "ns", "lower") for s in subjects}
    plan = evidence.document(subjects, metrics, RULES, list(decider), ["a note"])
    decision = decide(subjects, router, {**well, **decider, **(controls or {})}, RULES)
    return document(decision, plan, about())


def hostile(value: Any, key: str = "") -> Any:
    """The same document, every free text in it trying to leave its place."""
    kept = ("verdict", "health", "schema", "kind", "direction", "made_of")
    if isinstance(value, dict):
        return {k: hostile(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(entry, key) for entry in value]
    return HOSTILE + value if isinstance(value, str) and key not in kept else value


class PageTest(unittest.TestCase):
    def html(self, found: dict[str, Any]) -> str:
        text = page.html(found)
        self.assertEqual(check(text), [])
        return text

    def test_the_verdict_comes_first_and_the_worst_cell_before_the_others(self) -> None:
        found = gate()
        text = unescape(self.html(found)).replace("<wbr>", "")
        places = [text.index(f'id="{name}"') for name in ("verdict", *page._SECTIONS)]
        self.assertEqual(places, sorted(places))
        self.assertIn(f'<p class="sentence">{found["sentence"]}</p>', text)
        order = re.findall(r'<th scope="row"><code>([^<]*)</code></th><td>([A-Z ]+)', text)
        self.assertEqual(len(order), len(found["results"]))
        self.assertEqual(order[0], (SLOWER, "REGRESSION"))
        for words in ("its noise is looked into", "a note", "the governor is powersave"):
            self.assertIn(words, text)
        self.assertIn("up to 35.0 % was accepted", text)

    def test_every_verdict_has_its_place(self) -> None:
        self.assertEqual(sorted(page._ORDER), sorted(verdict.value for verdict in Verdict))
        everywhere = (*markdown._FIRST, *(word for _, words in markdown._REST for word in words))
        self.assertEqual(sorted(everywhere), sorted(page._ORDER))

    def test_it_is_the_same_bytes_of_the_same_document_whatever_became_of_it(self) -> None:
        found = gate()
        again = json.loads(json.dumps(found))
        self.assertEqual(page.html(found), page.html(again))
        again["host"].pop("error_rates")  # as older folders have it
        self.assertIn("Not measured on this host", self.html(again))

    def test_error_rates_are_published_with_their_exact_intervals(self) -> None:
        text = unescape(self.html(gate()))
        self.assertIn("1 of 60 = 1.7 % [0.0, 8.9]", text)
        self.assertIn("18 of 20 = 90.0 % [68.3, 98.8]", text)
        self.assertIn("Counted on 2026-01-31", text)

    def test_a_gate_without_cells_or_controls_has_a_page(self) -> None:
        ended = Decision((), (), Health.BLIND, 124, "Undecided: the time was over.")
        plan = evidence.document([], {}, RULES, [], [])
        text = self.html(document(ended, plan, about(error_rates=None)))
        self.assertIn("No cell was judged.", text)
        self.assertIn("This run is blind.", text)

    def test_a_contaminated_run_says_so_before_anything_else(self) -> None:
        text = self.html(gate(controls={"null copy": sample(4)}))
        self.assertIn("This run is contaminated.", text)

    def test_no_string_leaves_its_place(self) -> None:
        text = self.html(hostile(gate()))
        self.assertEqual(text.count("<script>"), 1)
        self.assertEqual(text.count("</script>"), 1)
        self.assertEqual(re.findall("[\x00-\x08\x0b-\x1f\x7f]", text), [])
        self.assertIn("{{ 7 * 7 }}", unescape(text))

    def test_many_cells_go_on_several_sheets_of_one_axis(self) -> None:
        many = {f"a/b/n={n}@weft": (cell(), sample(n / 10)) for n in range(60)}
        text = self.html(gate(many))
        self.assertEqual(text.count('class="chart"'), 2 * (3 + 1))

    def test_a_cell_in_quarantine_is_no_accusation_in_the_picture_either(self) -> None:
        subject = cell(quarantine="its noise is looked into")
        cells = {SLOWER: (subject, sample(14)), NAME: (cell(), sample(14))}
        found = {entry["id"]: forest.change(entry) for entry in gate(cells)["results"]}
        self.assertEqual(found[SLOWER].standing, "REGRESSION (no gate)")
        self.assertEqual((found[SLOWER].token, found[NAME].token), ("muted", "alert"))
        self.assertIn(f"{SLOWER}: REGRESSION (no gate)", unescape(self.html(gate(cells))))

    def test_a_change_of_any_size_has_a_place(self) -> None:
        far = [forest.Change("a", "SUSPICIOUS", p, (p, p), 5.0) for p in (-100.0, 1e9, -99.99)]
        for layout in forest.LAYOUTS:
            axis = forest.axis(far, layout)
            self.assertIn("0", [label for _, label in forest._ticks(axis)])
            forest.draw(far, axis, layout)


class WithoutPackagesTest(unittest.TestCase):
    def test_it_needs_only_the_standard_library(self) -> None:
        program = (
            "import sys, json\n"
            "for name in ('jinja2', 'matplotlib', 'markupsafe', 'numpy', 'jsonschema'):\n"
            "    sys.modules[name] = None\n"
            "from harness.gate import command, page\n"
            "sys.stdout.write(page.html(json.load(sys.stdin)))\n"
        )
        made = subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(gate()),
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(made.stdout, page.html(gate()))


class WriteTest(GateBed):
    def test_it_is_there_with_the_others_and_made_again_with_them(self) -> None:
        self.add_build("head", nanoseconds=120_000)
        self.assertEqual(self.gate().status, 1)
        path = self.out / "gate.html"
        before = path.read_bytes()
        self.assertEqual(check(before.decode()), [])
        self.assertRegex((self.out / "SHA256SUMS").read_text(), r"(?m)^[0-9a-f]{64}  gate\.html$")
        path.unlink()
        self.assertEqual(self.gate("--from", str(self.out)).status, 1)
        self.assertEqual(path.read_bytes(), before)

    def test_a_page_that_cannot_be_made_is_said_and_changes_nothing(self) -> None:
        with mock.patch.object(page, "html", side_effect=ZeroDivisionError("no page")):
            output = self.gate()
        self.assertEqual(output.status, 0, output.stderr)
        self.assertIn("gate.html is left out: ZeroDivisionError('no page')", output.stderr)
        self.assertFalse((self.out / "gate.html").exists())
        self.assertTrue((self.out / "junit.xml").is_file())

    def test_an_old_page_does_not_stay_beside_a_new_verdict(self) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "gate.html").write_text("old")
        said: list[str] = []
        with mock.patch.object(page, "html", side_effect=KeyError("verdict")):
            reports.write(folder, gate(), said.append)
        self.assertFalse((folder / "gate.html").exists())
        self.assertEqual(len(said), 1)
