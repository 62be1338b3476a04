from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from outreach.conversations import queries as conversations
from tests.statements import counted
from tests.web import make
from tests.web.forms import HTML, post, sign_in


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    maria = m.person(43, "Maria Delgado")
    m.sends(43, maria, "Riverside: Hi Maria, how are you? Reply 1, 2 or 3.")
    m.clock.move(minutes=3)
    m.says(43, "a little <b>dizzy</b> today")
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def thread_of(clinic, last=43):
    with clinic.begin() as uow:
        return conversations.thread(uow, conversation_id=clinic.conversation(last), team_ids=[clinic.team_id])


def act(client, clinic, name, values=None, *, last=43):
    version = thread_of(clinic, last).version
    return post(
        client, f"/inbox/{clinic.conversation(last)}/{name}", {"version": version} | (values or {}), htmx=True
    )


def test_the_list_shows_who_waits_and_what_they_wrote(nora):
    page = nora.get("/inbox").text

    assert "Maria Delgado" in page
    assert "a little &lt;b&gt;dizzy&lt;/b&gt; today" in page


def test_the_thread_shows_both_sides_escaped(nora, clinic):
    page = nora.get(f"/inbox/{clinic.conversation(43)}").text

    assert "Hi Maria, how are you?" in page
    assert "a little &lt;b&gt;dizzy&lt;/b&gt; today" in page
    assert "Delivered" in page


def test_beside_the_list_only_the_thread_is_sent(nora, clinic):
    answer = nora.get(f"/inbox/{clinic.conversation(43)}", headers={"HX-Request": "true"})

    assert answer.text.lstrip().startswith('<div class="workspace"')


def test_a_reply_is_queued_and_can_be_taken_back(nora, clinic):
    answer = act(nora, clinic, "reply", {"body": "Sit down and drink some water.", "draft_key": "k1"})

    assert "Sit down and drink some water." in answer.json["thread"]["items"]
    assert "Undo" in answer.json["thread"]["items"]
    message = thread_of(clinic).items[-1]
    act(nora, clinic, "undo", {"message": str(message.id)})
    assert thread_of(clinic).items[-1].state == "canceled"


def test_pressing_send_twice_is_one_text(nora, clinic):
    version = thread_of(clinic).version
    for _ in range(2):
        post(
            nora, f"/inbox/{clinic.conversation(43)}/reply",
            {"body": "Sit down.", "draft_key": "same", "version": version if not _ else ""}, htmx=True,
        )  # fmt: skip

    assert [item.body for item in thread_of(clinic).items].count("Sit down.") == 1


def test_a_text_that_came_in_while_typing_stops_the_reply(nora, clinic):
    seen = thread_of(clinic).version
    clinic.says(43, "never mind, I am fine")

    answer = post(
        nora, f"/inbox/{clinic.conversation(43)}/reply",
        {"body": "Sit down.", "draft_key": "k1", "version": seen}, htmx=True,
    )  # fmt: skip

    assert answer.status_code == 409
    assert "new text came in" in answer.text


def test_nobody_texts_a_phone_that_opted_out(nora, clinic):
    clinic.says(43, "STOP")

    answer = act(nora, clinic, "reply", {"body": "Are you sure?", "draft_key": "k1"})
    page = nora.get(f"/inbox/{clinic.conversation(43)}").text

    assert answer.status_code == 422
    assert "Not sent" in answer.text
    assert "They wrote STOP" in page


def test_a_note_is_kept_and_never_sent(nora, clinic):
    act(nora, clinic, "reply", {"mode": "note", "body": "Her daughter calls at noon."})

    with clinic.begin() as uow:
        out = uow.session.execute(text("SELECT count(*) FROM message WHERE direction = 'out'")).scalar_one()
    assert out == 1
    assert thread_of(clinic).items[-1].body == "Her daughter calls at noon."


def test_what_was_closed_by_mistake_waits_again_as_before(nora, clinic):
    waited = thread_of(clinic).waiting_since
    undo = act(nora, clinic, "close", {"reason": "Answered"}).json["undo"]
    assert thread_of(clinic).waiting_since is None

    act(nora, clinic, undo["act"], {"waited": undo["waited"]})

    assert (thread_of(clinic).state, thread_of(clinic).waiting_since) == ("open", waited)
    assert waited is not None


def test_claim_snooze_close_and_reopen(nora, clinic):
    act(nora, clinic, "claim")
    assert thread_of(clinic).owner_name == "Nora Hart"

    until = (clinic.clock.now().replace(hour=20)).isoformat()
    assert "Snoozed until" in act(nora, clinic, "snooze", {"until": until}).json["notice"]
    act(nora, clinic, "reopen")
    own = act(nora, clinic, "snooze", {"until": "own", "own": "2026-03-20T15:30"})
    assert "3:30" in own.json["notice"], "a time of one's own is the team's wall clock"
    assert thread_of(clinic).snoozed_until == datetime(2026, 3, 20, 19, 30, tzinfo=UTC)
    for wrong in ("", "soon", "2020-01-01T10:00"):
        assert act(nora, clinic, "snooze", {"until": "own", "own": wrong}).status_code in (409, 422), wrong
    act(nora, clinic, "reopen")
    act(nora, clinic, "close", {"reason": "Answered"})
    assert thread_of(clinic).closed_reason == "Answered"


def test_a_conversation_goes_to_colleagues_of_the_team_only(nora, clinic):
    with clinic.begin() as uow:
        stranger = uow.new_id()

    assert act(nora, clinic, "assign", {"to": str(stranger)}).status_code == 404
    assert act(nora, clinic, "assign", {"to": str(clinic.sam_id)}).json["notice"] == "Sam Keller has it now."


def test_opening_and_acting_leave_lines_on_the_record(nora, clinic):
    nora.get("/inbox?view=all")
    nora.get(f"/inbox/{clinic.conversation(43)}", headers={"HX-Request": "true"})
    nora.get(f"/inbox/{clinic.conversation(43)}/identifiers")
    act(nora, clinic, "reply", {"body": "Sit down.", "draft_key": "k1"})

    with clinic.begin() as uow:
        rows = uow.session.execute(
            text("SELECT action, subject_kind FROM audit_event WHERE actor_id = :id"), {"id": clinic.nurse_id}
        ).all()
    assert {
        ("looked_at_list", "list"), ("looked", "conversation"), ("looked", "patient"),
        ("looked_at_identifiers", "patient"), ("replied", "conversation"),
    } <= {tuple(row) for row in rows}  # fmt: skip


def test_birth_date_and_record_number_show_after_a_click_only(nora, clinic):
    with clinic.begin() as uow:
        from outreach.patients import commands as patients

        patient_id = thread_of(clinic).patient_id
        patients.add_identifier(uow, patient_id=patient_id, system="EHR", kind="mrn", value="00481516")

    assert "00481516" not in nora.get(f"/inbox/{clinic.conversation(43)}").text
    assert "00481516" in nora.get(f"/inbox/{clinic.conversation(43)}/identifiers").text


def test_finding_shows_only_the_record_number_that_was_typed(nora, clinic):
    with clinic.begin() as uow:
        from outreach.patients import commands as patients

        patient_id = thread_of(clinic).patient_id
        for system, value in (("EHR", "00481516"), ("Lab", "77120")):
            patients.add_identifier(uow, patient_id=patient_id, system=system, kind="mrn", value=value)
    by_name, by_number = (post(nora, "/find", {"q": words}).text for words in ("Maria Delgado", "00481516"))

    assert "Maria Delgado" in by_name and "Maria Delgado" in by_number
    assert "00481516" not in by_name and "77120" not in by_name + by_number
    assert by_number.count("00481516") > by_number.count('value="00481516"')


def test_a_draft_is_there_again_for_its_writer_only(nora, clinic, app):
    act(nora, clinic, "draft", {"body": "Half a sent"})
    sam = app.test_client()
    sign_in(sam, email=make.OTHER_NURSE)

    assert "Half a sent" in nora.get(f"/inbox/{clinic.conversation(43)}").text
    assert "Half a sent" not in sam.get(f"/inbox/{clinic.conversation(43)}").text


def test_a_text_is_measured_as_carriers_count_it(nora, clinic):
    plain = act(nora, clinic, "measure", {"body": "a" * 161}).text
    emoji = act(nora, clinic, "measure", {"body": "ok 👍"}).text

    assert "2 segments" in plain
    assert "special characters" in emoji


def test_reading_takes_the_dot_away_but_not_the_wait(nora, clinic):
    act(nora, clinic, "read")

    found = thread_of(clinic)
    assert found.unread == 0
    assert found.waiting_since is not None


def test_an_escalation_is_taken_and_resolved_from_the_thread(nora, clinic):
    clinic.says(43, "cant breathe well and my chest feels tight")
    with clinic.begin() as uow:
        escalation = uow.session.execute(text("SELECT id FROM escalation")).scalar_one()

    assert "Red" in nora.get("/escalations").text
    taken = act(nora, clinic, f"escalations/{escalation}/acknowledge")
    assert "Nora Hart has it" in " ".join(taken.json["thread"]["head"].split())
    missing = act(nora, clinic, f"escalations/{escalation}/resolve", {"outcome": "reached_patient"})
    assert missing.status_code == 422
    act(nora, clinic, f"escalations/{escalation}/resolve",
        {"outcome": "reached_patient", "note": "Called her, she is fine."})  # fmt: skip
    assert "No open escalation" in nora.get("/escalations").text


@pytest.mark.parametrize("view", ["mine", "waiting", "escalations", "failed", "unknown", "snoozed", "closed"])
def test_an_empty_list_says_what_will_be_there(nora, view):
    page = nora.get(f"/inbox?view={view}").text

    assert 'id="queue-empty" >' in page


def test_a_list_nobody_made_is_refused(nora):
    assert nora.get("/inbox?view=everything", headers=HTML).status_code == 422
    assert nora.get("/inbox?view=all&before=nonsense", headers=HTML).status_code == 422


def test_every_list_agrees_with_the_lists_a_row_says_it_stands_in(services, clock):
    m = make.fill(services, clock)
    with m.begin() as uow:
        everything = conversations.inbox(uow, staff_id=m.nurse_id, team_ids=[m.team_id], view="all").rows
        for view in set(conversations.VIEWS) - {"mine"}:
            page = conversations.inbox(uow, staff_id=m.nurse_id, team_ids=[m.team_id], view=view)
            listed = {row.conversation_id for row in page.rows}
            said = {
                row.conversation_id for row in everything if view in conversations.views_of(row, now=uow.now)
            }
            assert said == listed, view


@pytest.mark.parametrize(
    ("path", "budget"), [("/inbox?view=all", 12), ("/inbox/{id}", 12), ("/inbox/{id}/about", 12)]
)
def test_the_number_of_statements_does_not_grow_with_the_list(nora, clinic, services, path, budget):
    path = path.format(id=clinic.conversation(43))

    def statements():
        with counted(services.transactions.engine) as seen:
            assert nora.get(path).status_code == 200
        return seen

    nora.get(path)  # the record's own keys are made at first use
    few = statements()
    for last in range(60, 72):
        clinic.says(last, "hello?")
        clinic.says(43, f"and {last}")
    many = statements()

    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
