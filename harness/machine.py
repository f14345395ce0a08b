"""The machine as it is found: facts only, read and never changed.

Nothing here identifies a person or a single computer: no host name, no address, no serial number.
Every reader gives None where the system does not say, so that an unusual machine can be measured.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import fingerprint, kernel_features

_CPU = Path("/sys/devices/system/cpu")
_ADDR_NO_RANDOMIZE = 0x0040000  # of personality(2)


@dataclass(frozen=True)
class Ticks:
    """CPU time of the whole machine since it started, in seconds."""

    busy_s: float
    steal_s: float


def read(path: str | Path) -> str | None:
    """A small text file of the kernel, stripped, or None."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: str | Path) -> int | None:
    text = read(path)
    return int(text) if text is not None and re.fullmatch(r"-?\d+", text) else None


def chosen(path: str | Path) -> str | None:
    """The bracketed word of a file such as `always [madvise] never`."""
    found = re.search(r"\[(\S+)\]", read(path) or "")
    return found.group(1) if found else None


def cpus_usable() -> int:
    """The CPUs that this process may run on; what "max" means in a workload's sizes."""
    return len(os.sched_getaffinity(0))


def ticks() -> Ticks:
    """From /proc/stat; the difference of two of them is what a run shared the machine with."""
    fields = (read("/proc/stat") or "cpu 0 0 0 0 0 0 0 0").splitlines()[0].split()[1:]
    values = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields]
    user, nice, system, _, _, interrupts, soft, steal = (values + [0.0] * 8)[:8]
    return Ticks(user + nice + system + interrupts + soft, steal)


def _cpuinfo() -> dict[str, str]:
    first = (read("/proc/cpuinfo") or "").split("\n\n", 1)[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _caches() -> list[str]:
    found = []
    for index in sorted((_CPU / "cpu0/cache").glob("index*")):
        level, kind, size = (read(index / name) for name in ("level", "type", "size"))
        if level and kind and size:
            found.append(f"L{level} {kind.lower()} {size}")
    return found


def _topology() -> dict[str, int | None]:
    names = ("physical_package_id", "core_id")
    folders = [cpu / "topology" for cpu in _CPU.glob("cpu[0-9]*")]
    cores = {tuple(read(folder / name) for name in names) for folder in folders}
    cores = {core for core in cores if None not in core}
    return {
        "sockets": len({package for package, _ in cores}) or None,
        "cores": len(cores) or None,
        "numa_nodes": len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or None,
    }


def _throttled() -> int | None:
    """How often heat slowed the processor down since the machine started."""
    counts = [number(path) for path in _CPU.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")]
    return sum(count or 0 for count in counts) if counts else None


def _on_battery() -> bool:
    supplies = Path("/sys/class/power_supply")
    return any(read(path) == "Discharging" for path in supplies.glob("*/status"))


def _turbo() -> str | None:
    no_turbo, boost = number(_CPU / "intel_pstate/no_turbo"), number(_CPU / "cpufreq/boost")
    if no_turbo is not None:
        return "off" if no_turbo else "on"
    if boost is not None:
        return "on" if boost else "off"
    return None


def _virtualisation(flags: str) -> str:
    found = []
    for name, mark in (("docker", "/.dockerenv"), ("podman", "/run/.containerenv")):
        if Path(mark).exists():
            found.append(f"container ({name})")
    if "hypervisor" in flags.split():
        vendor = read("/sys/class/dmi/id/sys_vendor")
        found.append(f"virtual machine ({vendor})" if vendor else "virtual machine")
    return " in a ".join(found) or "none seen"


def _cpu() -> dict[str, Any]:
    info = _cpuinfo()
    governors = {read(path) for path in _CPU.glob("cpu[0-9]*/cpufreq/scaling_governor")} - {None}
    return {
        "architecture": platform.machine(),
        "vendor": info.get("vendor_id") or info.get("CPU implementer"),
        "family": info.get("cpu family"),
        "model": info.get("model name") or info.get("CPU part") or platform.processor() or None,
        "stepping": info.get("stepping"),
        "microcode": info.get("microcode"),
        "online": os.cpu_count(),
        "usable": cpus_usable(),
        **_topology(),
        "smt": read(_CPU / "smt/control"),
        "caches": _caches(),
        "governor": "/".join(sorted(g for g in governors if g)) or None,
        "driver": read(_CPU / "cpu0/cpufreq/scaling_driver"),
        "energy_preference": read(_CPU / "cpu0/cpufreq/energy_performance_preference"),
        "turbo": _turbo(),
        "throttled": _throttled(),
        "on_battery": _on_battery(),
        "virtualisation": _virtualisation(info.get("flags", "")),
    }


def _memory() -> dict[str, Any]:
    lines = (read("/proc/meminfo") or "").splitlines()
    values = {line.split(":")[0]: int(line.split()[1]) for line in lines if len(line.split()) > 1}
    thp = "/sys/kernel/mm/transparent_hugepage"
    return {
        "total_gib": round(values.get("MemTotal", 0) / 2**20),
        "available_gib": round(values.get("MemAvailable", 0) / 2**20, 1),
        "swap_used_mib": (values.get("SwapTotal", 0) - values.get("SwapFree", 0)) // 1024,
        "page_bytes": os.sysconf("SC_PAGE_SIZE"),
        "transparent_hugepage": chosen(f"{thp}/enabled"),
        "transparent_hugepage_defrag": chosen(f"{thp}/defrag"),
        "overcommit": number("/proc/sys/vm/overcommit_memory"),
        "max_map_count": number("/proc/sys/vm/max_map_count"),
    }


def _kernel() -> dict[str, Any]:
    folder = Path("/sys/devices/system/cpu/vulnerabilities")
    mitigations = {path.name: read(path) or "" for path in sorted(folder.glob("*"))}
    release = platform.release()
    clocks = Path("/sys/devices/system/clocksource/clocksource0")
    personality = int(read("/proc/self/personality") or "0", 16)
    return {
        "system": platform.system(),
        "release": release,
        "release_major": ".".join(release.split(".")[:2]),
        "version": platform.version(),
        "preemption": chosen("/sys/kernel/debug/sched/preempt"),
        "mitigations": {k: v for k, v in mitigations.items() if not v.startswith("Not affected")},
        "threads_max": number("/proc/sys/kernel/threads-max"),
        "pid_max": number("/proc/sys/kernel/pid_max"),
        "clock_source": read(clocks / "current_clocksource"),
        "clock_sources": (read(clocks / "available_clocksource") or "").split(),
        "address_randomisation": number("/proc/sys/kernel/randomize_va_space"),
        "address_randomisation_off_here": bool(personality & _ADDR_NO_RANDOMIZE),
        "membarrier": kernel_features.membarrier(),
        "guard_pages_by_madvise": kernel_features.guard_pages_by_madvise(),
    }


def _cgroup() -> dict[str, Any]:
    """The limits of version 2 at this process's own group, or of version 1 at the usual place."""
    own = next(
        (x for x in (read("/proc/self/cgroup") or "").splitlines() if x[:3] == "0::"), "0::/"
    )
    folder = Path("/sys/fs/cgroup") / own[3:].lstrip("/")
    cpu, memory = read(folder / "cpu.max"), read(folder / "memory.max")
    if cpu is None:
        quota = number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
        period = number("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
        cpu = f"{quota} {period}" if quota is not None and quota > 0 else None
        memory = read("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    parts = (cpu or "max").split()
    limited = len(parts) == 2 and parts[0] != "max" and int(parts[1]) > 0
    pressure = read("/proc/pressure/cpu")
    return {
        "cpu_limit": int(parts[0]) / int(parts[1]) if limited else None,
        "memory_limit": memory,
        "processes_limit": number(folder / "pids.max") or number("/sys/fs/cgroup/pids/pids.max"),
        "cpu_pressure": pressure.splitlines()[0] if pressure else None,
    }


def _limits() -> dict[str, Any]:
    names = {
        "open_files": resource.RLIMIT_NOFILE,
        "processes": resource.RLIMIT_NPROC,
        "stack_bytes": resource.RLIMIT_STACK,
        "address_space_bytes": resource.RLIMIT_AS,
        "core_bytes": resource.RLIMIT_CORE,
    }

    def shown(value: int) -> int | None:
        return None if value == resource.RLIM_INFINITY else value

    found: dict[str, Any] = {}
    for name, which in names.items():
        soft, hard = resource.getrlimit(which)
        found[name] = {"soft": shown(soft), "hard": shown(hard)}
    return found


def _ports() -> int | None:
    """How many outgoing connections to one address there can be at a time."""
    ends = (read("/proc/sys/net/ipv4/ip_local_port_range") or "").split()
    return int(ends[1]) - int(ends[0]) + 1 if len(ends) == 2 else None


def _disk(runs: Path) -> dict[str, int | None]:
    """What is free where runs are recorded (or will be), and where temporary files are."""

    def free_mib(path: Path) -> int | None:
        there = next((p for p in (path, *path.parents) if p.exists()), None)
        if there is None:
            return None
        status = os.statvfs(there)
        return status.f_bavail * status.f_frsize >> 20

    temporary = Path(tempfile.gettempdir())
    return {"runs_free_mib": free_mib(runs), "temporary_free_mib": free_mib(temporary)}


def _load() -> dict[str, Any]:
    """The load, and what one tenth of a second shows of others' work and of the host's theft."""
    before, began = ticks(), time.monotonic()
    time.sleep(0.1)
    after, passed_s = ticks(), time.monotonic() - began
    capacity_s = passed_s * (os.cpu_count() or 1)
    since_start = ticks()
    return {
        "average": [round(value, 2) for value in os.getloadavg()],
        "busy_share": round(max(0.0, after.busy_s - before.busy_s) / capacity_s, 3),
        "steal_share": round(max(0.0, after.steal_s - before.steal_s) / capacity_s, 3),
        "steal_since_start_s": since_start.steal_s,
    }


def distribution() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return None


def facts(runs: Path = Path()) -> dict[str, Any]:
    """Everything that env.json says about the machine; `runs` is where runs are recorded."""
    found: dict[str, Any] = {
        "schema": "weft.environment/1",
        "taken": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": _cpu(),
        "memory": _memory(),
        "kernel": _kernel(),
        "cgroup": _cgroup(),
        "limits": _limits(),
        "network": {"ports": _ports()},
        "disk": _disk(runs.absolute()),
        "libraries": {"libc": " ".join(platform.libc_ver()).strip() or None},
        "distribution": distribution(),
        "python": platform.python_version(),
        "load": _load(),
    }
    found.update(fingerprint.of(found))
    found["nickname"] = f"{found['cpu']['architecture']}-{found['cpu']['usable']}cpu"
    return found
