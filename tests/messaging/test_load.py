"""The figures operators watch are counted in the database, whichever process did the work."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from outreach.kernel import ids
from outreach.kernel.outbox import Parked
from outreach.messaging import commands, queries
from tests.messaging import make


def test_what_waits_was_tried_and_decided_shows(services, clinic, anna, begin) -> None:
    with begin() as uow:
        before = queries.load(uow)
        commands.queue(uow, make.request(clinic, anna))
        uow.session.add(
            Parked(
                id=uow.new_id(),
                stream="s",
                seq=1,
                handler="h",
                payload={},
                error="x",
                parked_at=uow.machine_now,
            )
        )
    with begin() as uow:
        now = queries.load(uow)
        uow.session.execute(
            text(
                "INSERT INTO stream (key, last_seq, done_seq, ready_at, lease_no, tries) "
                "VALUES ('a', 1, 0, :at, 0, 0)"
            ),
            {"at": uow.machine_now - timedelta(minutes=9)},
        )
        uow.session.execute(
            text(
                "INSERT INTO outbox (stream, seq, handler, payload, happened_at) "
                "VALUES ('a', 1, 'h', '{}', now())"
            )
        )

    assert (before.waiting["texts_queued"], now.waiting["texts_queued"]) == (0, 1)
    assert (before.waiting["parked"], now.waiting["parked"]) == (0, 1)
    assert sum(now.decisions.values()) == sum(before.decisions.values()) + 1
    with begin() as uow:
        assert 540 <= queries.load(uow).oldest_seconds < 600


def test_older_than_five_minutes_is_not_lately(begin) -> None:
    with begin() as uow:
        lately = ids.first_at(uow.machine_now - queries.LATELY)
        assert ids.first_at(uow.machine_now - timedelta(minutes=6)) < lately < uow.new_id()
