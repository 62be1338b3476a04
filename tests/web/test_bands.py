"""What a band says of an escalation: only what is true about who was told and who was texted."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.kernel.phone import Phone
from outreach.staff import commands as staff
from tests.web import make
from tests.web.forms import post, sign_in

DANGER = "I cant breathe"


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def page_of(client, clinic):
    return client.get(f"/inbox/{clinic.conversation(43)}").text


def test_who_opted_out_is_not_texted_and_must_be_called(nora, clinic):
    clinic.says(43, "STOP")
    clinic.says(43, DANGER)

    assert "Not texted, they opted out: CALL NOW." in page_of(nora, clinic)
    assert "Not texted: call now" in nora.get("/escalations").text
    with clinic.begin() as uow:
        kinds = uow.session.scalars(text("SELECT kind FROM message WHERE direction = 'out'")).all()
    assert "safety" not in kinds


def test_without_a_pager_the_band_says_that_nobody_could_be_paged(nora, clinic):
    clinic.says(43, DANGER)

    page = page_of(nora, clinic)
    assert "Nobody could be paged" in page
    assert "A safety text is on its way" in page


def test_who_was_paged_stands_there_until_somebody_takes_it(nora, clinic):
    with clinic.begin() as uow:
        staff.create_sender(
            uow, label="Pages", address="+12025550105", short_name="Riverside",
            callback_number="+12025550101", kind="pages",
        )  # fmt: skip
        staff.set_pager(uow, staff_id=clinic.nurse_id, phone=Phone("+12025550181"))
    clinic.says(43, DANGER)

    assert "Paged so far: who is on call. Nobody has taken it." in page_of(nora, clinic)
    with clinic.begin() as uow:
        escalation = uow.session.execute(text("SELECT id FROM escalation")).scalar_one()
    post(nora, f"/inbox/{clinic.conversation(43)}/escalations/{escalation}/acknowledge")
    page = page_of(nora, clinic)
    assert "Nora Hart has it" in page and "Paged so far" not in page


def test_another_colleague_takes_it_over(nora, app, clinic):
    clinic.says(43, DANGER)
    with clinic.begin() as uow:
        escalation = uow.session.execute(text("SELECT id FROM escalation")).scalar_one()
    path = f"/inbox/{clinic.conversation(43)}/escalations/{escalation}"
    post(nora, f"{path}/acknowledge")
    sam = app.test_client()
    sign_in(sam, email=make.OTHER_NURSE)

    assert post(sam, f"{path}/acknowledge").status_code == 409
    assert post(sam, f"{path}/take-over").status_code == 303
    assert "Sam Keller has it" in page_of(nora, clinic)
