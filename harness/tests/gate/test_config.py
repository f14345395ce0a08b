"""ci/gate.toml is read whole or refused, and nothing in it outlives its date."""

from __future__ import annotations

import re
import tomllib
import unittest
from datetime import date

from harness import spec
from harness.cli import ROOT
from harness.errors import InputError
from harness.gate import config
from harness.tests.gate.bed import CONFIG

TEXT = CONFIG.format(injected=1.5, family="^alpha/", more="")
TODAY = date(2026, 6, 1)


class ConfigTest(unittest.TestCase):
    def parse(self, text: str) -> config.Config:
        return config.parse(tomllib.loads(text), "gate.toml", TODAY)

    def test_a_cell_s_rule_is_the_last_that_finds_it(self) -> None:
        more = "effect_percent = 7\n[[family]]\ncells = 'size=8/'\ngated = false\n"
        found = self.parse(TEXT + more)
        first, last = found.rule("alpha/first/size=9/"), found.rule("alpha/first/size=8/")
        assert first is not None and last is not None
        self.assertEqual((first.effect_percent, first.gated), (7.0, True))
        self.assertEqual((last.effect_percent, last.gated), (5.0, False))
        self.assertIsNone(found.rule("beta/fixed"))

    def test_a_mistake_is_one_line_with_the_key(self) -> None:
        entry = "[[accepted]]\ncells = 'a'\nreason = 'r'\nuntil = 2026-12-31\nup_to_percent = 5\n"
        self.parse(TEXT + entry)
        changes = {
            'contender = "good"\n': "",
            "alpha = 0.05": "alpha = 0.9",
            "router_pairs = 6": "router_pairs = 4",
            "audit_share = 0.05": "audit_share = 2",
            "'^alpha/'": "'('",
            'size = "quick"': 'size = "huge"',
            "injected_effects = 1.5": "injected_effects = 0",
            "until = 2026-12-31": "until = 2026-05-31",
            "reason = 'r'\n": "",
            "up_to_percent = 5": "up_to_percent = 5\nspeed = 1",
            "2026-12-31": "'2026-12-31'",
        }
        for old, new in changes.items():
            with self.subTest(old):
                self.assertIn(old, TEXT + entry)
                with self.assertRaisesRegex(InputError, r"\Agate\.toml: \w[^\n]*\Z"):
                    self.parse((TEXT + entry).replace(old, new))

    def test_the_repository_s_own_finds_cells_with_every_rule(self) -> None:
        found = config.load(ROOT / "ci" / "gate.toml", TODAY)
        workloads = {s.workload.id for s in spec.load(ROOT / "suites", ROOT)}
        for rule in found.family:
            pattern = re.compile(rule.cells.pattern.rstrip("/") + "$")
            self.assertTrue(any(pattern.search(name) for name in workloads), rule)
        self.assertGreaterEqual(found.pairs[1], 20)
