"""A gate from its two revisions to its verdict: prepare, route, decide."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Mapping

from harness import machine
from harness.calibrate import Frozen, Length, freeze_group
from harness.errors import InputError
from harness.gate import canary, evidence, pairs, standing
from harness.gate.arithmetic import pairs_min
from harness.gate.builds import Built
from harness.gate.config import Config
from harness.gate.controls import injected_bar
from harness.gate.model import Bar, Decision, Kind, Rules, Subject
from harness.gate.noise import Noise
from harness.gate.pairs import CANARY_LIMIT_S, Arm, Maker
from harness.gate.routing import route
from harness.gate.sides import Sides
from harness.plan import Expected
from harness.progress import Estimate, Progress, duration
from harness.session import Stop, calibrate
from harness.store import RunFolder

_CANARY = (sys.executable, "-I", "-S", str(Path(__file__).with_name("canary.py")))
_CANARIES = (canary.SPIN, canary.WAKE)
_CANARY_COST_S = 0.06
_WARMUP = 1


@dataclass(frozen=True)
class Injection:
    """A slowdown of one cell's head, to see whether the gate finds it; see sides.slower."""

    cell: str
    amount: float
    kind: str = "steady"


@dataclass
class Gate:
    """One gate on two built revisions."""

    built: tuple[Built, Built]
    config: Config
    progress: Progress
    stop: Stop
    seed: int
    work: Path
    noise: Noise | None = None
    pattern: str | None = None
    deadline: float | None = None
    head_is: str = "head"  # of calibration: base itself, copied or linked otherwise
    injection: Injection | None = None
    frozen: Mapping[str, Frozen] = field(default_factory=dict)
    subjects: list[Subject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    out_of_time: bool = False
    _arms: dict[str, tuple[Arm, Arm]] = field(default_factory=dict)
    _decided: list[str] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        config = self.config
        return Rules(config.pairs, config.alpha, config.audit_share, self.seed)

    def prepare(self) -> None:
        """Finds the cells and puts the programs in their places. Raises InputError."""
        self._sides = Sides(self.work, *self.built)
        self._runnable = self._prepare()
        self._check_feasible()

    def make(self, folder: RunFolder) -> Decision | None:
        """The whole gate; None where the user or the clock ended it before the verdict."""
        self.folder = folder
        if not self._measure_costs():
            return None
        self._controls()
        self._give_arms()
        self._write_plan()
        if not self._make_stages():
            return None
        return evidence.judge(self.document(), pairs.load(self.folder.path))

    def _prepare(self) -> dict[str, Expected]:
        """The cells and the benches; what can be run of base, by its id."""
        cpus = machine.cpus_usable()
        self.subjects, runnable = standing.cells(
            self.built, self.config, self.pattern, self.noise, cpus
        )
        sides = self._sides
        self._bench = {side: sides.add(side) for side in ("base", "head", "copy")}
        target = f"contender_{self.config.contender}"
        linked = ("base", "link") if self.head_is == "link" else ("base", "head", "link")
        problem = sides.add_layouts(linked, target, sum(self.config.pairs), self.seed)
        if problem is None:
            self._bench["link"] = sides.link()
        else:
            self.notes.append(f"every program is in the layout that it was built in: {problem}")
        self._head_side = self.head_is if self.head_is in self._bench else "copy"
        if self._head_side != "head":
            self._bench["head"] = self._bench[self._head_side]
            self.subjects = [replace(s, standing=None) for s in self.subjects]
        return runnable

    def _measure_costs(self) -> bool:
        """Freezes what one run of each cell does, on base; False where the user stopped it."""
        if self.frozen:
            return True
        wanted = {s.cell for s in self.subjects if s.standing is None}
        wanted.update(standing.control_cells(self.config, self._runnable, self.pattern))
        expected = [e for name, e in self._runnable.items() if name in wanted]
        bench = self._bench["base"]
        length = Length(self.config.target_s, self.config.repetitions)
        calibrated = calibrate(bench, expected, length.target_s, self.progress, self.stop)
        if calibrated is None:
            return False
        self.frozen = {
            cell.id: found
            for cell, cost in calibrated.costs.items()
            for found in freeze_group({cell: cost}, bench.specs[cell.workload], length).values()
        }
        return True

    def _controls(self) -> None:
        """Adds the controls to the subjects."""
        bars = {subject.cell: subject.bar for subject in self.subjects}
        kinds = [Kind.NULL_COPY, Kind.POSITIVE]
        if "link" in self._bench:
            kinds.insert(1, Kind.NULL_RELINK)
        default = self.subjects[0].bar
        for cell in standing.control_cells(self.config, self._runnable, self.pattern):
            bar = bars.get(cell, default)
            self.subjects += [Subject(f"{k.value}: {cell}", k, cell, bar) for k in kinds]
        plain = Bar(default.floor, default.effect)
        for name in _CANARIES:
            self.subjects.append(Subject(f"drift: {name}", Kind.DRIFT, name, plain))

    def _arm(self, side: str, cell: str) -> Arm:
        entry, frozen = self._runnable[cell], self.frozen[cell]
        bench = self._bench[side]
        asked = bench.asked(entry.cell, frozen.operations, _WARMUP, frozen.repetitions)
        return Arm(side, (), bench.root, frozen.limit_s, bench, asked, self._sides.layouts)

    def _give_arms(self) -> None:
        """What is run for each subject, with what is injected for the router."""
        second = {Kind.CELL: "head", Kind.NULL_COPY: "copy", Kind.NULL_RELINK: "link"}
        positive = [s for s in self.subjects if s.kind is Kind.POSITIVE]
        self._slow(positive[0].bar if positive else self.subjects[0].bar)
        for subject in self.subjects:
            if subject.kind is Kind.DRIFT:
                words = (*_CANARY, subject.cell)
                arm = Arm("canary", words, self.work, CANARY_LIMIT_S)
                self._arms[subject.id] = (arm, arm)
            elif subject.standing is None:
                side = second.get(subject.kind, "slow")
                arms = self._arm("base", subject.cell), self._arm(side, subject.cell)
                self._arms[subject.id] = arms
        if self.injection is not None:
            self._inject(self.injection)

    def _slow(self, bar: Bar) -> None:
        amount = self.config.injected_effects * bar.effect
        self._bench["slow"] = self._sides.add_slowed("slow", "base", "steady", amount)

    def _inject(self, injection: Injection) -> None:
        hurt = ("hurt", self._head_side, injection.kind, injection.amount)
        bench = self._sides.add_slowed(*hurt)
        base, head = self._arms[injection.cell]
        self._arms[injection.cell] = base, replace(head, bench=bench, cwd=bench.root)

    def _check_feasible(self) -> None:
        family = sum(s.kind is Kind.CELL and s.standing is None for s in self.subjects)
        least = pairs_min(self.config.alpha, family)
        if self.config.pairs[1] < least:
            raise InputError(
                f"{self.config.pairs[1]} pairs cannot decide about {family} cells: {least} are the"
                " fewest (more --pairs, or fewer --cells)"
            )

    def _estimate(self) -> tuple[Estimate, dict[str, float]]:
        """Of the router and of the controls in the decider; what is routed comes on top."""
        costs = {
            name: 2 * self.frozen[arms[0].asked.cell.id].estimate_s
            if arms[0].asked
            else 2 * _CANARY_COST_S
            for name, arms in self._arms.items()
        }
        router, decider = self.config.pairs
        controls = {s.id for s in self.subjects if s.kind is not Kind.CELL}
        known_s = router * sum(costs.values())
        known_s += decider * sum(cost for name, cost in costs.items() if name in controls)
        self.progress.say(
            f"{len(costs)} subjects, about {duration(known_s)}, and for each cell that is decided"
            f" about {duration(decider * max(costs.values()))} more at most"
        )
        return Estimate(known_s), costs

    def _make_stages(self) -> bool:
        config = self.config
        estimate, costs = self._estimate()
        self.folder.open_runs()
        maker = Maker(
            self.folder,
            self._arms,
            config.invalid_share_max,
            self.seed,
            self.progress,
            self.stop,
            estimate,
            costs,
            self.deadline,
        )
        maker.total = 2 * len(self._arms) * config.pairs[0]
        done = maker.make(1, list(self._arms), config.pairs[0])
        if done:
            self._route()
            maker.total += 2 * len(self._decided) * config.pairs[1]
            done = maker.make(2, self._decided, config.pairs[1], config.pairs[0])
        self.out_of_time = maker.out_of_time
        return done

    def _route(self) -> None:
        """Chooses what is decided, and sizes the injection by the noise that was seen."""
        router, _ = evidence.samples(self.document(), pairs.load(self.folder.path))
        suspects, audited = route(self.subjects, router, self.rules)
        controls = [s for s in self.subjects if s.kind is not Kind.CELL]
        self._decided = [s.id for s in (*suspects, *audited, *controls)]
        bars = [
            injected_bar(s, self.subjects, router, self.rules)
            for s in controls
            if s.kind is Kind.POSITIVE
        ]
        if bars:
            self._slow(max(bars, key=lambda bar: bar.effect))
        names = ", ".join(s.id for s in suspects) or "no cell"
        self.progress.say(f"to be decided: {names}; {len(audited)} audited")
        self._write_plan()

    def document(self) -> dict[str, Any]:
        """gate-plan.json: what the verdict needs beside the runs."""
        arms = {name: arms[0].asked for name, arms in self._arms.items()}
        metrics = {name: asked.metric for name, asked in arms.items() if asked is not None}
        return evidence.document(self.subjects, metrics, self.rules, self._decided, self.notes)

    def _write_plan(self) -> None:
        self.folder.write_json("gate-plan.json", self.document())
