"""What stands around every page: who is signed in, where they may go, who is on now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import g, has_request_context

from outreach import http
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messaging
from outreach.messaging.queries import Troubles
from outreach.staff import queries as staff
from outreach.staff.rules import RIGHTS, SignedIn
from outreach.web import languages, words
from outreach.web.languages import gettext, later, say


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry of the main navigation."""

    key: str
    href: str
    label: str
    icon: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who is on now, in a few words; all of them in the title."""

    words: str
    title: str


PLACES = (
    Place(key="inbox", href="/inbox", label=later("Inbox"), icon="inbox", right="see_inbox"),
    Place(
        key="escalations",
        href="/escalations",
        label=later("Escalations"),
        icon="triangle-alert",
        right="see_inbox",
    ),
    Place(key="tasks", href="/tasks", label=later("Tasks"), icon="list-checks", right="see_inbox"),
    Place(key="programs", href="/programs", label=later("Programs"), icon="workflow", right="see_inbox"),
    Place(key="team", href="/team", label=later("Team"), icon="users", right="see_inbox"),
    Place(key="figures", href="/figures", label=later("Figures"), icon="chart-column", right="see_figures"),
    Place(key="record", href="/record", label=later("Record"), icon="file-clock", right="see_record"),
    Place(key="admin", href="/admin", label=later("Set-up"), icon="settings", right="manage_deployment"),
)
NAMED = 2


def around() -> dict[str, Any]:
    """Return what every template may use. What is pushed live is rendered outside a request: for nobody."""
    who: SignedIn | None = g.get("me") if has_request_context() else None
    now = http.services().transactions.product_clock.now()
    if who is None:
        return {"me": None, "now": now, "language": languages.spoken()}
    places = [replace(one, label=gettext(one.label)) for one in places_of(who)]
    return {
        "me": who,
        "now": now,
        "language": languages.spoken(),
        "in_scripts": languages.in_scripts(),
        "rights": " ".join(right for right in RIGHTS if who.may(right)),
        "nav": places,
        "home": places[0] if places else None,
        "roster": g.get("roster"),
        "home_zone": g.get("home_zone", "UTC"),
        "troubles": _troubles(who),
    }


def places_of(who: SignedIn) -> list[Place]:
    """Return where somebody may go; the first is where their day begins."""
    return [one for one in PLACES if who.may(one.right)]


def _troubles(who: SignedIn) -> Troubles | None:
    """Return what keeps texts from leaving, for those who can mend it."""
    if not who.may("manage_deployment"):
        return None
    with http.begin() as uow:
        return messaging.troubles(uow)


def note_zone(uow: UnitOfWork) -> None:
    """Look up our own zone, for a page that tells times and leaves the roster out."""
    g.home_zone = staff.organization(uow).zone


def note_roster(uow: UnitOfWork) -> None:
    """Look up who is on now in the person's teams, for the head of the page being made; and our own zone."""
    around = staff.surroundings(uow, team_ids=http.me().teams_with("see_inbox"), at=uow.now)
    g.home_zone, names = around.zone, around.on
    if names:
        more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
        said = ", ".join(words.short_name(name) for name in names[:NAMED])
        g.roster = Roster(words=say("On now: %(names)s", names=said + more), title=", ".join(names))
        return
    is_open = any(team.is_open(uow.now) for team in around.teams)
    g.roster = Roster(
        words=gettext("In opening hours") if is_open else gettext("After hours"),
        title=gettext("Nobody is on the roster: the team's opening hours count as staffed."),
    )
