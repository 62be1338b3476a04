"""What a text tells of figures and times, against what the file does: scales, units, examples, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import time

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.definition import Program, Question, Step, Words
from outreach.programs.rules.lint import meaning, measures, numbers, parity
from outreach.programs.rules.lint.findings import Finding, Path, Subject

SCALE = re.compile(
    r"(?<![\d/.])(\d{1,2})\b(?:\s*\([^)]*\)|\s+(?:for|is|means|es)\s+[^.?!\d]{1,20})?\s*(?:to|a|-|and|y"
    r"|hasta)\s+(?:the\s+)?"
    r"(\d{1,3})\b(?!\s*(?:days?|d[ií]as?|weeks?|semanas?|minutes?|minutos?|hours?|horas?|times|veces"
    r"|texts?|textos?))",
    re.IGNORECASE,
)
UPSIDE_DOWN = re.compile(
    r"\b0\s*\(?(?:is |for |means |es |=\s*)?(?:the )?(?:worst|severe|most|very bad|lo peor|el peor|mucho"
    r"|m[aá]ximo)\b"
    r"|\b10\s*\(?(?:is |for |means |es |=\s*)?(?:none|no pain|not at all|nothing|nada|sin dolor|ninguno)\b",
    re.IGNORECASE,
)
EXAMPLE = re.compile(
    r"\b(?:like|such as|for example|example|e\.g\.|as in|como|por ejemplo"
    r"|ejemplo)[:,]?\s+(\d+(?:\.\d+)?)(?:\s*/\s*(\d+))?",
    re.IGNORECASE,
)
KILOS = re.compile(r"\bkilo\w*\b|\bkgs?\b|\bstones?\b", re.IGNORECASE)
CELSIUS = re.compile(r"\bcelsius\b|°\s?C\b|\bcent[ií]grad\w*\b|\bdegrees C\b|\bgrados C\b", re.IGNORECASE)
FAHRENHEIT = re.compile(r"\bfahrenheit\b|°\s?F\b|\bdegrees F\b|\bgrados F\b", re.IGNORECASE)
MMOL = re.compile(r"\bmmol\w*", re.IGNORECASE)
DAY_TOLD = re.compile(r"\btomorrow\b|\btoday is the day\b|\btonight\b|\ben (?:un d[ií]a)\b", re.IGNORECASE)
TO_GO = re.compile(
    r"\b(?P<count>one|two|three|\d+) (?P<unit>day|week)s? (?:to go|left|before|away|from now|until)\b"
    r"|\bin (?P<count2>one|two|three|\d+) (?P<unit2>day|week)s?[,.]? (?:you|we|your|it is|is)\b",
    re.IGNORECASE,
)
COUNTED = {"one": 1, "two": 2, "three": 3}
MORNING = re.compile(r"\bgood morning\b|\bthis morning\b|\bbuenos d[ií]as\b|\besta mañana\b", re.IGNORECASE)
EVENING = re.compile(
    r"\bgood (?:evening|night)\b|\bthis evening\b|\btonight\b|\bbuenas noches\b|\besta noche\b", re.IGNORECASE
)
NOON, LATE = time(12), time(15, 30)
EACH_DAY = re.compile(
    r"\b(?:each|every) day\b|\bdaily\b|\bonce a day\b|\ba diario\b|\bcada d[ií]a\b|\btodos los d[ií]as\b",
    re.I,
)
ONCE_A_WEEK = re.compile(
    r"\b(?:once a|each|every) week\b|\bweekly\b|\bcada semana\b|\b(?:una|1) vez (?:a la|por) semana\b", re.I
)
TIMES_A_DAY = re.compile(
    r"\b(\d|twice|two|three) (?:times |texts )?(?:a|per|each) day\b|\b(\d|dos|tres) veces al d[ií]a\b", re.I
)
PER_DAY = {"twice": 2, "two": 2, "three": 3, "dos": 2, "tres": 3}
WITHIN = re.compile(r"\b(?:within (?=\d+ (?:calendar )?days?\b)|by day )(\d+)\b", re.IGNORECASE)
MOST_OF_THE_DAYS = 0.6
ENOUGH_LATE = 23
"""Hours a first text of the day of discharge must wait for who goes home after it: until next morning."""
STAY_AFTER_BIRTH = 72
"""Hours between a birth and going home: two to four days (ACOG, Guidelines for Perinatal Care)."""
LONGEST_CLINICAL = 96
LATEST = 504
"""Three weeks: the longest that a shipped first text waits for who joins late."""
WEEK = 7


def check(subject: Subject) -> Iterator[Finding]:
    """Check what the texts tell of figures and times."""
    for key, question in subject.program.questions.items():
        if question.kind != "choice":
            for place, words in _texts_of(subject.program, key, question):
                yield from _scale(subject, place, question, words)
                yield from _units(subject, place, question, words)
                yield from _examples(subject, place, question, words)
        if question.clinical and question.lasts_hours > LONGEST_CLINICAL:
            yield subject.finding(
                "late",
                *("questions", key, "lasts_hours"),
                what=Said("“%(key)s” stays open for %(hours)s hours", key=key, hours=question.lasts_hours),
                mend="Close a clinical question within four days: later its answer is about another day.",
            )
    for number, step in enumerate(subject.program.steps):
        if (step.late_for_hours or 0) > LATEST:
            yield subject.finding(
                "late",
                *("steps", number),
                what=Said(
                    "Step “%(id)s” may come %(hours)s hours late", id=step.id, hours=step.late_for_hours
                ),
                mend="Choose hours after which its words are still true.",
            )
        yield from _days(subject, number, step)
        yield from _task(subject, number, step)
    yield from _first(subject)
    yield from _ends(subject)


def _ends(subject: Subject) -> Iterator[Finding]:
    """Find a program whose questions end long before it does."""
    program = subject.program
    asking = [(max(step.days), number) for number, step in enumerate(program.steps) if step.ask and step.days]
    left = program.days - max(asking)[0] if asking else 0
    if asking and left > max(WEEK, program.days * (1 - MOST_OF_THE_DAYS)):
        yield subject.finding(
            "cadence",
            *("steps", max(asking)[1]),
            what=Said(
                "The last question is on day %(day)s of %(days)s", day=max(asking)[0], days=program.days
            ),
            mend="Ask on, or make the program shorter.",
        )


def _texts_of(program: Program, key: str, question: Question) -> Iterator[tuple[Path, Words]]:
    yield ("questions", key, "text"), question.text
    if question.unclear in program.texts:
        yield ("texts", str(question.unclear)), program.texts[str(question.unclear)]
    for number, variant in enumerate(program.variants):
        if variant.of == key:
            yield ("variants", number, "text"), variant.text


def _scale(subject: Subject, place: Path, question: Question, said: Words) -> Iterator[Finding]:
    if question.kind not in ("pain", "number"):
        return
    for language, words in said.items():
        turned = UPSIDE_DOWN.search(words)
        if turned and question.kind == "pain":
            yield subject.finding(
                "told",
                *place,
                language,
                what=Said("“%(words)s” turns the scale round: higher counts as worse", words=turned.group(0)),
                mend="Ask for the scale that `lowest`, `highest` and the cases are for.",
            )
        plain = parity.NUMBER_WORD.sub(
            lambda match: str(parity.SPELLED[match.group(0).lower()]), re.sub(r"\bone\b|\buno\b", "1", words)
        )
        plain = re.sub(r"\bzero\b|\bcero\b", "0", plain)
        match = SCALE.search(plain)
        limits = (question.lowest, question.highest)
        if match and None not in limits and (float(match.group(1)), float(match.group(2))) != limits:
            yield subject.finding(
                "told",
                *place,
                language,
                what=Said(
                    "Asks for %(words)s, and values from %(lowest)s to %(highest)s are taken",
                    words=match.group(0),
                    lowest=f"{question.lowest:g}",
                    highest=f"{question.highest:g}",
                ),
                mend="Ask for the scale that `lowest`, `highest` and the cases are for.",
            )


def _units(subject: Subject, place: Path, question: Question, said: Words) -> Iterator[Finding]:
    celsius = question.highest is not None and question.highest < measures.CELSIUS_UNDER
    wrong = {
        "weight": (KILOS, Said("pounds")),
        "glucose": (MMOL, Said("mg/dL")),
        "number": (FAHRENHEIT, Said("Celsius")) if celsius else (CELSIUS, Said("Fahrenheit")),
    }
    pattern, unit = wrong.get(question.kind, (None, ""))
    for language, words in said.items():
        match = pattern.search(words) if pattern else None
        if match:
            yield subject.finding(
                "told",
                *place,
                language,
                what=Said(
                    "Asks for “%(words)s”, and the cases are in %(unit)s", words=match.group(0), unit=unit
                ),
                mend=Said("Ask for %(unit)s.", unit=unit),
            )


def _examples(subject: Subject, place: Path, question: Question, said: Words) -> Iterator[Finding]:
    for language, words in said.items():
        for match in EXAMPLE.finditer(words):
            problem = _wrong_example(question, float(match.group(1)), float(match.group(2) or 0))
            if problem:
                yield subject.finding(
                    "told",
                    *place,
                    language,
                    what=Said("The example “%(words)s” %(why)s", words=match.group(0), why=problem),
                    mend="Give a usual value as the example.",
                )


def _wrong_example(question: Question, first: float, second: float) -> Said | None:
    if question.kind == "blood_pressure" and not second:
        return Said("has one figure, and two are asked")
    if not measures.possible(question, first, second):
        return Said("would be taken for a typing error")
    try:
        case = measures.case_at(question, first, second)
    except conditions.BadExpression:
        return None
    if case is not None and meaning.at_most(case) and not numbers.alarms_calm(question):
        return Said("would raise an alarm")
    return None


def _days(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    program = subject.program
    question = program.questions.get(step.ask or "")
    said: Mapping[str, str] = question.text if question else program.texts.get(step.say or "", {})
    words = said.get("en", "")
    here = ("steps", number)
    told = DAY_TOLD.search(words)
    if told and step.say and step.late == "next_window":
        yield subject.finding(
            "told",
            *here,
            what=Said("“%(words)s” isn't true any more when the text comes late", words=told.group(0)),
            mend="Use `late: skip`, or say it without a day.",
        )
    if program.anchor in ("procedure", "run_out"):
        yield from _to_go(subject, here, step, words)
    wrong = (MORNING.search(words) if step.at >= LATE else None) or (
        EVENING.search(words) if step.at < NOON else None
    )
    if wrong:
        yield subject.finding(
            "told",
            *here,
            what=Said("Says “%(words)s” at %(at)s", words=wrong.group(0), at=f"{step.at:%H:%M}"),
            mend="Mend the time or the words.",
        )


def _to_go(subject: Subject, here: Path, step: Step, words: str) -> Iterator[Finding]:
    due = {-1} if re.search(r"\btomorrow is\b|\btomorrow[,:]", words, re.IGNORECASE) else None
    match = TO_GO.search(words)
    if match:
        count = (match.group("count") or match.group("count2")).lower()
        unit = (match.group("unit") or match.group("unit2")).lower()
        due = {-COUNTED.get(count, int(count) if count.isdigit() else 1) * (WEEK if unit == "week" else 1)}
    if due is not None and set(step.days) != due:
        yield subject.finding(
            "told",
            *here,
            what=Said("The words are for day %(day)s, and the step stands on another", day=min(due)),
            mend="Mend the day or the words.",
        )


def _task(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    match = WITHIN.search(step.task.about) if step.task else None
    if step.task and match and step.days and max(step.days) + step.task.within_days > int(match.group(1)):
        yield subject.finding(
            "told",
            *("steps", number),
            what=Said(
                "Says “%(words)s”, and is due on day %(day)s only",
                words=match.group(0),
                day=max(step.days) + step.task.within_days,
            ),
            mend="Mend `within_days` or the words.",
        )


def _first(subject: Subject) -> Iterator[Finding]:
    """Find a first text that most people miss, and a rhythm it tells that isn't so."""
    program = subject.program
    texted = [(number, step) for number, step in enumerate(program.steps) if not step.task and step.days]
    if not texted:
        return
    number, first = min(texted, key=lambda one: (min(one[1].days), one[1].at))
    hours = min(first.days) * 24 + (first.late_for_hours or 48 if first.late == "next_window" else 0)
    needed = STAY_AFTER_BIRTH if program.anchor == "birth" else ENOUGH_LATE
    ahead = min(first.days) < 0 and first.late != "next_window"
    if not _told_later(program, first) and (ahead or (min(first.days) <= 1 and hours < needed)):
        yield subject.finding(
            "late",
            *("steps", number),
            what="Most people join after this first text is due and never get it, nor how to stop",
            mend="Add `late: next_window` with enough `late_for_hours`.",
        )
    yield from _rhythm(subject, first)


def _told_later(program: Program, first: Step) -> bool:
    """Return whether each later text says by itself how to stop, so that nobody depends on the first."""
    later = [step for step in program.steps if not step.task and (step is not first or len(step.days) > 1)]
    asked = [program.questions[key].text for step in later if (key := step.ask or "") in program.questions]
    said = [*asked, *(program.texts.get(step.say, {}) for step in later if step.say)]
    return bool(said) and all("STOP" in words for one in said for words in one.values())


def _rhythm(subject: Subject, first: Step) -> Iterator[Finding]:
    program = subject.program
    asked = [day for step in program.steps if step.ask for day in step.days]
    if not first.say or not asked:
        return
    span = max(asked) - min(asked) + 1
    share = len(set(asked)) / span
    most = max(asked.count(day) for day in asked)
    for language, words in program.texts.get(first.say, {}).items():
        times = TIMES_A_DAY.search(words)
        count = next((one.lower() for one in times.groups() if one), "") if times else ""
        told = PER_DAY.get(count, int(count) if count.isdigit() else most)
        wrong = EACH_DAY.search(words) if share < MOST_OF_THE_DAYS and not times else None
        wrong = wrong or (ONCE_A_WEEK.search(words) if share > 2 / WEEK else None)
        wrong = wrong or (times if told != most else None)
        if wrong:
            yield subject.finding(
                "cadence",
                *("texts", first.say, language),
                what=Said("Says “%(words)s”, and the steps ask otherwise", words=wrong.group(0)),
                mend="Mend the one or the other.",
            )
