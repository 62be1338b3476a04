"""Where a text about a topic goes, with two caregivers and every way one of them drops out."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.consent import commands, queries
from outreach.patients import commands as patients
from tests.consent.make import House


def goes_to(home: House, topic: str | None, **more: UUID) -> queries.Destination | None:
    return queries.destination(
        home.uow,
        patient_id=home.patient_id,
        topic=topic,
        purpose="reminders",
        sender_id=home.sender_id,
        **more,
    )


@pytest.fixture
def phones(home: House) -> dict[str, UUID]:
    return {
        "own": home.phone_id,
        "first": home.another_phone(relation="caregiver", scopes=["topic:refills"], language="es", rank=2),
        "second": home.another_phone(relation="caregiver", scopes=["topic:refills", "answer"], rank=3),
    }


def out(home: House, phone_id: UUID) -> None:
    commands.opt_out(home.uow, phone_id=phone_id, how="text", receipt_id=home.uow.new_id())


def lost(home: House, phone_id: UUID) -> None:
    patients.mark_phone(home.uow, phone_id=phone_id, state="invalid", reason="error_30005")


def somebody_elses(home: House, phone_id: UUID) -> None:
    patients.new_holder(home.uow, phone_id=phone_id, how="reassigned")


@pytest.mark.parametrize(
    ("happened", "topic", "expected"),
    [
        ([], "refills", ("first", "chosen", None)),
        ([], "symptoms", ("own", "own", None)),
        ([], None, ("own", "own", None)),
        ([(out, "first")], "refills", ("second", "chosen", "first")),
        ([(out, "first"), (out, "second")], "refills", ("own", "own", "first")),
        # A number that is no good any more is as if it were not there: nobody has to be passed over.
        ([(lost, "first"), (lost, "second")], "refills", ("own", "own", None)),
        ([(somebody_elses, "first")], "refills", ("second", "chosen", None)),
        # Never around the patient's own refusal: it is their phone that is asked, and policy that says no.
        ([(out, "own")], "refills", ("own", "own", "first")),
        ([(out, "own")], "symptoms", ("own", "own", None)),
        ([(lost, "own")], "refills", ("first", "chosen", None)),
        ([(lost, "own")], "symptoms", ("second", "stands_in", None)),
        ([(lost, "own"), (lost, "second")], "symptoms", None),
        ([(lost, "own"), (lost, "second"), (out, "first")], "refills", ("first", "chosen", None)),
    ],
)
def test_where_a_text_goes(home, phones, happened, topic, expected):
    names = {phone_id: name for name, phone_id in phones.items()}
    links = {one.link_id: one.phone_id for one in _links(home)}
    for what, whose in happened:
        what(home, phones[whose])

    found = goes_to(home, topic)

    if expected is None:
        assert found is None
    else:
        passed_over = names[links[found.passed_over]] if found.passed_over else None
        assert (names[found.phone_id], found.how, passed_over) == expected
        assert links[found.link_id] == found.phone_id
        assert found.language == ("es" if expected[0] == "first" else None)


def test_what_follows_an_answer_stays_on_the_phone_it_was_given_on(home, phones):
    stays = goes_to(home, "refills", answered_on=phones["own"])
    assert stays is not None
    assert (stays.phone_id, stays.passed_over) == (phones["own"], None)

    out(home, phones["second"])
    moves = goes_to(home, "refills", answered_on=phones["second"])
    assert moves is not None
    assert moves.phone_id == phones["first"]


def test_an_answer_on_a_phone_that_may_not_give_one_moves_nothing_there(home, phones):
    told = home.another_phone(relation="caregiver", scopes=["be_told"])

    found = goes_to(home, "refills", answered_on=told)

    assert found is not None
    assert found.phone_id == phones["first"]


def _links(home: House):
    from outreach.patients import queries as people

    return people.phones(home.uow, patient_id=home.patient_id)
