"""The days a text tells of: against those of the steps, and in each language."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Words
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

DAYS = {
    "en": ("mondays?|mon", "tuesdays?|tues?", "wednesdays?|wed", "thursdays?|thurs?", "fridays?|fri",
           "saturdays?|sat", "sundays?|sun"),
    "es": ("lunes", "martes", "mi[eé]rcoles", "jueves", "viernes", "s[aá]bados?", "domingos?"),
}  # fmt: skip
ALL, WORKING, ENDS = frozenset(range(7)), frozenset(range(5)), frozenset((5, 6))
SPOKEN = (
    (WORKING, re.compile(r"\b(?:each|every|on|only|all)?\s*(?:week ?days?|workdays?|working days?)\b(?! and)"
                         r"|\b(?:entre semana|d[ií]as? (?:de semana|laborables?|de trabajo))\b", re.I)),
    (ENDS, re.compile(r"\b(?:on |at |each |every )?(?:the )?weekends?\b|\bfin(?:es)? de semana\b", re.I)),
    (ALL, re.compile(r"\b(?:7|seven) days a week\b|\b(?:siete|7) d[ií]as (?:a|de|por) la? ?semana\b"
        r"|\blos siete d[ií]as\b"
                     r"|\bweekdays and weekends\b|\beach day of the week\b|\bevery single day\b", re.I)),
)  # fmt: skip
DAILY = re.compile(
    r"\b(?:each|every) day\b|\bdaily\b|\bonce a day\b|\ba diario\b|\bcada d[ií]a\b|\btodos los d[ií]as\b"
    r"|\bdiariamente\b|\buna vez al d[ií]a\b",
    re.IGNORECASE,
)
EVERY = re.compile(
    r"\b(?:every|each|cada)\s+(?P<count>other|second|third|two|three|four|dos|tres|cuatro|\d+)\s+"
    r"(?P<unit>days?|weeks?|months?|d[ií]as?|semanas?|meses)\b",
    re.IGNORECASE,
)
COUNTS = {
    "other": 2,
    "second": 2,
    "third": 3,
    "two": 2,
    "three": 3,
    "four": 4,
    "dos": 2,
    "tres": 3,
    "cuatro": 4,
}
UNITS = {"d": 1, "w": 7, "s": 7, "m": 30}
NEAR = 0.34


def check(subject: Subject) -> Iterator[Finding]:
    """Check the days that texts tell of."""
    program = subject.program
    texted = [step for step in program.steps if not step.task and step.days]
    first = min(texted, key=lambda one: (min(one.days), one.at), default=None)
    words: Words = program.texts.get(first.say or "", {}) if first else {}
    kept = _kept(program)
    for language, said in words.items() if first and kept else ():
        found = _told(said, language)
        if found and found[0] != kept:
            yield _otherwise(subject, ("texts", str(first.say), language), found[1])  # type: ignore[union-attr]
        elif not found and len(kept) < len(ALL) and (daily := DAILY.search(said)):
            yield _otherwise(subject, ("texts", str(first.say), language), daily.group(0))  # type: ignore[union-attr]
        else:
            yield from _gaps(subject, ("texts", str(first.say), language), said)  # type: ignore[union-attr]
    for text in texts.all_texts(subject):
        if first is None or text.path != ("texts", first.say):
            yield from _parity(subject, text.path, text.words)


def _kept(program: Program) -> frozenset[int]:
    """Return the days of the week on which the question asked most is asked."""
    often: Counter[str] = Counter()
    for step in program.steps:
        if step.ask:
            often[step.ask] += len(step.days)
    most = often.most_common(1)[0][0] if often else None
    return frozenset(
        day for step in program.steps if most and step.ask == most for day in step.weekdays or ALL
    )


def _otherwise(subject: Subject, place: Path, words: str) -> Finding:
    return subject.finding(
        "cadence",
        *place,
        what=Said("Says “%(words)s”, and the steps ask otherwise", words=words),
        mend="Mend the one or the other.",
    )


@functools.lru_cache(maxsize=4096)
def _told(words: str, language: str) -> tuple[frozenset[int], str] | None:
    """Return the days of the week a text names, and how; None if it names none."""
    for days, spoken in reversed(SPOKEN):
        if found := spoken.search(words):
            return days, found.group(0).strip()
    named = DAYS.get(language, ())
    any_day = "|".join(f"(?P<d{place}>{one})" for place, one in enumerate(named))
    hits = list(re.finditer(rf"\b(?:{any_day})\b", words, re.I)) if named else []
    if not hits:
        return None
    found_days = [next(int(name[1:]) for name, value in hit.groupdict().items() if value) for hit in hits]
    named_days: set[int] = set(found_days)
    for (left, one), (right, other) in pairwise(zip(hits, found_days, strict=True)):
        if re.fullmatch(
            r"\s*(?:to|through|thru|until|-|a|al|hasta(?: el)?)\s*", words[left.end() : right.start()], re.I
        ):
            named_days |= {day % 7 for day in range(one, other + 1 if other >= one else other + 8)}
    return frozenset(named_days), words[hits[0].start() : hits[-1].end()]


def _parity(subject: Subject, place: Path, words: Words) -> Iterator[Finding]:
    english = _told(words.get("en", ""), "en")
    for language, said in words.items():
        other = _told(said, language)
        if language == "en" or (english is None and other is None):
            continue
        ours = english[0] if english else ALL if DAILY.search(words.get("en", "")) else None
        theirs = other[0] if other else ALL if DAILY.search(said) else None
        if ours != theirs:
            yield subject.finding(
                "translation",
                *place,
                language,
                what=Said(
                    "“%(words)s”: the other language names other days",
                    words=(other or english or ("", ""))[1],
                ),
                mend="Name the same days in both.",
            )


def _gaps(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    match = EVERY.search(words)
    gap = _usual_gap(subject.program)
    if match is None or gap is None:
        return
    count = match.group("count").lower()
    told = COUNTS.get(count, int(count) if count.isdigit() else 1) * UNITS[match.group("unit")[0].lower()]
    if abs(told - gap) > max(gap * NEAR, 0.5):
        yield _otherwise(subject, place, match.group(0))


def _usual_gap(program: Program) -> int | None:
    """Return the days between two askings of the question asked most."""
    asked: Mapping[str, list[int]] = {
        key: sorted({day for step in program.steps if step.ask == key for day in step.days})
        for key in {step.ask for step in program.steps if step.ask}
    }
    most = max(asked.values(), key=len, default=[])
    gaps = Counter(later - day for day, later in pairwise(most))
    return gaps.most_common(1)[0][0] if gaps else None
