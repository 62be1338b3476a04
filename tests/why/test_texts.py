"""Why a text that nobody planned is what it is: a reply, a safety text, an answer of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from outreach.care import commands as care
from outreach.care import queries as record
from outreach.conversations import commands as conversations
from outreach.kernel.clock import FrozenClock
from outreach.programs import files
from outreach.programs import queries as programs
from outreach.programs.commands import enroll
from outreach.programs.commands.release import install_library
from outreach.services import Services
from outreach.touchpoints import queries as touchpoints
from outreach.why import answer, instead
from outreach.why.answer import why
from tests.inbound.desk import Desk
from tests.staff import make


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def told(desk: Desk, message_id) -> str:
    with desk.begin() as uow:
        parts = why(uow, subject_id=message_id).parts
    return " ".join(
        str(one) for part in parts for one in part.sentences if part.heading == "What the rules said"
    )


def texts(desk: Desk, kind: str) -> list:
    return [
        row.id for row in desk.rows("SELECT id FROM message WHERE kind = :kind ORDER BY at, id", kind=kind)
    ]


def test_a_safety_text_says_what_the_rules_said(desk: Desk) -> None:
    desk.patient()
    desk.says("I can't breathe")

    (safety,) = texts(desk, "safety")

    assert "No rule had to be asked" not in told(desk, safety)
    assert told(desk, safety).startswith("Tuesday, March 10, 10:00: Sent")  # on their own clock


WHEN = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)
SOURCE = {"source_system": "test", "source_id": "1"}


def _stay(uow, patient_id):
    stay = {"kind": "inpatient", "status": "finished", "disposition": "home"}
    ended = WHEN + timedelta(days=1)
    care.put_encounter(uow, patient_id=patient_id, ended_at=ended, **stay, **SOURCE)
    return record.record(uow, patient_id=patient_id).encounters[0].id


def _procedure(uow, patient_id):
    done = {"status": "completed", "detail": {"text": "Knee replacement"}, "performed_at": WHEN}
    care.put_procedure(uow, patient_id=patient_id, **done, **SOURCE)
    return record.history(uow, patient_id=patient_id).procedures[0].id


def _missed(uow, patient_id):
    missed = {"status": "no_show", "source_status": "noshow", "starts_at": WHEN}
    care.put_appointment(uow, patient_id=patient_id, **missed, **SOURCE)
    return record.record(uow, patient_id=patient_id).appointments[0].id


def _supply(uow, patient_id):
    supply = {"status": "active", "detail": {"text": "Metoprolol"}, "runs_out_on": WHEN.date()}
    care.put_medication(uow, patient_id=patient_id, **supply, **SOURCE)
    return record.record(uow, patient_id=patient_id).medications[0].id


def enrolled(desk: Desk, program: str, kind: str, put) -> touchpoints.TouchpointView:
    """Put somebody into a program that counts from what was put on record; return a contact of it."""
    desk.patient()
    with desk.begin() as uow:
        install_library(uow)
        (patient_id,) = uow.session.scalars(text("SELECT id FROM patient"))
        anchor_id = put(uow, patient_id)
        version, found = next(one for one in programs.released(uow) if one[0].program == program)
        enrollment_id = enroll.enroll(
            uow,
            patient_id=patient_id,
            team_id=desk.team_id,
            version_id=version.id,
            program=found,
            anchor_kind=kind,
            anchor_id=anchor_id,
            anchor_at=WHEN,
        )
        return touchpoints.for_source(uow, source_kind="program", source_id=enrollment_id)[0]


@pytest.mark.parametrize(
    ("program", "kind", "put", "said"),
    [
        ("maternity-general", "encounter", _stay, "It counts from the birth on Saturday, March 7, 10:00."),
        (
            "joint-replacement",
            "procedure",
            _procedure,
            "It counts from the procedure on Saturday, March 7, 10:00: Knee replacement.",
        ),
        (
            "missed-visit",
            "appointment",
            _missed,
            "It counts from the visit on Saturday, March 7, 10:00, which they missed.",
        ),
        (
            "generic-medical",
            "medication",
            _supply,
            "It counts from the day their supply of Metoprolol runs out: Saturday, March 7.",
        ),
    ],
)
def test_each_kind_of_anchor_has_its_sentence(desk: Desk, program: str, kind: str, put, said: str) -> None:
    contact = enrolled(desk, program, kind, put)

    with desk.begin() as uow:
        parts = why(uow, subject_id=contact.id).parts
    sentences = [one for part in parts for one in part.sentences if part.heading == "Why this patient"]
    assert said in map(str, sentences)


SENT = {"words": "breathing", "wanted": "en", "language": "en"}


@pytest.mark.parametrize(
    ("chose", "said"),
    [
        ({"words": "breathing/3"}, "the simple one, for people who find reading hard"),
        ({"words": "breathing/2"}, "the one for what they answered before"),
        ({"wanted": "es"}, "so it went in English"),
    ],
)
def test_the_words_name_the_wording_and_a_fallback_to_english(
    desk: Desk, chose: dict[str, str], said: str
) -> None:
    contact = enrolled(desk, "heart-failure", "encounter", _stay)

    def words(why: dict[str, str]) -> str:
        with desk.begin() as uow:
            one = replace(contact, why={**contact.why, **SENT, **why})
            return " ".join(map(str, answer._chosen(uow, one)))

    assert said in words(chose)
    assert words({}) == ""


def test_what_was_considered_names_the_wordings_that_did_not_hold(desk: Desk) -> None:
    contact = enrolled(desk, "heart-failure", "encounter", _stay)
    program = next(read.program for read in files.library() if read.program.key == "heart-failure")

    def considered(words: str) -> int:
        one = replace(contact, why={**contact.why, "words": words})
        return len(list(instead._wordings(one, program)))

    assert [considered(words) for words in ("breathing", "breathing/1", "breathing/3")] == [3, 0, 2]


def test_a_reply_says_what_it_follows(desk: Desk) -> None:
    desk.asks(desk.patient())
    desk.says("2")
    (answer_id,) = [row.id for row in desk.rows("SELECT id FROM answer")]

    with desk.begin() as uow:
        told = [str(one) for one in answer._after(uow, answer_id, "America/New_York")]

    assert told == [
        "It follows what was written on Tuesday, March 10, 10:00: “2”.",
        "That was an answer to the question “mood” of its program.",
    ]


def test_each_reply_of_a_colleague_has_a_receipt_of_its_own(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()
    desk.says("can I take a bath?")
    with desk.begin() as uow:
        nora = make.person(uow, team_id=desk.team_id)
    conversation_id = desk.thread().conversation_id
    for number in range(2):
        with desk.begin() as uow:
            conversations.reply(
                uow,
                conversation_id=conversation_id,
                staff_id=nora,
                body=f"Yes, {number} days after.",
                draft_key=str(number),
            )
        clock.at += timedelta(hours=1)

    first, second = (told(desk, one) for one in texts(desk, "staff"))

    assert first != second
    assert len(desk.rows("SELECT DISTINCT decision_id FROM message WHERE kind = 'staff'")) == 2
