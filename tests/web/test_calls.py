"""The live-call list: who did not answer, who came home, whom nobody can text; and tasks' clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from outreach.escalations import commands
from outreach.patients import commands as patients
from outreach.staff import commands as staff
from tests.web import make
from tests.web.forms import post, sign_in


@pytest.fixture
def clinic(services, clock):
    """Silence about Maria, a call after Henry's discharge, a visit to June, a refill nobody calls for."""
    m = make.Morning(services, clock)
    maria, henry, june = (
        m.person(last, name) for last, name in ((43, "Maria Delgado"), (45, "Henry Osei"), (46, "June Park"))
    )
    phone_id = m.phone_id(43)
    with m.begin() as uow:
        commands.raise_(
            uow, team_id=m.team_id, tier="silent", topic="silence", source_kind="silence",
            source_id=uow.new_id(), conversation_id=None, patient_id=maria, phone_id=phone_id,
        )  # fmt: skip
        commands.add_tcm_task(
            uow, team_id=m.team_id, patient_id=henry, enrollment_id=uow.new_id(), discharged_at=uow.now
        )
        for kind in ("visit", "refill"):
            commands.add_task(
                uow, team_id=m.team_id, kind=kind, source_kind="program", source_id=uow.new_id(),
                patient_id=june, due_at=uow.now + timedelta(hours=1),
            )  # fmt: skip
        patients.attach_phone(
            uow, patient_id=maria, phone_id=m.phone_id(47), relation="caregiver", holder_name="Rosa", rank=0
        )
    return m


def test_who_is_to_be_called_with_number_and_clock(client, clinic):
    sign_in(client)

    page = client.get("/tasks/calls").text

    places = [page.index(name) for name in ("June Park", "Maria Delgado", "Henry Osei")]
    assert places == sorted(places), "the one due soonest first"
    assert "(202) 555-0143" in page and "(202) 555-0147" in page
    assert page.index("(202) 555-0143") < page.index("(202) 555-0147"), "their own number first"
    assert "No answer to our texts" in page
    assert "Refill" not in page


def test_a_call_is_taken_and_finished_only_with_what_came_of_it(client, clinic):
    sign_in(client)
    with clinic.begin() as uow:
        task = uow.session.execute(text("SELECT id FROM task WHERE kind = 'tcm_call'")).scalar_one()

    assert post(client, f"/tasks/{task}/take", {"from": "calls"}).location == "/tasks/calls"
    assert post(client, f"/tasks/{task}/finish", {"outcome": "  "}).status_code == 422
    assert "Henry Osei" in client.get("/tasks/calls").text
    assert post(client, f"/tasks/{task}/finish", {"outcome": "Reached him, all well"}).status_code == 303

    assert "Henry Osei" not in client.get("/tasks/calls").text


def task_of(clinic, kind):
    with clinic.begin() as uow:
        return uow.session.execute(
            text("SELECT id, owner_id, state, due_at FROM task WHERE kind = :kind"), {"kind": kind}
        ).one()


def test_a_task_is_given_to_a_colleague_taken_over_and_dropped_with_a_reason(client, clinic):
    sign_in(client)
    task = f"/tasks/{task_of(clinic, 'refill').id}"
    assert f"{task}/assign" in client.get("/tasks").text

    assert post(client, f"{task}/assign", {"to": str(clinic.sam_id)}).location == "/tasks"
    assert task_of(clinic, "refill").owner_id == clinic.sam_id
    assert post(client, f"{task}/assign", {"to": str(clinic.team_id)}).status_code == 404, "no colleague"
    assert "Take over" in client.get("/tasks").text
    post(client, f"{task}/take", {"from": "mine"})
    assert task_of(clinic, "refill").owner_id == clinic.nurse_id
    assert post(client, f"{task}/drop", {"outcome": " "}).status_code == 422
    post(client, f"{task}/drop", {"outcome": "She has plenty left"})

    assert task_of(clinic, "refill").state == "dropped"
    assert f"{task}/finish" not in client.get("/tasks").text


def test_only_clinical_staff_finish_calls(client, clinic):
    with clinic.begin() as uow:
        staff.join_team(uow, staff_id=clinic.nurse_id, team_id=clinic.team_id, role="coordinator")
    sign_in(client)
    call, refill = (f"/tasks/{task_of(clinic, kind).id}" for kind in ("tcm_call", "refill"))

    for act in ("take", "finish", "drop"):
        assert post(client, f"{call}/{act}", {"outcome": "Reached him"}).status_code == 403, act
    assert post(client, f"{call}/assign", {"to": str(clinic.nurse_id)}).status_code == 404
    assert task_of(clinic, "tcm_call").state == "open"
    assert post(client, f"{refill}/finish", {"outcome": "Sent it"}).status_code == 303


def test_a_task_is_added_beside_a_thread(client, clinic, clock):
    sign_in(client)
    beside = f"/inbox/{clinic.conversation(43)}"
    assert f'action="{beside}/task"' in client.get(f"{beside}/about").text

    assert post(client, f"{beside}/task", {"what": " "}).status_code == 422
    assert post(client, f"{beside}/task", {"what": "Call the lab", "due": "2020-01-01"}).status_code == 422
    answer = post(client, f"{beside}/task", {"what": "Call the lab"}, htmx=True)

    assert "Call the lab" in answer.text
    assert "Call the lab" in client.get("/tasks").text
    assert task_of(clinic, "other").due_at > clock.now()


def test_a_silence_of_somebody_without_a_number_is_taken_and_closed_from_the_lists(client, clinic):
    sign_in(client)
    with clinic.begin() as uow:
        silent = commands.raise_(
            uow, team_id=clinic.team_id, tier="silent", topic="silence", source_kind="silence",
            source_id=uow.new_id(), conversation_id=None, patient_id=clinic.person(48, "Otto Lind"),
            phone_id=None,
        )  # fmt: skip
    here = f"/escalations/{silent}"
    for page in ("/tasks/calls", "/escalations"):
        assert f"{here}/acknowledge" in client.get(page).text
        assert f"{here}/resolve" in client.get(page).text

    assert post(client, f"{here}/acknowledge", {"from": "calls"}).location == "/tasks/calls"
    assert post(client, f"{here}/resolve", {"outcome": "reached_patient", "note": " "}).status_code == 422
    done = post(client, f"{here}/resolve", {"outcome": "reached_patient", "note": "Called his home"})

    assert done.location == "/escalations"
    assert "Otto Lind" not in client.get("/tasks/calls").text + client.get("/escalations").text


def test_nothing_says_silent_to_staff(client, clinic):
    sign_in(client)

    for path in ("/escalations", "/inbox?view=escalations", f"/inbox/{clinic.conversation(43)}"):
        page = client.get(path).text
        assert "No answer" in page, path
        assert "Silent" not in page, path
        assert "Yellow" not in page, path


def test_looking_is_on_the_record(client, clinic):
    sign_in(client)
    client.get("/tasks/calls")

    with clinic.begin() as uow:
        looks = uow.session.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'looked' AND subject_kind = 'task'")
        ).scalar_one()
    assert looks == 2
