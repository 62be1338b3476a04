"""What is asked once more when a text is claimed: merged people, ended links."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.commands import claiming
from outreach.patients import commands as patients
from tests.messaging import make


def claim(services) -> list[tuple[str, str | None]]:
    """Claim what is due; return what became of every text."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        for one in claiming.due_senders(uow):
            claiming.claim(uow, sender_id=one.id, room=9)
    with services.transactions.begin(actor=SYSTEM) as uow:
        rows = uow.session.execute(text("SELECT state, error_class FROM message ORDER BY id"))
        return [tuple(row) for row in rows]


@pytest.fixture
def queued(services, clinic, anna) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        commands.queue(uow, make.request(clinic, anna))


@pytest.fixture
def twin(services, clinic, anna, queued) -> make.Someone:
    """A second row of Anna's, merged into hers after the text was queued."""
    del queued
    with services.transactions.begin(actor=SYSTEM) as uow:
        other = make.someone(uow, clinic, last=44)
        patients.merge(uow, patient_id=other.patient_id, into_id=anna.patient_id)
    return other


def test_what_a_merged_row_refused_is_refused(services, twin) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=twin.phone_id, how="text", receipt_id=uow.new_id())

    assert claim(services) == [("canceled", "refused")]


def test_a_later_wish_of_the_same_person_undoes_it(services, twin) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=twin.phone_id, how="text", receipt_id=uow.new_id())
        consent.opt_in(uow, phone_id=twin.phone_id, how="text", receipt_id=uow.new_id(), evidence="START")

    assert claim(services) == [("sending", None)]


def test_who_died_as_a_merged_row_has_died(services, clock, twin) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(
            text("UPDATE patient SET deceased_at = :at WHERE id = :id"),
            {"at": clock.at, "id": twin.patient_id},
        )

    assert claim(services) == [("canceled", "died")]


def test_a_number_that_is_not_theirs_any_more_gets_nothing(services, queued) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(text("UPDATE patient_phone SET ended_at = now()"))

    assert claim(services) == [("canceled", "unlinked")]


def test_a_number_of_a_merged_row_is_theirs(services, anna, twin) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(
            text("UPDATE patient_phone SET patient_id = :other WHERE patient_id = :id"),
            {"other": twin.patient_id, "id": anna.patient_id},
        )

    assert claim(services) == [("sending", None)]
