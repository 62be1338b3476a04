"""`outreach doctor`: is everything there that a deployment needs? One line each, with what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import redis
from sqlalchemy import func, select, text

from outreach import bootstrap, schema, wake
from outreach.audit import queries as record
from outreach.audit.rules import fingerprint
from outreach.cli import opening
from outreach.config import Settings
from outreach.consent import rules as consent
from outreach.escalations import queries as roster
from outreach.kernel import outbox
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.ports import ProviderUnavailable
from outreach.messaging.rules import settings as decided
from outreach.policy import queries as policy
from outreach.services import Services
from outreach.staff import queries as staff
from outreach.touchpoints import queries as touchpoints

OLDEST_POSTGRES = 15
SECONDS = 3
LONGEST_WAIT = timedelta(minutes=3)
"""Work that waits longer has nobody who does it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found."""

    level: str
    """good | warn | bad"""
    what: str


@click.command()
@opening.data_option
def doctor(data: Path) -> None:
    """Check settings, servers, keys, provider, roster and backlog. Exit 1 if anything is broken.

    Example: outreach doctor
    """
    with opening.environment(data) as environ:
        findings = tuple(examine(environ))
    marks = {"good": "ok  ", "warn": "WARN", "bad": "BAD "}
    for finding in findings:
        click.echo(f"{marks[finding.level]} {finding.what}")
    sys.exit(1 if any(finding.level == "bad" for finding in findings) else 0)


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what each check finds; a check that can't go on ends those which need it."""
    settings = Settings.from_env(environ)
    yield Finding(level="good", what=f"settings: read; patients reach us at {settings.public_url}")
    if not settings.secure_cookies and settings.real_provider:
        yield Finding(level="bad", what="OUTREACH_PUBLIC_URL must be https:// with a real provider")
    yield _redis(settings)
    try:
        services = bootstrap.build(settings, wake=wake.nobody, pool_size=2)
    except OutreachError as error:
        yield Finding(level="bad", what=f"keys: {error}")
        return
    except Exception as error:  # noqa: BLE001 - whatever the driver raises, the advice is the same
        yield Finding(level="bad", what=f"database: {type(error).__name__}. Is it running? Is it migrated?")
        return
    found = _database(services)
    yield found
    if found.level == "bad":
        return
    yield from _provider(services)
    with services.transactions.begin(actor=SYSTEM) as uow:
        yield from _house(uow)


def _redis(settings: Settings) -> Finding:
    try:
        redis.Redis.from_url(
            settings.redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        ).ping()
    except redis.RedisError as error:
        return Finding(
            level="bad", what=f"redis: {type(error).__name__}. Texts wait for the next sweep of beat."
        )
    return Finding(level="good", what="redis: answers")


def _database(services: Services) -> Finding:
    engine = services.transactions.engine
    with engine.connect() as connection:
        number = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if number < OLDEST_POSTGRES:
        return Finding(
            level="bad", what=f"database: PostgreSQL {number}; {OLDEST_POSTGRES} or newer is needed"
        )
    if not schema.is_current(engine):
        return Finding(level="bad", what="database: not migrated; run `outreach migrate`")
    return Finding(level="good", what=f"database: PostgreSQL {number}, migrated")


def _provider(services: Services) -> Iterator[Finding]:
    """Say whether the provider answers, we can check what it posts, and it knows where we are."""
    settings = services.settings
    if not settings.twilio_account_sid or not (settings.twilio_auth_tokens or settings.twilio_api_secret):
        yield Finding(level="bad", what="provider: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        return
    if not settings.checks_webhooks:
        yield Finding(
            level="bad",
            what="provider: set TWILIO_AUTH_TOKEN; without it no webhook can be checked, and none is taken",
        )
    with services.transactions.begin(actor=SYSTEM) as uow:
        known = tuple(one.address for one in staff.senders(uow))
    named = settings.twilio_messaging_service_sid or settings.twilio_from
    if known and named and named not in known:
        yield Finding(
            level="warn", what=f"provider: the environment names {named}, which is no sender of ours"
        )
    since = datetime.now(UTC) - timedelta(minutes=1)  # noqa: TID251 - the provider's own time
    try:
        for address in known or filter(None, (named,)):
            list(services.gateway.list_received(at_address=address, since=since))
    except ProviderUnavailable:
        yield Finding(level="bad", what="provider: does not answer, or refuses the credentials")
        return
    where = settings.twilio_api_base_url or "the real provider"
    yield Finding(level="good", what=f"provider: answers ({where})")
    yield from _webhooks(settings, known)


def _webhooks(settings: Settings, addresses: tuple[str, ...]) -> Iterator[Finding]:
    """Compare what `outreach twilio setup` sets with what the provider has."""
    from outreach.twilio import setup  # two seconds that no other check needs

    for address in addresses:
        try:
            found = setup.look(settings, addresses=(address,))
        except setup.SetupRefused:
            yield Finding(level="bad", what=f"webhooks of {address}: the account has no such sender")
            continue
        wrong = ", ".join(one.setting for one in found if not one.right)
        if wrong:
            # A simulator calls its own addresses where none are set.
            level = "bad" if settings.real_provider else "warn"
            yield Finding(
                level=level,
                what=f"webhooks of {address}: not as wanted: {wrong}; run `outreach twilio setup`",
            )
        else:
            yield Finding(level="good", what=f"webhooks of {address}: as wanted")


def _house(uow: UnitOfWork) -> Iterator[Finding]:
    try:
        organization = staff.organization(uow)
    except OutreachError:
        yield Finding(level="bad", what="organization: none yet; run `outreach init`")
        return
    yield Finding(level="good", what=f"organization: {organization.name}")
    yield from _decided(organization.settings)
    for team in staff.teams(uow):
        if staff.has_roster(uow, team_id=team.id):
            yield Finding(level="good", what=f"team {team.name}: has a roster")
        else:
            yield Finding(
                level="warn", what=f"team {team.name}: no shifts entered; opening hours count as staffed"
            )
    for sender in staff.senders(uow):
        if sender.stopped_at is not None:
            yield Finding(
                level="bad",
                what=f"sender {sender.label}: stopped ({sender.stopped_reason}); mend it, then "
                f'`outreach resume --sender "{sender.label}"`',
            )
    yield from _paging(uow)
    yield from _sending(uow)
    yield from _backlog(uow)
    yield from _record(uow)


def _decided(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Say on what basis people are texted for each purpose, and which settings say nothing we know."""
    for purpose in consent.PURPOSES:
        said = consent.setting_of(settings, purpose)
        if said in consent.SETTINGS:
            yield Finding(level="good", what=f"basis for texts of {purpose}: {said}")
        elif said:
            yield Finding(
                level="bad",
                what=f"basis for texts of {purpose}: {said!r} is none we know, so nobody is texted; "
                f"`outreach settings set basis.{purpose} registration`",
            )
        else:
            yield Finding(
                level="warn",
                what=f"basis for texts of {purpose}: none is set, so nobody is texted (docs/consent.md)",
            )
    for key in decided.wrong(settings):
        if not key.startswith("basis."):
            yield Finding(level="bad", what=f"setting {key}: says what none can; `outreach settings show`")


def _paging(uow: UnitOfWork) -> Iterator[Finding]:
    """Say of each team who hears of a danger at night, and from which number."""
    for team in staff.teams(uow):
        what = f"pages of {team.name}"
        sender = staff.pages_from(uow, team_id=team.id)
        paged = {
            one.staff_id
            for who in ("everyone", "operator")
            for one in roster.people_at(uow, who=who, team_id=team.id, at=uow.now)
            if one.pager is not None
        }
        if sender is None:
            yield Finding(level="bad", what=f"{what}: no sender runs, so nobody hears of a danger")
        elif not paged:
            yield Finding(
                level="bad",
                what=f"{what}: nobody has a pager, so nobody hears of a danger; "
                "`outreach staff pager EMAIL NUMBER`",
            )
        elif sender.kind != "pages":
            yield Finding(
                level="warn",
                what=f"{what}: {len(paged)} pagers, from the patients' number {sender.address}; one of its "
                "own is safer: `outreach sender add Pages --address NUMBER --kind pages`",
            )
        else:
            yield Finding(level="good", what=f"{what}: {len(paged)} pagers, from {sender.address}")


def _sending(uow: UnitOfWork) -> Iterator[Finding]:
    hold = messaging.held(uow)
    if hold is not None:
        yield Finding(
            level="bad",
            what=f"database: restored or copied ({hold.why}), no text leaves; stop the original, then "
            "`outreach reconcile` (docs/how-to/restore.md)",
        )
    for pause in policy.pauses(uow):
        since = f"{pause.paused_at:%Y-%m-%d %H:%M} UTC"
        yield Finding(level="warn", what=f"paused: automated texts of {_named(uow, pause)} since {since}")
    for load in touchpoints.loads(uow):
        what = f"sender {load.label}: {load.segments} segments in the next 24 hours"
        if not load.fits_day:
            yield Finding(level="warn", what=f"{what}, {load.used} sent today, cap {load.per_day}")
        if not load.fits_hour:
            yield Finding(
                level="warn",
                what=f"{what}; the busiest hour takes {load.busiest_minutes} minutes (docs/sending.md)",
            )
        if load.fits_day and load.fits_hour:
            yield Finding(level="good", what=f"{what}: fits")


def _named(uow: UnitOfWork, pause: policy.PauseView) -> str:
    if pause.scope == "everything":
        return "everybody"
    known = {str(one.id): one.name for one in staff.teams(uow)}
    known |= {str(one.id): one.label for one in staff.senders(uow)}
    return f"{pause.scope} {known.get(pause.scope_id, pause.scope_id)}"


def _record(uow: UnitOfWork) -> Iterator[Finding]:
    """Name the keys that sign the record: who verifies an export compares them."""
    keys = [fingerprint(key) for _, key in sorted(record.signing_keys(uow).items())]
    said = f"signed by {', '.join(keys)}" if keys else "nothing sealed yet"
    yield Finding(level="good", what=f"record: {said}")


def _idle(uow: UnitOfWork) -> Iterator[Finding]:
    """Say if facts wait that somebody should have handled: no worker runs, or none is woken."""
    oldest = uow.session.scalar(select(func.min(outbox.Stream.ready_at)))
    if oldest is not None and uow.machine_now - oldest > LONGEST_WAIT:
        minutes = int((uow.machine_now - oldest).total_seconds() / 60)
        yield Finding(level="bad", what=f"worker: work waits for {minutes} minutes; do worker and beat run?")


def _backlog(uow: UnitOfWork) -> Iterator[Finding]:
    counts: tuple[tuple[str, Callable[[], int]], ...] = (
        (
            "facts parked for a human (`outreach parked list`)",
            lambda: _count(uow, outbox.Parked, outbox.Parked.settled_at.is_(None)),
        ),
    )
    for what, count in counts:
        found = count()
        yield Finding(level="bad" if found else "good", what=f"{what}: {found}")
    yield from _idle(uow)


def _count(uow: UnitOfWork, model: type, condition: object) -> int:
    return uow.session.scalar(select(func.count()).select_from(model).where(condition)) or 0  # type: ignore[arg-type]
