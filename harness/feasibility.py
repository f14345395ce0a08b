"""Says what a budget cannot hold before the first run, and refuses where too little is left."""

from __future__ import annotations

from harness.calibrate import PACES, Schedule
from harness.errors import InfeasibleError
from harness.plan import ROUNDS_PER_INTERVAL
from harness.progress import duration

CURE = "fewer cells (--suite, --contender, --filter)"
# The rest of a budget is for what the estimate did not see, and for the report.
PLANNED_SHARE = 0.80
DEADLINE_SHARE = 0.90
CALIBRATED_SHARE = 0.50  # a calibration that takes more leaves too little for the rounds


def suggested(spent_s: float, needed_s: float) -> str:
    """A budget that would do, for the command line."""
    budget_s = max(spent_s / CALIBRATED_SHARE, (spent_s + needed_s) / PLANNED_SHARE)
    return f"--time-budget {int(budget_s) + 1}s"


def uncalibrated(error: InfeasibleError, spent_s: float, budget_s: float) -> InfeasibleError:
    """The refusal of a budget that is too short to find out what the cells cost."""
    return InfeasibleError(
        f"the budget of {duration(budget_s)} is too short: {error} in {duration(spent_s)}, which is"
        f" half of it (cure: a longer --time-budget, or {CURE})"
    )


def shrunk(plan: Schedule, size: str, budget_s: float, spent_s: float, refuse: bool) -> list[str]:
    """What the budget cost the plan, in words; empty where it holds all.

    Raises InfeasibleError where `refuse` says so and not even the plan's own rounds fit.
    """
    left_s = max(0.0, PLANNED_SHARE * budget_s - spent_s)
    if plan.estimate_s > left_s:
        most = max(plan.rounds.values())
        words = (
            f"the budget of {duration(budget_s)} leaves {duration(left_s)} for the runs, and"
            f" {'one round' if most == 1 else f'{most} rounds'} of the {len(plan.rounds)} groups"
            f" would take about {duration(plan.estimate_s)}"
            f" (cure: {suggested(spent_s, plan.estimate_s)}, or {CURE})"
        )
        if refuse:
            raise InfeasibleError(words)
        return [words + ": what comes last will be missing"]
    full, least = plan.at_most(PACES[size].rounds_most), plan.at_most(ROUNDS_PER_INTERVAL)
    few = sum(number < least[group] for group, number in plan.rounds.items())
    if few:
        needed = suggested(spent_s, plan.cost_s(least))
        return [
            f"the budget of {duration(budget_s)} is short: {few} of {len(plan.rounds)} groups get"
            f" fewer than {ROUNDS_PER_INTERVAL} rounds, and so no intervals"
            f" (cure: {needed}, or {CURE})"
        ]
    if dict(plan.rounds) != full:
        rounds = max(plan.rounds.values())
        return [f"the budget holds {rounds} of the {max(full.values())} rounds of --{size}"]
    return []
