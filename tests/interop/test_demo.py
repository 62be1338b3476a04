"""The sample people. Playing their two weeks takes seconds, so they are played twice here and no more."""

from __future__ import annotations

import collections
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from outreach.conversations import queries as talk
from outreach.escalations import queries as raised
from outreach.interop import demo, demo_people
from outreach.interop.demo_stage import Said
from outreach.patients import queries as people
from outreach.staff import commands as staff
from outreach.staff import queries as clinic
from tests.examples import is_thorough


def rows(admin_engine, query):
    with admin_engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


WHEN_THOROUGH = pytest.mark.skipif(not is_thorough(), reason="half a minute: make test-thorough")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(
            datetime(2026, 3, 15, 7, 0, tzinfo=UTC), id="a Sunday at 3 in the morning, daylight saving new"
        ),
        pytest.param(
            datetime(2026, 11, 2, 5, 5, tzinfo=UTC), id="the night after it ended", marks=WHEN_THOROUGH
        ),
        pytest.param(datetime(2026, 7, 6, 16, 0, tzinfo=UTC), id="a Monday noon", marks=WHEN_THOROUGH),
        pytest.param(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), id="a Friday evening", marks=WHEN_THOROUGH),
    ],
)
def test_the_sample_clinic_is_worth_looking_at(services, begin, clock, admin_engine, moment):
    clock.at = moment

    loaded = demo.load(services)

    everything_went_through(admin_engine)
    the_inbox_has_something_to_read(begin, admin_engine, loaded)
    it_opens_on_a_present_one_can_believe(admin_engine, moment)
    every_cue_is_one_that_comes(begin, admin_engine)
    nobody_is_told_good_news_after_a_cry_for_help(loaded)
    no_text_names_a_condition_or_a_medicine(loaded)
    children_and_couples_are_who_they_are(begin)
    one_can_sign_in_with_what_it_prints(begin, loaded)
    assert max(one.at for one in loaded.said) <= moment
    the_second_time_changes_nothing(services, admin_engine)


def everything_went_through(admin_engine):
    for waiting in (
        "parked",
        "outbox",
        "quarantine",
        "message WHERE state IN ('queued', 'sending', 'in_doubt')",
    ):
        assert rows(admin_engine, f"SELECT count(*) FROM {waiting}") == [(0,)], waiting


def the_inbox_has_something_to_read(begin, admin_engine, loaded):
    with begin() as uow:
        team_id = clinic.default_team(uow).id
        open_now = [(one.tier, one.state) for one in raised.open_for(uow, team_ids=[team_id])]
    conversations = rows(admin_engine, "SELECT flags, waiting_since FROM conversation")
    flags = collections.Counter(one for found, _ in conversations for one in found)
    kinds = {kind for (kind,) in rows(admin_engine, "SELECT kind FROM task")}
    enrolled = rows(admin_engine, "SELECT count(DISTINCT patient_id) FROM enrollment")[0][0]
    assert ("red", "raised") in open_now
    assert flags["red"] == flags["failed"] == flags["unknown_sender"] == flags["opted_out"] == 1
    assert len([since for _, since in conversations if since]) >= 4
    assert {"tcm_call", "wrong_person"} <= kinds
    assert enrolled == len(demo_people.cast()["people"])
    assert len(loaded.said) > 50
    pages = [one.body for one in loaded.said if one.phone == "+12025550191"]
    assert pages
    assert "James" not in pages[0]


def it_opens_on_a_present_one_can_believe(admin_engine, moment):
    red = rows(admin_engine, "SELECT raised_at FROM escalation WHERE tier = 'red' AND resolved_at IS NULL")
    assert [timedelta(minutes=2) < moment - at < timedelta(minutes=15) for (at,) in red] == [True]
    over = rows(admin_engine, "SELECT due_at FROM escalation WHERE resolved_at IS NULL")
    assert max(moment - at for (at,) in over) < timedelta(hours=24)
    late = rows(admin_engine, "SELECT due_at FROM task WHERE done_at IS NULL")
    assert max(moment - at for (at,) in late) < timedelta(hours=24)
    waiting = rows(
        admin_engine,
        "SELECT waiting_since FROM conversation WHERE waiting_since IS NOT NULL"
        " AND NOT flags ?| array['red', 'silent']",
    )
    ages = sorted(moment - since for (since,) in waiting)
    assert len([one for one in ages if one < timedelta(minutes=30)]) >= 3, ages
    assert len([one for one in ages if one > timedelta(minutes=30)]) >= 2
    assert ages[-1] < timedelta(hours=3)
    closed = rows(admin_engine, "SELECT count(*) FROM conversation WHERE state = 'closed'")[0][0]
    assert closed >= 2


def every_cue_is_one_that_comes(begin, admin_engine):
    """A program that asks something else would leave a script without its cue, and somebody silent."""
    steps = collections.defaultdict(list)
    for patient_id, step in rows(
        admin_engine, "SELECT patient_id, step || '@' || occurrence FROM touchpoint"
    ):
        steps[patient_id].append(step)
    for one in demo_people.cast()["people"]:
        with begin() as uow:
            patient_id = people.by_identifier(uow, system="demo", kind="source", value=one["id"])
        for cue in [line["after"] for line in one["script"] if "after" in line]:
            assert any(step.startswith(cue) for step in steps[patient_id]), (one["id"], cue)


def nobody_is_told_good_news_after_a_cry_for_help(loaded):
    cry = next(one for one in loaded.said if "my chest hurts" in one.body)
    after = [one.body for one in loaded.said if one.phone == cry.phone and one.inward and one.at >= cry.at]
    assert "Call 911 now" in after[0]
    assert not [body for body in after if "Good to hear" in body]


def no_text_names_a_condition_or_a_medicine(loaded):
    words = {"diet", "insulin", "smoking"}
    for one in demo_people.cast()["people"]:
        told = [*one["conditions"], *(drug["text"].split()[0] for drug in one.get("medications", ()))]
        words |= {word.lower() for phrase in told for word in phrase.split() if len(word) > 4}
    words -= {"wound", "lower"}  # "how is your wound doing?" is a safe phrase
    for one in loaded.said:
        if one.inward and "Priya" not in one.body:
            assert not words & set(re.findall(r"\w+", one.body.lower())), one.body


def children_and_couples_are_who_they_are(begin):
    with begin() as uow:
        noah, zoe, rosa, hector = (
            people.by_identifier(uow, system="demo", kind="source", value=one)
            for one in ("noah", "zoe", "rosa", "hector")
        )
        assert people.texting_phone(uow, patient_id=noah) is not None
        assert people.texting_phone(uow, patient_id=zoe) is None
        shared = people.texting_phone(uow, patient_id=rosa)
        assert shared == people.texting_phone(uow, patient_id=hector)
        found = talk.find(uow, phone_id=shared, team_id=clinic.default_team(uow).id)
    assert found is not None


def one_can_sign_in_with_what_it_prints(begin, loaded):
    email, password = (line.split()[1] for line in loaded.login)
    with begin() as uow:
        welcome = staff.sign_in(uow, email=email, password=password, origin="127.0.0.1")
    assert isinstance(welcome, staff.Welcome)


def the_second_time_changes_nothing(services, admin_engine):
    before = rows(admin_engine, "SELECT count(*), max(id::text) FROM message")

    again = demo.load(services)

    assert (again.login, again.said) == ((), ())
    assert rows(admin_engine, "SELECT count(*), max(id::text) FROM message") == before


def test_cut_short_it_still_lets_one_sign_in(services, begin):
    with begin() as uow:
        staff.create_organization(
            uow, name="R", short_name="R", zone="America/New_York", settings={"demo": "loading"}
        )
        one = demo_people.cast()["staff"][0]
        staff.add_staff(uow, email=one["email"], name=one["name"], password="long enough for now")

    email, password = (line.split()[1] for line in demo.load(services).login)

    with begin() as uow:
        assert isinstance(staff.sign_in(uow, email=email, password=password, origin="x"), staff.Welcome)


def test_a_real_deployment_is_let_alone(services, begin):
    with begin() as uow:
        staff.create_organization(uow, name="Real", short_name="Real", zone="America/New_York")

    assert demo.load(services) == demo.Loaded()


def test_every_number_is_kept_for_fiction():
    cast = demo_people.cast()
    numbers = [one["phone"] for one in (*cast["people"], *cast["strangers"])]
    numbers += [contact["phone"] for one in cast["people"] for contact in one.get("contacts", ())]

    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", number) for number in numbers)


def test_said_shows_neither_words_nor_names():
    shown = repr(
        Said(
            phone="+12025550143",
            ours="+12025550100",
            inward=True,
            body="secret words",
            sid="SM1",
            at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )

    assert "secret" not in shown
