"""What a text is: precedence, look-alikes, disguises."""

from __future__ import annotations

import re

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind, lexicon, patterns
from tests.triage import texts

K = Kind


@pytest.mark.parametrize(
    ("text", "kind", "also"),
    [
        # Stopping and danger both act, always.
        ("STOP, I want to die", K.OPT_OUT, (K.URGENT,)),
        ("alto, me quiero morir", K.OPT_OUT, (K.URGENT,)),
        ("please stop texting me, my chest hurts", K.OPT_OUT, (K.URGENT,)),
        # Danger before everything but stopping.
        ("help I can't breathe", K.URGENT, (K.HELP,)),
        ("wrong number but I am bleeding badly", K.URGENT, (K.WRONG_PERSON,)),
        # Another time before no, no before yes.
        ("please cancel and rebook my appointment", K.RESCHEDULE, ()),
        ("No, can we do Friday instead", K.RESCHEDULE, ()),
        ("No thank you", K.DECLINE, ()),
        ("Yes, I'll be there", K.CONFIRM, ()),
        ("no problem, see you then", K.CONFIRM, ()),
        ("thank you", K.OTHER, ()),
    ],
)
def test_what_acts_first(text: str, kind: Kind, also: tuple[Kind, ...]) -> None:
    reading = rules.read(text)

    assert reading.kind is kind
    assert set(also) <= set(reading.also)


@pytest.mark.parametrize(
    ("text", "topic", "tier"),
    [
        ("i cant breth", "breathing", "RED"),
        ("no puedo respirrar", "breathing", "RED"),
        ("chst pain", "chest_pain", "RED"),
        ("my face is drooping", "stroke", "RED"),
        ("bleeding wont stop", "bleeding", "RED"),
        ("throat is closing", "allergic", "RED"),
        ("took too many pills", "overdose", "RED"),
        ("quiero quitarme la vida", "self_harm", "RED"),
        ("my husband hits me", "violence", "RED"),
        ("the baby isn't moving", "pregnancy", "RED"),
        ("call 911", "call_911", "RED"),
        ("I passed out", "faint", "RED"),
        ("I fell in the shower", "fall", "ORANGE"),
        ("my sugar is 45", "low_value", "RED"),
        ("sugar 480", "high_value", "RED"),
        ("bp 210/120", "high_value", "RED"),
        ("oxygen is 84", "low_value", "RED"),
    ],
)
def test_urgent_texts_say_which_danger_and_how_grave(text: str, topic: str, tier: str) -> None:
    reading = rules.read(text)

    assert Kind.URGENT in reading.acts
    assert reading.topic == topic
    assert reading.tier == tier
    assert reading.needs_human


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no chest pain", "negated"),
        ("sin dolor de pecho", "negated"),
        ("I don't have any chest pain or bleeding", "negated"),
        ("my chest does not hurt", "negated"),
        ("my chest pain is gone", "resolved"),
        ("se me quitó el dolor de pecho", "resolved"),
        ("I had a stroke in 2015", "long_ago"),
        ("tuve un infarto hace diez años", "long_ago"),
        ("What should I do if I have chest pain?", "hypothetical"),
        ("my neighbor had a heart attack last year", "long_ago"),
        ("in the movie a man was stabbed", "third_person"),
    ],
)
def test_a_sign_taken_back_is_not_urgent_and_says_why(text: str, finding: str) -> None:
    reading = rules.read(text)

    assert Kind.URGENT not in reading.acts
    assert reading.found(finding)
    assert reading.needs_human == (finding != "negated") or reading.found("not_understood")


@pytest.mark.parametrize(
    "text",
    [
        "No, my chest hurts",
        "no. chest pain",
        "I never had chest pain like this before",
        "chest pain better but still there",
        "my chest pain is not gone",
        "no fever but my chest hurts",
        "I can't say I feel good, my chest hurts",
        "chest pain is gone but now I can't breathe",
        "I don't know if I can breathe much longer, can't breathe",
        "my husband can't breathe",
        "I had a heart attack last year and now my chest hurts again",
        "if i don't get help i will kill myself",
    ],
)
def test_a_no_nearby_does_not_hide_a_real_sign(text: str) -> None:
    assert Kind.URGENT in rules.read(text).acts


@pytest.mark.parametrize(
    "text",
    [
        "ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "S\u200bT\u200bO\u200bP", "s t o p", "S.T.O.P.", "Ѕтор", "stooooop", "STOP!!!",
        "🛑 stop 🛑",
        "st0p texting me", "«STOP»", "ⓢⓣⓞⓟ",
    ],
)  # fmt: skip
def test_a_disguised_stop_is_a_stop(text: str) -> None:
    assert rules.read(text).kind is Kind.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "I ca\u200bn't brea\u200bthe",
        "ＣＨＥＳＴ ＰＡＩＮ",
        "ch3st p@in",
        "cantbreathe",
        "CHEEEEST PAAAAIN",
        "I ϲаn't brеаthe",
        "i can’t breathe 😭",
    ],
)
def test_a_disguised_cry_for_help_is_urgent(text: str) -> None:
    assert Kind.URGENT in rules.read(text).acts


def test_spans_point_into_the_text_as_it_came() -> None:
    text = "Hi 👋🏽 ＩＴ is me, my  chest\u200b hurts!"

    reading = rules.read(text)

    span = next(span for span in reading.spans if span.kind == "urgent")
    assert text[span.start : span.end] == span.text
    assert "chest" in span.text
    assert "hurts" in span.text
    assert "hurts" not in repr(reading)


@pytest.mark.parametrize("name", texts.HARMLESS)
def test_harmless_texts_set_nothing_off(name: str) -> None:
    wrong = [
        row["text"]
        for row in texts.rows(name)
        if {Kind.URGENT, Kind.OPT_OUT} & set(rules.read(row["text"]).acts)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("name", "floor"), [(name, 0.99 if name in ("urgent", "opt_out") else 0.97) for name in texts.CLASSES]
)
def test_each_class_is_recognized(name: str, floor: float) -> None:
    rows = texts.labelled(name)
    missed = [row.text for row in rows if not _is(row)]

    assert 1 - len(missed) / len(rows) >= floor, missed


def _is(row: texts.Labelled) -> bool:
    reading = rules.read(row.text)
    return (
        Kind(row.expected) in reading.acts
        if row.expected in ("urgent", "opt_out")
        else reading.kind == row.expected
    )


def test_our_own_texts_are_many_and_distinct() -> None:
    urgent = {row.text.lower() for row in texts.labelled("urgent")}
    spanish = {row.text.lower() for row in texts.labelled("ordinary_es")}

    assert len(urgent) >= 400
    assert len(spanish) >= 1000


@pytest.mark.parametrize(
    "text",
    [
        "I'm not doing well",
        "I have no ride",
        "I have no help at home",
        "no estoy bien",
        "what should I eat?",
        "zxqv plmk",
        "my prescription",
    ],
)
def test_what_is_not_understood_goes_to_a_person(text: str) -> None:
    assert rules.read(text).needs_human


@pytest.mark.parametrize(
    "text",
    ["thank you!", "Muchas gracias, Dios la bendiga", "👍", "ok", "STOP", "yes", "HELP", "Good morning"],
)
def test_what_needs_nobody_goes_to_nobody(text: str) -> None:
    assert not rules.read(text).needs_human


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("thank you so much", "en"), ("muchas gracias", "es"), ("no puedo ir", "es"), ("I can't go", "en"),
        ("me duele la cabeza", "es"), ("head hurts", "en"), ("спасибо большое", "other"),
        ("谢谢你", "other"), ("2", "und"),
    ],
)  # fmt: skip
def test_languages_of_short_texts(text: str, language: str) -> None:
    assert rules.read(text).language == language


def test_the_language_we_expect_decides_when_nothing_else_does() -> None:
    assert rules.read("2", language_hint="es").language == "es"
    assert rules.read("thank you", language_hint="es").language == "en"


def test_every_pattern_of_the_lexicons_is_one_that_can_be_looked_for() -> None:
    # They are made ready on first use: a broken one would wait for the one text that needs it.
    broken = []
    for rule in lexicon.load().rules:
        for pattern in rule.patterns:
            try:
                re.compile(pattern.expression)
            except re.error:
                broken.append(pattern.source)

    assert not broken


def test_an_end_that_may_be_missing_is_refused() -> None:
    alphabet = patterns.Alphabet(spell={}, classes={})

    with pytest.raises(patterns.BadLexicon):
        alphabet.compile("please now|$|?")
