"""A bed for whole gates: stand-ins that start at once and whose figures are what they are told.

They are shell scripts, since a gate makes a hundred runs and more. A run's figure strays by up to
1 %, from its process's number, which is too little for equal programs ever to differ; what slows it
down in a test says so by a variable.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

from harness import session
from harness.gate import flow, pairs
from harness.settling import Settled
from harness.tests.bed import Bed, Output
from harness.tests.stand_in import describe, list_entries

CELL = "alpha/first/size=8/workers=1@good:plain"
CONFIG = """
[gate]
contender = "good"
size = "quick"
router_pairs = 6
decider_pairs = 10
target_s = 0.0001
repetitions = 1
alpha = 0.05
effect_percent = 5.0
floor_percent = 1.0
audit_share = 0.05
invalid_share_max = 0.2

[controls]
injected_effects = {injected}
cells = ['^alpha/']

[[family]]
cells = '{family}'
{more}
"""
PROGRAM = """#!/bin/sh
# {mark}
case $1 in describe | list) cat "{folder}/$1.json"; exit ;; esac
while [ $# -gt 0 ]; do
    case $1 in
        --workers) workers=$2 ;; --operations) operations=$2 ;;
        --warmup) warmup=$2 ;; --param) size=${{2#size=}} ;;
    esac
    shift
done
{behaviour}
share=${{SUITE_SLOWDOWN:-0.000000}} # below 1, with six digits
thousandths=${{share#0.}}
hash=$(((($$ * 1103515245 + 12345) / 65536) % 32768))
slowed=$(({nanoseconds} * (1${{thousandths%???}} + ${{SLOWER_PERMILLE:-0}}) / 1000))
nanoseconds=$((slowed * (990 + hash % 21) / 1000))
cat <<END
{{"context": {{"schema": "weft.record/1", "contender": "good", "version": "1.0",
"workload": "alpha/first", "workload_version": "1", "profile": "plain", "form": "shared",
"check": "ok", "effective.size": "$size", "effective.workers": "$workers",
"effective.operations": "$operations", "effective.warmup": "$warmup",
"effective.repetitions": "1"}}, "benchmarks": [{{"name": "alpha/first", "run_type": "iteration",
"repetitions": 1, "repetition_index": 0, "iterations": $operations, "real_time": $nanoseconds.$hash,
"cpu_time": 1, "time_unit": "ns"}}]}}
END
"""
STEADY = "echo $((1000000 + $$ * 7919 % 20011))\n"


class GateBed(Bed):
    """Two builds of one contender, a config, and stand-ins for what slows down and for canaries."""

    def setUp(self) -> None:
        super().setUp()
        self.add_spec()
        self.config = self.folder / "gate.toml"
        self.write_config()
        self.add_build("base")
        self.add_build("head")
        for module in (pairs, session):
            self.replace(module, "settle", lambda _: Settled(0.0, True))
        self.replace_program(flow, "_CANARY", STEADY)

    def replace_program(self, module: Any, name: str, text: str) -> None:
        path = self.folder / f"{name}.sh"
        path.write_text(text)
        self.replace(module, name, ("/bin/sh", str(path)))

    def replace(self, module: Any, name: str, value: Any) -> None:
        patch = mock.patch.object(module, name, value)
        patch.start()
        self.addCleanup(patch.stop)

    def write_config(
        self,
        more: str = "",
        family: str = "^alpha/",
        injected: float = 1.5,
    ) -> None:
        text = CONFIG.format(family=family, more=more, injected=injected)
        self.config.write_text(text)

    def add_build(
        self, name: str, nanoseconds: int = 100_000, behaviour: str = "", entries: Any = None
    ) -> Path:
        folder = self.folder / name
        (folder / "contenders").mkdir(parents=True, exist_ok=True)
        manifest = {"schema": "weft.contender/1", "name": "good", "title": "Good"}
        manifest.update(status="built", program="contenders/good")
        (folder / "contenders" / "good.json").write_text(json.dumps(manifest))
        (folder / "describe.json").write_text(json.dumps(describe("good", "good")))
        answer = list_entries("good", "good")
        if entries is not None:
            answer["entries"] = entries
        (folder / "list.json").write_text(json.dumps(answer))
        program = folder / "contenders" / "good"
        program.write_text(
            PROGRAM.format(mark=name, folder=folder, nanoseconds=nanoseconds, behaviour=behaviour)
        )
        program.chmod(0o755)
        return folder

    def gate_words(self, *words: str) -> list[str]:
        sides = ["--base-build", str(self.folder / "base")]
        sides += ["--head-build", str(self.folder / "head")]
        places = ["--suites", str(self.suites), "--config", str(self.config)]
        places += ["--out", str(self.out), "--work", str(self.folder / "work")]
        return ["gate", *sides, *places, "--seed", "5", *words]

    def gate(self, *words: str) -> Output:
        return self.call(self.gate_words(*words))

    def document(self) -> Any:
        return json.loads((self.out / "gate.json").read_text())

    def result(self) -> Any:
        """Of the one cell."""
        (result,) = self.document()["results"]
        return result
