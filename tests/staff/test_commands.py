from __future__ import annotations

import runpy
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import SYSTEM
from outreach.staff import commands, queries
from outreach.staff.commands import passwords
from outreach.staff.models import LoginSession, Staff
from tests.conftest import TUESDAY_10_NEW_YORK
from tests.staff import make

EMAIL = "nora.nurse@riverside.example"


@pytest.fixture
def machine():
    return FrozenClock(TUESDAY_10_NEW_YORK)


@pytest.fixture
def begin(services, machine):
    """Units of work on a machine clock that a test can move."""

    transactions = replace(services.transactions, machine_clock=machine)
    return lambda actor=SYSTEM: transactions.begin(actor=actor)


@pytest.fixture
def nora(begin):
    with begin() as uow:
        return make.person(uow, EMAIL, team_id=make.team(uow))


def sign_in(begin, email=EMAIL, password=make.PASSWORD, origin="198.51.100.7"):
    with begin() as uow:
        return commands.sign_in(uow, email=email, password=password, origin=origin)


def test_a_right_password_opens_a_session(begin, nora):
    welcome = sign_in(begin, email=" Nora.Nurse@Riverside.example ")

    with begin() as uow:
        found = queries.session(uow, token=welcome.token)
    assert (found.staff_id, found.name, list(found.teams.values())) == (nora, "Nora Nurse", ["nurse"])


def test_neither_token_nor_password_is_stored(begin, nora):
    welcome = sign_in(begin)

    with begin() as uow:
        digest = uow.session.scalars(select(LoginSession.token_digest)).one()
        stored = uow.session.scalars(select(Staff.password_hash)).one()
    assert welcome.token.encode() not in bytes(digest)
    assert stored.startswith("$argon2id$")


def test_passwords_cost_what_the_standard_asks_and_nobodys_as_much():
    """Read anew, as our tests lower the costs for themselves. RFC 9106 §4: 64 MiB, three passes."""
    product = runpy.run_path(passwords.__file__)

    assert (product["HASHER"].memory_cost, product["HASHER"].time_cost) == (64 * 1024, 3)
    assert not product["HASHER"].check_needs_rehash(product["NOBODY"])


@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "four green wheelbarrow"), ("nobody@riverside.example", make.PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_are_refused_alike(begin, nora, email, password):
    assert sign_in(begin, email=email, password=password) == commands.Refusal(wait=timedelta(0))


def test_a_disabled_person_is_kept_out_and_put_out(begin, nora):
    welcome = sign_in(begin)

    with begin() as uow:
        commands.disable(uow, email=EMAIL)

    with begin() as uow:
        assert queries.session(uow, token=welcome.token) is None
    assert isinstance(sign_in(begin), commands.Refusal)


def test_guessing_waits_twice_as_long_each_time(begin, nora, machine):
    waits = []
    for _ in range(7):
        refusal = sign_in(begin, password="wrong wheelbarrows")
        waits.append(refusal.wait.total_seconds())
        machine.move(seconds=refusal.wait.total_seconds())

    assert waits == [0, 0, 0, 1, 2, 4, 8]


def test_while_it_waits_even_the_right_password_is_refused(begin, nora, machine):
    for _ in range(4):
        sign_in(begin, password="wrong wheelbarrows")

    assert isinstance(sign_in(begin), commands.Refusal)
    machine.move(seconds=1)
    assert isinstance(sign_in(begin), commands.Welcome)


def test_a_try_while_waiting_does_not_lengthen_the_wait(begin, nora):
    for _ in range(4):
        sign_in(begin, password="wrong wheelbarrows")

    assert [sign_in(begin).wait for _ in range(3)] == [timedelta(seconds=1)] * 3


def test_one_origin_trying_many_addresses_waits_too(begin, nora):
    for number in range(20):
        sign_in(begin, email=f"guess{number}@riverside.example", password="wrong wheelbarrows")

    assert sign_in(begin).wait > timedelta(0)
    assert isinstance(sign_in(begin, origin="203.0.113.9"), commands.Welcome)


@pytest.mark.parametrize(("minutes", "alive"), [(14.9, True), (15, False)])
def test_an_idle_session_ends(begin, nora, machine, minutes, alive):
    welcome = sign_in(begin)

    machine.move(minutes=minutes)

    with begin() as uow:
        assert (queries.session(uow, token=welcome.token) is not None) is alive


def test_no_session_outlives_twelve_hours_of_use(begin, nora, machine):
    welcome = sign_in(begin)
    for _ in range(71):
        machine.move(minutes=10)
        with begin() as uow:
            commands.touch_session(uow, token=welcome.token)
    with begin() as uow:
        assert queries.session(uow, token=welcome.token)

    machine.move(minutes=10)

    with begin() as uow:
        assert queries.session(uow, token=welcome.token) is None


def test_a_session_that_ended_is_not_revived_by_use(begin, nora, machine):
    welcome = sign_in(begin)
    machine.move(minutes=16)

    with begin() as uow:
        commands.touch_session(uow, token=welcome.token)

    with begin() as uow:
        assert queries.session(uow, token=welcome.token) is None


def test_signing_out_ends_it(begin, nora):
    welcome = sign_in(begin)

    with begin() as uow:
        commands.sign_out(uow, token=welcome.token)

    with begin() as uow:
        assert queries.session(uow, token=welcome.token) is None


def test_a_new_password_puts_every_browser_out(begin, nora):
    welcome = sign_in(begin)

    with begin() as uow:
        commands.change_password(uow, staff_id=nora, present=make.PASSWORD, new="seven quiet lanterns")

    with begin() as uow:
        assert queries.session(uow, token=welcome.token) is None
    assert isinstance(sign_in(begin, password="seven quiet lanterns"), commands.Welcome)


def test_a_reset_gives_a_password_that_must_be_changed(begin, nora):
    with begin() as uow:
        temporary = commands.reset(uow, email=EMAIL)

    assert sign_in(begin, password=temporary).must_change_password


def test_idle_sessions_are_swept(begin, nora, machine):
    sign_in(begin)
    machine.move(minutes=15)

    with begin() as uow:
        assert commands.end_idle(uow) == 1
    with begin() as uow:
        assert commands.end_idle(uow) == 0


def test_there_is_one_organization(begin):
    with begin() as uow:
        make.organization(uow)

    with pytest.raises(commands.AlreadySetUp), begin() as uow:
        make.organization(uow)


def test_an_address_is_taken_once_whatever_its_case(begin, nora):
    with pytest.raises(commands.EmailTaken), begin() as uow:
        make.person(uow, EMAIL.upper())


def test_a_made_up_time_zone_is_refused(begin):
    with pytest.raises(commands.UnknownZone), begin() as uow:
        make.team(uow, zone="America/Springfield")


def test_without_a_roster_opening_hours_count_as_staffed(begin, nora, machine):
    with begin() as uow:
        team_id = queries.default_team(uow).id

        assert queries.staffed(uow, team_id=team_id, at=TUESDAY_10_NEW_YORK)
        assert not queries.staffed(uow, team_id=team_id, at=TUESDAY_10_NEW_YORK + timedelta(hours=12))


def test_with_a_roster_only_shifts_count(begin, nora):
    evening = TUESDAY_10_NEW_YORK + timedelta(hours=9)
    with begin() as uow:
        team_id = queries.default_team(uow).id
        commands.add_shift(
            uow, team_id=team_id, staff_id=nora, starts_at=evening, ends_at=evening + timedelta(hours=8)
        )

    with begin() as uow:
        assert not queries.staffed(uow, team_id=team_id, at=TUESDAY_10_NEW_YORK)
        assert queries.staffed(uow, team_id=team_id, at=evening)
        assert not queries.staffed(uow, team_id=team_id, at=evening + timedelta(hours=8))
        assert [one.name for one in queries.on_call(uow, team_id=team_id, at=evening)] == ["Nora Nurse"]


def test_breaking_the_glass_needs_a_reason_and_ends(begin, nora, machine):
    with begin() as uow:
        other = make.team(uow, "Surgery")
        patient_id = uow.new_id()
        with pytest.raises(commands.ReasonTooShort):
            commands.break_glass(uow, staff_id=nora, patient_id=patient_id, team_id=other, reason=" why ")
        commands.break_glass(
            uow, staff_id=nora, patient_id=patient_id, team_id=other, reason="Found unconscious in the lobby"
        )

    with begin() as uow:
        assert queries.broken_glass(uow, staff_id=nora, patient_id=patient_id) == other
    machine.move(minutes=60)
    with begin() as uow:
        assert queries.broken_glass(uow, staff_id=nora, patient_id=patient_id) is None


def test_rights_count_in_the_team_they_were_given_in(begin, nora):
    with begin() as uow:
        other = make.team(uow, "Surgery")
        commands.join_team(uow, staff_id=nora, team_id=other, role="viewer")
    token = sign_in(begin).token

    with begin() as uow:
        found = queries.session(uow, token=token)

    assert not found.may_in("reply", other)
    assert found.may_in("see_inbox", other)
    assert len(found.teams_with("reply")) == 1
    assert not found.may_in("see_inbox", uow.new_id())


def test_a_stopped_sender_stays_stopped_until_started(begin):
    with begin() as uow:
        sender_id = make.sender(uow)
        assert commands.stop_sender(uow, sender_id=sender_id, reason="account")
        assert not commands.stop_sender(uow, sender_id=sender_id, reason="account")
        commands.start_sender(uow, sender_id=sender_id)

    with begin() as uow:
        assert queries.sender(uow, sender_id).stopped_at is None
        assert uow.session.execute(text("SELECT count(*) FROM audit_event")).scalar_one() == 3
