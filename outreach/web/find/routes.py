"""Find: people by name and record number, conversations by phone number, texts by their words.

What is looked for comes in a form and never in an address: addresses are logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.kernel import phone
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.kernel.words import whole
from outreach.patients import queries as patients
from outreach.web import frame

blueprint = Blueprint("find", __name__, url_prefix="/find")
RIGHT = "see_inbox"
LONGEST = 100
FEWEST_DIGITS, ALL_DIGITS = 7, 10


class BadPlace(Invalid):
    """This page can't be used any more. Look for it again."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who was found, with their conversations in one's own teams."""

    id: UUID
    name: str
    numbers: tuple[str, ...]
    """The record number they were found by, if they were."""
    rows: tuple[conversations.InboxRow, ...]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A text that was found, and the conversation it is in."""

    text: conversations.FoundText
    row: conversations.InboxRow


@blueprint.get("")
@http.needs("see_inbox")
def empty() -> ResponseReturnValue:
    """Show where to look for something."""
    with http.begin() as uow:
        frame.note_zone(uow)
        return _page("", {})


@blueprint.post("")
@http.needs("see_inbox")
def look() -> ResponseReturnValue:
    """Show what was found. A number that one conversation has leads straight to it."""
    wanted = " ".join(request.form.get("q", "").split())[:LONGEST]
    with http.begin() as uow:
        frame.note_zone(uow)
        by_number = _by_number(uow, wanted)
        if len(by_number) == 1:
            return redirect(f"/inbox/{by_number[0]}?view=all", code=303)
        return _page(wanted, _found(uow, wanted, by_number))


def _page(wanted: str, found: dict[str, Any]) -> ResponseReturnValue:
    digits = sum(letter.isdigit() for letter in wanted)
    part_of_number = FEWEST_DIGITS <= digits < ALL_DIGITS and not any(map(str.isalpha, wanted))
    return render_template(
        "find/page.html", page_key="find", wanted=wanted, part_of_number=part_of_number, **found
    )


def _by_number(uow: UnitOfWork, wanted: str) -> tuple[UUID, ...]:
    """The conversations of one's teams with a phone number, if it is one."""
    if sum(letter.isdigit() for letter in wanted) < FEWEST_DIGITS or any(map(str.isalpha, wanted)):
        return ()
    try:
        number = phone.parse(wanted)
    except phone.NotAPhone:
        return ()
    found = patients.find_phone(uow, phone=number)
    if found is None:
        return ()
    return conversations.of_phone(uow, phone_id=found, team_ids=http.me().teams_with(RIGHT))


def _found(uow: UnitOfWork, wanted: str, by_number: tuple[UUID, ...]) -> dict[str, Any]:
    """Look in names and texts, and put the look on the record; of a later page only its own kind."""
    team_ids = http.me().teams_with(RIGHT)
    people_after, texts_before = request.form.get("people_after"), request.form.get("texts_before")
    people = patients.PeoplePage(people=(), next=None)
    texts = conversations.TextsPage(texts=(), next=None, looked_at=0)
    if not texts_before:
        people = patients.find_people(uow, team_ids=team_ids, wanted=wanted, after=_place(people_after))
    if not people_after:
        texts = conversations.find_texts(uow, team_ids=team_ids, wanted=wanted, before=texts_before)
    of_people = conversations.of_patients(
        uow, patient_ids=[one.patient_id for one in people.people], team_ids=team_ids
    )
    ids = {*by_number, *(row.conversation_id for row in texts.texts), *_ids(of_people)}
    rows = {row.conversation_id: row for row in conversations.rows(uow, conversation_ids=ids)}
    if ids or people.people:
        seen = [str(one.patient_id) for one in people.people]
        detail = {"view": "find", "conversations": sorted(map(str, ids)), "patients": seen}
        audit.record(uow, action="looked_at_list", subject_kind="list", detail=detail)
    return {
        "numbers": [rows[one] for one in by_number],
        "people": [
            Person(
                id=one.patient_id,
                name=one.names[0],
                numbers=_typed(one.numbers, wanted),
                rows=tuple(rows[place] for place in of_people.get(one.patient_id, ())),
            )
            for one in people.people
        ],
        "people_next": people.next,
        "people_after": people_after,
        "said": [Said(text=one, row=rows[one.conversation_id]) for one in texts.texts],
        "texts_next": texts.next,
        "texts_before": texts_before,
    }


def _typed(numbers: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    """Record numbers that were looked for themselves: others show beside a thread, by an audited click."""
    return tuple(one for one in numbers if whole(one) == whole(wanted))


def _ids(of_people: dict[UUID, list[UUID]]) -> set[UUID]:
    return {one for found in of_people.values() for one in found}


def _place(word: str | None) -> UUID | None:
    if not word:
        return None
    try:
        return UUID(word)
    except ValueError as error:
        raise BadPlace from error
