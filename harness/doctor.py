"""What about a machine or a build spoils a measurement, and the command that cures each finding.

A finding is a function of facts that were read before (`machine.facts`), so a test can make up a
machine. The commands are said and never run: changing a machine is its owner's decision.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

from harness import build as build_facts

_BUSY_SHARE_MAX = 0.10
_STEAL_SHARE_MAX = 0.02
_OPEN_FILES_MIN = 4096
_PROCESSES_MIN = 16384
_MAP_COUNT_MIN = 262144
_PORTS_MIN = 16384
_MEMORY_MIN_BYTES = 2 << 30
_NO_LIMIT_BYTES = 1 << 60  # version 1 of control groups writes "no limit" as a huge number
_FREE_DISK_MIN_MIB = 256
# Reading one of these is a system call or worse, not a few instructions.
_SLOW_CLOCKS = frozenset({"acpi_pm", "hpet", "jiffies", "pit", "refined-jiffies", "xen"})
_CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource"


class Level(str, Enum):
    """How much a finding spoils."""

    ERROR = "error"  # figures from here mislead, or runs fail
    WARNING = "warning"  # figures are noisier, or some cells have none
    NOTE = "note"  # a reader of the figures has to know it


@dataclass(frozen=True)
class Finding:
    """Something that spoils figures; `cure` is a command, or None where there is none."""

    name: str
    level: Level
    what: str
    cure: str | None = None

    def __str__(self) -> str:
        return self.what if self.cure is None else f"{self.what} (cure: {self.cure})"

    def document(self) -> dict[str, str | None]:
        return {
            "name": self.name,
            "level": self.level.value,
            "what": self.what,
            "cure": self.cure,
        }


Facts = Mapping[str, Any]


def _error(name: str, what: str, cure: str | None = None) -> Finding:
    return Finding(name, Level.ERROR, what, cure)


def _warning(name: str, what: str, cure: str | None = None) -> Finding:
    return Finding(name, Level.WARNING, what, cure)


def _note(name: str, what: str, cure: str | None = None) -> Finding:
    return Finding(name, Level.NOTE, what, cure)


def _sharing(facts: Facts) -> Iterator[Finding]:
    load = facts["load"]
    if load["busy_share"] > _BUSY_SHARE_MAX:
        what = f"other processes use {min(load['busy_share'], 1.0):.0%} of the machine now"
        yield _error("load", what, "top -o %CPU")
    if load["steal_share"] > _STEAL_SHARE_MAX:
        what = f"the host takes {load['steal_share']:.0%} of the time away (steal)"
        yield _error("steal", what)
    if facts["cpu"]["virtualisation"] != "none seen":
        what = f"this is a {facts['cpu']['virtualisation']}: neighbours that cannot be seen share"
        yield _note("virtualisation", f"{what} the machine")


def _cgroup(facts: Facts) -> Iterator[Finding]:
    cgroup, usable = facts["cgroup"], facts["cpu"]["usable"]
    cpus, memory, tasks = (
        cgroup[name] for name in ("cpu_limit", "memory_limit", "processes_limit")
    )
    if cpus is not None and cpus < usable:
        what = f"a control group allows {cpus:g} CPUs of time on {usable} CPUs: runs are throttled"
        cure = f"docker run --cpuset-cpus 0-{max(int(cpus), 1) - 1} instead of --cpus"
        yield _error("cpu_limit", what, cure)
    if memory is not None and memory.isdigit() and int(memory) < _MEMORY_MIN_BYTES:
        what = f"a control group allows {int(memory) >> 20} MiB of memory: large cells are killed"
        yield _warning("memory_limit", what, "docker run --memory 4g")
    if tasks is not None and tasks < _PROCESSES_MIN:
        what = f"a control group allows {tasks} threads: a thread for each task runs short"
        yield _warning("processes_limit", what, "docker run --pids-limit -1")


def _clock_rate(facts: Facts) -> Iterator[Finding]:
    cpu = facts["cpu"]
    if cpu["governor"] not in (None, "performance"):
        what = f"the frequency governor is {cpu['governor']}: the clock follows the load"
        yield _warning("governor", what, "sudo cpupower frequency-set --governor performance")
    if cpu["turbo"] == "on":
        intel = (cpu["driver"] or "").startswith("intel")
        path = "intel_pstate/no_turbo" if intel else "cpufreq/boost"
        what = "turbo is on: the clock depends on temperature and on what else runs"
        cure = f"echo {int(intel)} | sudo tee /sys/devices/system/cpu/{path}"
        yield _warning("turbo", what, cure)
    if cpu["throttled"]:
        what = f"heat slowed the processor down {cpu['throttled']} times since the machine started"
        yield _warning("throttled", what)
    if cpu["on_battery"]:
        yield _warning("battery", "this runs on a battery: the clock is kept low to save it")


def _cores(facts: Facts) -> Iterator[Finding]:
    cpu = facts["cpu"]
    if cpu["usable"] < 2:
        yield _error("one_cpu", "one CPU is usable: nothing here can show parallelism")
    elif cpu["usable"] < cpu["online"]:
        what = f"{cpu['usable']} of {cpu['online']} CPUs may be used: the others' owners share"
        yield _note("affinity", f"{what} caches and memory with the runs")
    if cpu["smt"] == "on":
        what = "SMT is on: two workers may share one core, so scaling flattens early"
        yield _warning("smt", what, "echo off | sudo tee /sys/devices/system/cpu/smt/control")


def _kernel(facts: Facts) -> Iterator[Finding]:
    kernel = facts["kernel"]
    clock = kernel["clock_source"]
    if clock in _SLOW_CLOCKS:
        fast = [name for name in kernel["clock_sources"] if name not in _SLOW_CLOCKS]
        what = f"the clock source is {clock}: reading the time costs about a microsecond"
        cure = f"echo {shlex.quote(fast[0])} | sudo tee {_CLOCK}" if fast else None
        yield _warning("clock_source", what, cure)
    unlucky = "each run has the same addresses, and one unlucky layout looks like a slow program"
    if kernel["address_randomisation"] == 0:
        what = f"addresses are not randomised: {unlucky}"
        yield _warning("address_randomisation", what, "sudo sysctl kernel.randomize_va_space=2")
    elif kernel["address_randomisation_off_here"]:
        what = f"this shell does not randomise addresses: {unlucky}"
        yield _warning("address_randomisation", what, "start without setarch --addr-no-randomize")
    if kernel["membarrier"] is False:
        what = "the kernel has no membarrier: weft pays for a full barrier where it needs none"
        yield _note("membarrier", what)
    if kernel["guard_pages_by_madvise"] is False:
        what = "the kernel (before 6.13) has no guard pages by madvise: each stack of weft takes a"
        yield _note("guard_pages", f"{what} mapping more")


def _memory(facts: Facts) -> Iterator[Finding]:
    memory = facts["memory"]
    if memory["swap_used_mib"] > 0:
        what = f"{memory['swap_used_mib']} MiB are swapped out"
        yield _warning("swap", what, "sudo swapoff -a")
    if memory["transparent_hugepage"] == "always":
        what = "transparent huge pages are always on: memory per task depends on luck"
        cure = "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"
        yield _warning("transparent_hugepage", what, cure)
    maps = memory["max_map_count"]
    if maps is not None and maps < _MAP_COUNT_MIN:
        what = f"vm.max_map_count is {maps}: a contender with two mappings for each stack stops at"
        cure = "sudo sysctl vm.max_map_count=1048576"
        yield _warning("max_map_count", f"{what} about {maps // 2} tasks", cure)


def _limits(facts: Facts) -> Iterator[Finding]:
    files, processes = (facts["limits"][name]["soft"] for name in ("open_files", "processes"))
    if files is not None and files < _OPEN_FILES_MIN:
        what = f"{files} files may be open: network workloads run short"
        yield _warning("open_files", what, "ulimit -n 65536")
    if processes is not None and processes < _PROCESSES_MIN:
        what = f"{processes} threads are allowed: a thread for each task runs short"
        yield _warning("processes", what, "ulimit -u unlimited")
    ports = facts["network"]["ports"]
    if ports is not None and ports < _PORTS_MIN:
        what = f"{ports} ports are there for connections: workloads that churn them run short"
        cure = 'sudo sysctl net.ipv4.ip_local_port_range="16384 60999"'
        yield _warning("ports", what, cure)


def _disk(facts: Facts) -> Iterator[Finding]:
    places = (("runs_free_mib", "where runs are recorded"), ("temporary_free_mib", "in $TMPDIR"))
    for name, where in places:
        free_mib = facts["disk"][name]
        if free_mib is not None and free_mib < _FREE_DISK_MIN_MIB:
            yield _error(name, f"{free_mib} MiB are free {where}: a run may end there", "df -h")


def _toolchains(facts: Facts) -> Iterator[Finding]:
    """Only where somebody looked for them, which takes seconds; see toolchains.py."""
    found = facts.get("toolchains")
    if found is None:
        return
    for words in found["missing"]:
        what = f"what building or the report needs is missing: {words}"
        yield _error("toolchain", what, found["cure"])
    for words in found["missing_optional"]:
        yield _note("toolchain", f"not needed, but missing: {words}", found["cure"])


# The gravest for all figures first.
_LOOKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    *(_sharing, _cgroup, _clock_rate, _cores, _kernel, _memory, _limits, _disk, _toolchains),
)


def build_findings(build: Path) -> Iterator[Finding]:
    """What is wrong with the build in a folder."""
    settings = build_facts.settings(build)
    kind = settings.get("CMAKE_BUILD_TYPE")
    if kind is not None and kind != "Release":
        what = f"the build in {build} is {kind or 'without a type'}, not Release"
        yield _error("build", what, "cmake --preset release && cmake --build --preset release")
    if settings.get("WEFT_SANITIZE"):
        what = f"the build in {build} is sanitized"
        yield _error("build", what, "cmake --preset release && cmake --build --preset release")


def findings(facts: Facts, build: Path | None = None) -> list[Finding]:
    """Everything that a reader of the figures has to know: errors, then warnings, then notes."""
    found = [finding for look in _LOOKS for finding in look(facts)]
    if build is not None:
        found = [*build_findings(build), *found]
    order = list(Level)
    return sorted(found, key=lambda finding: order.index(finding.level))
