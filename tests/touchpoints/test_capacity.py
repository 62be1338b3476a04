"""Popular hours are spread, and a plan that doesn't fit is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.kernel.clock import FrozenClock
from outreach.messaging.rules.allowance import Limits
from outreach.programs.rules import plan
from outreach.services import Services
from outreach.touchpoints import commands
from outreach.touchpoints.rules import capacity, timing
from tests.inbound.desk import Desk

TEN = datetime(2026, 3, 11, 14, tzinfo=UTC)


@settings(max_examples=60)
@given(st.integers(0, 24 * 60), st.text(max_size=8))
def test_a_spread_contact_stays_in_its_time_and_is_always_the_same(minutes: int, name: str) -> None:
    end = TEN + timedelta(minutes=minutes)

    found = capacity.spread(TEN, not_after=end, identity=(name,))

    assert TEN <= found < TEN + capacity.SPREAD
    assert found == TEN or found <= end - capacity.ROOM
    assert found == capacity.spread(TEN, not_after=end, identity=(name,))


def test_many_are_spread_evenly() -> None:
    end = TEN + timedelta(hours=3)
    minutes = [
        (capacity.spread(TEN, not_after=end, identity=("program", one)) - TEN).seconds // 60
        for one in range(4000)
    ]
    fullest = max(minutes.count(minute) for minute in range(20))
    assert fullest < 1.3 * 4000 / 20


@pytest.mark.parametrize(
    ("limits", "contacts", "fits_day", "fits_hour"),
    [
        ((1.0, 2000), 500, True, True),
        ((1.0, 2000), 901, False, False),  # 1,802 of 1,800: a tenth is kept for people
        ((1.0, 200_000), 1000, True, False),  # 2,000 segments at one a second: 34 minutes
        ((75.0, 200_000), 20_000, True, True),
    ],
)
def test_a_day_is_weighed(limits: tuple, contacts: int, fits_day: bool, fits_hour: bool) -> None:
    load = capacity.weigh(
        label="main",
        limits=Limits(segments_per_second=limits[0], segments_per_day=limits[1]),
        queued_segments=0,
        used=0,
        segments_each=2.0,
        by_hour={TEN: contacts},
    )
    assert (load.fits_day, load.fits_hour) == (fits_day, fits_hour)


def test_what_is_due_at_once_is_never_moved_off_a_popular_moment(
    services: Services, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "POPULAR", 1)
    desk = Desk(services)
    ana = desk.patient()
    with desk.begin() as uow:
        for number in range(3):
            item = plan.after_silence("gone", after=None, now=uow.now, zone="America/New_York", why={})
            made = commands.Plan(source_kind="program", source_id=UUID(int=number + 1), items=[item])
            commands.plan(uow, patient_id=ana, team_id=desk.team_id, anchor_version=1, plans=[made])

    rows = desk.rows("SELECT due_at, local_time FROM touchpoint")
    assert {row.due_at for row in rows} == {clock.at}
    assert {row.local_time for row in rows} == {"10:00"}


def test_the_21st_contact_of_a_moment_is_spread_and_the_first_20_are_not(
    services: Services, clock: FrozenClock
) -> None:
    desk = Desk(services)
    ana = desk.patient()
    for number in range(40):
        with desk.begin() as uow:
            commands.plan(
                uow,
                patient_id=ana,
                team_id=desk.team_id,
                anchor_version=1,
                plans=[
                    commands.Plan(
                        source_kind="program",
                        source_id=UUID(int=number + 1),
                        items=[
                            timing.item(
                                step="ask",
                                day=(clock.at + timedelta(days=1)).date(),
                                at=time(10),
                                zone="America/New_York",
                                lasts=timedelta(hours=6),
                            )
                        ],
                    )
                ],
            )
    rows = desk.rows("SELECT due_at FROM touchpoint ORDER BY due_at")
    on_the_hour = [row.due_at for row in rows if row.due_at == rows[0].due_at]
    assert len(on_the_hour) == 20
    assert len({row.due_at for row in rows}) > 10
    assert {row.due_at.second for row in rows} == {0}
    assert rows[-1].due_at - rows[0].due_at < capacity.SPREAD
