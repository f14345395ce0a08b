"""The facts are read on whatever machine this is; the findings follow from the facts alone."""

from __future__ import annotations

import copy
import json
import socket
import tempfile
import unittest
from pathlib import Path
from typing import Any

from harness import doctor, machine


def quiet(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a machine that has nothing to complain about."""
    facts["cpu"].update(governor="performance", turbo="off", smt="off", usable=8)
    facts["cpu"].update(virtualisation="none seen", driver="intel_pstate")
    facts["memory"].update(transparent_hugepage="madvise", swap_used_mib=0, max_map_count=1 << 20)
    facts["cgroup"].update(cpu_limit=None)
    facts["load"].update(busy_share=0.0, steal_share=0.0)
    facts["limits"].update(open_files={"soft": None}, processes={"soft": None})
    return facts


class FactsTest(unittest.TestCase):
    facts: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.facts = machine.facts()

    def test_they_are_json_and_name_no_computer(self) -> None:
        text = json.dumps(self.facts, allow_nan=False)
        self.assertNotIn(socket.gethostname(), json.dumps({**self.facts, "kernel": None}))
        self.assertIn("fingerprint", text)

    def test_the_fingerprint_follows_its_fields_and_nothing_else(self) -> None:
        self.assertRegex(self.facts["fingerprint"], "^[0-9a-f]{12}$")
        self.assertEqual(machine.fingerprint(machine.facts()), self.facts["fingerprint"])
        for part, name in machine.FINGERPRINT_FIELDS:
            changed = copy.deepcopy(self.facts)
            changed[part][name] = "another"
            self.assertNotEqual(machine.fingerprint(changed), self.facts["fingerprint"])
        changed = copy.deepcopy(self.facts)
        changed["load"]["average"] = [9, 9, 9]
        self.assertEqual(machine.fingerprint(changed), self.facts["fingerprint"])

    def test_time_of_the_cpus_only_grows(self) -> None:
        before = machine.ticks()
        after = machine.ticks()
        self.assertGreaterEqual(after.busy_s, before.busy_s)
        self.assertGreater(after.busy_s, 0.0)

    def test_missing_files_are_unknown_and_no_error(self) -> None:
        self.assertIsNone(machine.read("/nonexistent"))
        self.assertIsNone(machine.number("/nonexistent"))
        self.assertIsNone(machine.chosen("/nonexistent"))


class FindingsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.facts = quiet(machine.facts())

    def test_a_quiet_machine_has_none(self) -> None:
        self.assertEqual(doctor.findings(self.facts), [])

    def test_each_spoiler_is_found_with_its_cure(self) -> None:
        spoilers: list[tuple[str, dict[str, Any], str, str | None]] = [
            ("cpu", {"governor": "powersave"}, "governor is powersave", "cpupower"),
            ("cpu", {"turbo": "on"}, "turbo is on", "echo 1 | sudo tee"),
            ("cpu", {"turbo": "on", "driver": "acpi"}, "turbo is on", "echo 0 | sudo tee"),
            ("cpu", {"smt": "on"}, "SMT is on", "smt/control"),
            ("cpu", {"virtualisation": "virtual machine (X)"}, "virtual machine (X)", None),
            ("cpu", {"usable": 1}, "one CPU", None),
            ("load", {"busy_share": 0.5}, "use 50%", "top"),
            ("load", {"steal_share": 0.1}, "steal", None),
            ("cgroup", {"cpu_limit": 1.5}, "allows 1.5 CPUs", "--cpuset-cpus"),
            ("memory", {"swap_used_mib": 5}, "swapped", "swapoff"),
            ("memory", {"transparent_hugepage": "always"}, "huge pages", "madvise"),
            ("memory", {"max_map_count": 65530}, "65530", "sysctl vm.max_map_count"),
            ("limits", {"open_files": {"soft": 1024}}, "1024 files", "ulimit -n"),
            ("limits", {"processes": {"soft": 512}}, "512 threads", "ulimit -u"),
        ]
        for part, values, words, cure in spoilers:
            with self.subTest(words):
                facts = copy.deepcopy(self.facts)
                facts[part].update(values)
                (found,) = doctor.findings(facts)
                self.assertIn(words, found.what)
                self.assertEqual(found.cure is None, cure is None)
                self.assertIn(cure or "", str(found))

    def test_a_build_that_is_not_release_is_found(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            cache = Path(name) / "CMakeCache.txt"
            for kind, number in (("Debug", 1), ("Release", 0)):
                cache.write_text(f"CMAKE_BUILD_TYPE:STRING={kind}\nWEFT_SANITIZE:STRING=\n")
                self.assertEqual(len(doctor.findings(self.facts, Path(name))), number)
            cache.write_text("WEFT_SANITIZE:STRING=thread\n")
            (found,) = doctor.findings(self.facts, Path(name))
            self.assertIn("sanitized", found.what)
