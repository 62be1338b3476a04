"""What each rule says of a text: its verdict, and on what ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from outreach.consent.rules import CONFIRM_WITHIN
from outreach.policy.rules import budget, hours
from outreach.policy.rules.facts import UNASKED, Facts
from outreach.policy.rules.grounds import Ground

Says = tuple[str, Ground]
"""pass | bypass | suppress | defer | merge | ask_human, and the ground."""
Rule = Callable[[Facts], Says]

ANSWER_FRESH = timedelta(minutes=60)
"""A text that answers somebody may come at any hour if they wrote this short a while ago."""
MOST_REPLIES = 3
"""Automatic replies to one phone within an hour: beyond, two machines may be talking to each other."""
AT_ANY_HOUR = ("safety", "staff", "page", "confirmation")
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


def patient(facts: Facts) -> Says:
    """Say whether the patient is somebody to write to now."""
    if facts.kind not in UNASKED:
        return "bypass", "answered"
    if facts.deceased or facts.hospice or facts.readmitted:
        return "suppress", next(ground for ground in BARRED if getattr(facts, ground))
    return "pass", "at_home"


def phone(facts: Facts) -> Says:
    """Say whether the number is in use, and theirs."""
    state = facts.phone_state
    return "pass" if state == "usable" else "suppress", PHONES.get(state, "unreachable")


def consent(facts: Facts) -> Says:
    """Say whether they agreed to this kind of text."""
    if facts.kind == "confirmation":
        return _confirmation(facts)
    if facts.kind == "page":
        return "bypass", "pager"
    if facts.opted_out_at is not None:
        return "suppress", "opted_out"
    if facts.provider_blocked:
        return "suppress", "provider_blocked"
    if facts.consent_allowed:
        return "pass", "agreed"
    if _answers(facts):
        return "pass", "wrote_first"
    return "suppress", CONSENT.get(facts.consent_reason, "no_basis")


def _confirmation(facts: Facts) -> Says:
    since = facts.opted_out_at
    if since is None:
        return "pass", "may_confirm"
    if facts.provider_blocked:
        return "suppress", "carrier_confirms"
    if facts.confirmed_at is not None:
        return "suppress", "confirmed_already"
    if facts.now - since > CONFIRM_WITHIN:
        return "suppress", "too_late_to_confirm"
    return "pass", "may_confirm"


def stale(facts: Facts) -> Says:
    """Say whether it is still of use."""
    if facts.not_after is not None and facts.now > facts.not_after:
        return "suppress", "too_late"
    return "pass", "of_use"


def paused(facts: Facts) -> Says:
    """Say whether somebody has paused what it is part of."""
    if facts.paused is None:
        return "pass", "nothing_paused"
    if facts.kind not in UNASKED:
        return "bypass", "never_paused"
    return "defer", PAUSES.get(facts.paused, "sender_paused")


def quiet_hours(facts: Facts) -> Says:
    """Say whether the hour allows it."""
    if facts.kind == "staff":
        return "bypass", "person_decides"
    if any_hour(facts, facts.now):
        return "bypass", "just_wrote"
    if hours.inside(facts, facts.now):
        return "pass", "within_hours"
    has_hours = hours.window(facts, hours.local_day(facts)) is not None
    return "defer", OUTSIDE[bool(facts.zone), has_hours]


def in_budget(facts: Facts) -> Says:
    """Say whether the phone has had too much."""
    if facts.kind not in UNASKED:
        return "bypass", "not_counted"
    if facts.merge_into is not None:
        return "merge", "carried"
    tally = budget.tally(facts, hours.local_day(facts))
    if tally.over_ceiling:
        # Somebody answered and their follow-up can't go: a person takes over rather than silence.
        return "ask_human" if facts.free else "defer", "over_ceiling"
    if facts.free:
        return "pass", "follow_up"
    if budget.is_reserved(facts):
        return "pass", "own_rhythm"
    if tally.over_day or tally.over_week:
        return "defer", OVER[tally.over_day, tally.reduced]
    return "pass", "room"


def conversation(facts: Facts) -> Says:
    """Say whether a person and the patient are talking."""
    return ("defer", "talking") if is_held(facts, facts.now) else ("pass", "nobody_talks")


def staffing(facts: Facts) -> Says:
    """Say whether somebody is there for the answer, if it needs somebody."""
    if is_unstaffed(facts, facts.now):
        return "defer", "nobody_rostered"
    return "pass", "somebody_there" if facts.needs_staff else "nobody_needed"


def sender(facts: Facts) -> Says:
    """Say whether the sender works."""
    if facts.sender_stopped is None:
        return "pass", "sender_works"
    return ("defer", "sender_stopped") if facts.kind in UNASKED else ("ask_human", "sender_stopped_waiting")


def loop(facts: Facts) -> Says:
    """Say whether two machines may be talking to each other."""
    sent = within_an_hour(facts)
    if sent is None:
        return "pass", "no_automatic_reply"
    return ("ask_human", "in_circles") if sent >= MOST_REPLIES else ("pass", "not_in_circles")


def within_an_hour(facts: Facts) -> int | None:
    """Return how many such automatic answers the phone got within the hour, None if it is no such answer."""
    if facts.kind == "reply":
        return facts.automatic_replies
    return facts.safety_texts if facts.kind == "safety" else None


def any_hour(facts: Facts, at: datetime) -> bool:
    """Whether the hour does not matter: safety, people, pagers, and answers to somebody still there."""
    if facts.kind in AT_ANY_HOUR:
        return True
    fresh = facts.answering_at is not None and at - facts.answering_at <= ANSWER_FRESH
    if facts.kind == "reply":
        return fresh or facts.answering_at is None
    return facts.free and fresh


def is_held(facts: Facts, at: datetime) -> bool:
    """Whether somebody talks with the patient at a moment, and this can wait."""
    if facts.hold_until is None or facts.kind not in UNASKED or any_hour(facts, at):
        return False
    return facts.hold_until > at


def is_unstaffed(facts: Facts, at: datetime) -> bool:
    """Whether nobody would be there for the answer, and this can wait."""
    if facts.staffed is not False or not facts.needs_staff or facts.kind not in UNASKED:
        return False
    return not any_hour(facts, at)


def _answers(facts: Facts) -> bool:
    if facts.kind in ("reply", "safety"):
        return True
    return facts.kind == "staff" and facts.answering_at is not None
