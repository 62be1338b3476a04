"""What a colleague found out about a number, written down beside the thread and true at once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.consent import queries as consent
from outreach.patients import commands as patients
from tests.web import make
from tests.web.forms import post, sign_in

EVIDENCE = "Maria called on 3/10 at 9:40"


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.maria = m.person(43, "Maria Delgado")
    m.says(43, "thank you")
    with m.begin() as uow:
        patients.add_identifier(uow, patient_id=m.maria, system="urn:clinic", kind="mrn", value="MRN-2041")
        patients.index_person(uow, patient_id=m.maria)
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def said(nora, clinic, what, last=43, **more):
    where = f"/inbox/{clinic.conversation(last)}/number"
    return post(nora, where, {"what": what, "evidence": EVIDENCE} | more, htmx=True)


def phone(clinic, last=43):
    with clinic.begin() as uow:
        return uow.session.execute(
            text("SELECT state, epoch FROM phone WHERE id = :id"), {"id": clinic.phone_id(last)}
        ).one()


def opted_out(clinic):
    with clinic.begin() as uow:
        return (
            consent.standing(
                uow,
                phone_id=clinic.phone_id(43),
                patient_id=clinic.maria,
                purpose="care",
                sender_id=clinic.sender_id,
            ).reason
            == "opted_out"
        )


def test_staff_stop_a_number_and_let_texts_go_again_with_evidence(nora, clinic):
    assert said(nora, clinic, "stop").status_code == 200
    assert opted_out(clinic)

    assert said(nora, clinic, "again").status_code == 200

    assert not opted_out(clinic)
    with clinic.begin() as uow:
        kept = [
            (one.kind, one.how, one.evidence) for one in consent.ledger(uow, phone_id=clinic.phone_id(43))
        ]
    assert kept[-2:] == [("opt_out", "staff", EVIDENCE), ("opt_in", "staff", EVIDENCE)]


def test_without_evidence_or_a_choice_nothing_is_saved(nora, clinic):
    assert said(nora, clinic, "stop", evidence=" ").status_code == 422
    assert said(nora, clinic, "maybe").status_code == 422
    assert not opted_out(clinic)


def test_a_number_goes_into_quarantine_and_comes_back(nora, clinic):
    said(nora, clinic, "wrong")
    assert phone(clinic).state == "wrong_person"

    said(nora, clinic, "right")

    assert phone(clinic).state == "usable"


def test_a_number_the_provider_refused_comes_back_when_it_works(nora, clinic):
    with clinic.begin() as uow:
        patients.mark_phone(uow, phone_id=clinic.phone_id(43), state="invalid", reason="error_21211")

    said(nora, clinic, "right")

    assert phone(clinic).state == "usable"


def test_a_new_holder_starts_clean_and_is_nobody_we_know(nora, clinic):
    said(nora, clinic, "stop")
    said(nora, clinic, "moved")

    assert (phone(clinic).state, phone(clinic).epoch) == ("usable", 2)
    with clinic.begin() as uow:
        living = uow.session.execute(
            text("SELECT count(*) FROM patient_phone WHERE ended_at IS NULL")
        ).scalar()
    assert living == 0


@pytest.mark.parametrize(("what", "column"), [("died", "deceased_at"), ("hospice", "hospice_at")])
def test_a_death_told_by_phone_ends_what_is_automatic(nora, clinic, what, column):
    answered = said(nora, clinic, what)

    assert "Nothing automatic goes out." in answered.text
    with clinic.begin() as uow:
        rows = uow.session.execute(text(f"SELECT {column} FROM patient WHERE id = :id"), {"id": clinic.maria})
        assert rows.scalar() is not None


def test_a_number_nobody_knew_is_registered_with_a_patient(nora, clinic):
    clinic.says(77, "this is her daughter")
    where = f"/inbox/{clinic.conversation(77)}/number"
    assert "Whose number is it?" in nora.get(where).text
    told = {"record": "MRN-2041", "relation": "caregiver", "holder": "Lucia", "may_answer": "yes"}

    wrong = post(nora, f"{where}/patient", told | {"record": "MRN-9", "evidence": EVIDENCE}, htmx=True)
    registered = post(nora, f"{where}/patient", told | {"evidence": EVIDENCE}, htmx=True)

    assert wrong.status_code in (404, 422)
    assert "Maria Delgado" in registered.text
    assert "Lucia" in registered.text
    assert post(nora, f"{where}/patient", told | {"evidence": EVIDENCE}, htmx=True).status_code == 404
