"""What about a machine or a build spoils a measurement, and the command that cures each finding.

The commands are said and never run: changing a machine is its owner's decision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

_BUSY_SHARE_MAX = 0.10
_STEAL_SHARE_MAX = 0.02
_OPEN_FILES_MIN = 4096
_PROCESSES_MIN = 16384
_MAP_COUNT_MIN = 262144
_FREE_DISK_MIN_BYTES = 64 << 20


@dataclass(frozen=True)
class Finding:
    """Something that spoils figures; `cure` is a command, or None where there is none."""

    what: str
    cure: str | None

    def __str__(self) -> str:
        return self.what if self.cure is None else f"{self.what} (cure: {self.cure})"


def _cpu(facts: Mapping[str, Any]) -> Iterator[Finding]:
    cpu = facts["cpu"]
    if cpu["governor"] not in (None, "performance"):
        yield Finding(
            f"the frequency governor is {cpu['governor']}: the clock follows the load",
            "sudo cpupower frequency-set --governor performance",
        )
    if cpu["turbo"] == "on":
        intel = (cpu["driver"] or "").startswith("intel")
        path = "intel_pstate/no_turbo" if intel else "cpufreq/boost"
        yield Finding(
            "turbo is on: the clock depends on temperature and on what else runs",
            f"echo {int(intel)} | sudo tee /sys/devices/system/cpu/{path}",
        )
    if cpu["smt"] == "on":
        yield Finding(
            "SMT is on: two workers may share one core, so scaling flattens early",
            "echo off | sudo tee /sys/devices/system/cpu/smt/control",
        )
    if cpu["virtualisation"] != "none seen":
        yield Finding(
            f"this is a {cpu['virtualisation']}: neighbours that cannot be seen share the machine",
            None,
        )
    if cpu["usable"] < 2:
        yield Finding("one CPU is usable: nothing here can show parallelism", None)


def _sharing(facts: Mapping[str, Any]) -> Iterator[Finding]:
    load, cgroup, cpu = facts["load"], facts["cgroup"], facts["cpu"]
    if load["busy_share"] > _BUSY_SHARE_MAX:
        yield Finding(
            f"other processes use {load['busy_share']:.0%} of the machine now",
            "top -o %CPU",
        )
    if load["steal_share"] > _STEAL_SHARE_MAX:
        yield Finding(f"the host takes {load['steal_share']:.0%} of the time away (steal)", None)
    if cgroup["cpu_limit"] is not None and cgroup["cpu_limit"] < cpu["usable"]:
        yield Finding(
            f"a control group allows {cgroup['cpu_limit']:g} CPUs of time on {cpu['usable']} CPUs:"
            " runs are throttled",
            f"docker run --cpuset-cpus 0-{int(cgroup['cpu_limit']) or 1} instead of --cpus",
        )
    if facts["memory"]["swap_used_mib"] > 0:
        yield Finding(f"{facts['memory']['swap_used_mib']} MiB are swapped out", "sudo swapoff -a")


def _limits(facts: Mapping[str, Any]) -> Iterator[Finding]:
    memory, limits = facts["memory"], facts["limits"]
    if memory["transparent_hugepage"] == "always":
        yield Finding(
            "transparent huge pages are always on: memory per task depends on luck",
            "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled",
        )
    maps = memory["max_map_count"]
    if maps is not None and maps < _MAP_COUNT_MIN:
        yield Finding(
            f"vm.max_map_count is {maps}: a contender with two mappings for each stack stops at"
            f" about {maps // 2} tasks",
            "sudo sysctl vm.max_map_count=1048576",
        )
    files = limits["open_files"]["soft"]
    if files is not None and files < _OPEN_FILES_MIN:
        yield Finding(f"{files} files may be open: network workloads run short", "ulimit -n 65536")
    processes = limits["processes"]["soft"]
    if processes is not None and processes < _PROCESSES_MIN:
        yield Finding(
            f"{processes} threads are allowed: a thread for each task runs short",
            "ulimit -u unlimited",
        )


def build_settings(build: Path) -> dict[str, str]:
    """What CMake's cache says about compiler, flags and build type; empty without a cache."""
    try:
        text = (build / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    wanted = re.compile(
        r"^(CMAKE_BUILD_TYPE|CMAKE_CXX_COMPILER|CMAKE_CXX_FLAGS|CMAKE_CXX_FLAGS_RELEASE"
        r"|CMAKE_INTERPROCEDURAL_OPTIMIZATION|WEFT_\w+):[A-Z]+=(.*)$",
        re.MULTILINE,
    )
    return {name: value for name, value in wanted.findall(text)}


def _build(build: Path) -> Iterator[Finding]:
    settings = build_settings(build)
    kind = settings.get("CMAKE_BUILD_TYPE")
    if kind is not None and kind != "Release":
        yield Finding(
            f"the build in {build} is {kind or 'without a type'}, not Release",
            "cmake --preset release && cmake --build --preset release",
        )
    if settings.get("WEFT_SANITIZE"):
        yield Finding(f"the build in {build} is sanitized", "cmake --preset release")


def findings(facts: Mapping[str, Any], build: Path | None = None) -> list[Finding]:
    """Everything that a reader of the figures has to know, gravest for all figures first."""
    found = [*_sharing(facts), *_cpu(facts), *_limits(facts)]
    return found if build is None else [*_build(build), *found]
