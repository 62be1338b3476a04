"""What one text sets going: opt-out and danger always, then the open question, then a person."""

from __future__ import annotations

import pytest

from outreach.consent.queries import ledger
from outreach.kernel.clock import FrozenClock
from tests.inbound.desk import ANA, LETTERED, LUIS, STRANGER, VISIT, Desk


def test_a_text_lands_unread_in_its_thread_and_waits(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()

    desk.says("Can I take a bath with the bandage?")

    thread = desk.thread()
    assert [item.body for item in thread.items] == ["Can I take a bath with the bandage?"]
    assert (thread.unread, thread.waiting_since, thread.patient_name) == (1, clock.now(), "Ana Ruiz")


def test_two_texts_keep_their_order_and_the_first_ones_wait(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()
    first = clock.now()
    desk.arrives("Is anybody there?")
    clock.move(minutes=3)
    desk.arrives("I have a question about my pills")

    desk.turn()

    thread = desk.thread()
    assert [item.body for item in thread.items] == ["Is anybody there?", "I have a question about my pills"]
    assert (thread.unread, thread.waiting_since) == (2, first)


@pytest.mark.parametrize("body", ["Thank you!", "gracias", "👍", "ok", "Thanks so much, have a nice day"])
def test_thanks_need_nobody(desk: Desk, body: str) -> None:
    desk.patient()

    desk.says(body)

    thread = desk.thread()
    assert (len(thread.items), thread.unread, thread.waiting_since) == (1, 0, None)


@pytest.mark.parametrize(
    ("body", "word"), [("2", "2"), (" 2. ", "2"), ("two", "2"), ("same", "2"), ("peor", "3"), ("2️⃣", "2")]
)
def test_an_answer_is_bound_and_needs_nobody(desk: Desk, body: str, word: str) -> None:
    desk.asks(desk.patient())

    desk.says(body)

    assert desk.answers() == [(word, "patient", False)]
    thread = desk.thread()
    assert thread.unread == 0
    assert thread.items[0].answers[0].value == word


def test_an_answer_with_more_in_it_is_bound_and_read(desk: Desk) -> None:
    desk.asks(desk.patient())

    desk.says("2, and my leg hurts")

    assert desk.answers() == [("2", "patient", False)]
    assert desk.thread().unread == 1


def test_a_late_answer_still_counts_after_another_question(desk: Desk, clock: FrozenClock) -> None:
    ana = desk.patient()
    desk.asks(ana, hours=1)
    clock.move(hours=2)
    desk.asks(ana, LETTERED)

    desk.says("3")
    desk.says("A")

    assert desk.answers() == [("3", "patient", True), ("A", "patient", False)]


def test_a_week_later_it_does_not(desk: Desk, clock: FrozenClock) -> None:
    desk.asks(desk.patient(), hours=1)
    clock.move(days=8)

    desk.says("3")

    assert desk.answers() == []
    assert desk.thread().unread == 1


def test_an_answer_after_a_colleagues_text_is_bound_and_read(desk: Desk, clock: FrozenClock) -> None:
    from outreach.conversations import commands as conversations

    desk.asks(desk.patient())
    desk.says("Hello, question about parking")
    with desk.begin() as uow:
        staff_id = uow.session.connection().exec_driver_sql("SELECT id FROM staff").scalar()
        conversations.reply(
            uow,
            conversation_id=desk.thread().conversation_id,
            staff_id=staff_id,
            body="Garage 1 or garage 2?",
            draft_key="d1",
        )
    clock.move(minutes=1)

    desk.says("2")

    assert desk.answers() == [("2", "patient", False)]
    assert desk.thread().unread == 1


def test_stop_and_danger_both_act(desk: Desk) -> None:
    desk.patient()

    desk.says("STOP, I want to die")

    thread = desk.thread()
    assert desk.opted_out()
    band = next(item for item in thread.items if hasattr(item, "tier"))
    assert (band.tier, band.topic, band.safety_text) == ("red", "self_harm", "not_texted")
    assert thread.flags >= {"red", "opted_out"} and thread.unread == 1
    assert "safety" not in [kind for kind, _ in desk.texts_out()]


def test_an_opt_out_in_other_words_is_confirmed_once(desk: Desk) -> None:
    desk.patient()

    desk.says("please stop texting me")

    assert desk.opted_out()
    assert [kind for kind, _ in desk.texts_out()] == ["confirmation"]
    assert desk.thread().unread == 0


def test_twilios_own_word_is_not_confirmed_by_us(desk: Desk) -> None:
    desk.patient()

    desk.says("STOP")

    assert desk.texts_out() == []


def test_an_opt_out_binds_no_answer(desk: Desk) -> None:
    desk.asks(desk.patient())

    desk.says("END")

    assert (desk.answers(), desk.opted_out()) == ([], True)


def test_cancel_next_to_a_visit_opts_out_and_has_a_person_ask(desk: Desk) -> None:
    desk.asks(desk.patient(), VISIT, kind="appointment")

    desk.says("CANCEL")

    assert desk.opted_out()
    assert [row.kind for row in desk.rows("SELECT kind FROM task")] == ["appointment_change"]
    assert desk.thread().unread == 1


def test_a_wrong_person_is_quarantined_with_a_task(desk: Desk) -> None:
    desk.patient()

    desk.says("Wrong number, I don't know any Ana")

    assert desk.scalar("SELECT state FROM phone WHERE id = :id", id=desk.phone_id()) == "wrong_person"
    assert [row.kind for row in desk.rows("SELECT kind FROM task")] == ["wrong_person"]
    assert desk.thread().unread == 1


def test_an_unknown_sender_is_somebodys(desk: Desk) -> None:
    desk.says("Is this the clinic?", origin=STRANGER)

    thread = desk.thread(STRANGER)
    assert (thread.flags, thread.unread, thread.patient_id) == (frozenset({"unknown_sender"}), 1, None)


@pytest.mark.parametrize(("body", "media"), [("", "1"), ("", "0"), ("   ", "0")])
def test_what_has_no_words_is_a_persons(desk: Desk, body: str, media: str) -> None:
    desk.patient()

    desk.says(body, NumMedia=media, **({"MediaUrl0": "https://api.example/m1"} if media == "1" else {}))

    assert desk.thread().unread == 1
    assert len(desk.thread().items[0].media) == int(media)


def test_help_the_provider_answers_is_still_read(desk: Desk) -> None:
    desk.patient()

    desk.says("HELP")

    assert (desk.texts_out(), desk.thread().unread) == ([], 1)


def test_help_it_does_not_answer_is_ours(desk: Desk) -> None:
    desk.patient(language="es")

    desk.says("ayuda")

    [(kind, body)] = desk.texts_out()
    assert kind == "reply" and body.startswith("Riverside:") and "STOP" in body and "Escriba" in body


def test_a_caregiver_without_the_scope_is_read_not_bound(desk: Desk) -> None:
    from outreach.kernel import phone
    from outreach.patients import commands as patients

    ana = desk.patient()
    with desk.begin() as uow:
        patients.attach_phone(
            uow,
            patient_id=ana,
            phone_id=patients.phone_for(uow, phone=phone.parse(LUIS)),
            relation="caregiver",
            holder_name="Luis Ruiz",
            scopes=("be_told",),
        )
    desk.asks(ana, e164=LUIS)

    desk.says("3", origin=LUIS)

    assert desk.answers() == []
    assert desk.thread(LUIS).unread == 1


def test_a_caregiver_with_the_scope_answers_for_them(desk: Desk) -> None:
    from outreach.kernel import phone
    from outreach.patients import commands as patients

    ana = desk.patient()
    with desk.begin() as uow:
        patients.attach_phone(
            uow,
            patient_id=ana,
            phone_id=patients.phone_for(uow, phone=phone.parse(LUIS)),
            relation="caregiver",
            scopes=("answer",),
        )
    desk.asks(ana, e164=LUIS)

    desk.says("3", origin=LUIS)

    assert desk.answers() == [("3", "caregiver", False)]
    assert desk.thread(LUIS).items[0].author_kind == "caregiver"


def test_the_same_text_understood_twice_changes_nothing(desk: Desk) -> None:
    from outreach.inbound import commands as inbound

    desk.asks(desk.patient())
    desk.says("3, my chest hurts")
    before = (desk.answers(), desk.texts_out(), desk.thread())

    with desk.begin() as uow:
        receipt_id = uow.session.connection().exec_driver_sql("SELECT id FROM inbound_receipt").scalar()
        inbound.interpret(uow, receipt_id=receipt_id)
        inbound.read_safety(uow, receipt_id=receipt_id)
    desk.turn()

    assert (desk.answers(), desk.texts_out(), desk.thread()) == before


def test_the_phone_is_free_for_automated_texts_once_understood(desk: Desk) -> None:
    desk.patient()
    desk.arrives("Hello there, a question")
    waiting = "SELECT count(*) FROM inbound_receipt WHERE interpreted_at IS NULL"
    before = desk.scalar(waiting)

    desk.turn()

    assert (before, desk.scalar(waiting)) == (1, 0)
    assert ANA not in str(desk.rows("SELECT conversation::text FROM conversation"))


@pytest.mark.parametrize(
    ("said", "state", "answered"),
    [
        ("who is this?", "usable", True),
        ("sorry been busy. who is this?", "usable", True),
        ("¿Quién es?", "usable", True),
        ("who is this? I don't know any Ana", "wrong_person", False),
        ("this is not Ana", "wrong_person", False),
        ("wrong number, who is this", "wrong_person", False),
    ],
)
def test_asking_who_we_are_takes_no_number_away(desk: Desk, said: str, state: str, answered: bool) -> None:
    desk.patient()
    desk.says(said)

    assert desk.scalar("SELECT state FROM phone WHERE id = :id", id=desk.phone_id()) == state
    assert [kind for kind, _ in desk.texts_out()] == ["reply"] * answered
    assert desk.scalar("SELECT waiting_since IS NOT NULL FROM conversation") is True


@pytest.mark.parametrize(
    ("body", "opt_out_type"),
    [
        ("why do you keep texting me", ""),
        ("text me again and I call my lawyer", ""),
        ("YES", "START"),
        ("yes", ""),
        ("ok put me back", ""),
    ],
)
def test_nothing_but_start_lifts_an_opt_out(desk: Desk, body: str, opt_out_type: str) -> None:
    desk.patient()
    desk.says("please stop texting me")

    desk.says(body, OptOutType=opt_out_type)

    assert desk.opted_out()
    desk.says("START")
    assert not desk.opted_out()


def test_the_ledger_keeps_the_words_that_changed_something(desk: Desk) -> None:
    desk.patient()
    desk.says("please stop texting me")
    desk.says("STOP")

    with desk.begin() as uow:
        kept = [
            (line.kind, line.evidence, bool(line.wording_version))
            for line in ledger(uow, phone_id=desk.phone_id())
            if line.kind == "opt_out"
        ]
    assert kept == [("opt_out", "please stop texting me", True), ("opt_out", "STOP", True)]
