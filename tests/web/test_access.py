"""Who may open what: every route as every role, with ids of one's own team and of another's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from outreach import http
from outreach.kernel.unit_of_work import SYSTEM
from outreach.staff import commands as staff
from outreach.staff import rules
from tests.web import make
from tests.web.forms import HTML, post, sign_in

ROLES = ("lead", "nurse", "coordinator", "program_owner", "auditor", "viewer")


@dataclass(frozen=True)
class Clinic:
    """Two teams with a conversation each, and a person for every role of the first team."""

    morning: make.Morning
    ours: UUID
    theirs: UUID
    escalation: UUID


@pytest.fixture
def clinic(services, clock) -> Clinic:
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, "cant breathe well and my chest feels tight")
    with m.begin() as uow:
        other = staff.create_team(uow, name="Surgery", sender_id=m.sender_id, zone="America/New_York")
        for role in ROLES:
            staff_id = staff.add_staff(
                uow, email=f"{role}@riverside.example", name=role.title(), password=make.PASSWORD
            )
            staff.join_team(uow, staff_id=staff_id, team_id=m.team_id, role=role)
    m.team_id, ours_team = other, m.team_id
    theirs = m.conversation(60)
    m.team_id = ours_team
    with m.begin() as uow:
        escalation = uow.session.execute(text("SELECT id FROM escalation")).scalar_one()
    return Clinic(morning=m, ours=m.conversation(43), theirs=theirs, escalation=escalation)


def rules_of(app: Flask):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_route_says_who_may_use_it(app):
    silent = [rule.rule for rule in rules_of(app) if http.access_of(app, rule.endpoint) is None]

    assert silent == []


def test_only_these_routes_are_public(app):
    found = {rule.rule for rule in rules_of(app) if http.access_of(app, rule.endpoint).kind == "public"}

    assert found == {"/", "/login", "/logout", "/healthz", "/readyz", "/metrics"}


def test_a_route_that_says_nothing_is_refused(app, client):
    app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")

    answer = client.get("/forgotten", headers=HTML)

    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_every_route_as_every_role(app, clinic, role):
    client = app.test_client()
    sign_in(client, email=f"{role}@riverside.example")
    wrong = []
    for rule in rules_of(app):
        access = http.access_of(app, rule.endpoint)
        if access.kind != "needs":
            continue
        expected = rules.may(role, access.right)
        path = rule.rule.replace("<uuid:conversation_id>", str(clinic.ours))
        path = path.replace("<uuid:escalation_id>", str(clinic.escalation))
        path = path.replace("<any(csv, json):kind>", "csv")
        path = re.sub(r"<uuid:\w+>", str(uuid4()), path)
        path = re.sub(r"<any\((\w+).*?>", r"\1", path)
        status = (
            client.get(path, headers=HTML).status_code
            if "GET" in rule.methods
            else post(client, path, page="/account/password").status_code
        )
        if (status != 403) is not expected:
            wrong.append((rule.rule, access.right, status))
    assert wrong == []


SWAPPED_GET = (
    "/inbox/{theirs}",
    "/inbox/{theirs}/identifiers",
    "/live?after=0&watch={theirs}",
    "/why/{theirs}",
    "/inbox/{theirs}/about",
    "/inbox/{theirs}/details",
    "/inbox/{theirs}/warning",
    "/inbox/{theirs}/programs",
    "/inbox/{theirs}/later",
    "/inbox/{theirs}/quick-replies",
    "/inbox/{theirs}/print",
)
SWAPPED_POST = (
    "/inbox/{theirs}/reply", "/inbox/{theirs}/undo", "/inbox/{theirs}/claim", "/inbox/{theirs}/assign",
    "/inbox/{theirs}/snooze", "/inbox/{theirs}/close", "/inbox/{theirs}/reopen", "/inbox/{theirs}/read",
    "/inbox/{theirs}/draft", "/inbox/{theirs}/measure", "/inbox/{theirs}/here", "/inbox/{theirs}/details",
    "/inbox/{theirs}/warning",
    "/inbox/{theirs}/programs", "/inbox/{theirs}/steps/{theirs}/skip", "/mentions/{theirs}",
    "/inbox/{theirs}/programs/{theirs}/stop", "/inbox/{theirs}/escalations/{escalation}/acknowledge",
    "/inbox/{theirs}/escalations/{escalation}/resolve",
    "/inbox/{theirs}/escalations/{escalation}/overrule", "/inbox/{theirs}/escalations/{escalation}/reopen",
    "/inbox/{theirs}/escalations/{escalation}/take-over", "/inbox/{theirs}/texts/{escalation}/mark",
)  # fmt: skip


@pytest.mark.parametrize("path", SWAPPED_GET)
def test_a_link_to_another_team_is_refused_and_on_the_record(app, clinic, path):
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")

    answer = client.get(path.format(theirs=clinic.theirs), headers=HTML)

    assert answer.status_code == 404
    assert refusals(clinic) >= 1


@pytest.mark.parametrize("path", SWAPPED_POST)
def test_an_act_on_another_team_is_refused_and_on_the_record(app, clinic, path):
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")

    answer = post(
        client,
        path.format(theirs=clinic.theirs, escalation=clinic.escalation),
        {"body": "hello", "message": str(uuid4()), "reason": "Answered", "mode": "text"},
    )

    assert answer.status_code == 404
    assert refusals(clinic) == 1


def test_another_teams_list_is_empty_for_us(app, clinic):
    client = app.test_client()
    sign_in(client, email="viewer@riverside.example")

    page = client.get("/inbox?view=all").text

    assert str(clinic.ours) in page
    assert str(clinic.theirs) not in page


def test_an_administrator_without_a_role_sees_no_patient(app, clinic):
    with clinic.morning.begin() as uow:
        staff.add_staff(
            uow, email="ops@riverside.example", name="Olga Ops", password=make.PASSWORD, is_admin=True
        )
    client = app.test_client()
    sign_in(client, email="ops@riverside.example")

    assert client.get("/admin").status_code == 200
    assert client.get("/inbox", headers=HTML).status_code == 403
    assert client.get(f"/inbox/{clinic.ours}", headers=HTML).status_code == 403


def refusals(clinic: Clinic) -> int:
    with clinic.morning.begin(SYSTEM) as uow:
        return uow.session.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'refused'")
        ).scalar_one()


def test_the_glass_opens_one_patient_for_reading_with_a_reason(app, clinic):
    m = clinic.morning
    with m.begin() as uow:
        from tests import world

        ours, m.team_id = m.team_id, thread_team(clinic)
        patient = world.person(uow, team_id=m.team_id, e164=m.e164(61), name="Greta Stone")
    theirs = m.conversation(61, patient)
    m.team_id = ours
    client = app.test_client()
    sign_in(client, email="nurse@riverside.example")

    refused = client.get(f"/inbox/{theirs}", headers=HTML)
    short = post(client, f"/inbox/{theirs}/break-glass", {"reason": "why not"})
    opened = post(client, f"/inbox/{theirs}/break-glass", {"reason": "Found unconscious in the lobby"})
    page = client.get(f"/inbox/{theirs}", headers=HTML)

    assert (refused.status_code, short.status_code, opened.status_code) == (404, 422, 303)
    assert "Greta Stone" in page.text
    assert "Another team looks after this person" in page.text
    assert post(client, f"/inbox/{theirs}/reply", {"body": "hi"}).status_code == 404
    assert client.get(f"/inbox/{clinic.theirs}", headers=HTML).status_code == 404
    with m.begin() as uow:
        from outreach.audit import queries as audit

        (line,) = audit.search(uow, team_ids=[thread_team(clinic)], action="glass_broken")
    assert line.detail == {"reason": "Found unconscious in the lobby"}


def test_a_number_leads_to_its_conversation_in_ones_own_teams_only(app, clinic):
    client = app.test_client()
    sign_in(client, email="viewer@riverside.example")

    found = post(client, "/find", {"q": "(202) 555-0143"})
    theirs = post(client, "/find", {"q": "(202) 555-0160"})
    nonsense = post(client, "/find", {"q": "Nobody Such"})

    assert found.location == f"/inbox/{clinic.ours}?view=all"
    assert (theirs.status_code, nonsense.status_code) == (200, 200)
    assert str(clinic.theirs) not in theirs.text


def thread_team(clinic: Clinic) -> UUID:
    with clinic.morning.begin() as uow:
        from outreach.conversations import queries as conversations

        return conversations.conversation(uow, conversation_id=clinic.theirs).team_id
