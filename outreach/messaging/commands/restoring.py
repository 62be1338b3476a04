"""Noticing that the database was restored or copied, and holding texts until the provider has been asked.

What is compared stands in `kernel.deployment` and `rules.origin`. The provider is the witness nobody can wind
back: a text of ours that it has and we do not know says that this database is behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from outreach.audit import commands as audit
from outreach.kernel import deployment, log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging.ports import ProviderMessage, ProviderUnavailable, SmsGateway, Witness
from outreach.messaging.rules import matching, origin

OURS = "outbound-api"
"""What the provider calls texts that somebody asked it for; its own answers to STOP are not among them."""
NOTE_SECONDS = 10.0
MOST = 1_000_000
"""Texts that are read of the provider's list at most, after however long a silence."""

logger = log.get(__name__)

READ = text(
    """
    SELECT d.*,
        COALESCE((SELECT settings->>'shares_its_senders' FROM organization LIMIT 1), '') = 'true' AS shared
    FROM (SELECT 1) AS one LEFT JOIN deployment d ON d.id = 1
    """
)
MARK = text("SELECT max(refilled_at) FROM sender_spend")
FOUND = text(
    """
    INSERT INTO deployment (id, token, cluster, place, timeline, seen_at)
    VALUES (1, :token, :cluster, :place, :timeline, :machine_now) ON CONFLICT (id) DO NOTHING
    """
)
SEEN = text(
    """
    UPDATE deployment SET seen_at = GREATEST(seen_at, :machine_now), cluster = :cluster,
        timeline = :timeline, place = COALESCE(NULLIF(:place, ''), place)
    WHERE id = 1 AND held_at IS NULL
    """
)
HOLD = text(
    """
    UPDATE deployment SET held_at = :now, held_since = :machine_now, held_why = :why
    WHERE id = 1 AND held_at IS NULL RETURNING id
    """
)
RELEASE = text(
    """
    UPDATE deployment SET held_at = NULL, held_since = NULL, held_why = NULL, token = :token,
        seen_at = :machine_now, cluster = :cluster, timeline = :timeline,
        place = COALESCE(NULLIF(:place, ''), place)
    WHERE id = 1
    """
)
# Written ahead, so one of ours has an attempt to this phone about that time, whatever became of its answer.
UNKNOWN = text(
    """
    SELECT count(*) FROM unnest(
        CAST(:sids AS text[]), CAST(:indexes AS bytea[]), CAST(:times AS timestamptz[])
    ) AS g(sid, phone_index, created_at)
    JOIN phone f ON f.e164_index = g.phone_index
    WHERE NOT EXISTS (SELECT FROM provider_sid p WHERE p.sid = g.sid)
        AND NOT EXISTS (SELECT FROM attempt a WHERE a.phone_id = f.id
            AND a.started_at BETWEEN g.created_at - :latest AND g.created_at + :clocks)
    """
)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Why texts wait, since when, and the last moment this database knows of."""

    why: str
    since: datetime
    machine_since: datetime
    database_from: datetime


class Origin:
    """Asks, once per process and then every few seconds, whether texts may leave this database."""

    def __init__(
        self, transactions: Transactions, gateway: SmsGateway, *, place: str, witness: Witness | None
    ) -> None:
        self._transactions = transactions
        self._gateway = gateway
        self._place = place
        self._witness = witness
        self._just_started = True

    def may_deliver(self) -> bool:
        """Return whether texts may be claimed: of a held database only what can't wait is.

        False until the provider has been asked, where that is needed.
        """
        if self.may_send():
            return True
        with self._transactions.begin(actor=SYSTEM) as uow:
            return held(uow) is not None

    def may_send(self) -> bool:
        """Return whether texts may leave; False while the database is held, or until the provider was asked.

        What every worker asks before it looks for work that leads out of the house.
        """
        with self._transactions.begin(actor=SYSTEM) as uow:
            row, now = _row(uow, self._place), self._present(uow)
            if row.held_at is not None:
                return False
            verdict = origin.judge(self._remembered(uow, row), now)
            if verdict in ("copied", "behind"):
                hold(uow, why=verdict)
                return False
            if verdict == "known":
                self._note(uow, row, now)
                return True
        return self._ask_provider(row)

    def _present(self, uow: UnitOfWork) -> origin.Present:
        found = deployment.fingerprint(uow.session)
        return origin.Present(
            cluster=found.cluster,
            place=self._place,
            timeline=found.timeline,
            machine_now=uow.machine_now,
            just_started=self._just_started,
        )

    def _remembered(self, uow: UnitOfWork, row: Any) -> origin.Remembered:
        # First the witness, then the mark: another worker may claim, and tell the witness, in between.
        witnessed = self._witness.remembered(str(row.token)) if self._witness else None
        return origin.Remembered(
            cluster=row.cluster,
            place=row.place,
            timeline=row.timeline,
            seen_at=row.seen_at,
            mark=uow.session.scalar(MARK),
            witnessed=witnessed,
        )

    def _note(self, uow: UnitOfWork, row: Any, now: origin.Present) -> None:
        mark = uow.session.scalar(MARK)
        if self._witness and mark is not None:
            self._witness.note(str(row.token), mark)
        if (uow.machine_now - row.seen_at).total_seconds() > NOTE_SECONDS:
            _seen(uow, now)

    def _ask_provider(self, row: Any) -> bool:
        """Read what the provider has of us since this database was last seen. Until it answers: wait."""
        try:
            listed = list(self._gateway.list_sent(since=row.seen_at - origin.MARGIN, most=MOST))
        except ProviderUnavailable:
            logger.warning("origin_not_asked")
            return False
        with self._transactions.begin(actor=SYSTEM) as uow:
            unknown = 0 if row.shared else count_unknown(uow, listed)
            if unknown:
                logger.error("texts_unknown_here", count=unknown)
                hold(uow, why="behind")
                return False
            _seen(uow, self._present(uow))
        self._just_started = False
        return True


def _row(uow: UnitOfWork, place: str) -> Any:
    row = uow.session.execute(READ).one()
    if row.id is not None:
        return row
    found = deployment.fingerprint(uow.session)
    uow.session.execute(
        FOUND,
        {
            "token": uow.new_id(),
            "cluster": found.cluster,
            "place": place,
            "timeline": found.timeline,
            "machine_now": uow.machine_now,
        },
    )
    return uow.session.execute(READ).one()


def _seen(uow: UnitOfWork, now: origin.Present) -> None:
    uow.session.execute(
        SEEN,
        {
            "machine_now": uow.machine_now,
            "cluster": now.cluster,
            "timeline": now.timeline,
            "place": now.place,
        },
    )


def count_unknown(uow: UnitOfWork, listed: Sequence[ProviderMessage]) -> int:
    """Return how many of the provider's texts went from our senders to phones we know, and not from here."""
    addresses = set(uow.session.scalars(text("SELECT address FROM sender")))
    ours = [
        one
        for one in listed
        if one.direction == OURS and addresses.intersection((one.sent_from, one.service_sid))
    ]
    found = uow.session.scalar(
        UNKNOWN,
        {
            "sids": [one.sid for one in ours],
            "indexes": [uow.vault.index("phone", one.to) for one in ours],
            "times": [one.created_at for one in ours],
            "latest": matching.LATEST_ACCEPT,
            "clocks": matching.CLOCKS_DIFFER,
        },
    )
    return int(found or 0)


def hold(uow: UnitOfWork, *, why: str) -> bool:
    """Let no text leave until the provider's list has been read; return whether that is new."""
    values = {"now": uow.now, "machine_now": uow.machine_now, "why": why}
    if uow.session.scalar(HOLD, values) is None:
        return False
    logger.error("database_held", why=why)
    audit.record(uow, action="sending_held", subject_kind="deployment", detail={"why": why})
    return True


def release(uow: UnitOfWork, *, place: str) -> None:
    """Let texts leave again from this database, which is from now on the one they leave from."""
    found = deployment.fingerprint(uow.session)
    uow.session.execute(
        RELEASE,
        {
            # A name nobody remembers anything under: the old one's mark belongs to the time before.
            "token": uow.new_id(),
            "machine_now": uow.machine_now,
            "cluster": found.cluster,
            "timeline": found.timeline,
            "place": place,
        },
    )
    audit.record(uow, action="sending_released", subject_kind="deployment", detail={})
    uow.wakes.update(("deliver", "send_due", "sweep_inbound"))


def held(uow: UnitOfWork) -> Hold | None:
    """Return why texts wait because the database was restored or copied; None if it was not."""
    row = uow.session.execute(
        text("SELECT held_at, held_since, held_why, seen_at FROM deployment WHERE id = 1")
    ).one_or_none()
    if row is None or row.held_at is None:
        return None
    return Hold(why=row.held_why, since=row.held_at, machine_since=row.held_since, database_from=row.seen_at)
