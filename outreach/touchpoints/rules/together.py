"""Contacts that are due together on one phone become one text. One loop for the live path and the dry run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from outreach.kernel.quick import quick
from outreach.policy.rules import Facts, Part, decide, local_day, merge, precedence
from outreach.policy.rules.facts import UNASKED
from outreach.touchpoints.rules import asking, wording
from outreach.touchpoints.rules.timing import local_moment
from outreach.touchpoints.rules.wording import Composed

WEIGHT = {"appointment": "reminder", "activity": "activity", "refill": "refill"}
"""Kind of a contact -> what precedence calls it; the rest are programs."""
WAITS_FOR = "another_question_is_open"
GOES_WITH = "goes_with_another"
ASKS_AGAIN_AT = time(9, 0)


@quick
@dataclass(frozen=True, kw_only=True)
class Ready:
    """A due contact with its words. `key` sorts what is equal otherwise, and is the same in every process."""

    id: Any
    key: str
    source_kind: str
    patient: str
    due_at: datetime
    not_after: datetime
    composed: Composed
    over: Any = None
    """The open question it is asked over."""


@quick
@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One text: the contact that goes, those that ride along, and what it says."""

    lead: Ready
    riders: tuple[Ready, ...] = ()
    composed: Composed
    """The lead's, with the merged text, and the question of whichever part has one."""
    asks: Ready | None
    """The part that is a question."""


class Door(Protocol):
    """What the loop needs of the world: the database, or a dry run's memory."""

    @property
    def now(self) -> datetime:
        """Product time."""
        ...

    def live(self) -> Sequence[asking.Live]:
        """Return the questions that are being waited for on this phone."""
        ...

    def facts(self, one: Ready, *, merge_into: str | None = None) -> Facts:
        """Return what policy may know of a contact now."""
        ...

    def soonest(self, taking: Sequence[Ready]) -> datetime | None:
        """Return when the next of this patient's contacts is due, none of those that have their turn now."""
        ...

    def hold(self, one: Ready, *, until: datetime, reason: str) -> None:
        """Let a contact wait, or go if it can't wait so long."""
        ...

    def send(self, bundle: Bundle) -> None:
        """Ask for a text to be sent, and keep what came of it."""
        ...


def take_turns(ready: Sequence[Ready], door: Door) -> None:
    """Send, merge or hold contacts that are due together on one phone, until each is settled."""
    waiting = list(ready) if len(ready) == 1 else sorted(ready, key=_place)
    while waiting:
        able = [found for one in waiting if (found := _in_turn(one, door)) is not None]
        if able and all(one.composed.yields for one in able):
            able = [one for one in able if not _yields(one, able, door)]
        if not able:
            return
        bundle = _bundle(able, door)
        door.send(bundle)
        if len(able) == 1:
            return
        gone = {bundle.lead.id, *(one.id for one in bundle.riders)}
        kept = {one.id for one in able} - gone
        waiting = [one for one in waiting if one.id in kept]


def _in_turn(one: Ready, door: Door) -> Ready | None:
    question = one.composed.question
    if question is None:
        return one
    turn = asking.turn(
        question,
        door.live(),
        now=door.now,
        not_after=one.not_after,
        presses=one.composed.presses,
        follows=one.composed.free,
    )
    reworded = one.composed if turn.words is None else wording.with_words(one.composed, turn.words)
    if turn.verdict == "ask" and reworded is not None:
        as_it_is = reworded is one.composed and turn.over is None
        return one if as_it_is else replace(one, composed=reworded, over=turn.over)
    until = turn.until
    if until is None:
        until = min((found.expires_at for found in door.live()), default=door.now)
    door.hold(one, until=until, reason=WAITS_FOR)
    return None


def _yields(one: Ready, able: Sequence[Ready], door: Door) -> bool:
    """Let what need not be a text of its own wait for the next of this day, or for a day without one.

    It waits no longer than its own time.
    """
    facts = door.facts(one)
    today = local_day(facts)
    until = door.soonest(able)
    if any(sent.source in UNASKED and sent.local_day == today for sent in facts.contacts):
        until = local_moment(today + timedelta(days=1), ASKS_AGAIN_AT, facts.zone)
    elif until is not None and until >= local_moment(today + timedelta(days=1), time.min, facts.zone):
        until = None
    if until is None or until >= one.not_after:
        return False
    door.hold(one, until=max(until, door.now), reason=GOES_WITH)
    return True


def _bundle(able: Sequence[Ready], door: Door) -> Bundle:
    """Return the next text: the weightiest contact that may go, with all that may ride along."""
    if len(able) == 1:
        return _single(able[0])
    alone = next((one for one in able if one.composed.free or one.composed.part is None), None)
    if alone is not None:
        return _single(alone)
    lead = next((one for one in able if decide(door.facts(one)).outcome == "send"), None)
    if lead is None:
        return _single(able[0])
    along = [one for one in able if one.id != lead.id and _may_ride(one, lead, door)]
    merged = merge(
        [_part(lead), *map(_part, along)],
        head=wording.head_of(lead.composed),
        tail=next((tail for one in (lead, *along) if (tail := wording.tail_of(one.composed))), ""),
    )
    riders = tuple(one for one in along if one.key in merged.carried)
    if not riders or lead.key not in merged.carried:
        return _single(lead)
    asks = next((one for one in (lead, *riders) if one.composed.question is not None), None)
    asked = asks.composed if asks else lead.composed
    composed = replace(
        lead.composed,
        text=merged.body,
        question=asked.question,
        question_lasts_hours=asked.question_lasts_hours,
        needs_staff=any(one.composed.needs_staff for one in (lead, *riders)),
    )
    return Bundle(lead=lead, riders=riders, composed=composed, asks=asks)


def _single(one: Ready) -> Bundle:
    return Bundle(lead=one, composed=one.composed, asks=one if one.composed.question is not None else None)


def _may_ride(one: Ready, lead: Ready, door: Door) -> bool:
    return decide(door.facts(one, merge_into=str(lead.id))).outcome == "merge"


def _place(one: Ready) -> tuple[Any, ...]:
    return (not one.composed.free, *precedence(_part(one)))


def _part(one: Ready) -> Part:
    composed = one.composed
    return Part(
        id=one.key,
        kind=WEIGHT.get(one.source_kind, "program"),
        words=composed.part or composed.text,
        language=composed.language,
        patient=one.patient,
        is_question=composed.question is not None,
        clinical=composed.needs_staff,
        about_at=composed.about_at,
        due_at=one.due_at,
    )
