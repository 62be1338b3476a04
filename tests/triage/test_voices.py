"""Breadth in voices: yes in dialect, no more texts at length, and questions about the texting itself."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind

SAID = {
    Kind.CONFIRM: (
        "bet", "say less", "fasho", "aight bet", "10-4", "wilco", "you got it", "will do", "roger that",
        "yes ma'am we will", "sho nuff", "I'll pull up", "ill slide thru", "im finna be there",
        "fixing to be there", "Lord willing and the creek don't rise", "you can bank on it",
        "aint gone miss it", "see you than", "ya quedamos", "ya estas", "ya rugiste", "de una",
        "de una, ahi llego", "you can bet on it",
        "aqui estare primero dios", "si jalo", "fijo voy", "segurito que voy", "ay toy", "ai le yego",
        "si Dios nos presta vida ahi estamos", "con el favor de Dios llegamos", "ta bueno", "en eso quedamos",
    ),
    Kind.OPT_OUT: (
        "take me off", "take me off of whatever this is", "lose my number", "y'all need to lose my number",
        "I'd rather not be contacted", "I would prefer not to be contacted by this office any longer",
        "I would appreciate it if you would refrain from contacting me", "kindly cease",
        "I'd be grateful if the messages came to an end", "please honor my request not to be texted",
        "I've had my fill of these texts", "how do I get off this merry go round of texts",
        "no me escriban mas", "sáquenme de esa lista", "ya no quiero que me anden mandando",
        "le agradeceria que ya no me escribieran", "hagame el favor de quitarme de ahi", "ya parenle",
        "no deseo ser contactado",
        "deme de baja de eso", "como le hago para que ya no me lleguen", "que ya no me lleguen por favor",
        "que este sea el último mensaje que me mandan",
    ),
    Kind.HELP: (
        "is this a real person", "do I get charged for these", "how did you get my number",
        "can I text back here", "how does this work", "is somebody reading these", "will this run up my bill",
        "do these use up my minutes", "can I send a picture here", "is this number monitored",
        "what hours do you answer", "what happens if I don't answer", "where did yall get my number from",
        "is this automated", "why do yall text me every day", "can my daughter get these too",
        "es automatico esto", "con quien me comunico por aqui", "hay alguien ahi", "esto cuesta",
        "puedo mandar fotos aqui", "quien lee lo que mando", "quien me contesta aqui", "es privado esto",
        "a que hora contestan", "que pasa si no contesto", "hasta cuando me van a mandar mensajes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind in SAID for text in SAID[kind]])
def test_a_voice_is_heard(kind: Kind, text: str) -> None:
    assert rules.read(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "I bet it's the pills",
        "ya quedamos cansados de caminar",
        "aqui ando con dolor de rodilla",
        "how do I get off this medication",
        "can I come off the blood thinner",
        "is this rash normal",
        "do I get charged for the crutches",
        "how did you get my lab results",
        "puedo comer por aqui un taco",
        "I'm done with the antibiotics",
        "what happens if I miss a dose",
        "looks like a bruise",
    ],
)
def test_the_same_words_about_other_things_are_no_wish(text: str) -> None:
    assert rules.read(text).kind is Kind.OTHER


def test_a_bare_ok_stays_what_it_was() -> None:
    assert [rules.read(text).kind for text in ("ok", "ok thanks")] == [Kind.CONFIRM, Kind.OTHER]


def test_an_advertisement_sent_on_is_no_wish_to_stop_but_a_keyword_is() -> None:
    sent_on = "they added u to send FREE SMS. To remove from phonebook - sms NO to 555"

    assert Kind.OPT_OUT not in rules.read(sent_on).acts
    assert Kind.OPT_OUT in rules.read(f"STOP. {sent_on}").acts


def test_a_child_gone_quiet_in_the_womb_is_a_danger() -> None:
    assert Kind.URGENT in rules.read("la criatura anda muy quietecita desde anoche, tengo siete meses").acts


def test_a_wish_to_leave_another_service_is_for_a_person() -> None:
    reading = rules.read("Can I unsubscribe from the grocery delivery you set up")

    assert Kind.OPT_OUT not in reading.acts
    assert reading.needs_human
    assert Kind.OPT_OUT in rules.read("unsubscribe me from these texts").acts
