"""The organization, its senders and care teams, their hours and rosters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries, rules
from outreach.staff.commands.record import line
from outreach.staff.commands.senders import NameTaken, must_be_for_patients
from outreach.staff.events import RosterFilled
from outreach.staff.models import CareTeam, Holiday, Organization, Shift

MINUTES_A_DAY = 24 * 60


class AlreadySetUp(Conflict):
    """This deployment has its organization already."""


class UnknownZone(Invalid):
    """There is no such time zone. Name it like America/New_York."""


class BadTarget(Invalid):
    """An answer target is 1 to 1440 minutes."""


class ShiftTooShort(Invalid):
    """A shift must end after it starts."""


class NotInTheTeam(Invalid):
    """This person is not in the team. Give them a role in it first."""


class TeamChanges(TypedDict, total=False):
    """What can be changed of a team."""

    name: str
    sender_id: UUID
    zone: str
    answer_target_minutes: int
    emergency_text_number: str
    is_default: bool


def create_organization(
    uow: UnitOfWork, *, name: str, short_name: str, zone: str, settings: Mapping[str, Any] | None = None
) -> UUID:
    """Set up the organization. Raise AlreadySetUp or UnknownZone."""
    if uow.session.scalars(select(Organization.id)).first():
        raise AlreadySetUp
    row = Organization(
        id=uow.new_id(), name=name, short_name=short_name, zone=_zone(zone), settings=dict(settings or {})
    )
    uow.session.add(row)
    line(uow, "organization_created", "organization", row.id)
    return row.id


def change_settings(uow: UnitOfWork, *, changes: Mapping[str, Any], of: str | None = None) -> None:
    """Change settings of the organization, key by key; None takes one away. Raise NoOrganization.

    The record says what was changed, from what to what; `of` names the one setting within a key.
    """
    found = queries.organization(uow)
    after = {key: value for key, value in {**found.settings, **changes}.items() if value is not None}
    uow.session.execute(update(Organization).where(Organization.id == found.id).values(settings=after))
    detail = {
        "keys": sorted(changes),
        "from": {key: found.settings.get(key) for key in changes},
        "to": dict(changes),
    }
    line(uow, "settings_changed", "organization", found.id, detail | ({"of": of} if of else {}))


def create_team(
    uow: UnitOfWork,
    *,
    name: str,
    sender_id: UUID,
    zone: str,
    opening_hours: Sequence[Mapping[str, Any]] = ({"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"},),
    answer_target_minutes: int = 30,
    emergency_text_number: str = "911",
    is_default: bool = False,
) -> UUID:
    """Add a care team with its sender and hours.

    Raise UnknownZone, NameTaken, PagesOnly, or Invalid hours.
    """
    rules.check_opening_hours(opening_hours)
    _name_free(uow, name)
    must_be_for_patients(uow, sender_id)
    if is_default:
        uow.session.execute(update(CareTeam).values(is_default=False))
    row = CareTeam(
        id=uow.new_id(),
        name=name,
        sender_id=sender_id,
        zone=_zone(zone),
        opening_hours=[dict(one) for one in opening_hours],
        answer_target_minutes=answer_target_minutes,
        emergency_text_number=emergency_text_number,
        is_default=is_default,
    )
    uow.session.add(row)
    uow.session.flush()
    line(uow, "team_created", "team", row.id, team_id=row.id)
    return row.id


def change_team(uow: UnitOfWork, *, team_id: UUID, changes: TeamChanges) -> None:
    """Change what a team is called, whom it texts as, where its clocks run. What is queued keeps its sender.

    Raise NoSuchTeam, NameTaken, PagesOnly, NoSuchSender, UnknownZone or BadTarget.
    """
    known = queries.team(uow, team_id)
    if "name" in changes and changes["name"] != known.name:
        _name_free(uow, changes["name"])
    if "sender_id" in changes:
        must_be_for_patients(uow, changes["sender_id"])
    if "zone" in changes:
        _zone(changes["zone"])
    if not 1 <= changes.get("answer_target_minutes", 1) <= MINUTES_A_DAY:
        raise BadTarget
    if changes.get("is_default"):
        uow.session.execute(update(CareTeam).values(is_default=False))
    uow.session.execute(update(CareTeam).where(CareTeam.id == team_id).values(**changes))
    line(uow, "team_changed", "team", team_id, {"keys": sorted(changes)}, team_id=team_id)


def set_hours(uow: UnitOfWork, *, team_id: UUID, opening_hours: Sequence[Mapping[str, Any]]) -> None:
    """Change a team's opening hours, in its own zone. Raise Invalid."""
    rules.check_opening_hours(opening_hours)
    uow.session.execute(
        update(CareTeam)
        .where(CareTeam.id == team_id)
        .values(opening_hours=[dict(one) for one in opening_hours])
    )
    line(uow, "hours_changed", "team", team_id, team_id=team_id)


def set_after_hours(uow: UnitOfWork, *, team_id: UUID, on: bool, words: Mapping[str, str]) -> None:
    """Say whether, and in which words by language, texts are answered while nobody is there.

    Languages without words get ours. Raise AfterHoursTooLong, AfterHoursUnsafe, NoSuchTeam.
    """
    emergency = queries.team(uow, team_id).emergency_text_number
    own = {language: said.strip() for language, said in words.items() if said.strip()}
    for said in own.values():
        rules.check_after_hours(said, emergency=emergency)
    uow.session.execute(update(CareTeam).where(CareTeam.id == team_id).values(after_hours={"on": on, **own}))
    line(uow, "after_hours_changed", "team", team_id, {"on": on}, team_id=team_id)


def set_routes(uow: UnitOfWork, *, team_id: UUID, routes: Mapping[str, UUID]) -> None:
    """Say which work another team does for a team; the rest is its own. Raise NotRoutable, NoSuchTeam."""
    if not set(routes) <= set(rules.ROUTABLE):
        raise rules.NotRoutable
    for one in {team_id, *routes.values()}:
        queries.team(uow, one)
    away = {topic: str(found) for topic, found in routes.items() if found != team_id}
    uow.session.execute(update(CareTeam).where(CareTeam.id == team_id).values(routes=away))
    line(uow, "routes_changed", "team", team_id, {"topics": sorted(away)}, team_id=team_id)


def add_holiday(uow: UnitOfWork, *, team_id: UUID | None, day: date, label: str) -> None:
    """Add a day without office hours, for one team or for everybody; twice is once."""
    uow.session.execute(
        insert(Holiday)
        .values(id=uow.new_id(), team_id=team_id, day=day, label=label)
        .on_conflict_do_nothing()
    )
    line(uow, "holiday_added", "team", team_id, {"day": day.isoformat()}, team_id=team_id)


def remove_holiday(uow: UnitOfWork, *, team_id: UUID, holiday_id: UUID) -> None:
    """Make a team's holiday an ordinary day again. Holidays of everybody are not a team's to take away."""
    uow.session.execute(delete(Holiday).where(Holiday.id == holiday_id, Holiday.team_id == team_id))
    line(uow, "holiday_removed", "team", team_id, team_id=team_id)


def add_shift(
    uow: UnitOfWork, *, team_id: UUID, staff_id: UUID, starts_at: datetime, ends_at: datetime, rank: int = 1
) -> UUID:
    """Put somebody on a team's roster, [starts_at, ends_at) in product time.

    Raise ShiftTooShort, or NotInTheTeam: who is paged for patients must be allowed to see them.
    """
    if ends_at <= starts_at:
        raise ShiftTooShort
    if not any(one.id == staff_id for one in queries.members(uow, team_ids=[team_id])):
        raise NotInTheTeam
    row = Shift(
        id=uow.new_id(), team_id=team_id, staff_id=staff_id, starts_at=starts_at, ends_at=ends_at, rank=rank
    )
    uow.session.add(row)
    uow.session.flush()
    line(uow, "shift_added", "staff", staff_id, team_id=team_id)
    uow.publish(RosterFilled(team_id=team_id))
    return row.id


def remove_shift(uow: UnitOfWork, *, team_id: UUID, shift_id: UUID) -> None:
    """Take an entry off a team's roster."""
    uow.session.execute(delete(Shift).where(Shift.id == shift_id, Shift.team_id == team_id))
    line(uow, "shift_removed", "shift", shift_id, team_id=team_id)


def end_shifts(uow: UnitOfWork, *, staff_id: UUID, team_id: UUID) -> None:
    """Take somebody off a team's roster from now on: a shift that runs ends now, later ones are gone."""
    uow.session.execute(
        delete(Shift).where(Shift.staff_id == staff_id, Shift.team_id == team_id, Shift.starts_at >= uow.now)
    )
    uow.session.execute(
        update(Shift)
        .where(Shift.staff_id == staff_id, Shift.team_id == team_id, Shift.ends_at > uow.now)
        .values(ends_at=uow.now)
    )
    line(uow, "shifts_ended", "staff", staff_id, team_id=team_id)


def _name_free(uow: UnitOfWork, name: str) -> None:
    if any(one.name == name for one in queries.teams(uow)):
        raise NameTaken


def _zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone from error
    return zone
