"""What the rules said, in every language: each ground, each outcome, and receipts of the releases before."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given

from outreach.kernel.said import Said
from outreach.policy.rules import GROUNDS, Decision, Facts, judge
from outreach.web import languages
from outreach.why import moments, receipts
from scripts import catalog
from tests.examples import examples
from tests.policy.make import any_facts, at, contact, facts

NOW = at("2026-03-10", "10:00")
OUTCOMES = ("send", "defer", "merge", "suppress", "ask_human")
FRAMES = (*receipts.OUTCOMES.values(), receipts.ALSO, *(one for due in receipts.DUE for one in due))


@dataclass
class Stored:
    facts: Facts
    decision: Decision


def spanish(given: Facts) -> list[str]:
    with languages.speaking("es"):
        return [
            languages.translate(one)
            for one in receipts.explain(Stored(facts=given, decision=judge(given)))
        ]  # fmt: skip


def kept_in_words(decision: Decision) -> Decision:
    """A decision as the first two releases kept it."""
    stored = decision.dump()
    for line in stored["trace"]:
        line["why"] = f"The {line['rule']} rule said so."
        del line["ground"]
    return Decision.load(json.dumps(stored))


def test_every_ground_and_outcome_has_its_words():
    assert set(receipts.GROUNDS) == set(GROUNDS)
    assert set(receipts.OUTCOMES) == set(OUTCOMES)


@pytest.mark.parametrize("language", [one for one in languages.LANGUAGES if one != languages.WRITTEN_IN])
def test_every_ground_and_outcome_is_said_in_every_language(language):
    said = {one.id: one.string for one in catalog.read(language)}

    for words in (*receipts.GROUNDS.values(), *FRAMES, *receipts.ORDINALS.values()):
        assert said.get(words) not in (None, "", words), words


@given(given=any_facts())
@examples(50)
def test_no_part_of_a_receipt_stays_english(given):
    """Every text in a sentence, and in what stands in it, is of the catalog, but for figures and clocks."""

    def patterns(one: object):
        if isinstance(one, Said):
            yield one.pattern
            for value in one.values.values():
                yield from patterns(value)
        elif isinstance(one, str) and any(letter.isalpha() for letter in one):
            yield one

    known = {*FRAMES, *receipts.GROUNDS.values(), *receipts.ORDINALS.values()}
    known |= {*moments.DATES, *moments.MONTHS}
    told = receipts.explain(Stored(facts=given, decision=judge(given)))
    assert {pattern for one in told for pattern in patterns(one)} <= known


@pytest.mark.parametrize(
    ("known", "sentences"),
    [
        ({}, ["Se envió: ninguna regla se opuso."]),
        (
            {"contacts": (contact("2026-03-10"),)},
            [
                "No se envió: habría sido el 2.º mensaje automático de hoy; el límite es 1.",
                "Saldrá al día siguiente a las 10:00.",
            ],
        ),
        (
            {"contacts": tuple(contact(f"2026-03-0{day}") for day in (6, 7, 9)), "fewer_texts": True},
            [
                (
                    "No se envió: habría sido el 4.º mensaje automático en siete días; el límite es 1 "
                    "(el paciente pidió menos mensajes)."
                ),
                "Saldrá el lunes 16 de marzo a las 10:00.",
            ],
        ),
        (
            {"contacts": (contact("2026-03-10"),), "not_after": at("2026-03-10", "18:00")},
            [
                (
                    "No se envió: tendría que esperar (habría sido el 2.º mensaje automático de hoy; "
                    "el límite es 1) hasta que sea demasiado tarde para lo que dice."
                )
            ],
        ),
        (
            {"now": at("2026-03-14", "21:00"), "hold_until": at("2026-03-14", "22:00")},
            [
                (
                    "No se envió: donde está el paciente el reloj marca 21:00; "
                    "los mensajes pueden llegar de 09:00 a 20:00."
                ),
                "Además: una persona y el paciente están en plena conversación.",
                "Saldrá al día siguiente a las 12:00.",
            ],
        ),
        (
            {"kind": "staff", "paused": "team"},
            [
                "Se envió: ninguna regla se opuso.",
                "Además: una persona decide cuándo escribir; se le muestra el horario.",
                "Además: una pausa no retiene las respuestas ni a las personas.",
            ],
        ),
    ],
)
def test_a_receipt_reads_as_well_in_spanish(known, sentences):
    assert spanish(facts(**known)) == sentences


def test_a_receipt_kept_in_words_is_told_as_a_new_one_is():
    given = facts(contacts=(contact("2026-03-10"),), hold_until=NOW + timedelta(hours=1))
    decision = judge(given)

    old = kept_in_words(decision)

    assert {line.ground for line in old.trace} == {None}
    assert receipts.explain(Stored(given, old)) == receipts.explain(Stored(given, decision))


def test_a_receipt_in_words_by_rules_of_another_version_keeps_its_words():
    given = facts(contacts=(contact("2026-03-10"),), hold_until=NOW + timedelta(hours=1))
    old = replace(kept_in_words(judge(given)), rules_version="2026.1")

    told = receipts.explain(Stored(given, old))

    assert told[:2] == ["Not sent: the budget rule said so.", "Also: the conversation rule said so."]


def test_sentences_said_together_are_translated_one_by_one():
    both = Said.together(receipts.explain(Stored(facts(kind="staff"), judge(facts(kind="staff")))))

    assert both.startswith("Sent: no rule spoke against it. Also: a person decides")
    with languages.speaking("es"):
        assert languages.translate(both).startswith("Se envió: ninguna regla se opuso. Además: una persona")
