"""What the inbox page is made of: lists with counters, rows, the open thread, what one may do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, request

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.kernel import ids
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.web import words
from outreach.web.inbox import display
from outreach.web.languages import gettext, later, say, say_many

RIGHT = "see_inbox"
MORNING = time(9, 0)
FEW = 30
CLOSE_REASONS = (
    later("Answered"),
    later("Handled by phone"),
    later("No answer needed"),
    later("Wrong person"),
    later("Handed to another team"),
)
"""Kept in English, shown in the reader's language."""


@dataclass(frozen=True, kw_only=True)
class ListTab:
    """One list with its counter."""

    key: str
    label: str
    icon: str
    count: int | None
    hot: bool = False


@dataclass(frozen=True, kw_only=True)
class SavedList:
    """A list of one's own, and the address of it."""

    id: UUID
    name: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Empty:
    """What an empty list says."""

    icon: str
    title: str
    words: str


LISTS = (
    ("mine", later("Mine"), "user-round", False),
    ("unassigned", later("Unassigned"), "inbox", False),
    ("waiting", later("Past target"), "clock", True),
    ("escalations", later("Escalations"), "triangle-alert", True),
    ("failed", later("Not delivered"), "circle-alert", True),
    ("unknown", later("Unknown senders"), "circle-help", False),
    ("snoozed", later("Snooze is over"), "alarm-clock", False),
    ("closed", later("Closed"), "archive", False),
    ("all", later("All"), "message-square-text", False),
)
EMPTY = {
    "mine": Empty(
        icon="user-round",
        title=later("Nothing is yours"),
        words=later("What you take or answer stands here."),
    ),
    "unassigned": Empty(
        icon="circle-check",
        title=later("Nobody waits unowned"),
        words=later("New texts that need a person show up here."),
    ),
    "waiting": Empty(
        icon="circle-check",
        title=later("Nobody waits too long"),
        words=later("Who waits past your team's target shows up here, longest first."),
    ),
    "escalations": Empty(
        icon="shield-check",
        title=later("No open escalation"),
        words=later("Urgent texts and answers show up here with their clock."),
    ),
    "failed": Empty(
        icon="check-check",
        title=later("Everything arrived"),
        words=later("Texts that did not get through show up here."),
    ),
    "unknown": Empty(
        icon="circle-help",
        title=later("No unknown senders"),
        words=later("Texts from numbers nobody knows show up here."),
    ),
    "snoozed": Empty(
        icon="alarm-clock",
        title=later("Nothing is due"),
        words=later("Conversations come back when their time is up."),
    ),
    "closed": Empty(
        icon="archive", title=later("Nothing is closed"), words=later("Closed conversations stay here.")
    ),
    "all": Empty(
        icon="message-square-text",
        title=later("No conversations yet"),
        words=later("Every text in or out opens one. Patients start when they are discharged."),
    ),
}


def around(uow: UnitOfWork) -> conversations.Overview:
    """Return what stands around a list. Ask first: what changes after it was read is told live."""
    who = http.me()
    return conversations.overview(uow, staff_id=who.staff_id, team_ids=who.teams_with(RIGHT))


def queue(
    uow: UnitOfWork, *, view: str, around: conversations.Overview, before: str | None = None
) -> dict[str, Any]:
    """Return one page of a list with all counters. Whoever shows it puts the look on the record."""
    who, filters = http.me(), wanted_filters()
    page = conversations.inbox(
        uow,
        staff_id=who.staff_id,
        team_ids=who.teams_with(RIGHT),
        view=view,
        before=before,
        limit=FEW,
        filters=filters,
    )
    counts = display.as_dict(around.counts)
    return {
        "list_view": view,
        "page": page,
        "views": [
            ListTab(key=key, label=gettext(label), icon=icon, hot=hot, count=counts.get(key))
            for key, label, icon, hot in LISTS
        ],
        "view_label": next(gettext(label) for key, label, _, _ in LISTS if key == view),
        "empty": replace(EMPTY[view], title=gettext(EMPTY[view].title), words=gettext(EMPTY[view].words)),
        # The page counts this list itself: what is pushed to everybody says nothing of one person.
        "mine_ids": around.mine,
        "counts": counts,
        "saved": [
            SavedList(
                id=one.saved_view_id,
                name=one.name,
                query=_query(one.view, one.filters, str(one.saved_view_id)),
            )
            for one in around.saved
        ],
        "saved_id": request.args.get("saved", ""),
        "narrowed": len(filters.as_words()),
        "list_query": _query(view, filters, request.args.get("saved", "")),
    }


def open_thread(
    uow: UnitOfWork, *, conversation_id: UUID, before: str | None = None, glass: UUID | None = None
) -> dict[str, Any]:
    """Return a thread with what stands beside it. Raise NotFound.

    Whoever shows it puts the look on the record. `glass` is the other team whose patient the person asking
    has opened in an emergency.
    """
    who = http.me()
    team_ids = (*who.teams_with(RIGHT), *((glass,) if glass else ()))
    view = display.whole(
        uow, conversation_id=conversation_id, team_ids=team_ids, staff_id=who.staff_id, before=before
    )
    thread = view.thread
    return {
        "view": view,
        "colleagues": [
            one for one in view.members if one.teams.get(thread.team_id) in ("lead", "nurse", "coordinator")
        ],
        "snoozes": snoozes(uow.now, thread.team_zone),
        "close_reasons": [(one, gettext(one)) for one in CLOSE_REASONS],
        "draft_key": ids.token(),
        "outcomes": tuple(words.OUTCOMES.items()),
        "glass": glass,
    }


def welcome(uow: UnitOfWork, *, listed: dict[str, Any]) -> dict[str, Any]:
    """Return what the middle shows while no thread is open: the next thing to do."""
    hour = uow.now.astimezone(ZoneInfo(g.home_zone)).hour
    first, first_view = _most_pressing(uow, listed)
    return {
        "view": None,
        "greeting": _greeting(hour, http.me().name.split(" ")[0]),
        "summary": _summary(listed["counts"]),
        "first": first,
        "first_view": first_view,
    }


def _greeting(hour: int, name: str) -> str:
    if hour < 12:
        return say("Good morning, %(name)s", name=name)
    return (
        say("Good afternoon, %(name)s", name=name) if hour < 18 else say("Good evening, %(name)s", name=name)
    )


def put_on_record(uow: UnitOfWork, *, listed: dict[str, Any] | None, opened: dict[str, Any] | None) -> None:
    """Put on the record which list and which thread somebody looked at."""
    ids = [row.conversation_id for row in listed["page"].rows] if listed else []
    view = listed["list_view"] if listed else ""
    if opened is None:
        audit.look_list(uow, view=view, conversation_ids=ids)
        return
    thread = opened["view"].thread
    audit.look_beside_list(
        uow,
        view=view,
        conversation_ids=ids,
        subject_id=thread.conversation_id,
        patient_id=thread.patient_id,
        team_id=thread.team_id,
    )


def snoozes(now: datetime, zone: str) -> list[dict[str, Any]]:
    """Return the times one may snooze until: in an hour, tomorrow, Monday, in a week; mornings at nine.

    What is the same moment (on a Sunday tomorrow and Monday) is offered once.
    """
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    days_to_monday = (7 - today.weekday()) % 7 or 7
    choices = [
        (gettext("In one hour"), now + timedelta(hours=1)),
        (gettext("In three hours"), now + timedelta(hours=3)),
        (gettext("Tomorrow"), datetime.combine(today + timedelta(days=1), MORNING, here)),
        (gettext("Monday"), datetime.combine(today + timedelta(days=days_to_monday), MORNING, here)),
        (gettext("In a week"), datetime.combine(today + timedelta(days=7), MORNING, here)),
    ]
    once = {at: label for label, at in reversed(choices)}
    return [{"label": once[at], "at": at, "words": words.moment(at, now, zone)} for at in sorted(once)]


def wanted_filters() -> conversations.Filters:
    """Return what the list asked for is narrowed by. Raise BadFilter."""
    return conversations.Filters.parse(request.args)


def _query(view: str, filters: conversations.Filters, saved: str) -> str:
    return urlencode({"view": view, **filters.as_words(), **({"saved": saved} if saved else {})})


def wanted_view() -> str:
    """Return the list asked for. Raise NoSuchView."""
    view = request.args.get("view") or "unassigned"
    if view not in EMPTY:
        raise conversations.NoSuchView
    return view


def _most_pressing(uow: UnitOfWork, listed: dict[str, Any]) -> tuple[conversations.InboxRow | None, str]:
    who = http.me()
    for view in ("escalations", "waiting", "unassigned", "mine"):
        if listed["counts"][view]:
            page = conversations.inbox(
                uow, staff_id=who.staff_id, team_ids=who.teams_with(RIGHT), view=view, limit=1
            )
            if page.rows:
                return page.rows[0], view
    return None, ""


def _summary(counts: dict[str, int]) -> str:
    said = [
        say_many("%(num)s escalation is open", "%(num)s escalations are open", counts["escalations"]),
        say_many(
            "%(num)s person waits past the target", "%(num)s people wait past the target", counts["waiting"]
        ),
        say_many(
            "%(num)s conversation has no owner", "%(num)s conversations have no owner", counts["unassigned"]
        ),
        say_many(
            "%(num)s conversation has a text that did not arrive",
            "%(num)s have a text that did not arrive",
            counts["failed"],
        ),
    ]
    shown = ("escalations", "waiting", "unassigned", "failed")
    parts = [words_ for key, words_ in zip(shown, said, strict=True) if counts[key]]
    return (", ".join(parts) + ".") if parts else ""
