"""Two fingerprints follow their own named facts and nothing else."""

from __future__ import annotations

import copy
import json
import unittest
from typing import Any

from harness import fingerprint, machine
from harness.tests.bed import Bed


class FingerprintTest(unittest.TestCase):
    facts: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        compiler = {"id": "GNU", "version": "12.2.0", "flags": "-O3"}
        cls.facts = {**machine.facts(), "compiler": compiler}
        cls.facts.update(fingerprint.of(cls.facts))

    def changed(self, part: str, name: str) -> dict[str, Any]:
        facts = copy.deepcopy(self.facts)
        facts[part][name] = "another"
        return facts

    def test_each_follows_its_own_facts(self) -> None:
        tiers = {
            "fingerprint": fingerprint.HARDWARE,
            "fingerprint_software": fingerprint.SOFTWARE,
        }
        for tier, fields in tiers.items():
            self.assertRegex(self.facts[tier], "^[0-9a-f]{12}$")
            for part, name in fields:
                found = fingerprint.of(self.changed(part, name))
                self.assertEqual({t for t in tiers if found[t] != self.facts[t]}, {tier}, name)

    def test_every_fact_of_it_is_read(self) -> None:
        for part, name in (*fingerprint.HARDWARE, *fingerprint.SOFTWARE):
            self.assertIn(name, self.facts[part])

    def test_what_may_differ_between_two_runs_is_not_in_them(self) -> None:
        facts = self.changed("load", "average")
        facts["taken"] = "another time"
        facts["memory"]["available_gib"] += 1
        self.assertEqual(fingerprint.of(facts), fingerprint.of(self.facts))

    def test_differences_are_named(self) -> None:
        changed = self.changed("cpu", "model")
        found = fingerprint.differences(self.facts, changed, fingerprint.HARDWARE)
        self.assertEqual(found, ["cpu.model"])
        self.assertEqual(fingerprint.differences(self.facts, changed, fingerprint.SOFTWARE), [])

    def test_a_fact_that_an_older_run_did_not_read_is_a_difference(self) -> None:
        older = copy.deepcopy(self.facts)
        del older["compiler"]
        found = fingerprint.differences(older, self.facts, fingerprint.SOFTWARE)
        self.assertEqual(found, ["compiler.id", "compiler.version", "compiler.flags"])


class ResumeTest(Bed):
    def test_a_session_goes_on_only_where_it_was_begun(self) -> None:
        self.add_spec()
        self.add_contender("good")
        self.assertEqual(self.call(self.words("--rounds", "1")).status, 0)
        (self.out / "SHA256SUMS").unlink()  # as a killed harness leaves it
        environment = json.loads((self.out / "env.json").read_text())
        for part, name in (("cpu", "model"), ("kernel", "release_major")):
            changed = copy.deepcopy(environment)
            changed[part][name] = "another"
            (self.out / "env.json").write_text(json.dumps(changed))
            output = self.call(["run", "--resume", str(self.out), "--no-report"])
            self.assertEqual((output.status, output.stdout), (2, ""))
            self.assertIn(f"was begun on another machine ({part}.{name} differ)", output.stderr)
        (self.out / "env.json").write_text(json.dumps(environment))
        self.assertEqual(self.call(["run", "--resume", str(self.out), "--no-report"]).status, 0)
