"""A database that was wound back or copied sends nothing until the provider was asked what it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from outreach.inbound import commands as inbound
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.ports import ProviderUnavailable
from outreach.messaging.rules import origin
from outreach.tables import metadata
from outreach.twilio.gateway import TwilioGateway
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import until

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
BEFORE = {
    "cluster": "1:1",
    "place": "a",
    "timeline": 1,
    "seen_at": NOW,
    "mark": NOW,
    "witnessed": NOW,
}
PRESENT = {"cluster": "1:1", "place": "a", "timeline": 1, "machine_now": NOW, "just_started": False}


@pytest.mark.parametrize(
    ("before", "present", "verdict"),
    [
        ({}, {}, "known"),
        ({}, {"just_started": True}, "ask_provider"),
        # A plain outage, a failover that lost nothing, a new container: one question, no hold.
        ({}, {"machine_now": NOW + timedelta(hours=9)}, "ask_provider"),
        ({}, {"timeline": 2}, "ask_provider"),
        ({"witnessed": None}, {}, "known"),
        ({"place": ""}, {}, "known"),
        ({}, {"place": ""}, "known"),
        # A dump restored into another database or server; the same files under another installation's name.
        ({}, {"cluster": "2:1"}, "copied"),
        ({}, {"place": "b"}, "copied"),
        # Wound back beside a witness that was not, whatever the timeline says.
        ({"mark": NOW - timedelta(seconds=1)}, {}, "behind"),
        ({"mark": None}, {}, "behind"),
        ({"mark": NOW - timedelta(seconds=1)}, {"timeline": 2, "just_started": True}, "behind"),
    ],
)
def test_what_is_a_restart_and_what_is_a_restore(before: dict, present: dict, verdict: str) -> None:
    assert origin.judge(origin.Remembered(**BEFORE | before), origin.Present(**PRESENT | present)) == verdict


class Notebook:
    """A witness that was not wound back."""

    def __init__(self) -> None:
        self.pages: dict[str, datetime] = {}

    def remembered(self, name: str) -> datetime | None:
        return self.pages.get(name)

    def note(self, name: str, at: datetime) -> None:
        self.pages[name] = at


@pytest.fixture
def snapshot(admin_engine: Engine) -> Iterator[Callable[[], Callable[[], None]]]:
    """Take a copy of every table now; what it returns puts it back, as a restore of the dump would."""
    names = [table.name for table in metadata.sorted_tables]

    def take() -> Callable[[], None]:
        with admin_engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS kept CASCADE"))
            connection.execute(text("CREATE SCHEMA kept"))
            for name in names:
                connection.execute(text(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"'))
        return put_back

    def put_back() -> None:
        with admin_engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in names:
                connection.execute(text(f'DELETE FROM public."{name}"'))
                over = "OVERRIDING SYSTEM VALUE"
                connection.execute(text(f'INSERT INTO public."{name}" {over} SELECT * FROM kept."{name}"'))

    yield take
    with admin_engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS kept CASCADE"))


class House:
    """The workers' turn at delivering, and what an operator does."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.beside = way.beside
        self.notebook = Notebook()
        self.start()

    def start(self, place: str = "here") -> None:
        """Start the workers anew."""
        self.origin = commands.Origin(
            self.way.transactions, self.way.gateway, place=place, witness=self.notebook
        )

    def works(self) -> int:
        """Do what the task does each second."""
        sent = self.way.deliver(0.5) if self.origin.may_deliver() else 0
        self.origin.may_send()
        return sent

    def hold(self) -> commands.Hold | None:
        with self.way.transactions.begin(actor=SYSTEM) as uow:
            return commands.held(uow)

    def reconcile(self) -> commands.Recovered:
        services = self.beside.services
        hold = self.hold()
        assert hold is not None
        since = hold.database_from - timedelta(minutes=15)
        found = commands.recover(services.transactions, services.gateway, since=since, actor=SYSTEM)
        commands.sweep_inbound(
            services.transactions,
            services.gateway,
            inbound.receive,
            account_sid=services.settings.twilio_account_sid,
            since=since,
            whole=True,
        )
        services.relay.drain()
        with services.transactions.begin(actor=SYSTEM) as uow:
            commands.release(uow, place="here")
        return found


@pytest.fixture
def house(way: Way) -> House:
    return House(way)


@pytest.fixture
def people(services, clinic) -> list[make.Someone]:
    with services.transactions.begin(actor=SYSTEM) as uow:
        return [make.someone(uow, clinic, last=last) for last in range(50, 62)]


def test_nothing_is_doubled_and_nothing_lost_when_a_snapshot_comes_back(
    house: House, clinic, people, snapshot
) -> None:
    way = house.way
    first, second, third = people[:4], people[4:8], people[8:]
    wanted = {who.number: f"Hello {place}" for place, who in enumerate(people)}
    for who in first:
        way.queue(make.request(clinic, who, wanted[who.number]))
    assert house.works() == 4

    for who in second:
        way.queue(make.request(clinic, who, wanted[who.number]))
    put_back = snapshot()
    assert house.works() == 4  # what the snapshot still calls queued
    later = {who.number: make.request(clinic, who, wanted[who.number]) for who in third}
    for request in later.values():
        way.queue(request)
    assert house.works() == 4  # what the snapshot has never heard of
    stopped = second[0]
    house.beside.world.inbound.receive(phone=stopped.number, to="+12025550100", body="STOP")
    until(lambda: way.sql("SELECT 1 FROM phone_opt_out WHERE opted_out_at IS NOT NULL"))

    put_back()
    house.start()
    assert house.works() == 0
    hold = house.hold()
    assert hold is not None and hold.why == "behind"
    fresh = way.queue(make.request(clinic, third[0], "A new one"))
    assert house.works() == 0, "nothing leaves while it is held"

    found = house.reconcile()

    assert (found.adopted, found.recovered, found.doubtful) == (4, 4, 0)
    # What was planned in the snapshot comes up again, as its plan says.
    for request in later.values():
        way.queue(request)
    assert house.works() == 1
    way.becomes(fresh, "delivered")
    got = Counter((who.number, body) for who in people for body in house.beside.texts(who.number))
    lost = [one for one in wanted.items() if not got[one]]
    doubled = [one for one, count in got.items() if count > 1]
    assert (lost, doubled) == ([], [])
    assert got[third[0].number, "A new one"] == 1
    assert way.sql("SELECT count(*) FROM phone_opt_out WHERE opted_out_at IS NOT NULL")[0][0] == 1
    print(f"texts: 12 sent, 8 of them unknown to the snapshot; doubled {len(doubled)}, lost {len(lost)}")


def test_a_claim_by_another_worker_in_between_is_no_restore(house: House, clinic, people) -> None:
    house.way.queue(make.request(clinic, people[0], "One"))
    assert house.works() == 1
    house.way.queue(make.request(clinic, people[0], "Two"))
    other = commands.Origin(house.way.transactions, house.way.gateway, place="here", witness=house.notebook)
    asked = house.notebook.remembered

    def remembered(name: str) -> datetime | None:
        house.notebook.remembered = asked  # type: ignore[method-assign]
        assert house.way.deliver(0.5) == 1
        assert other.may_send()
        return asked(name)

    house.notebook.remembered = remembered  # type: ignore[method-assign]

    assert house.origin.may_send() is True
    assert house.hold() is None


def test_without_a_witness_the_provider_tells(house: House, clinic, people, snapshot) -> None:
    house.works()
    put_back = snapshot()
    house.way.queue(make.request(clinic, people[0], "Sent after the snapshot"))
    assert house.works() == 1
    put_back()
    house.notebook.pages.clear()
    house.start()

    assert house.works() == 0

    assert house.hold() is not None


def away(*_args: object, **_more: object) -> None:
    raise ProviderUnavailable


def test_a_plain_restart_goes_on_and_a_provider_that_is_away_makes_it_wait(
    house: House, clinic, people, monkeypatch
) -> None:
    house.way.queue(make.request(clinic, people[0], "One"))
    assert house.works() == 1
    house.start()
    house.way.queue(make.request(clinic, people[0], "Two"))

    listing = TwilioGateway.list_sent
    monkeypatch.setattr(TwilioGateway, "list_sent", away)
    assert house.origin.may_send() is False
    assert house.works() == 0, "it waits for the provider's answer"
    monkeypatch.setattr(TwilioGateway, "list_sent", listing)
    assert house.origin.may_send() is True

    assert house.hold() is None
    assert house.works() == 1


def test_a_copy_is_held_whatever_its_original_does(house: House, clinic, people) -> None:
    house.works()
    house.way.queue(make.request(clinic, people[0], "One"))
    house.start(place="elsewhere")

    assert house.works() == 0

    hold = house.hold()
    assert hold is not None and hold.why == "copied"


def test_danger_is_answered_while_everything_else_waits(house: House, clinic, people, clock) -> None:
    way = house.way
    house.origin.may_send()
    old = way.queue(make.request(clinic, people[0], "Old danger", kind="safety"))
    clock.move(seconds=1)
    with way.transactions.begin(actor=SYSTEM) as uow:
        commands.hold(uow, why="behind")
    ids: list[UUID] = [
        way.queue(make.request(clinic, people[1], "Call 911", kind="safety")),
        way.queue(make.request(clinic, people[2], "From a nurse", kind="staff")),
    ]

    assert house.works() == 1

    assert [way.message(one).state != "queued" for one in (old, *ids)] == [False, True, False]


def test_the_same_words_on_another_day_are_another_text(house: House, clinic, people, clock) -> None:
    way = house.way
    house.works()
    with way.transactions.begin(actor=SYSTEM) as uow:
        commands.hold(uow, why="behind")
    client = house.beside.services.gateway
    client._client.messages.create(to=people[0].number, from_="+12025550100", body="How are you today?")
    assert house.reconcile().recovered == 1
    day = timedelta(days=1)

    tomorrow = make.request(clinic, people[0], planned_for=clock.now() + day / 2)
    today = make.request(clinic, people[0], planned_for=clock.now() - day / 2)
    way.queue(today)
    way.queue(tomorrow)
    house.works()

    # Today's was recognised, tomorrow's was sent.
    until(lambda: len(house.beside.texts(people[0].number)) == 2)
    assert house.works() == 0
