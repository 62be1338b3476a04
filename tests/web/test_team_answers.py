"""What a team answers after hours, whose work is whose, and who is paged where."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.staff import commands as staff
from outreach.staff import queries
from tests.web import make
from tests.web.forms import HTML, post, sign_in


@pytest.fixture
def clinic(services, clock):
    return make.Morning(services, clock)


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def team(clinic):
    with clinic.begin() as uow:
        return queries.team(uow, clinic.team_id)


def test_after_hours_words_are_kept_or_refused_in_words(nora, clinic):
    path = f"/team/{clinic.team_id}/after-hours"
    assert team(clinic).answers_after_hours

    assert post(nora, path, {"on": "1", "en": "Closed. Emergency? 911"}).status_code == 303
    refused = post(nora, path, {"on": "1", "en": "Closed."})
    assert (refused.status_code, "emergency" in refused.text) == (422, True)
    assert team(clinic).after_hours == {"on": True, "en": "Closed. Emergency? 911"}
    assert "Closed. Emergency? 911" in nora.get(f"/team/{clinic.team_id}/answers").text
    post(nora, path, {})
    assert not team(clinic).answers_after_hours


def test_work_is_routed_and_taken_back(nora, clinic):
    with clinic.begin() as uow:
        other = staff.create_team(uow, name="Pharmacy", sender_id=clinic.sender_id, zone="America/New_York")
    path = f"/team/{clinic.team_id}/routes"

    post(nora, path, {"refill": str(other), "ride": str(clinic.team_id), "food": "nonsense"})
    assert dict(team(clinic).routes) == {"refill": other}
    post(nora, path, {"refill": str(clinic.team_id)})
    assert dict(team(clinic).routes) == {}


def test_the_team_that_was_given_the_work_can_open_the_conversation(app, clinic):
    with clinic.begin() as uow:
        other = staff.create_team(uow, name="Pharmacy", sender_id=clinic.sender_id, zone="America/New_York")
        staff.set_routes(uow, team_id=clinic.team_id, routes={"medicines": other})
        pat = staff.add_staff(uow, email="pat@riverside.example", name="Pat", password=make.PASSWORD)
        staff.join_team(uow, staff_id=pat, team_id=other, role="nurse")
        from outreach.escalations import commands

        maria = clinic.person(43, "Maria Delgado")
        commands.raise_(
            uow, team_id=clinic.team_id, tier="yellow", topic="medicines", source_kind="answer",
            source_id=uow.new_id(), conversation_id=None, patient_id=maria, phone_id=clinic.phone_id(43),
        )  # fmt: skip
    with clinic.begin() as uow:
        talk = uow.session.execute(text("SELECT conversation_id FROM escalation")).scalar_one()
    client = app.test_client()
    sign_in(client, email="pat@riverside.example")

    page = client.get(f"/inbox/{talk}", headers=HTML)

    assert page.status_code == 200
    assert "Maria Delgado" in page.text
    assert "Show birth date" not in page.text, "the record stays with the team that looks after her"


def test_pagers_are_set_once_each_and_shown_by_their_end(nora, clinic):
    path = f"/team/{clinic.team_id}/pagers"

    assert post(nora, f"{path}/{clinic.nurse_id}", {"number": "(202) 555-0181"}).status_code == 303
    page = nora.get(f"/team/{clinic.team_id}/answers").text
    assert "ends in 0181" in page and "no pager: is passed over" in page
    assert "555-0181<" not in page and "+12025550181" not in page
    assert post(nora, f"{path}/{clinic.sam_id}", {"number": "+12025550181"}).status_code == 409
    assert post(nora, f"{path}/{clinic.sam_id}", {"number": "twelve"}).status_code == 422
    assert post(nora, f"{path}/{clinic.team_id}", {"number": "+12025550182"}).status_code == 404
    assert post(nora, f"{path}/{clinic.nurse_id}", {"number": ""}).status_code == 303
    assert "ends in" not in nora.get(f"/team/{clinic.team_id}/answers").text


def test_only_who_manages_this_team_may(app, clinic):
    client = app.test_client()
    sign_in(client, email=make.OTHER_NURSE)
    with clinic.begin() as uow:
        other = staff.create_team(uow, name="Pharmacy", sender_id=clinic.sender_id, zone="America/New_York")
    lead = app.test_client()
    sign_in(lead)

    assert client.get(f"/team/{clinic.team_id}/answers", headers=HTML).status_code == 403
    assert lead.get(f"/team/{other}/answers", headers=HTML).status_code == 404
    assert post(lead, f"/team/{other}/routes", {}).status_code == 404
