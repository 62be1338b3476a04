"""What a receipt tells of a rule beside its verdict: what it had in view. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from outreach.policy.rules import budget, hours
from outreach.policy.rules.facts import UNASKED, Facts
from outreach.policy.rules.verdicts import BARRED, MOST_REPLIES, within_an_hour

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Told = Mapping[str, Any]


def patient(facts: Facts) -> Told:
    """Tell what bars a patient."""
    return {name: getattr(facts, name) for name in BARRED} if facts.kind in UNASKED else {}


def phone(facts: Facts) -> Told:
    """Tell the number's state."""
    return {"state": facts.phone_state}


def consent(facts: Facts) -> Told:
    """Tell on what consent rests, or why there is none."""
    if facts.kind == "page":
        return {}
    out = text(facts.opted_out_at)
    if facts.kind == "confirmation":
        return {"opted_out_at": out, "confirmed_at": text(facts.confirmed_at)}
    return {
        "reason": facts.consent_reason,
        "basis": facts.consent_basis,
        "purpose": facts.purpose,
        "opted_out_at": out,
    }


def stale(facts: Facts) -> Told:
    """Tell until when it is of use."""
    return {"not_after": text(facts.not_after)}


def paused(facts: Facts) -> Told:
    """Tell what is paused."""
    return {} if facts.paused is None else {"scope": facts.paused}


def quiet_hours(facts: Facts) -> Told:
    """Tell the patient's clock and hours."""
    here = hours.local(facts, facts.now)
    span = hours.window(facts, here.date())
    return {
        "zone": facts.zone,
        "clock": f"{WEEKDAYS[here.weekday()]} {hours.clock(here)}",
        "window": list(span) if span else None,
        "wish_kept": hours.wish_is_kept(facts),
    }


def in_budget(facts: Facts) -> Told:
    """Tell what the phone has had."""
    if facts.kind not in UNASKED:
        return {}
    if facts.merge_into is not None:
        return {"into": facts.merge_into}
    day = hours.local_day(facts)
    return {"day": day.isoformat(), **budget.tally(facts, day).dump()}


def conversation(facts: Facts) -> Told:
    """Tell until when they talk."""
    return {"hold_until": text(facts.hold_until)}


def staffing(facts: Facts) -> Told:
    """Tell who is there, and from when on."""
    return {
        "needs_staff": facts.needs_staff,
        "staffed": facts.staffed,
        "staffed_from": text(facts.staffed_from),
    }


def sender(facts: Facts) -> Told:
    """Tell why the sender is stopped."""
    return {} if facts.sender_stopped is None else {"stopped": facts.sender_stopped}


def loop(facts: Facts) -> Told:
    """Tell how many automatic answers there were."""
    sent = within_an_hour(facts)
    return {} if sent is None else {"within_an_hour": sent, "most": MOST_REPLIES}


def text(at: datetime | None) -> str | None:
    """Return a moment as receipts spell it."""
    return at.isoformat() if at else None
