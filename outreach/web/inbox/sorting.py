"""Working through a list: narrowing it, keeping it under a name, acting on many conversations at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel.errors import Conflict, Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.staff import queries as staff
from outreach.web import words
from outreach.web.inbox import acts, pages
from outreach.web.languages import gettext, translate

blueprint = Blueprint("sorting", __name__, url_prefix="/inbox")
RIGHT = "see_inbox"
MOST_AT_ONCE = 100
RISKS = ("high", "medium", "low")
RIGHTS = {"assign": "assign", "snooze": "reply", "close": "reply", "tag": "reply", "untag": "reply"}
PAST = {"assign": "assigned", "snooze": "snoozed", "close": "closed", "tag": "tagged", "untag": "untagged"}

Deed = Callable[[UnitOfWork, conversations.ConversationView, int], None]


class NothingChosen(Invalid):
    """Choose some conversations first, at most a hundred."""


class NoSuchDeed(Invalid):
    """This can't be done with many conversations at once."""


@blueprint.get("/filters")
@http.needs("see_inbox")
def filters() -> ResponseReturnValue:
    """Return what a list can be narrowed by, with what is chosen now."""
    with http.begin() as uow:
        chosen = pages.wanted_filters()
        return render_template(
            "inbox/_filters.html",
            list_view=pages.wanted_view(),
            chosen=chosen,
            saved_id=request.args.get("saved", ""),
            risks=RISKS,
            **_choices(uow),
        )


@blueprint.post("/views")
@http.needs("see_inbox")
def keep_view() -> ResponseReturnValue:
    """Keep the list as it is narrowed under a name of one's own."""
    view, chosen = request.form.get("view", ""), conversations.Filters.parse(request.form)
    with http.begin() as uow:
        made = commands.save_view(
            uow,
            staff_id=http.me().staff_id,
            name=request.form.get("name", ""),
            view=view,
            filters=chosen,
        )
    return redirect(f"/inbox?{urlencode({'view': view, **chosen.as_words(), 'saved': str(made)})}", code=303)


@blueprint.post("/views/<uuid:subject_id>/remove")
@http.needs("see_inbox")
def remove_view(subject_id: UUID) -> ResponseReturnValue:
    """Remove a list of one's own. Raise NotFound for another's."""
    with http.begin() as uow:
        found = conversations.saved_view(uow, staff_id=http.me().staff_id, saved_view_id=subject_id)
        commands.remove_view(uow, staff_id=http.me().staff_id, saved_view_id=found.saved_view_id)
    return redirect(f"/inbox?view={found.view}", code=303)


@blueprint.get("/many")
@http.needs("reply")
def many() -> ResponseReturnValue:
    """Return what can be done with the conversations chosen."""
    with http.begin() as uow:
        home = staff.organization(uow).zone
        return render_template(
            "inbox/_many.html",
            snoozes=pages.snoozes(uow.now, home),
            close_reasons=[(one, gettext(one)) for one in pages.CLOSE_REASONS],
            may_assign=http.me().may("assign"),
            **_choices(uow),
        )


@blueprint.post("/many")
@http.needs("reply")
def act_on_many() -> ResponseReturnValue:
    """Assign, snooze, close or tag conversations, each as it was seen.

    Each is its own transaction: what a colleague changed meanwhile is left alone and told, the rest is done.
    """
    act, value = request.form.get("act", ""), request.form.get("value", "").strip()
    if act not in RIGHTS:
        raise NoSuchDeed
    deed, teams = _deed(act, value), http.me().teams_with(RIGHTS[act])
    done: list[str] = []
    told: dict[str, list[str]] = {}
    for conversation_id, version in _chosen():
        try:
            _one(conversation_id, version, act, value, deed, teams)
        except (Conflict, NotFound, Invalid) as error:
            told.setdefault(translate(error.said), []).append(str(conversation_id))
        else:
            done.append(str(conversation_id))
    return jsonify(done=done, told=[{"why": why, "ids": found} for why, found in told.items()])


@blueprint.get("/saved/counts")
@http.signed_in_quietly
def counts() -> ResponseReturnValue:
    """Say how many conversations one's own lists hold. Asking is not activity, and writes nothing."""
    who = http.me()
    with http.begin() as uow:
        found = conversations.saved_counts(uow, staff_id=who.staff_id, team_ids=who.teams_with(RIGHT))
    return jsonify({str(one): words.capped(number) for one, number in found.items()})


@blueprint.get("/present")
@http.signed_in_quietly
def present() -> ResponseReturnValue:
    """Say who has which of the conversations shown open. Asking is not activity, and writes nothing."""
    who = http.me()
    ids = [acts.uuid_of(word) for word in request.args.get("ids", "").split(",")[: pages.FEW * 2] if word]
    found = current_app.extensions["presence"].at(ids, now=http.services().transactions.machine_clock.now())
    others = {
        one: [person.staff_id for person in people if person.staff_id != who.staff_id]
        for one, people in (found or {}).items()
    }
    seen = {person for people in others.values() for person in people}
    if not seen:
        return jsonify({})
    with http.begin() as uow:
        # Only colleagues of one's own teams are named, and only in conversations of these.
        visited = [one for one, people in others.items() if people]
        ours = conversations.among(uow, conversation_ids=visited, team_ids=who.teams_with(RIGHT))
        names = staff.names(uow, staff_ids=seen)
    return jsonify(
        {str(one): [names[person] for person in people] for one, people in others.items() if one in ours}
    )


def _choices(uow: UnitOfWork) -> dict[str, Any]:
    team_ids = http.me().teams_with(RIGHT)
    return {
        "teams": staff.teams(uow, team_ids),
        "colleagues": [
            one
            for one in staff.members(uow, team_ids=team_ids)
            if any(one.teams.get(team) in ("lead", "nurse", "coordinator") for team in team_ids)
        ],
        "tags": conversations.tags(uow, team_ids=team_ids),
        "titles": {key: gettext(title) for key, title in programs.titles(uow).items()},
    }


def _chosen() -> list[tuple[UUID, int]]:
    found = []
    for word in request.form.get("items", "").split(","):
        row_id, _, version = word.partition(":")
        if version.isdigit():
            found.append((acts.uuid_of(row_id), int(version)))
    if not found or len(found) > MOST_AT_ONCE:
        raise NothingChosen
    return found


def _one(
    conversation_id: UUID, version: int, act: str, value: str, deed: Deed, teams: tuple[UUID, ...]
) -> None:
    try:
        with http.begin() as uow:
            found = conversations.conversation(uow, conversation_id=conversation_id, team_ids=teams)
            deed(uow, found, version)
            audit.record(
                uow,
                action=PAST[act],
                subject_kind="conversation",
                subject_id=found.id,
                patient_id=found.patient_id,
                team_id=found.team_id,
                detail={"value": value, "together": True},
            )
    except NotFound:
        with http.begin() as uow:
            audit.refuse(uow, subject_kind="sorting.act_on_many", subject_id=conversation_id)
        raise


def _deed(act: str, value: str) -> Deed:
    def assign(uow: UnitOfWork, found: conversations.ConversationView, version: int) -> None:
        to = acts.uuid_of(value) if value else None
        if to is not None and to not in {one.id for one in staff.members(uow, team_ids=[found.team_id])}:
            raise acts.NoSuchColleague
        commands.assign(uow, conversation_id=found.id, to_staff_id=to, expected=version)

    def snooze(uow: UnitOfWork, found: conversations.ConversationView, version: int) -> None:
        until = acts.moment_in(value, staff.team(uow, found.team_id).zone)
        commands.snooze(uow, conversation_id=found.id, until=until, expected=version)

    def close(uow: UnitOfWork, found: conversations.ConversationView, version: int) -> None:
        commands.close(uow, conversation_id=found.id, reason=value[:80], expected=version)

    def tag(uow: UnitOfWork, found: conversations.ConversationView, version: int) -> None:
        tag_id = commands.put_tag(uow, team_id=found.team_id, word=value)
        commands.add_tag(uow, conversation_id=found.id, tag_id=tag_id, expected=version)

    def untag(uow: UnitOfWork, found: conversations.ConversationView, version: int) -> None:
        tag_id = commands.put_tag(uow, team_id=found.team_id, word=value)
        commands.drop_tag(uow, conversation_id=found.id, tag_id=tag_id, expected=version)

    return {"assign": assign, "snooze": snooze, "close": close, "tag": tag, "untag": untag}[act]
