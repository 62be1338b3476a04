"""What a question is meant for and doesn't say: its kind, whom it asks, that it is clinical."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Case, Option, Program, Question, Then
from outreach.programs.rules.lint import answers, meaning
from outreach.programs.rules.lint.findings import Finding, Subject

DIABETES = re.compile(r"diabet|icd10:E1[0-4]", re.IGNORECASE)
AFTER_BIRTH = re.compile(r"\bbirth\b|icd10:O\d|eclampsia|postpartum|pregnan|gestational", re.IGNORECASE)
WEIGHT = re.compile(r"\b(?:weight|weigh|peso|pesa)\b", re.IGNORECASE)
PRESSURE = re.compile(r"\bpressure\b|\bpresi[oó]n\b|\b\d{2,3}/\d{2,3}\b", re.IGNORECASE)
READING = re.compile(r"\b(?:reading|sugar|meter|aparato|az[uú]car)\b", re.IGNORECASE)
ANSWERED = re.compile(r'question == "(\w+)" && \w+\.means == "(\w+)"')
ACTIVITY = "activity"
FEW = 2
"""Questions that call people by name before one that doesn't is odd."""
_SAME = """
medicine medicines meds med medication medications pills pill prescription refill refills drugs
supplies strips
medicina medicinas medicamento medicamentos pastillas pastilla receta recetas tiras remedios surtir
-
appointment appointments visit visits booking checkup
cita citas visita visitas consulta turno
-
ride rides transport transportation car bus lift
transporte viaje carro autobús
-
food groceries meals comida alimentos mandado
-
worse sick unwell bad peor mal enfermo enferma empeoro
-
fever temperature fiebre calentura temperatura
-
pain hurts sore ache dolor duele
"""
SAME = tuple(frozenset(group.split()) for group in _SAME.split("\n-\n"))


def check(subject: Subject) -> Iterator[Finding]:
    """Check what each question is meant for."""
    for key, question in subject.program.questions.items():
        yield from _kind(subject, key, question)
        yield from _labels(subject, key, question)
        yield from _clinical(subject, key, question)
        yield from _led_here(subject, key, question)
    yield from _phrase(subject)
    yield from _named(subject)
    yield from _anchor(subject)


def _kind(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    words, whens = question.text.get("en", ""), " ".join(case.when or "" for case in question.cases)
    if question.kind != "number":
        return
    meant = ""
    if "value.systolic" in whens or PRESSURE.search(words):
        meant = "blood_pressure"
    elif WEIGHT.search(words):
        meant = "weight"
    elif READING.search(words) and DIABETES.search(subject.program.audience):
        meant = "glucose"
    if meant:
        yield subject.finding(
            "values",
            *("questions", key, "kind"),
            what=Said("“%(key)s” asks for a measure, and its kind says any number", key=key),
            mend=Said("Write `kind: %(kind)s`: its limits and its typing errors are known.", kind=meant),
        )


def _labels(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a label that means the same as another answer's."""
    for number, option in enumerate(question.options):
        for language, labels in option.labels.items():
            for label in labels:
                other = _other(question, option, label.lower(), language)
                if other:
                    yield subject.finding(
                        "reply_word",
                        *("questions", key, "options", number),
                        what=Said(
                            "The %(language)s label “%(label)s” is what “%(other)s” is called",
                            language=language,
                            label=label,
                            other=other.word,
                        ),
                        mend="Move the label to the answer it names.",
                    )


def _other(question: Question, option: Option, label: str, language: str) -> Option | None:
    """Return the answer a label rather names: one of its kind, where its own answer is of none or another."""
    group = next((one for one in SAME if label in one), None)
    if group is None or _names(option, {label}) & group:
        return None
    return next((one for one in question.options if one is not option and _names(one, set()) & group), None)


def _names(option: Option, without: set[str]) -> set[str]:
    labels = {one.lower() for listed in option.labels.values() for one in listed} - without
    return {word for label in labels for word in label.split()} | set(option.means.split("_"))


def _clinical(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    program = subject.program
    others = any(one.clinical for one in program.questions.values() if one is not question)
    if question.clinical or not others:
        return
    thens = [then for branch in question.branches() for then in branch.then]
    alarms = any(then.escalate for then in thens)
    leads_on = any(
        then.ask and program.questions[then.ask].clinical for then in thens if _is_there(program, then)
    )
    medicines = question.topic == "medicines" and "{callback}" not in question.text.get("en", "")
    if leads_on or (alarms and (medicines or key == ACTIVITY)):
        yield subject.finding(
            "danger",
            *("questions", key),
            what=Said(
                "“%(key)s” leads to an alarm or to a clinical question, and isn't marked as clinical", key=key
            ),
            mend="Add `clinical: true`: it is asked only when somebody is there for the answer.",
        )


def _led_here(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a condition that looks for an answer of another question that doesn't lead here, and others do."""
    for place, branch in meaning.branches(question):
        for match in ANSWERED.finditer(" ".join(then.when or "" for then in branch.then)):
            asked = subject.program.questions.get(match.group(1))
            leads = {one.means for one in asked.branches() if _asks(one, key)} if asked else set()
            known = {one.means for one in asked.branches()} if asked else set()
            if leads and match.group(2) in known - leads:
                yield subject.finding(
                    "condition",
                    *place,
                    what=Said(
                        "“%(means)s” to “%(key)s” doesn't lead here", means=match.group(2), key=match.group(1)
                    ),
                    mend=Said("Those that do: %(names)s.", names=", ".join(sorted(leads))),
                )


def _asks(branch: Option | Case, key: str) -> bool:
    return any(then.ask == key for then in branch.then)


def _is_there(program: Program, then: Then) -> bool:
    return then.ask in program.questions


def _phrase(subject: Subject) -> Iterator[Finding]:
    question = subject.program.questions.get(ACTIVITY)
    for language, words in question.text.items() if question else ():
        if "{phrase}" not in words:
            yield subject.finding(
                "field",
                *("questions", ACTIVITY, "text", language),
                what="`activity` doesn't say what it asks about",
                mend="Write {phrase} where the care plan's activity belongs.",
            )


def _named(subject: Subject) -> Iterator[Finding]:
    """Find the one planned question that doesn't call people by name: on a shared phone it is anybody's."""
    asked = _planned(subject.program) - answers.followed(subject)
    without = [
        key for key in sorted(asked) if not any("{name}" in one for one in _texts(subject.program, key))
    ]
    if len(without) == 1 and len(asked) - 1 >= FEW:
        yield subject.finding(
            "field",
            *("questions", without[0], "text"),
            what=Said("“%(key)s” doesn't say whom it asks, and every other question does", key=without[0]),
            mend="Write [{name}, ] after {clinic}: a phone may be shared.",
        )

    for number, variant in enumerate(subject.program.variants):
        named = variant.of in asked and variant.of not in without
        if named and not any("{name}" in one for one in variant.text.values()):
            yield subject.finding(
                "field",
                *("variants", number, "text"),
                what=Said(
                    "This text for “%(key)s” doesn't say whom it asks, and its question does", key=variant.of
                ),
                mend="Write [{name}, ] after {clinic}: a phone may be shared.",
            )


def _planned(program: Program) -> set[str]:
    activity = {ACTIVITY} if program.activities else set()
    return ({step.ask for step in program.steps if step.ask} | activity) & set(program.questions)


def _texts(program: Program, key: str) -> list[str]:
    return list(program.questions[key].text.values())


def _anchor(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    if program.anchor == "discharge" and _only_after_birth(program):
        yield subject.finding(
            "anchor",
            "anchor",
            what="Counts from the discharge, and is for those who gave birth",
            mend="Write `anchor: birth`: days after a birth count from it.",
        )


def _only_after_birth(program: Program) -> bool:
    wants = re.sub(r"![^&|]*", " ", program.audience)
    return bool(AFTER_BIRTH.search(wants)) and not re.search(r"icd10:[A-NP-Z]", wants)
