"""Writing to a patient: when it goes out, what is advised, who is told; and what stands beside the thread."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from outreach.care import commands as care
from outreach.conversations import commands as conversations
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import commands as patients
from outreach.programs.commands import release
from tests import world
from tests.web import make
from tests.web.forms import HTML, post, sign_in

NIGHT = datetime(2026, 3, 11, 2, 40, tzinfo=UTC)
"""10:40 pm on Tuesday in New York."""


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    with m.begin() as uow:
        release.install_library(uow)
    m.maria = m.person(43, "Maria Delgado")
    with m.begin() as uow:
        world.discharged(uow, patient_id=m.maria)
    m.says(43, "a little dizzy today")
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def rows(clinic, statement, **values):
    with clinic.begin() as uow:
        return uow.session.execute(text(statement), values).all()


def base(clinic, last=43):
    return f"/inbox/{clinic.conversation(last)}"


def writes(client, clinic, words="Sit down and drink.", **values):
    return post(
        client, f"{base(clinic)}/reply", {"body": words, "draft_key": str(uuid4())} | values, htmx=True
    )


def waiting(clinic):
    return rows(clinic, "SELECT due_at FROM message WHERE author_kind = 'staff' AND state = 'queued'")


def test_outside_their_hours_one_decides_first(nora, clinic, clock):
    clock.at = NIGHT
    asked = writes(nora, clinic).json

    assert "It is 10:40 pm where they are" in asked["ask"]
    assert "Send tomorrow 9:00 am" in asked["ask"]
    assert post(nora, f"{base(clinic)}/reply", {"body": "Hello"}).status_code == 422
    assert waiting(clinic) == []

    assert writes(nora, clinic, when="now").status_code == 422
    writes(nora, clinic, when="now", why_now="She asked to be told tonight")
    said = writes(nora, clinic, "Good morning", when="opening").json

    assert said["notice"] == "It goes out tomorrow 9:00 am their time."
    assert sorted(one.due_at for one in waiting(clinic))[1] == datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
    details = rows(clinic, "SELECT count(*) FROM audit_event WHERE action = 'replied'")
    assert details[0][0] == 2


def test_somebody_who_has_just_written_is_answered_at_any_hour(nora, clinic, clock):
    clock.at = NIGHT
    clinic.says(43, "still dizzy")

    assert "they wrote within the hour" in post(nora, f"{base(clinic)}/measure", {"body": "hi"}).text
    assert "ask" not in writes(nora, clinic).json


@pytest.mark.parametrize(
    ("when", "status"),
    [
        ("2026-03-12T09:30", 200),
        ("2026-03-12T23:30", 422),
        ("2026-03-10T09:00", 422),
        ("2027-03-10T09:00", 422),
        ("soon", 422),
    ],
)
def test_later_is_a_time_within_their_hours(nora, clinic, when, status):
    assert writes(nora, clinic, when=when).status_code == status
    assert len(waiting(clinic)) == (status == 200)


def test_a_scheduled_text_stands_in_the_thread_and_can_be_canceled(nora, clinic):
    drawn = writes(nora, clinic, when="2026-03-12T09:30").json["thread"]["items"]

    assert "Sends Thu 9:30 am" in drawn
    assert "Cancel" in drawn
    (message,) = rows(clinic, "SELECT id FROM message WHERE author_kind = 'staff'")
    post(nora, f"{base(clinic)}/undo", {"message": str(message.id)}, htmx=True)
    assert waiting(clinic) == []


def test_the_linter_advises_and_never_blocks(nora, clinic):
    private = "Your insulin for diabetes is at the pharmacy"
    advice = post(nora, f"{base(clinic)}/measure", {"body": private}, htmx=True).text

    assert "gives away a diagnosis" in advice
    assert "gives away a drug" in advice
    assert "thread" in writes(nora, clinic, private).json


def test_quick_replies_come_filled_and_in_their_language_first(nora, clinic):
    with clinic.begin() as uow:
        for language, body in (
            ("en", "{clinic}: [{name}, ]we are open 8 to 5. Call {callback}."),
            ("es", "{clinic}: abrimos de 8 a 5."),
        ):
            conversations.put_quick_reply(
                uow, team_id=clinic.team_id, shortcut="hours", language=language, body=body
            )
        conversations.put_quick_reply(
            uow, team_id=clinic.team_id, shortcut="visit", language="en", body="See you {appointment}"
        )

    found = nora.get(f"{base(clinic)}/quick-replies").json["replies"]

    assert [(one["shortcut"], one["theirs"]) for one in found] == [
        ("hours", True), ("visit", True), ("hours", False),
    ]  # fmt: skip
    assert found[0]["body"].startswith("Riverside: Maria, we are open 8 to 5. Call ")
    assert found[1]["body"] == ""


def test_a_lead_keeps_the_quick_replies(nora, clinic):
    path = f"/quick-replies/{clinic.team_id}"
    kept = post(nora, path, {"shortcut": "/Hours", "language": "en", "body": "[{name}, ]8 to 5."})
    hole = post(nora, path, {"shortcut": "x", "language": "en", "body": "{diagnosis}"})

    assert (kept.status_code, hole.status_code) == (303, 422)
    assert "/hours" in nora.get("/quick-replies").text
    (one,) = rows(clinic, "SELECT id FROM quick_reply")
    post(nora, f"{path}/{one.id}/remove")
    assert "No quick replies yet" in nora.get("/quick-replies").text


def test_a_name_in_a_note_tells_its_owner(nora, clinic, app):
    said = writes(nora, clinic, "@Sam Keller please look", mode="note").json["notice"]
    sam = app.test_client()
    sign_in(sam, email=make.OTHER_NURSE)

    assert said == "Note kept. Told: Sam K.."
    assert "please look" in sam.get("/mentions").text
    assert "Nobody has named you yet" in nora.get("/mentions").text
    followed = post(sam, f"/mentions/{clinic.conversation(43)}")
    assert followed.location.startswith(base(clinic))
    assert rows(clinic, "SELECT count(*) FROM mention WHERE seen_at IS NULL")[0][0] == 0


def test_who_is_here_is_known_by_ids_and_fades(nora, clinic, app):
    presence = app.extensions["presence"]
    conversation_id, at = clinic.conversation(43), clinic.services.transactions.machine_clock.now()
    presence.note(conversation_id, clinic.nurse_id, writes=True, at=at)

    (found,) = presence.at([conversation_id], now=at)[conversation_id]
    assert (found.staff_id, found.writes) == (clinic.nurse_id, True)
    assert presence.at([conversation_id], now=at.replace(year=at.year + 1))[conversation_id] == ()
    presence.leave(conversation_id, clinic.nurse_id)
    assert presence.at([conversation_id], now=at)[conversation_id] == ()


def test_without_redis_nobody_is_shown_and_nothing_breaks():
    from outreach.web.presence import Presence

    nowhere = Presence("unix:///nowhere/redis.sock")
    nowhere.note(UUID(int=1), UUID(int=2), writes=False, at=NIGHT)

    assert nowhere.at([UUID(int=1)], now=NIGHT) is None


def test_a_program_is_paused_and_stopped_beside_the_thread(nora, clinic):
    pane = nora.get(f"{base(clinic)}/about", headers={"HX-Request": "true"}).text
    (one,) = rows(clinic, "SELECT id FROM enrollment WHERE program = 'generic-medical'")

    assert "After a hospital stay, 30 days" in pane
    paused = post(nora, f"{base(clinic)}/programs/{one.id}/pause", htmx=True).text
    assert "what comes due meanwhile is let go" in paused
    twice = post(nora, f"{base(clinic)}/programs/{one.id}/pause", htmx=True)
    assert twice.status_code == 409
    assert "a colleague stopped it" in post(nora, f"{base(clinic)}/programs/{one.id}/stop", htmx=True).text
    actions = rows(clinic, "SELECT action FROM audit_event WHERE patient_id = :p", p=clinic.maria)
    assert {"program_pause", "program_stop"} <= {row.action for row in actions}


def test_steps_that_were_over_when_somebody_joined_are_told_beside_the_thread(nora, clinic, services):
    last = clinic.person(62, "Lena Stone")
    with clinic.begin() as uow:
        world.discharged(uow, patient_id=last, days_ago=5, source_id="stay-62")
    services.relay.drain(seconds=10)
    clinic.says(62, "hello?")

    def pane():
        return " ".join(nora.get(f"{base(clinic, 62)}/about").text.split())

    joined = pane()
    rows(
        clinic,
        "UPDATE touchpoint SET state = 'sent', reason = NULL, due_at = due_at + interval '2 days' "
        "WHERE patient_id = :p AND step = 'intro' RETURNING id",
        p=last,
    )
    sent = pane()
    on_time = " ".join(nora.get(f"{base(clinic)}/about").text.split())

    assert "3 steps were over when this was planned" in joined
    assert "Introduction: was due Mar 5, 10:00 am, skipped: too late" in joined
    assert "First check: was due Mar 7, 10:00 am, skipped: too late" in joined
    assert "Introduction: was due Mar 5, 10:00 am, sent late: Sat 10:00 am" in sent
    assert "3 steps were over when this was planned" in sent
    assert "when this was planned" not in on_time


def test_one_step_is_skipped_and_others_patients_steps_are_not_ours(nora, clinic):
    other = clinic.person(61, "Greta Stone")
    with clinic.begin() as uow:
        world.discharged(uow, patient_id=other, source_id="stay-9")
    clinic.services.relay.drain(seconds=10)
    mine, theirs = (
        rows(clinic, "SELECT id FROM touchpoint WHERE patient_id = :p AND state = 'planned' LIMIT 1", p=p)[
            0
        ].id
        for p in (clinic.maria, other)
    )

    assert post(nora, f"{base(clinic)}/steps/{mine}/skip", htmx=True).status_code == 200
    assert post(nora, f"{base(clinic)}/steps/{theirs}/skip", htmx=True).status_code == 404
    assert rows(clinic, "SELECT reason FROM touchpoint WHERE id = :id", id=mine)[0].reason == "by_staff"


def test_details_are_corrected_version_by_version(nora, clinic):
    with clinic.begin() as uow:
        phone_id = patients.phone_for(uow, phone=make.phone.parse("+12025550177"))
        link = patients.attach_phone(
            uow, patient_id=clinic.maria, phone_id=phone_id, relation="caregiver",
            holder_name="Ana Delgado", scopes=["see"],
        )  # fmt: skip
    form = nora.get(f"{base(clinic)}/details").text
    assert "What Ana Delgado may do" in form
    wanted = {
        "person_version": "1", "zone_before": "America/New_York", "zone": "America/Chicago", "language": "es",
        "preferred_name": "Mari", "from": "10:00", "to": "14:00", "literacy": "plain", "fewer_texts": "yes",
        "needs": "interpreter, large print", "link": str(link), f"scopes-{link}": "answer",
        f"evidence-{link}": "Maria said so",
    }  # fmt: skip

    saved = post(nora, f"{base(clinic)}/details", wanted, htmx=True)
    again = post(nora, f"{base(clinic)}/details", wanted, htmx=True)

    assert "Goes by Mari" in saved.text
    assert again.status_code == 409
    (person,) = rows(
        clinic, "SELECT language, zone, zone_source, literacy, fewer_texts, needs, version FROM patient"
    )
    assert tuple(person) == (
        "es", "America/Chicago", "stated", "plain", True, ["interpreter", "large print"], 2,
    )  # fmt: skip
    assert rows(clinic, "SELECT scopes FROM patient_phone WHERE id = :id", id=link)[0].scopes == [
        "answer",
        "see",
    ]


def test_enrolling_by_hand_shows_the_check_and_takes_a_reason(nora, clinic):
    offered = nora.get(f"{base(clinic)}/programs").text
    (other,) = rows(clinic, "SELECT id FROM program_version WHERE program = 'heart-failure' AND number = 1")

    assert "They are in it now" in offered
    assert "Not written for them" in offered
    refused = post(nora, f"{base(clinic)}/programs", {"version_id": str(other.id)}, htmx=True)
    put = post(
        nora, f"{base(clinic)}/programs", {"version_id": str(other.id), "reason": "Dr. Chen asked for it"},
        htmx=True,
    )  # fmt: skip
    assert (refused.status_code, put.status_code) == (422, 200)
    assert rows(clinic, "SELECT count(*) FROM enrollment WHERE enrolled_by IS NOT NULL")[0][0] == 1


def test_a_patient_who_never_wrote_is_written_to(nora, clinic):
    quiet = clinic.person(62, "Ivo Quiet")

    opened = post(nora, f"/people/{quiet}/conversation")

    assert opened.status_code == 303
    assert "What you write below is the first" in nora.get(opened.location, headers=HTML).text
    assert post(nora, f"/people/{uuid4()}/conversation").status_code == 404


def test_a_photo_is_shown_to_its_team_and_on_the_record(nora, clinic, services):
    with clinic.begin() as uow:
        (message,) = uow.session.execute(text("SELECT id FROM message WHERE direction = 'in'")).all()
        media_id = uow.new_id()
        uow.session.execute(
            text(
                "INSERT INTO media (id, message_id, place, content_type, tries, content_enc, state)"
                " VALUES (:id, :m, 0, 'image/png', 0, :c, 'kept')"
            ),
            {
                "id": media_id,
                "m": message.id,
                "c": uow.vault.seal_bytes("media.content", media_id, b"\x89PNG"),
            },
        )

    shown = nora.get(f"{base(clinic)}/photos/{media_id}")

    assert (shown.data, shown.mimetype) == (b"\x89PNG", "image/png")
    assert shown.headers["Cache-Control"] == "no-store"
    assert f"/photos/{media_id}" in nora.get(base(clinic)).text
    assert nora.get(f"{base(clinic, 99)}/photos/{media_id}", headers=HTML).status_code == 404
    assert rows(clinic, "SELECT count(*) FROM audit_event WHERE action = 'looked_at_photo'")[0][0] == 1


def test_a_thread_on_paper_is_on_the_record(nora, clinic):
    page = nora.get(f"{base(clinic)}/print").text

    assert "a little dizzy today" in page
    assert "Tuesday, March 10, 2026" in page
    assert rows(clinic, "SELECT count(*) FROM audit_event WHERE action = 'printed'")[0][0] == 1


def test_automated_texts_say_what_they_are_by(nora, clinic):
    with clinic.begin() as uow:
        care.put_appointment(
            uow, patient_id=clinic.maria, source_system="ehr", source_id="a1", status="booked",
            source_status="booked", starts_at=uow.now + timedelta(days=9), minutes=20,
            detail={"text": "Visit"},
        )  # fmt: skip
    clinic.services.relay.drain(seconds=10)
    planned = rows(clinic, "SELECT id FROM touchpoint WHERE source_kind = 'appointment' LIMIT 1")[0].id
    conversation_id, phone_id = clinic.conversation(43), clinic.phone_id(43)
    for kind, source_id, program in (("program", uuid4(), "generic-medical"), ("reminder", planned, None)):
        with clinic.begin() as uow:
            messaging.queue(
                uow,
                TextRequest(
                    phone_id=phone_id, sender_id=clinic.sender_id, team_id=clinic.team_id,
                    body="Riverside: hi",
                    author_kind=kind, about_patient=clinic.maria, purpose="care", kind=kind, program=program,
                    source_kind="touchpoint", source_id=source_id, key=f"touchpoint:{source_id}",
                    conversation_id=conversation_id, free=True,
                ),
            )  # fmt: skip

    authors = re.findall(r'class="author">.*?</svg>(.*?)</p>', nora.get(base(clinic)).text, re.DOTALL)

    assert {"After a hospital stay, 30 days", "Visit reminder"} <= {one.strip() for one in authors}
