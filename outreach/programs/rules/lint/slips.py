"""Slips of the pen in a text: a draft left in, the wrong language, shouting, a date, wrong figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

DRAFT = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX+|lorem|ipsum|placeholder|insert (?:name|date|text|number))\b"
    r"|<[^>]*>|_{3,}|\?{3,}"
)
NO_REPLY = re.compile(
    r"\b(?:do not|don'?t) (?:reply|respond|answer|text (?:us |me )?back)\b|\bno[- ]reply\b"
    r"|\bno (?:responda|conteste|escriba)\b|\bnot monitored\b",
    re.IGNORECASE,
)
DATED = re.compile(
    r"\b20[2-9]\d\b|\b(?:january|february|march|april|june|july|august|september|october|november|december)"
    r"\s+\d{1,2}\b|\b\d{1,2} de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre"
    r"|noviembre|diciembre)\b",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"(?<![\w{])[A-ZÁÉÍÓÚÑÜ]{2,}(?![\w}])")
MOST_CAPITALS = 3
"""Words in capitals that a text may hold: STOP, HELP, OK."""
PER_WEEK = re.compile(
    r"(\d+)\s+(?:texts?|times|textos?|mensajes?|veces)\s+(?:a|per|each|por|a la)\s+(?:week|semana)",
    re.IGNORECASE,
)
FOR_SO_LONG = re.compile(
    r"\b(?:for|over|during|por|durante)\s+(?:the next\s+)?(\d+)\s+(days?|dias?|weeks?|semanas?)",
    re.IGNORECASE,
)
WEEK = 7


def check(subject: Subject) -> Iterator[Finding]:
    """Check every text for slips."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            yield from _one(subject, (*text.path, language), words)
            yield from _figures(subject, (*text.path, language), words)


def _one(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    for match in DRAFT.finditer(words):
        yield subject.finding(
            "draft",
            *place,
            what=Said("“%(words)s” looks like a draft", words=match.group(0)),
            mend="Write the text out, or leave it out.",
        )
    for match in NO_REPLY.finditer(words):
        yield subject.finding(
            "two_way",
            *place,
            what=Said(
                "“%(words)s” keeps patients from answering, and we read what they write", words=match.group(0)
            ),
            mend="Leave it out.",
        )
    for match in DATED.finditer(words):
        yield subject.finding(
            "dated",
            *place,
            what=Said("“%(words)s” is true for a while only; a program runs for years", words=match.group(0)),
            mend="Say it without a date.",
        )
    shouted = CAPITALS.findall(words)
    if len(shouted) > MOST_CAPITALS:
        yield subject.finding(
            "style", *place, what="Written in capitals", mend="Write it in small letters; capitals shout."
        )


def _figures(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    program = subject.program
    agreed = program.cadence.per_week if program.cadence else None
    for match in PER_WEEK.finditer(words):
        if agreed is not None and int(match.group(1)) != agreed:
            yield subject.finding(
                "cadence",
                *place,
                what=Said("Says “%(words)s”, but %(limit)s are agreed", words=match.group(0), limit=agreed),
                mend="Mend the one or the other.",
            )
    for match in FOR_SO_LONG.finditer(words):
        if not _is_so_long(program, int(match.group(1)), match.group(2)):
            yield subject.finding(
                "cadence",
                *place,
                what=Said(
                    "Says “%(words)s”, but the program has %(days)s days",
                    words=match.group(0),
                    days=program.days,
                ),
                mend="Mend the one or the other.",
            )


def _is_so_long(program: Program, count: int, unit: str) -> bool:
    if unit.lower().startswith("d"):
        return count in (program.days, program.days - 1)
    return abs(count * WEEK - program.days) < WEEK
