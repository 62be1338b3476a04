"""Signing in and out. Only digests of tokens are kept; the machine clock counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from outreach.kernel import ids
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import rules
from outreach.staff.commands import passwords
from outreach.staff.commands.record import line
from outreach.staff.models import ApiToken, LoginAttempt, LoginSession, Staff

TOUCH_EVERY = timedelta(seconds=30)
LOGIN_LOCK = 0x6C6F_67


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The sign-in worked: the browser keeps the token, we keep its digest."""

    token: str
    staff_id: UUID
    must_change_password: bool


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The sign-in did not work. `wait` is how long to wait before the next try; the reason is not told."""

    wait: timedelta


def sign_in(uow: UnitOfWork, *, email: str, password: str, origin: str) -> Welcome | Refusal:
    """Check a password and begin a sign-in session, or refuse without saying why.

    Each address and each `origin` (an IP address) waits longer after every failure; two tries at once for
    one address take turns. A refusal is returned, not raised, so that the try itself is kept.
    """
    address = rules.normal_email(email)[:320]
    digests = {
        "email_digest": uow.vault.index("digest", f"email {address}"),
        "origin_digest": uow.vault.index("digest", f"origin {origin}"),
    }
    _one_at_a_time(uow, digests["email_digest"])
    wait = _wait(uow, **digests)
    if wait > timedelta(0):
        return Refusal(wait=wait)
    person = uow.session.scalars(select(Staff).where(Staff.email == address)).first()
    matched = passwords.matches(person.password_hash if person else None, password)
    accepted = person is not None and matched and person.disabled_at is None
    uow.session.add(LoginAttempt(id=uow.new_id(), at=uow.machine_now, succeeded=accepted, **digests))
    uow.session.flush()
    if person is None or not accepted:
        line(uow, "sign_in_refused", "staff", person.id if person else None)
        return Refusal(wait=_wait(uow, **digests))
    return _begin_session(uow, person, password)


def wants_touch(ends_at: datetime, *, now: datetime) -> bool:
    """Say whether a sign-in was last seen so long ago that its use should be noted; saves a statement."""
    return ends_at - now < rules.IDLE - TOUCH_EVERY


def touch_session(uow: UnitOfWork, *, token: str) -> None:
    """Note that a sign-in is in use; at most every half minute, and never after it has ended."""
    uow.session.execute(
        update(LoginSession)
        .where(
            LoginSession.token_digest == uow.vault.index("digest", token),
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at < uow.machine_now - TOUCH_EVERY,
            LoginSession.seen_at > uow.machine_now - rules.IDLE,
        )
        .values(seen_at=uow.machine_now)
    )


def sign_out(uow: UnitOfWork, *, token: str) -> None:
    """End one sign-in."""
    found = uow.session.execute(
        update(LoginSession)
        .where(LoginSession.token_digest == uow.vault.index("digest", token), LoginSession.ended_at.is_(None))
        .values(ended_at=uow.machine_now)
        .returning(LoginSession.staff_id)
    ).first()
    if found:
        line(uow, "signed_out", "staff", found.staff_id)


def end_sessions(uow: UnitOfWork, *, staff_id: UUID) -> None:
    """End every sign-in of one person."""
    uow.session.execute(
        update(LoginSession)
        .where(LoginSession.staff_id == staff_id, LoginSession.ended_at.is_(None))
        .values(ended_at=uow.machine_now)
    )


def end_idle(uow: UnitOfWork) -> int:
    """End sign-ins that nobody used for too long, and forget old tries. Return how many sign-ins ended."""
    ended = uow.session.execute(
        update(LoginSession)
        .where(
            LoginSession.ended_at.is_(None),
            (LoginSession.seen_at <= uow.machine_now - rules.IDLE)
            | (LoginSession.created_at <= uow.machine_now - rules.ABSOLUTE),
        )
        .values(ended_at=uow.machine_now)
        .returning(LoginSession.staff_id)
    ).all()
    uow.session.execute(
        delete(LoginAttempt).where(LoginAttempt.at < uow.machine_now - rules.ATTEMPTS_REMEMBERED)
    )
    return len(ended)


class NoSuchToken(NotFound):
    """No token in force has this id. `outreach tokens list` shows those there are."""


def create_api_token(uow: UnitOfWork, *, label: str, scopes: Sequence[str]) -> str:
    """Make a bearer token for the JSON API and return it: it is not shown again."""
    token = ids.token() + ids.token()
    row = ApiToken(
        id=uow.new_id(),
        label=label,
        token_digest=uow.vault.index("digest", token),
        scopes=sorted(scopes),
        created_at=uow.machine_now,
    )
    uow.session.add(row)
    uow.session.flush()
    line(uow, "token_created", "api_token", row.id, {"scopes": sorted(scopes)})
    return token


def revoke_api_token(uow: UnitOfWork, *, token_id: UUID) -> None:
    """Make a bearer token useless. Raise NoSuchToken."""
    found = uow.session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=uow.machine_now)
        .returning(ApiToken.id)
    ).first()
    if found is None:
        raise NoSuchToken
    line(uow, "token_revoked", "api_token", token_id)


def _begin_session(uow: UnitOfWork, person: Staff, password: str) -> Welcome:
    if person.password_hash and passwords.HASHER.check_needs_rehash(person.password_hash):
        person.password_hash = passwords.HASHER.hash(password)
    token = ids.token() + ids.token()
    uow.session.add(
        LoginSession(
            token_digest=uow.vault.index("digest", token),
            staff_id=person.id,
            created_at=uow.machine_now,
            seen_at=uow.machine_now,
        )
    )
    line(uow, "signed_in", "staff", person.id)
    return Welcome(token=token, staff_id=person.id, must_change_password=person.must_change_password)


def _wait(uow: UnitOfWork, *, email_digest: bytes, origin_digest: bytes) -> timedelta:
    email = _wait_of(
        uow, LoginAttempt.email_digest == email_digest, rules.EMAIL_FREE_TRIES, rules.EMAIL_LONGEST_WAIT
    )
    origin = _wait_of(
        uow, LoginAttempt.origin_digest == origin_digest, rules.ORIGIN_FREE_TRIES, rules.ORIGIN_LONGEST_WAIT
    )
    return max(email, origin)


def _wait_of(uow: UnitOfWork, same: Any, free: int, longest: timedelta) -> timedelta:
    since = uow.machine_now - rules.ATTEMPTS_REMEMBERED
    last_success = (
        select(func.max(LoginAttempt.at)).where(same, LoginAttempt.succeeded.is_(True)).scalar_subquery()
    )
    row = uow.session.execute(
        select(func.count(), func.max(LoginAttempt.at)).where(
            same,
            LoginAttempt.succeeded.is_(False),
            LoginAttempt.at > func.coalesce(func.greatest(last_success, since), since),
        )
    ).one()
    failures, last = row
    if not failures:
        return timedelta(0)
    left: timedelta = last + rules.wait_after(failures, free=free, longest=longest) - uow.machine_now
    return max(left, timedelta(0))


def _one_at_a_time(uow: UnitOfWork, digest: bytes) -> None:
    key = int.from_bytes(digest[:4], "big", signed=True)
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": LOGIN_LOCK, "key": key})
