"""A decision in sentences that staff can read out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from outreach.policy.rules import hours
from outreach.policy.rules.facts import Decision, Facts


class Explained(Protocol):
    """A stored receipt, or anything else that holds facts and what was decided on them."""

    @property
    def facts(self) -> Facts:
        """What the decision was made from."""
        ...

    @property
    def decision(self) -> Decision:
        """What was decided."""
        ...


def explain(receipt: Explained) -> list[str]:
    """Return why a text went, waited or didn't, in plain sentences, the most important first."""
    facts, decision = receipt.facts, receipt.decision
    reason = next((line.why for line in decision.trace if line.rule == decision.rule), "")
    if decision.outcome == "send":
        return ["Sent: no rule spoke against it.", *_waived(decision)]
    if decision.outcome == "defer" and decision.until is not None:
        others = _also(decision)
        return [
            f"Not sent: {_lower(reason)}",
            *(f"Also: {_lower(words)}" for words in others),
            f"Due {_when(facts, decision.until)} instead.",
        ]
    if decision.outcome == "merge":
        return [f"Not sent by itself: {_lower(reason)}"]
    if decision.outcome == "ask_human":
        return [f"Not sent, a person is asked instead: {_lower(reason)}"]
    return [f"Not sent: {_lower(reason)}", *(f"Also: {_lower(words)}" for words in _also(decision))]


def _also(decision: Decision) -> list[str]:
    return [
        line.why
        for line in decision.trace
        if line.rule != decision.rule and line.verdict not in ("pass", "bypass")
    ]


def _waived(decision: Decision) -> list[str]:
    told = ("quiet_hours", "paused")
    return [line.why for line in decision.trace if line.rule in told and line.verdict == "bypass"]


def _when(facts: Facts, until: datetime) -> str:
    then, today = hours.local(facts, until), hours.local(facts, facts.now).date()
    clock = then.strftime("%H:%M")
    place = "" if facts.zone else " Eastern time"
    if then.date() == today:
        return f"the same day at {clock}{place}"
    if then.date() == today + timedelta(days=1):
        return f"the next day at {clock}{place}"
    return f"on {then.strftime('%A, %B')} {then.day} at {clock}{place}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
