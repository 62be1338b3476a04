"""What a decision means for whoever asked for a text: the same for the live path and the dry run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from outreach.kernel.quick import quick
from outreach.policy.rules import Decision, Facts

ASK_AGAIN = timedelta(hours=1)


@quick
@dataclass(frozen=True, kw_only=True)
class Verdict:
    """It may go, waits until a time, is never sent, or a person decides; `reason` names the rule."""

    outcome: Literal["send", "wait", "suppress", "ask_human"]
    reason: str = ""
    until: datetime | None = None


SEND = Verdict(outcome="send")


def verdict(decision: Decision, facts: Facts) -> Verdict:
    """Return what a decision means. A refusal for want of consent says which one."""
    if decision.outcome == "send":
        return SEND
    if decision.outcome in ("defer", "merge"):
        return Verdict(outcome="wait", reason=decision.rule, until=decision.until or facts.now + ASK_AGAIN)
    reason = facts.consent_reason if decision.rule == "consent" else decision.rule
    return Verdict(outcome="ask_human" if decision.outcome == "ask_human" else "suppress", reason=reason)
