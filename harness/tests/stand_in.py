"""A contender that behaves as it is told: well, or in one of the ways that a harness must survive.

    stand_in.py BED NAME BEHAVIOUR {describe|list|run} ...

BED only marks the process as one of its test's. It claims 1000 ns for an operation and does no
work, so a test of the harness takes no time.
"""

import argparse
import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

WORKLOADS = {"alpha/first": ("size",), "alpha/served": (), "beta/fixed": ()}
OPERATION_NS = {"slow": 5_000.0, "sluggish": 1_000_000.0}


def describe(name: str, behaviour: str) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "name": "extra",
        "default": False,
        "summary": "when asked for",
        "on_request": True,
    }
    extras = [{**extra, "effective": {"gear": "fifth"}}] if "gear" in behaviour else []
    return {
        "schema": "weft.describe/1",
        "contender": name,
        "version": "1.0",
        "language": "Python",
        "profiles": [
            {"name": "plain", "default": True, "summary": "as it comes"},
            {"name": "tuned", "default": False, "summary": "as nobody would"},
            *extras,
        ],
    }


def list_entries(name: str, behaviour: str) -> dict[str, Any]:
    entries: list[dict[str, Any]] = []
    for workload in WORKLOADS:
        entry: dict[str, Any] = {
            "workload": workload,
            "version": 1,
            "profile": "plain",
            "supported": True,
        }
        entry.update(form="shared", source="suites/first.py")
        if behaviour == "declares":
            deviation = {"parameter": "size", "asked": 128, "effective": 127, "reason": "odd"}
            entry["deviations"] = [deviation]
        if behaviour == "limited":
            limit = {"parameter": "size", "max": 16, "reason": "holds sixteen at most"}
            late = {"parameter": "size", "values": [8, 128], "gap": "not implemented"}
            entry["limits"] = [{**late, "reason": "nobody has written it"}, limit]
        entries.append(entry)
        if "gear" in behaviour:
            entries.append({**entry, "profile": "extra"})
    unsupported = {"workload": "alpha/first", "version": 1, "profile": "tuned"}
    if behaviour == "bad_gap":
        unsupported["gap"] = "wrong result"
    entries.append({**unsupported, "supported": False, "reason": "it cannot be tuned"})
    return {"schema": "weft.list/1", "contender": name, "entries": entries}


def record(name: str, behaviour: str, asked: argparse.Namespace) -> dict[str, Any]:
    parameters = dict(word.split("=", 1) for word in asked.param)
    effective = {**parameters, "workers": asked.workers, "operations": asked.operations}
    effective.update(warmup=asked.warmup, repetitions=asked.repetitions)
    if behaviour == "geared" and asked.profile == "extra":
        effective["gear"] = "fifth"
    if behaviour == "mislabelled":
        effective["workers"] = "7"
    if behaviour == "declares" and effective.get("size") == "128":
        effective["size"] = "127"
    if behaviour == "undeclared" and "size" in effective:
        effective["size"] = "127"
    context = {"schema": "weft.record/1", "contender": name, "version": "1.0"}
    context.update(workload=asked.workload, workload_version="1", profile=asked.profile)
    context.update(form="shared", check="failed" if behaviour == "unchecked" else "ok")
    context.update({f"effective.{key}": value for key, value in effective.items()})
    repetitions = int(asked.repetitions) - (behaviour == "few")
    real_time = OPERATION_NS.get(behaviour, 1000.0)
    benchmarks = [
        {
            "name": asked.workload,
            "run_type": "iteration",
            "repetitions": repetitions,
            "repetition_index": index,
            "iterations": int(asked.operations),
            "real_time": real_time * (1 if behaviour == "exact" else random.uniform(0.99, 1.01)),
            "cpu_time": real_time,
            "time_unit": "ns",
            "task_bytes": 64,
        }
        for index in range(repetitions)
    ]
    if behaviour == "nan":
        benchmarks[0]["real_time"] = float("nan")
    if behaviour == "zero":
        benchmarks[0]["real_time"] = 0.0
    if behaviour == "markup":
        context["note"] = "</script><script>alert(1)</script>"
    return {"context": context, "benchmarks": benchmarks}


def hold_port(bed: str) -> socket.socket:
    """The bed's port; it ends with the status for a refused resource where somebody has it."""
    port = int((Path(bed) / "port").read_text())
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        print(f"port {port}: {error}", file=sys.stderr)
        sys.exit(5)


def daemonize() -> None:
    """Leaves a process in a session of its own that holds the pipes and whatever is open."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        os._exit(0)
    os.wait()


def misbehave(behaviour: str, asked: argparse.Namespace) -> None:
    """What happens before or instead of a record."""
    if behaviour == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if behaviour == "hang":
        time.sleep(600)
    if behaviour == "crash_when_measured" and asked.warmup != "0":
        os.kill(os.getpid(), signal.SIGSEGV)
    if behaviour == "hang_when_measured" and asked.warmup != "0":
        time.sleep(600)
    if behaviour == "ignore_term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(600)
    if behaviour == "stop_self":
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(600)
    if behaviour == "daemon":
        daemonize()
    if behaviour == "port":
        with hold_port(sys.argv[1]) as listener:
            listener.set_inheritable(True)
            daemonize()
    if behaviour == "linger":
        time.sleep(0.05)
    statuses = {"usage": 2, "wrong": 3, "unsupported": 4, "refused": 5, "status": 77}
    if behaviour in statuses:
        print("because it is asked to", file=sys.stderr)
        sys.exit(statuses[behaviour])
    raw = {
        "garbage": b"Segmentation fault? no: hello\n",
        "invalid_utf8": b'{"context": "\xff\xfe"}',
        "nothing": b"",
        "nested": b"[" * 100_000,
        "list": b"[]",
        "digits": b'{"context": {"n": ' + b"9" * 10_000 + b"}}",
    }
    if behaviour in raw:
        sys.stdout.buffer.write(raw[behaviour])
        sys.exit(0)
    if behaviour == "gigabyte":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    floods = {"flood": sys.stdout, "gigabyte": sys.stdout, "errors": sys.stderr}
    while behaviour in floods:
        floods[behaviour].buffer.write(b"x" * 65536)


def main() -> None:
    name, behaviour, verb = sys.argv[2:5]
    if verb in ("describe", "list"):
        if behaviour == f"bad_{verb}":
            print("not JSON")
            return
        answer = describe if verb == "describe" else list_entries
        print(json.dumps(answer(name, behaviour)))
        return
    parser = argparse.ArgumentParser()
    for option in ("workload", "profile", "workers", "operations", "warmup", "repetitions"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--param", action="append", default=[])
    parser.add_argument("--server")
    parser.add_argument("--server-token")
    asked = parser.parse_args(sys.argv[5:])
    if asked.workload == "alpha/served" and not asked.server_token:
        sys.exit(2)
    misbehave(behaviour, asked)
    text = json.dumps(record(name, behaviour, asked))
    print(text * 2 if behaviour == "twice" else text)


if __name__ == "__main__":
    main()
