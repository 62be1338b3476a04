"""A danger stands on top of every list of open work, page after page, however long somebody else waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.conversations import queries, rules
from outreach.conversations.queries import lists, walks
from outreach.escalations import commands as escalations
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from tests.conversations.test_lists import add, listed
from tests.inbound.desk import Desk
from tests.staff import make

PHONES = """
    INSERT INTO phone (id, e164_enc, e164_index, line_type, state, epoch, created_at)
    SELECT gen_random_uuid(), '', int8send(n), 'mobile', 'usable', 1, :now
    FROM generate_series(1, 3000) n
"""
TALKS = """
    INSERT INTO conversation (id, phone_id, team_id, state, unread, flags, urgency, version, change_no,
        last_at, created_at, waiting_since, owner_id)
    SELECT gen_random_uuid(), id, :team, 'open', 1, '[]', n % 3, 1, 0, at, at, at,
        CASE WHEN n % 5 = 0 THEN cast(:owner AS uuid) END
    FROM (
        SELECT id, row_number() OVER () AS n, :now - row_number() OVER () * interval '1 minute' AS at
        FROM phone
    ) AS made
"""
RANKED = ("mine", "unassigned", "waiting", "escalations", "failed", "unknown", "all")


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def nora(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return make.person(uow, team_id=desk.team_id)


@pytest.mark.parametrize(
    ("flags", "rank"),
    [
        ([], 2), (["failed", "unknown_sender"], 2), (["yellow"], 2), (["silent", "opted_out"], 2),
        (["orange"], 1), (["failed", "orange", "yellow"], 1), (["red"], 0), (["orange", "red"], 0),
    ],
)  # fmt: skip
def test_red_comes_first_then_orange_then_all_else(flags: list[str], rank: int) -> None:
    assert rules.urgency_of(flags) == rank


def raised(desk: Desk, talk_id: UUID, tier: str, place: int) -> UUID:
    with desk.begin() as uow:
        return escalations.raise_(
            uow, team_id=desk.team_id, tier=tier, topic="red_flag", source_kind="inbound",
            source_id=UUID(int=place), conversation_id=talk_id, patient_id=None, phone_id=None,
        )  # fmt: skip


@pytest.mark.parametrize("view", RANKED)
def test_who_waits_least_stands_first_in_danger(
    desk: Desk, nora: UUID, clock: FrozenClock, view: str
) -> None:
    owner = nora if view == "mine" else None
    flags = {"failed": ["failed"], "unknown": ["unknown_sender"]}.get(view, [])
    when = [clock.now() - timedelta(minutes=wait) for wait in (31, 32, 33, 34, 35, 36)]
    red, orange, yellow, *calm = [
        add(desk, 40 - place if view in ("mine", "failed", "unknown", "all") else place,
            waiting_since=since, owner_id=owner, flags=flags)
        for place, since in enumerate(when)
    ]  # fmt: skip
    raised(desk, yellow, "yellow", 1)
    clock.move(minutes=1)
    raised(desk, orange, "orange", 2)
    clock.move(minutes=1)
    alarm = raised(desk, red, "red", 3)

    assert listed(desk, view, staff_id=nora)[:3] == [
        red,
        orange,
        *([yellow] if view == "escalations" else calm[-1:]),
    ]
    assert len(listed(desk, view, staff_id=nora)) == (3 if view == "escalations" else 6)

    with desk.begin() as uow:
        escalations.acknowledge(uow, escalation_id=alarm, staff_id=nora)
    assert listed(desk, view, staff_id=nora)[0] == red, "somebody has it, and it is not over"
    with desk.begin() as uow:
        escalations.overrule(uow, escalation_id=alarm, staff_id=nora, note="A joke about the soup")
    assert listed(desk, view, staff_id=nora)[0] == orange
    with desk.begin() as uow:
        escalations.reopen(uow, escalation_id=alarm, staff_id=nora)
    assert listed(desk, view, staff_id=nora)[0] == red


def test_pages_of_two_teams_neither_skip_nor_repeat_within_and_across_ranks(
    desk: Desk, clock: FrozenClock
) -> None:
    with desk.begin() as uow:
        other = make.team(uow, "Cardiology", sender_id=desk.sender_id)
    made = {}
    for number in range(24):
        rank = (2, 0, 2, 1, 2, 2)[number % 6]
        since = clock.now() - timedelta(minutes=number // 4)
        team_id = [desk.team_id, other][number // 6 % 2]
        made[add(desk, number, team_id=team_id, waiting_since=since, urgency=rank)] = (rank, since)

    found = listed(desk, "unassigned", teams=[desk.team_id, other])

    assert sorted(found) == sorted(made)
    assert [made[one] for one in found] == sorted(made.values())


def test_a_narrowed_list_goes_on_from_rank_to_rank(desk: Desk, clock: FrozenClock, monkeypatch: Any) -> None:
    monkeypatch.setattr(walks, "WALKED", 4)
    made = [
        add(desk, number, urgency=(2, 2, 0, 1)[number % 4], program=("heart-failure", None)[number % 2])
        for number in range(28)
    ]
    wanted = queries.Filters(program="heart-failure")

    found: list[UUID] = []
    before, pages = None, 0
    while True:
        with desk.begin() as uow:
            page = queries.inbox(
                uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="all", before=before, limit=3,
                filters=wanted,
            )  # fmt: skip
        found += [row.conversation_id for row in page.rows]
        before, pages = page.next, pages + 1
        if before is None:
            break

    assert found == made[2::4] + made[0::4]
    assert pages < 20


@pytest.mark.parametrize("view", ["mine", "unassigned", "waiting", "all"])
def test_a_far_page_reads_as_few_rows_as_the_first(
    desk: Desk, nora: UUID, clock: FrozenClock, view: str
) -> None:
    _many(desk, clock, nora)

    first = _rows_read(desk, view, None, nora)
    for urgency in rules.RANKS:
        at = clock.now() - timedelta(minutes=1500)
        far = _rows_read(desk, view, queries.Cursor(at=at, id=UUID(int=7), urgency=urgency), nora)
        assert 30 <= far <= first
    assert first <= 31 * len(rules.RANKS)


def _many(desk: Desk, clock: FrozenClock, owner: UUID) -> None:
    """3,000 conversations that wait, one of each three in danger, one of each five somebody's."""
    values = {"team": desk.team_id, "owner": owner, "now": clock.now() - timedelta(hours=1)}
    with desk.begin() as uow:
        for statement in (PHONES, TALKS, "ANALYZE conversation"):
            uow.session.execute(text(statement), values if ":now" in statement else {})


def _rows_read(desk: Desk, view: str, after: queries.Cursor | None, staff_id: UUID) -> int:
    """How many conversations a page of thirty looks at."""
    page = lists._plain_page(view, goes_on=after is not None)
    with desk.begin() as uow:
        values = page.values | {
            "staff_id": staff_id, "now": uow.now, "team_ids": [desk.team_id], "size": 31,
            **({"after_rank": after.urgency, "after_at": after.at, "after_id": after.id} if after else {}),
        }  # fmt: skip
        for way in ("seqscan", "bitmapscan"):
            uow.session.execute(text(f"SET LOCAL enable_{way} = off"))
        asked = text("EXPLAIN (ANALYZE, FORMAT JSON) " + page.sql)
        [explained] = uow.session.execute(asked, values).scalar_one()
    scans = [one for one in _nodes(explained["Plan"]) if one.get("Relation Name") == "conversation"]
    assert scans
    return int(
        sum(
            (one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in scans
        )
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _nodes(one)
