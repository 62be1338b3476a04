"""Program files: the shipped ones are good, bad ones say where and what to mend."""

from __future__ import annotations

import re
from datetime import date

import pytest

from outreach.kernel.segments import count_segments
from outreach.programs import files
from outreach.programs.rules import audience, conditions, memory, plan, reading_ease, translations
from outreach.programs.rules.audience import EncounterFacts, Known, PatientFacts
from outreach.programs.rules.definition import Step
from outreach.touchpoints.rules.wording import fill

GENERIC = next(read for read in files.library() if read.program.key == "generic-medical")
LONGEST = {
    "clinic": "Riverside",
    "callback": "(202) 555-0100",
    "told": "We are closed. Nobody may see this now.",
    "name": "Guadalupe",
    "phrase": "how is keeping things clean at home going?",
}
OFFERED = re.compile(r"(?<!\w)[1-5A-F](?= [a-zA-Z]| \w)")
FIELDS = re.compile(r"\{(?:clinic|name|phrase|told)\}|\bSTOP\b|\b988\b|\b911\b")
OPT_WORDS = re.compile(r"\b(reply|responda|text|escriba)\s+(stop|end|quit|cancel|yes)\b", re.IGNORECASE)


def _key(read: files.Read) -> str:
    return read.program.key


def texts() -> list[tuple[str, str, str]]:
    return [
        (f"{read.program.key}/{key}", language, words)
        for read in files.library()
        for key, texts in translations.every_text(read.program).items()
        for language, words in texts.items()
    ]


@pytest.mark.parametrize(("key", "language", "words"), texts())
def test_every_shipped_text_fits_one_segment_and_names_the_clinic_first(
    key: str, language: str, words: str
) -> None:
    filled = fill(words, LONGEST)

    assert count_segments(filled).segments == 1
    assert filled.startswith("Riverside")


def test_every_shipped_text_is_in_english_and_spanish() -> None:
    found: dict[str, set[str]] = {}
    for key, language, _ in texts():
        found.setdefault(key, set()).add(language)

    assert {key: languages for key, languages in found.items() if languages != {"en", "es"}} == {}


def test_no_shipped_text_offers_a_word_the_provider_acts_on() -> None:
    words = {
        option.word
        for read in files.library()
        for q in read.program.questions.values()
        for option in q.options
    }

    assert words & {"STOP", "END", "QUIT", "CANCEL", "YES", "START", "HELP", "INFO"} == set()
    assert [key for key, _, text in texts() if OPT_WORDS.search(text)] == []


def test_questions_that_can_be_open_together_share_no_reply_words() -> None:
    """A follow-up asks by letters, so that a late digit still finds the question it answers."""
    for read in files.library():
        followed = {
            then.ask
            for q in read.program.questions.values()
            for one in q.branches()
            for then in one.then
            if then.ask
        }
        digits = {o.word for k, q in read.program.questions.items() if k not in followed for o in q.options}
        letters = {o.word for k, q in read.program.questions.items() if k in followed for o in q.options}
        assert digits & letters == set()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("ask: medicines", "ask: medicine"), "step first-check names question 'medicine'"),
        (("say: glad", "say: gald"), "names text 'gald'"),
        (('at: "10:00"', 'at: "25:00"'), "at"),
        (("days: [2]", "days: []"), "days"),
        (("anchor: discharge", "anchor: sometime"), "anchor"),
        (("escalate: red", "escalate: purple"), "escalate"),
        (("program: generic-medical", "program: Generic Medical"), "program"),
        (("steps:", "stpes:"), "stpes"),
        (("steps:\n", "steps:\n  - {"), "line"),
    ],
)
def test_a_bad_file_says_where_and_what(change: tuple[str, str], names: str) -> None:
    broken = GENERIC.source_text.replace(*change)
    assert broken != GENERIC.source_text

    with pytest.raises(files.BadProgram) as caught:
        files.read(broken)

    assert names in str(caught.value)


def known(**encounter: object) -> Known:
    values = {"kind": "inpatient", "disposition": "home", "length_days": 3} | encounter
    return Known(
        patient=PatientFacts(
            language="en", literacy="standard", risk_tier="", needs=(), deceased=False, hospice=False
        ),
        encounter=EncounterFacts(**values),  # type: ignore[arg-type]
        conditions=("heart failure",),
    )


@pytest.mark.parametrize(
    ("encounter", "fits"),
    [
        ({}, True),
        ({"kind": "observation"}, True),
        ({"kind": "ambulatory"}, False),
        ({"disposition": "hospice"}, False),
        ({"disposition": "expired"}, False),
        ({"disposition": "facility"}, False),
        ({"disposition": "home_health"}, True),
    ],
)
def test_who_the_generic_program_is_for(encounter: dict[str, object], fits: bool) -> None:
    assert audience.matches(GENERIC.program.audience, known(**encounter)) is fits


@pytest.mark.parametrize("expression", ["patient.shoe_size > 3", "1 + 1", "encounter.kind ==", "nonsense("])
def test_an_expression_that_cannot_be_judged_is_refused(expression: str) -> None:
    with pytest.raises(audience.BadExpression):
        audience.matches(expression, known())


def test_an_expression_may_ask_about_conditions() -> None:
    assert audience.matches('conditions.exists(c, c.contains("heart"))', known())
    assert not audience.matches('conditions.exists(c, c.contains("asthma"))', known())


def test_the_plan_counts_days_where_the_patient_is() -> None:
    from datetime import UTC, datetime

    late_evening = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)  # 10:30 pm on the 10th in New York

    items = plan.items(GENERIC.program, anchor_at=late_evening, zone="America/New_York", why={})

    assert [(one.step, one.local_day.isoformat()) for one in items][:5] == [
        ("intro", "2026-03-10"),
        ("visit-soon", "2026-03-11"),
        ("visit-booked", "2026-03-11"),
        ("first-check", "2026-03-12"),
        ("visit-check", "2026-03-14"),
    ]
    assert len(items) == 12
    assert items[-1].step == "close"


BIRTHS = ({}, {"birth": True}, {"birth": True, "birth_dated": True})
"""None on record, one without its day, one with it."""


@pytest.mark.parametrize("read", [one for one in files.library() if one.program.tcm], ids=_key)
@pytest.mark.parametrize("risk", ["high", "low", ""])
def test_whoever_goes_home_from_a_stay_has_one_visit_in_time_and_medicines_reconciled_by_then(
    read: files.Read, risk: str
) -> None:
    """CPT 99496 and 99495 want a visit within 7 or 14 days, medicines reconciled no later (CMS, MLN908628).

    After a birth with high pressure the visit is by day 10 (ACOG): where the record has no day of it, a week
    from the discharge stands for that.
    """
    pressure = read.program.key == "maternity-blood-pressure"
    for born in BIRTHS:
        known = memory.facts(patient={"risk_tier": risk}, heard=(), today=date(2026, 3, 10)) | born
        wanted = (
            one for one in read.program.steps if _visits(one) and conditions.holds(one.when or "", known)
        )
        visits = [(max(one.days) + one.task.within_days, one.task.about) for one in wanted if one.task]
        latest = (10 if "birth_dated" in born else 7) if pressure else 7 if risk == "high" else 14
        assert [day for day, _ in visits] == [latest]
        assert "medication reconciliation by the day of the visit" in visits[0][1]


def _visits(step: Step) -> bool:
    return step.task is not None and step.task.kind == "visit"


PLAIN = 'patient.literacy == "plain"'
EASY = {"en": 1.0, "es": -80.0}
"""Easier than these no formula tells apart: below the first grade, "very easy" (INFLESZ: ease over 80)."""


def plainly() -> list[tuple[str, str, str, str, str]]:
    return [
        (read.program.key, one.of, language, one.text[language], usual)
        for read in files.library()
        for one in read.program.variants
        if one.when == PLAIN
        for language, usual in read.program.questions[one.of].text.items()
    ]


def test_each_program_has_plain_wordings_and_one_for_each_question_about_health() -> None:
    worded = {(key, of) for key, of, *_ in plainly()}

    assert {key for key, _ in worded} == {read.program.key for read in files.library()}
    assert worded >= {
        (read.program.key, question.key)
        for read in files.library()
        for question in read.program.questions.values()
        if question.clinical
    }


@pytest.mark.parametrize(("key", "of", "language", "plain", "usual"), plainly())
def test_a_plain_wording_is_shorter_no_harder_and_offers_the_same_words(
    key: str, of: str, language: str, plain: str, usual: str
) -> None:
    assert _syllables(plain, language) < _syllables(usual, language)
    assert reading_ease.hardness(plain, language) <= max(
        reading_ease.hardness(usual, language), EASY[language]
    )
    assert OFFERED.findall(plain) == OFFERED.findall(usual)
    assert FIELDS.findall(plain) == FIELDS.findall(usual)


@pytest.mark.parametrize("read", files.library(), ids=_key)
def test_who_needs_plain_words_gets_them_in_either_language(read: files.Read) -> None:
    facts = memory.facts(patient={"literacy": "plain", "language": "en"}, heard=(), today=date(2026, 3, 10))
    for _, of, language, plain, _ in (one for one in plainly() if one[0] == read.program.key):
        assert translations.in_words(read.program, of, language=language, known=facts) == (plain, language)


def _syllables(text: str, language: str) -> int:
    return sum(reading_ease.syllables(word, language) for word in reading_ease.plain(text).split())
