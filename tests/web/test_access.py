"""Who may open what: every route as every role, with ids of one's own team and of another's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from outreach import http
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands as messaging
from outreach.staff import commands as staff
from outreach.staff import rules
from tests import world
from tests.photos import PNG
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


WHOSE_EVER = ("/programs/versions/", "/admin/")
"""Programs belong to everybody who may see them; administrators' pages ask for a right no team gives."""
FORM = {
    "body": "hello",
    "shortcut": "hi",
    "language": "en",
    "message": str(uuid4()),
    "reason": "Answered",
    "mode": "text",
    "items": "",
}


def of_another_team(clinic: Clinic) -> dict[str, UUID]:
    """One of everything that another team has, by the name that routes have for its id."""
    m = clinic.morning
    ours, m.team_id = m.team_id, thread_team(clinic)
    with m.begin() as uow:
        patient = world.person(uow, team_id=m.team_id, e164=m.e164(62), name="Greta Stone")
        tara = staff.add_staff(uow, email="tara@riverside.example", name="Tara", password=make.PASSWORD)
        staff.join_team(uow, staff_id=tara, team_id=m.team_id, role="nurse")
    theirs = m.conversation(62, patient)
    with m.begin() as uow:
        sent = conversations.reply(
            uow, conversation_id=theirs, staff_id=tara, body="Like this", draft_key="k",
            photo=messaging.Photo(content=PNG),
        )  # fmt: skip
        escalations.add_task(
            uow, team_id=m.team_id, kind="visit", source_kind="touchpoint", source_id=uow.new_id(),
            due_at=uow.now, patient_id=patient,
        )  # fmt: skip
        quick = conversations.put_quick_reply(
            uow, team_id=m.team_id, shortcut="theirs", language="en", body="Ours is another"
        )
        kept = conversations.save_view(uow, staff_id=tara, name="Sam's", view="all", filters=talk.Filters())
        escalation = escalations.raise_(
            uow, team_id=m.team_id, tier="silent", topic="silence", source_kind="silence",
            source_id=uow.new_id(), conversation_id=None, patient_id=patient, phone_id=None,
        )  # fmt: skip
        shift = staff.add_shift(
            uow, team_id=m.team_id, staff_id=tara, starts_at=uow.now, ends_at=uow.now + timedelta(hours=9)
        )
        uow.session.flush()
        task, media = (
            uow.session.execute(text(f"SELECT id FROM {one}")).scalars().first() for one in ("task", "media")
        )
    found = {
        "conversation_id": theirs, "patient_id": patient, "media_id": media, "task_id": task,
        "team_id": m.team_id, "quick_reply_id": quick, "shift_id": shift, "holiday_id": uuid4(),
        "staff_id": tara, "message_id": sent.message_id, "escalation_id": escalation,
        "touchpoint_id": uuid4(), "enrollment_id": uuid4(),
    }  # fmt: skip
    m.team_id = ours
    return found | {"view": kept}


def test_no_route_takes_the_ids_of_another_team_and_each_refusal_is_on_the_record(app, clinic):
    """Every route with an id in it, as a lead: new ones are walked without being named here."""
    theirs = of_another_team(clinic)
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")
    walked, wrong = 0, []
    for rule in rules_of(app):
        if (
            "<uuid:" not in rule.rule
            or rule.rule.startswith(WHOSE_EVER)
            or rule.rule.endswith("/break-glass")
        ):
            continue
        subject = theirs["view"] if "/views/" in rule.rule else theirs["message_id"]
        path = re.sub(r"<any\((\w+).*?>", r"\1", rule.rule.replace("<uuid:subject_id>", str(subject)))
        path = re.sub(r"<uuid:(\w+)>", lambda found: str(theirs[found[1]]), path)
        before, walked = refusals(clinic), walked + 1
        for method in ("GET", "POST"):
            if method in rule.methods:
                answer = client.get(path, headers=HTML) if method == "GET" else post(client, path, FORM)
                if answer.status_code != 404 or refusals(clinic) <= before:
                    wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []
    assert walked > 40


def test_what_names_nobody_shows_nothing_of_another_team_either(app, clinic):
    """Lists, counters, hits, who is looking, acts on many, and the stream of live changes."""
    theirs = of_another_team(clinic)
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")
    app.extensions["presence"].note(
        theirs["conversation_id"], clinic.morning.sam_id, writes=True, at=datetime.now(UTC)
    )
    post(client, "/inbox/views", {"name": "All", "view": "all"})

    pages = [
        *(
            client.get(path).text
            for path in ("/inbox?view=all", "/inbox/rows?view=all", "/tasks", "/tasks/calls")
        ),
        *(client.get(path).text for path in ("/escalations", "/team", "/mentions", "/record", "/readings")),
        *(post(client, "/find", {"q": words}).text for words in ("Greta Stone", "202 555 0162", "like this")),
        client.get(f"/inbox/present?ids={theirs['conversation_id']}").text,
    ]
    many = post(
        client, "/inbox/many", {"act": "close", "value": "x", "items": f"{theirs['conversation_id']}:1"}
    )

    shown = [
        one
        for one in pages
        for name in ("conversation_id", "patient_id", "task_id")
        if str(theirs[name]) in one
    ]
    assert shown == []
    assert not [one for one in pages if "Greta" in one.replace('value="Greta Stone"', "")]
    assert many.json["done"] == []
    assert list(client.get("/inbox/saved/counts").json.values()) == ["1"]
    found = app.extensions["live"].catch_up(after=0, team_ids=[clinic.morning.team_id], conversation_id=None)
    assert found is not None
    assert str(clinic.ours).encode() in found[0]
    assert str(theirs["conversation_id"]).encode() not in found[0]
    refused = client.get(f"/live?after=0&watch={theirs['conversation_id']}", headers=HTML)
    assert refused.status_code == 404


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
    assert sign_in(client, email="ops@riverside.example").location == "/"

    assert client.get("/").location == "/admin", "the day begins where there is something to see"
    assert client.get("/admin").status_code == 200
    refused = client.get("/inbox", headers=HTML)
    assert refused.status_code == 403
    assert 'href="/inbox"' not in refused.text.partition("<main")[2], "no way back into what is refused"
    assert client.get(f"/inbox/{clinic.ours}", headers=HTML).status_code == 403


def refusals(clinic: Clinic) -> int:
    with clinic.morning.begin(SYSTEM) as uow:
        return uow.session.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'refused'")
        ).scalar_one()


def test_the_glass_opens_one_patient_for_reading_with_a_reason(app, clinic):
    m = clinic.morning
    with m.begin() as uow:
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
        return talk.conversation(uow, conversation_id=clinic.theirs).team_id
