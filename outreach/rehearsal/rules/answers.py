"""What patients answer in a dry run: as a script says, or as often as the file or history expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.kernel.ids import stable_fractions
from outreach.kernel.quick import quick
from outreach.programs.rules.definition import Program, Question

ANSWERED = 0.5
"""Share of questions answered where neither file nor history says. Penn's program saw about half the texts
answered (product.md, E4)."""
CALLS_FOR_HELP = 0.1
"""Share of answers that lead to an escalation, where neither file nor history says."""
SOONEST, LATEST = timedelta(minutes=4), timedelta(minutes=240)
REMINDERS: Mapping[str, Mapping[str, float]] = {
    "appointment": {"confirm": 0.85, "decline": 0.05, "reschedule": 0.1},
    "refill": {"enough": 0.6, "need": 0.3, "cost": 0.04, "side_effects": 0.03, "stopped": 0.03},
}
"""Shares of answers to reminders. Ours: no source settles them."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How often questions are answered, and how. By question key; what is missing comes from the file."""

    answered: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    source: str = "file"
    """file | history | none"""
    seed: int = 0


NOBODY = Rates(answered={"*": 0.0}, source="none")


@quick
@dataclass(frozen=True, kw_only=True)
class Expected:
    """A modelled answer: its meaning, and when it comes."""

    means: str
    at: datetime


def expect(
    rates: Rates,
    program: Program | None,
    question: Mapping[str, object],
    *,
    now: datetime,
    by: Sequence[object],
) -> Expected | None:
    """Return what somebody answers to a question, None for silence; `by` chooses, the same each time."""
    key = str(question["key"])
    share = rates.answered.get(key, rates.answered.get("*"))
    if share is None:
        share = program.staffing.answered if program is not None and program.staffing else ANSWERED
    answers, waits, says, _ = stable_fractions(rates.seed, *by)
    if answers >= share:
        return None
    shares = rates.shares.get(key) or shares_of(program, key)
    wait = SOONEST + (LATEST - SOONEST) * waits**3
    at = (now + wait).replace(second=0, microsecond=0)
    return Expected(means=_pick(shares, says), at=at)


def shares_of(program: Program | None, key: str) -> Mapping[str, float]:
    """Return how often each answer to a question is expected, as the file says."""
    question = program.questions.get(key) if program is not None else None
    return REMINDERS.get(key, {"": 1.0}) if question is None else _in_file(question)


def _in_file(question: Question) -> Mapping[str, float]:
    branches = question.branches()
    if any(one.share is not None for one in branches):
        return {one.means: one.share or 0.0 for one in branches}
    grave = [one.means for one in branches if any(then.escalate or then.ask for then in one.then)]
    easy = [one.means for one in branches if one.means not in grave]
    if not easy or not grave:
        return {one.means: 1 / len(branches) for one in branches}
    return {means: CALLS_FOR_HELP / len(grave) for means in grave} | {
        means: (1 - CALLS_FOR_HELP) / len(easy) for means in easy
    }


def _pick(shares: Mapping[str, float], fraction: float) -> str:
    reached, whole = 0.0, sum(shares.values()) or 1.0
    for means, share in shares.items():
        reached += share / whole
        if fraction < reached:
            return means
    return list(shares)[-1]
