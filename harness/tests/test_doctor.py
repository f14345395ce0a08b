"""Each finding follows from facts that were read, and from nothing else."""

from __future__ import annotations

import copy
import json
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from harness import doctor, machine, toolchains
from harness.doctor import Level
from harness.tests.bed import Bed

# Part, facts, level, name, words of the finding, words of its cure (None: there is none).
Spoiler = tuple[str, dict[str, Any], Level, str, str, str | None]
ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
SPOILERS: list[Spoiler] = [
    ("load", {"busy_share": 0.5}, ERROR, "load", "use 50%", "top"),
    ("load", {"busy_share": 1.2}, ERROR, "load", "use 100%", "top"),
    ("load", {"steal_share": 0.1}, ERROR, "steal", "takes 10%", None),
    ("cpu", {"usable": 1, "online": 1}, ERROR, "one_cpu", "one CPU", None),
    ("cpu", {"usable": 4}, NOTE, "affinity", "4 of 8 CPUs", None),
    ("cpu", {"virtualisation": "virtual machine (X)"}, NOTE, "virtualisation", "(X)", None),
    ("cpu", {"governor": "powersave"}, WARNING, "governor", "is powersave", "cpupower"),
    ("cpu", {"turbo": "on"}, WARNING, "turbo", "turbo is on", "echo 1 | sudo tee"),
    ("cpu", {"turbo": "on", "driver": "acpi"}, WARNING, "turbo", "turbo", "echo 0 | sudo tee"),
    ("cpu", {"throttled": 7}, WARNING, "throttled", "7 times", None),
    ("cpu", {"on_battery": True}, WARNING, "battery", "battery", None),
    ("cpu", {"smt": "on"}, WARNING, "smt", "SMT is on", "smt/control"),
    ("cgroup", {"cpu_limit": 1.5}, ERROR, "cpu_limit", "allows 1.5 CPUs", "--cpuset-cpus 0-0"),
    ("cgroup", {"cpu_limit": 4.0}, ERROR, "cpu_limit", "allows 4 CPUs", "--cpuset-cpus 0-3"),
    ("cgroup", {"memory_limit": "536870912"}, WARNING, "memory_limit", "512 MiB", "--memory"),
    ("cgroup", {"processes_limit": 500}, WARNING, "processes_limit", "500", "--pids-limit"),
    ("kernel", {"clock_source": "hpet"}, WARNING, "clock_source", "is hpet", "echo tsc | sudo"),
    (
        "kernel",
        {"clock_source": "hpet", "clock_sources": ["hpet", "acpi_pm"]},
        *(WARNING, "clock_source", "is hpet", None),
    ),
    (
        "kernel",
        {"address_randomisation": 0},
        *(WARNING, "address_randomisation", "not randomised", "randomize_va_space=2"),
    ),
    (
        "kernel",
        {"address_randomisation_off_here": True},
        *(WARNING, "address_randomisation", "this shell", "setarch"),
    ),
    ("kernel", {"membarrier": False}, NOTE, "membarrier", "no membarrier", None),
    ("kernel", {"guard_pages_by_madvise": False}, NOTE, "guard_pages", "6.13", None),
    ("memory", {"swap_used_mib": 5}, WARNING, "swap", "5 MiB", "swapoff"),
    (
        "memory",
        {"transparent_hugepage": "always"},
        *(WARNING, "transparent_hugepage", "huge pages", "echo madvise"),
    ),
    ("memory", {"max_map_count": 65530}, WARNING, "max_map_count", "65530", "max_map_count="),
    ("limits", {"open_files": {"soft": 1024}}, WARNING, "open_files", "1024", "ulimit -n"),
    ("limits", {"processes": {"soft": 512}}, WARNING, "processes", "512 threads", "ulimit -u"),
    ("network", {"ports": 1000}, WARNING, "ports", "1000 ports", "ip_local_port_range"),
    ("disk", {"runs_free_mib": 3}, ERROR, "runs_free_mib", "3 MiB", "df"),
    ("disk", {"temporary_free_mib": 3}, ERROR, "temporary_free_mib", "TMPDIR", "df"),
    ("toolchains", {"missing": ["a compiler"]}, ERROR, "toolchain", "a compiler", "apt-get"),
    ("toolchains", {"missing_optional": ["Go"]}, NOTE, "toolchain", "Go", "apt-get"),
]
# What an unusual system does not say is nothing to complain about.
UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("cpu", {"governor": None, "turbo": None, "smt": None, "driver": None, "throttled": None}),
    ("cgroup", {"cpu_limit": None, "memory_limit": "max", "processes_limit": None}),
    ("cgroup", {"memory_limit": "9223372036854771712"}),
    ("kernel", {"clock_source": None, "clock_sources": [], "address_randomisation": None}),
    ("kernel", {"membarrier": None, "guard_pages_by_madvise": None}),
    ("memory", {"transparent_hugepage": None, "max_map_count": None}),
    ("limits", {"open_files": {"soft": None}, "processes": {"soft": None}}),
    ("network", {"ports": None}),
    ("disk", {"runs_free_mib": None, "temporary_free_mib": None}),
]


def quiet() -> dict[str, Any]:
    """The facts of a machine that has nothing to complain about."""
    facts = machine.facts()
    facts["cpu"].update(governor="performance", turbo="off", smt="off", usable=8, online=8)
    facts["cpu"].update(virtualisation="none seen", driver="intel_pstate")
    facts["cpu"].update(throttled=0, on_battery=False)
    facts["memory"].update(transparent_hugepage="madvise", swap_used_mib=0, max_map_count=1 << 20)
    facts["cgroup"].update(cpu_limit=None, memory_limit="max", processes_limit=None)
    facts["kernel"].update(clock_source="tsc", clock_sources=["tsc", "hpet"])
    facts["kernel"].update(address_randomisation=2, address_randomisation_off_here=False)
    facts["kernel"].update(membarrier=True, guard_pages_by_madvise=True)
    facts["load"].update(busy_share=0.0, steal_share=0.0)
    facts["limits"].update(open_files={"soft": None}, processes={"soft": None})
    facts["network"].update(ports=28232)
    facts["disk"].update(runs_free_mib=10_000, temporary_free_mib=10_000)
    cure = "sudo apt-get install this"
    facts["toolchains"] = {"missing": [], "missing_optional": [], "cure": cure}
    return facts


class FindingsTest(unittest.TestCase):
    facts: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.facts = quiet()

    def changed(self, part: str, values: dict[str, Any]) -> dict[str, Any]:
        facts = copy.deepcopy(self.facts)
        facts[part].update(values)
        return facts

    def test_a_quiet_machine_has_none(self) -> None:
        self.assertEqual(doctor.findings(self.facts), [])

    def test_each_spoiler_is_found_with_its_level_and_its_cure(self) -> None:
        for part, values, level, name, words, cure in SPOILERS:
            with self.subTest(name, values=values):
                (found,) = doctor.findings(self.changed(part, values))
                self.assertEqual((found.level, found.name), (level, name))
                self.assertIn(words, found.what)
                self.assertEqual(found.cure is None, cure is None)
                self.assertIn(cure or "", str(found))

    def test_what_a_system_does_not_say_is_no_finding(self) -> None:
        for part, values in UNKNOWN:
            with self.subTest(part, values=values):
                self.assertEqual(doctor.findings(self.changed(part, values)), [])

    def test_facts_without_a_look_at_the_toolchains_are_judged(self) -> None:
        facts = {part: value for part, value in self.facts.items() if part != "toolchains"}
        self.assertEqual(doctor.findings(facts), [])

    def test_the_gravest_comes_first(self) -> None:
        facts = self.changed("load", {"busy_share": 0.5})
        facts["cpu"].update(smt="on", virtualisation="virtual machine")
        levels = [finding.level for finding in doctor.findings(facts)]
        self.assertEqual(levels, [ERROR, WARNING, NOTE])

    def test_the_words_of_bootstrap_become_facts(self) -> None:
        said = (
            "bootstrap: missing: CMake 3.25 or newer\n"
            "bootstrap: missing, optional: Go 1.19 or newer (without it Go's rows are empty)\n"
            "bootstrap: to install: apt-get install cmake  golang-go (as root)\n"
        )
        found = toolchains.parse(said)
        self.assertEqual(found["missing"], ["CMake 3.25 or newer"])
        self.assertEqual(len(found["missing_optional"]), 1)
        self.assertEqual(found["cure"], "sudo apt-get install cmake golang-go")
        nothing: dict[str, Any] = {"missing": [], "missing_optional": [], "cure": None}
        self.assertEqual(toolchains.parse(""), nothing)

    def test_without_bootstrap_nothing_is_said_about_toolchains(self) -> None:
        self.assertIsNone(toolchains.facts(Path("/nonexistent")))


class DoctorTest(Bed):
    """The verb, on a machine that is made up."""

    def doctor(self, facts: dict[str, Any], *words: str) -> tuple[int, str]:
        bed = ["--build", str(self.build)]
        with (
            mock.patch.object(machine, "facts", return_value=copy.deepcopy(facts)),
            mock.patch.object(toolchains, "facts", return_value=facts["toolchains"]),
        ):
            output = self.call(["doctor", *bed, *words])
        return output.status, output.stdout

    def test_the_exit_status_is_4_where_figures_would_mislead(self) -> None:
        facts = quiet()
        status, out = self.doctor(facts)
        self.assertEqual(status, 0)
        self.assertIn("nothing here is known to spoil", out)
        facts["cpu"]["smt"] = "on"
        self.assertEqual(self.doctor(facts)[0], 0)
        facts["load"]["busy_share"] = 0.5
        status, out = self.doctor(facts)
        self.assertEqual(status, 4)
        self.assertLess(out.index("error: other processes"), out.index("warning: SMT is on"))
        self.assertIn("(cure: top -o %CPU)", out)

    def test_json_has_the_facts_and_the_findings_with_their_levels(self) -> None:
        facts = quiet()
        facts["memory"]["swap_used_mib"] = 5
        status, out = self.doctor(facts, "--json")
        (finding,) = json.loads(out)["findings"]
        self.assertEqual(status, 0)
        self.assertEqual(
            finding,
            {
                "name": "swap",
                "level": "warning",
                "what": "5 MiB are swapped out",
                "cure": "sudo swapoff -a",
            },
        )
