"""What a text denies is never read into it: "don't cancel", "don't stop these"."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind
from tests.triage import texts


@pytest.mark.parametrize(
    "text",
    [
        "please do not cancel",
        "I can't cancel this again",
        "nunca cancele mi cita",
        "No don't cancel please",
        "no no la cancele por favor",
        "I do not want to cancel but I am not well",
        "iba a cancelar pero ya no se",
        "please dont take me off the schedule",
    ],
)
def test_a_denied_cancel_without_a_coming_is_for_a_person(text: str) -> None:
    for question in (None, texts.QUESTIONS["appt"]):
        reading = rules.read(text, question=question)

        assert Kind.DECLINE not in reading.acts
        assert reading.answer is None
        assert reading.needs_human


@pytest.mark.parametrize("text", ["don't cancel it, I'll be there", "no la cancelen, si voy a ir"])
def test_a_denied_cancel_with_a_coming_chooses_what_confirms(text: str) -> None:
    answer = rules.read(text, question=texts.QUESTIONS["appt"]).answer

    assert answer is not None
    assert answer.means is Kind.CONFIRM


@pytest.mark.parametrize(
    "text",
    [
        "don't stop sending me these, I like them",
        "dont stop texting me",
        "I don't want you to stop",
        "please never stop the reminders",
        "hope you don't stop these",
        "dont take me off the list",
        "I did not say stop",
        "no dejen de escribirme",
        "no quiero que paren los recordatorios",
        "no me quiten de la lista",
    ],
)
def test_a_denied_stop_is_no_opt_out_and_a_person_looks(text: str) -> None:
    reading = rules.read(text)

    assert reading.acts in ((), (Kind.OTHER,))
    assert reading.found("denied")
    assert reading.needs_human


@pytest.mark.parametrize(
    "text",
    [
        "casi me infarto cuando vi la cuenta del doctor",
        "they told me to call 911 if my chest hurts and I haven't had any of that",
        "havent pooped in 3 days",
        "no he ido al baño en tres dias por las pastillas",
        "me siento mejor hoy",
        "what time does the pharmacy open?",
        "which of the two doses is right",
        "my insurance cancelled my plan",
    ],
)
def test_what_sounds_like_a_danger_or_a_wish_and_is_none(text: str) -> None:
    assert rules.read(text).kind is Kind.OTHER


@pytest.mark.parametrize(
    "text",
    [
        "they told me to call 911 if my chest hurts and it hurts now",
        "nurse said call 911 if I get chest pain, I haven't had any relief",
        "casi me infarto cuando subi las escaleras",
        "no he orinado en dos dias",
        "planning to take all my pills tonight",
        "took all my pills at once",
        "my drain was pulled out by accident",
        "i know to call 911 if it hurts but it hurts now",
    ],
)
def test_what_sounds_the_same_and_is_a_danger(text: str) -> None:
    assert Kind.URGENT in rules.read(text).acts


@pytest.mark.parametrize(("text", "word"), [("peior", "3"), ("mejro", "1"), ("smae", "2"), ("pero", None)])
def test_a_label_with_one_slip_is_that_label(text: str, word: str | None) -> None:
    answer = rules.read(text, question=texts.QUESTIONS["bms"]).answer

    assert (answer.word if answer else None) == word


def test_a_part_of_a_whole_and_an_and_choose_nothing() -> None:
    part = rules.read("i have 1 of 3", question=texts.QUESTIONS["yesno"])
    both = rules.read("2 y me duele el pie", question=texts.QUESTIONS["yesno"])

    assert part.answer is None
    assert part.needs_human
    assert both.answer is not None
    assert both.answer.word == "2"
    assert both.needs_human


@pytest.mark.parametrize(
    "text",
    [
        "not interested in the appointment, thanks",
        "take me off Thursday's schedule, I moved away. the texts are ok",
        "Remove me from Monday please, texts are fine",
        "no me interesa la consulta, gracias",
        "quiteme de la cita del jueves",
        "I will pass on this visit",
    ],
)
def test_who_gives_up_a_visit_goes_on_getting_texts(text: str) -> None:
    acts = rules.read(text).acts

    assert Kind.OPT_OUT not in acts
    assert Kind.URGENT not in acts


@pytest.mark.parametrize(
    "text",
    [
        "not interested in your appointment texts",
        "remove me from the appointment reminders",
        "no me interesan los mensajes de la cita",
        "I don't want the visit reminders anymore",
        "not interested",
        "quiteme de la lista",
        "take me off the schedule and stop texting me",
    ],
)
def test_who_gives_up_texts_about_a_visit_opts_out(text: str) -> None:
    assert Kind.OPT_OUT in rules.read(text).acts


@pytest.mark.parametrize("text", ["I'll be there", "don't cancel it, I will come", "yes", "I am at work"])
def test_a_promise_or_a_yes_is_no_so_so(text: str) -> None:
    options = (
        rules.Option(word="1", labels={"en": ["fine", "good", "well"]}),
        rules.Option(word="2", labels={"en": ["so so", "okay"]}),
        rules.Option(word="3", labels={"en": ["need help", "help me", "bad"]}),
    )

    assert rules.read(text, question=rules.OpenQuestion(options=options)).answer is None
    told = rules.read("it's okay", question=rules.OpenQuestion(options=options)).answer
    assert told is not None
    assert told.word == "2"
