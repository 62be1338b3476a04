"""Telling a person that texts are not encrypted, and writing down what they want, beside the thread."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.consent import queries as consent
from tests.web import make
from tests.web.forms import post, sign_in

TOLD = {"choice": "texts", "way": "by phone", "language": "en", "note": "spoke to her daughter, too"}


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.maria = m.person(43, "Maria Delgado")
    m.says(43, "thank you")
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def allowed(clinic):
    with clinic.begin() as uow:
        return uow.session.scalars(
            text("SELECT DISTINCT state FROM contact_preference WHERE patient_id = :id"), {"id": clinic.maria}
        ).all()


def test_a_colleague_reads_out_the_warning_and_records_the_choice(nora, clinic):
    base = f"/inbox/{clinic.conversation(43)}"
    assert "Nobody has noted that they were told" in nora.get(f"{base}/about").text
    assert "Text messages are not encrypted." in nora.get(f"{base}/warning").text

    saved = post(nora, f"{base}/warning", TOLD, htmx=True)

    assert "that texts are not encrypted." in saved.text
    assert "Nobody has noted" not in saved.text
    assert "Was told that texts are not encrypted" in saved.text
    with clinic.begin() as uow:
        lines = consent.ledger(uow, phone_id=clinic.phone_id(43))
        evidence = next(one.evidence for one in lines if one.kind == "warned")
        (seen,) = uow.session.scalars(
            text("SELECT count(*) FROM audit_event WHERE action = 'warned_of_texts'")
        ).all()
    assert (evidence, seen) == ("told by phone: spoke to her daughter, too", 1)
    assert allowed(clinic) == ["allowed"]

    post(nora, f"{base}/warning", TOLD | {"choice": "no_texts"}, htmx=True)
    assert allowed(clinic) == ["refused"]


def test_no_choice_and_no_way_are_refused(nora, clinic):
    base = f"/inbox/{clinic.conversation(43)}"
    for wrong in ({"choice": "maybe"}, {"choice": ""}, {"way": "by owl"}):
        assert post(nora, f"{base}/warning", TOLD | wrong, htmx=True).status_code == 422
    assert "Nobody has noted" in nora.get(f"{base}/about").text
