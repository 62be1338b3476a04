"""The decision: every rule is asked, in one order, and leaves a line; the first that objects decides.

Where rules only ask to wait, the time is the first at which all of them are content.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from outreach.consent.rules import CONFIRM_WITHIN
from outreach.policy.rules import budget, hours
from outreach.policy.rules.facts import UNASKED, Decision, Facts, TraceLine
from outreach.policy.rules.grounds import Ground

ANSWER_FRESH = timedelta(minutes=60)
"""A text that answers somebody may come at any hour if they wrote this short a while ago."""
TRY_AGAIN = timedelta(minutes=15)
"""How long a text waits before a pause or a stopped sender is asked about again."""
TRY_STAFF_AGAIN = timedelta(hours=1)
MOST_REPLIES = 3
"""Automatic replies to one phone within an hour: beyond, two machines may be talking to each other."""
MOST_STEPS = 40
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BARRED: tuple[Literal["deceased", "hospice", "readmitted"], ...] = ("deceased", "hospice", "readmitted")
PHONES: Mapping[str, Ground] = {
    "usable": "in_use",
    "wrong_person": "wrong_person",
    "deactivated": "deactivated",
}
CONSENT: Mapping[str, Ground] = {
    "opted_out": "opted_out",
    "provider_blocked": "provider_blocked",
    "refused": "refused",
    "not_their_phone": "not_their_phone",
    "no_basis_setting": "no_basis_setting",
}
PAUSES: Mapping[str, Ground] = {
    "everything": "all_paused",
    "team": "team_paused",
    "program": "program_paused",
}
OUTSIDE: Mapping[tuple[bool, bool], Ground] = {
    (True, True): "outside_hours",
    (True, False): "no_hours_today",
    (False, True): "outside_hours_east",
    (False, False): "no_hours_today_east",
}
"""By whether the zone is known and whether this day has hours."""
OVER: Mapping[tuple[bool, bool], Ground] = {
    (True, False): "over_day",
    (False, False): "over_week",
    (True, True): "fewer_over_day",
    (False, True): "fewer_over_week",
}
"""By whether it is the day's limit and whether the patient asked for fewer."""

Rule = Callable[[Facts], TraceLine]
REMEMBERED = 4096
FINE = frozenset({"pass", "bypass"})


def reads(*names: str) -> Callable[[Rule], Rule]:
    """Remember a rule's line by the facts it reads, which are these and no others: the same is said once."""
    of = operator.attrgetter(*names)

    def wrap(rule: Rule) -> Rule:
        known: dict[Any, TraceLine] = {}

        @functools.wraps(rule)
        def asked(facts: Facts) -> TraceLine:
            key = of(facts)
            line = known.get(key)
            if line is None:
                if len(known) >= REMEMBERED:
                    known.clear()
                line = known[key] = rule(facts)
            return line

        return asked

    return wrap


def judge(facts: Facts) -> Decision:
    """Return what to do with a text, why, and until when to wait. Takes nothing but the facts."""
    lines = _lines(facts)
    objecting = [line for line in lines if line.verdict not in FINE]
    if not objecting:
        return Decision(outcome="send", rule="all_clear", trace=lines)
    # Only what might go by itself may go along with another text.
    deciding = next((line for line in objecting if line.verdict != "merge"), objecting[0])
    if deciding.verdict != "defer":
        return Decision(outcome=deciding.verdict, rule=deciding.rule, trace=lines)
    return _wait(facts, deciding, lines)


def _lines(facts: Facts) -> tuple[TraceLine, ...]:
    """Ask every rule, in order. Those that look at no clock and no ledger are remembered together."""
    key = _STANDING(facts)
    found = _standing_lines.get(key)
    if found is None:
        if len(_standing_lines) >= REMEMBERED:
            _standing_lines.clear()
        found = (_patient(facts), _phone(facts), _paused(facts), _sender(facts), _loop(facts))
        _standing_lines[key] = found
    patient, phone, paused, sender, loop = found
    reach = (patient, phone, _consent(facts), _stale(facts), paused, _quiet_hours(facts), _budget(facts))
    return (*reach, _conversation(facts), _staffing(facts), sender, loop)


_STANDING = operator.attrgetter(
    "kind",
    "deceased",
    "hospice",
    "readmitted",
    "phone_state",
    "paused",
    "sender_stopped",
    "automatic_replies",
    "safety_texts",
)
_standing_lines: dict[Any, tuple[TraceLine, ...]] = {}


def counts(facts: Facts) -> int:
    """Return 1 if a text counts against the contact budget, 0 if it is free."""
    if facts.kind not in UNASKED or facts.free or budget.is_reserved(facts):
        return 0
    return 1


def _wait(facts: Facts, deciding: TraceLine, lines: tuple[TraceLine, ...]) -> Decision:
    until = _earliest(facts)
    if until is None or (facts.not_after is not None and until > facts.not_after):
        too_late = TraceLine(
            rule="stale",
            verdict="suppress",
            ground="waits_too_long",
            data={"because": deciding.rule, "not_after": _text(facts.not_after), "until": _text(until)},
        )
        kept = tuple(too_late if line.rule == "stale" else line for line in lines)
        return Decision(outcome="suppress", rule="stale", trace=kept)
    return Decision(outcome="defer", rule=deciding.rule, until=until, trace=lines)


def _earliest(facts: Facts) -> datetime | None:
    """Return the first moment, at or after the present, at which no rule asks to wait any longer."""
    at: datetime | None = facts.now
    if facts.kind in UNASKED and (facts.paused or facts.sender_stopped):
        at = facts.now + TRY_AGAIN
    for _ in range(MOST_STEPS):
        if at is None:
            return None
        before = at
        at = _after_holds(facts, at)
        at = at if _any_hour(facts, at) else hours.next_allowed(facts, at)
        if at is not None and facts.kind in UNASKED and facts.merge_into is None:
            at = budget.next_day_with_room(facts, at)
        if at == before:
            return at
    return None


def _after_holds(facts: Facts, at: datetime) -> datetime:
    if _is_held(facts, at) and facts.hold_until is not None:
        at = facts.hold_until
    if _is_unstaffed(facts, at):
        known = facts.staffed_from is not None and facts.staffed_from > facts.now
        staffed = facts.staffed_from if known and facts.staffed_from else facts.now + TRY_STAFF_AGAIN
        at = max(at, staffed)
    return at


def _patient(facts: Facts) -> TraceLine:
    data = {"deceased": facts.deceased, "hospice": facts.hospice, "readmitted": facts.readmitted}
    if facts.kind not in UNASKED:
        return TraceLine(rule="patient", verdict="bypass", ground="answered")
    for ground in BARRED:
        if data[ground]:
            return TraceLine(rule="patient", verdict="suppress", ground=ground, data=data)
    return TraceLine(rule="patient", verdict="pass", ground="at_home", data=data)


def _phone(facts: Facts) -> TraceLine:
    ground = PHONES.get(facts.phone_state, "unreachable")
    verdict = "pass" if facts.phone_state == "usable" else "suppress"
    return TraceLine(rule="phone", verdict=verdict, ground=ground, data={"state": facts.phone_state})


def _consent(facts: Facts) -> TraceLine:
    return _confirmation(facts) if facts.kind == "confirmation" else _standing(facts)


@reads(
    "kind",
    "purpose",
    "consent_allowed",
    "consent_reason",
    "consent_basis",
    "opted_out_at",
    "provider_blocked",
    "answering_at",
)
def _standing(facts: Facts) -> TraceLine:
    data = {
        "reason": facts.consent_reason,
        "basis": facts.consent_basis,
        "purpose": facts.purpose,
        "opted_out_at": _text(facts.opted_out_at),
    }
    if facts.kind == "page":
        return TraceLine(rule="consent", verdict="bypass", ground="pager")
    if facts.opted_out_at is not None or facts.provider_blocked:
        ground: Ground = "opted_out" if facts.opted_out_at is not None else "provider_blocked"
        return TraceLine(rule="consent", verdict="suppress", ground=ground, data=data)
    if facts.consent_allowed:
        return TraceLine(rule="consent", verdict="pass", ground="agreed", data=data)
    if _answers(facts):
        return TraceLine(rule="consent", verdict="pass", ground="wrote_first", data=data)
    ground = CONSENT.get(facts.consent_reason, "no_basis")
    return TraceLine(rule="consent", verdict="suppress", ground=ground, data=data)


def _confirmation(facts: Facts) -> TraceLine:
    data = {"opted_out_at": _text(facts.opted_out_at), "confirmed_at": _text(facts.confirmed_at)}
    since = facts.opted_out_at
    refusals: tuple[tuple[bool, Ground], ...] = (
        (facts.provider_blocked, "carrier_confirms"),
        (facts.confirmed_at is not None, "confirmed_already"),
        (since is not None and facts.now - since > CONFIRM_WITHIN, "too_late_to_confirm"),
    )
    for applies, ground in refusals:
        if applies and since is not None:
            return TraceLine(rule="consent", verdict="suppress", ground=ground, data=data)
    return TraceLine(rule="consent", verdict="pass", ground="may_confirm", data=data)


@reads("now", "not_after")
def _stale(facts: Facts) -> TraceLine:
    data = {"not_after": _text(facts.not_after)}
    if facts.not_after is not None and facts.now > facts.not_after:
        return TraceLine(rule="stale", verdict="suppress", ground="too_late", data=data)
    return TraceLine(rule="stale", verdict="pass", ground="of_use", data=data)


def _paused(facts: Facts) -> TraceLine:
    if facts.paused is None:
        return TraceLine(rule="paused", verdict="pass", ground="nothing_paused")
    data = {"scope": facts.paused}
    if facts.kind not in UNASKED:
        return TraceLine(rule="paused", verdict="bypass", ground="never_paused", data=data)
    ground = PAUSES.get(facts.paused, "sender_paused")
    return TraceLine(rule="paused", verdict="defer", ground=ground, data=data)


@reads(
    "now",
    "kind",
    "zone",
    "us_state",
    "hours_from",
    "hours_to",
    "sunday_from",
    "preferred_from",
    "preferred_to",
    "preferred_days",
    "holidays",
    "answering_at",
    "free",
)
def _quiet_hours(facts: Facts) -> TraceLine:
    here = hours.local(facts, facts.now)
    span = hours.window(facts, here.date())
    data = {
        "zone": facts.zone,
        "clock": f"{WEEKDAYS[here.weekday()]} {hours.clock(here)}",
        "window": list(span) if span else None,
        "wish_kept": hours.wish_is_kept(facts),
    }
    if facts.kind == "staff":
        return TraceLine(rule="quiet_hours", verdict="bypass", ground="person_decides", data=data)
    if _any_hour(facts, facts.now):
        return TraceLine(rule="quiet_hours", verdict="bypass", ground="just_wrote", data=data)
    if hours.inside(facts, facts.now):
        return TraceLine(rule="quiet_hours", verdict="pass", ground="within_hours", data=data)
    ground = OUTSIDE[bool(facts.zone), bool(span)]
    return TraceLine(rule="quiet_hours", verdict="defer", ground=ground, data=data)


def _budget(facts: Facts) -> TraceLine:
    if facts.kind not in UNASKED:
        return TraceLine(rule="budget", verdict="bypass", ground="not_counted")
    if facts.merge_into is not None:
        return TraceLine(rule="budget", verdict="merge", ground="carried", data={"into": facts.merge_into})
    day = hours.local_day(facts)
    tally = budget.tally(facts, day)
    data = {"day": day.isoformat(), **tally.dump()}
    if tally.over_ceiling:
        # Somebody answered and their follow-up can't go: a person takes over rather than silence.
        verdict = "ask_human" if facts.free else "defer"
        return TraceLine(rule="budget", verdict=verdict, ground="over_ceiling", data=data)
    if facts.free:
        return TraceLine(rule="budget", verdict="pass", ground="follow_up", data=data)
    if budget.is_reserved(facts):
        return TraceLine(rule="budget", verdict="pass", ground="own_rhythm", data=data)
    if tally.over_day or tally.over_week:
        ground = OVER[tally.over_day, tally.reduced]
        return TraceLine(rule="budget", verdict="defer", ground=ground, data=data)
    return TraceLine(rule="budget", verdict="pass", ground="room", data=data)


_NOBODY_TALKS = TraceLine(
    rule="conversation", verdict="pass", ground="nobody_talks", data={"hold_until": None}
)


def _conversation(facts: Facts) -> TraceLine:
    if facts.hold_until is None:
        return _NOBODY_TALKS
    data = {"hold_until": _text(facts.hold_until)}
    if _is_held(facts, facts.now):
        return TraceLine(rule="conversation", verdict="defer", ground="talking", data=data)
    return TraceLine(rule="conversation", verdict="pass", ground="nobody_talks", data=data)


@reads("now", "kind", "needs_staff", "staffed", "staffed_from", "answering_at", "free")
def _staffing(facts: Facts) -> TraceLine:
    data = {
        "needs_staff": facts.needs_staff,
        "staffed": facts.staffed,
        "staffed_from": _text(facts.staffed_from),
    }
    if _is_unstaffed(facts, facts.now):
        return TraceLine(rule="staffing", verdict="defer", ground="nobody_rostered", data=data)
    ground: Ground = "somebody_there" if facts.needs_staff else "nobody_needed"
    return TraceLine(rule="staffing", verdict="pass", ground=ground, data=data)


def _sender(facts: Facts) -> TraceLine:
    if facts.sender_stopped is None:
        return TraceLine(rule="sender", verdict="pass", ground="sender_works")
    data = {"stopped": facts.sender_stopped}
    if facts.kind in UNASKED:
        return TraceLine(rule="sender", verdict="defer", ground="sender_stopped", data=data)
    return TraceLine(rule="sender", verdict="ask_human", ground="sender_stopped_waiting", data=data)


def _loop(facts: Facts) -> TraceLine:
    sent = {"reply": facts.automatic_replies, "safety": facts.safety_texts}.get(facts.kind)
    if sent is None:
        return TraceLine(rule="loop", verdict="pass", ground="no_automatic_reply")
    data = {"within_an_hour": sent, "most": MOST_REPLIES}
    if sent >= MOST_REPLIES:
        return TraceLine(rule="loop", verdict="ask_human", ground="in_circles", data=data)
    return TraceLine(rule="loop", verdict="pass", ground="not_in_circles", data=data)


def _answers(facts: Facts) -> bool:
    if facts.kind in ("reply", "safety"):
        return True
    return facts.kind == "staff" and facts.answering_at is not None


def _any_hour(facts: Facts, at: datetime) -> bool:
    """Whether the hour does not matter: safety, people, pagers, and answers to somebody still there."""
    if facts.kind in ("safety", "staff", "page", "confirmation"):
        return True
    fresh = facts.answering_at is not None and at - facts.answering_at <= ANSWER_FRESH
    if facts.kind == "reply":
        return fresh or facts.answering_at is None
    return facts.free and fresh


def _is_held(facts: Facts, at: datetime) -> bool:
    if facts.kind not in UNASKED or facts.hold_until is None or _any_hour(facts, at):
        return False
    return facts.hold_until > at


def _is_unstaffed(facts: Facts, at: datetime) -> bool:
    if facts.kind not in UNASKED or _any_hour(facts, at):
        return False
    return facts.needs_staff and facts.staffed is False


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
