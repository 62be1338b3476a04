"""The words: private matters, reading grade, length, fields, what must be said, translations."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from outreach.kernel.said import Said
from outreach.kernel.segments import count_segments
from outreach.programs.rules import house, reading_ease, translations
from outreach.programs.rules.definition import Question, Words
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.touchpoints.rules.wording import fields_of, fill

LONGEST = {
    "clinic": "Riverside",
    "callback": "(202) 555-0100",
    "name": "Guadalupe",
    "phrase": "how is keeping things clean at home going?",
    "told": max(house.every_told(), key=len),
}
MAY_BE_EMPTY = frozenset({"name"})
LANGUAGES = ("en", "es")
SPACE_MEND = "Delete what can't be seen there and type an ordinary space or nothing."
QUOTES = frozenset("‘’‚‛“”„´`«»′″–—…\u2010\u2011")
PLAIN_MEND = Said("Type the plain sign of the keyboard: ' or \" or - or three dots.")
GSM_MEND = "Choose another word: a letter outside GSM-7 cuts a text's room from 160 to 70."
OFFERED = re.compile(
    r"\b(?:reply|text|send|answer|say|type|responda|escriba|mande|conteste)\s+(?:us\s+|back\s+|me\s+)?"
    r"(?:the word\s+|la palabra\s+|with\s+|con\s+)?['\"]?"
    r"(stop|stopall|end|quit|cancel|unsubscribe|revoke|optout|yes|start|unstop|help|info|cancelar"
    r"|alto|parar)\b",
    re.IGNORECASE,
)
KEYWORD_LINE = re.compile(
    r"\b(?:text|reply|escriba|responda)\s+(stop|help)\s+(?:to|for|para)\b|\bstop (?:to (?:end|opt out)|para)",
    re.IGNORECASE,
)
ALERTED = re.compile(
    r"\bwe(?: have|'ve)? (?:alerted|paged|notified|told (?:our|a|the))\b"
    r"|\b(?:nurse|team|staff) (?:is|was|has been) (?:alerted|paged|told)\b"
    r"|\b(?:ya )?(?:avisamos|hemos avisado|alertamos)\b",
    re.IGNORECASE,
)
"""Says that somebody was told, whatever the hour and the pagers."""
CONTACT = re.compile(
    r"\+?\d[\d\-. ()]{8,}\d|https?://|www\.|\b[a-z0-9-]+\.(?:com|org|net|ly|co|gov|io)\b", re.IGNORECASE
)
CODE = re.compile(r"\b[A-TV-Z]\d{2}\.\d{1,4}\b|\b\d{6,18}\b")
LETTER = re.compile(r"[^\W\d_]")
COMMA = ", "


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text of a file, with its place."""

    name: str
    path: Path
    words: Words
    question: Question | None = None


def all_texts(subject: Subject) -> Iterator[Text]:
    """List every text of a program: questions, texts, variants."""
    program = subject.program
    for key, question in program.questions.items():
        yield Text(name=key, path=("questions", key, "text"), words=question.text, question=question)
    for key, words in program.texts.items():
        yield Text(name=key, path=("texts", key), words=words)
    for number, variant in enumerate(program.variants):
        question_of = program.questions.get(variant.of)
        path: Path = ("variants", number, "text")
        yield Text(name=f"{variant.of}/{number + 1}", path=path, words=variant.text, question=question_of)


def check(subject: Subject) -> Iterator[Finding]:
    """Check every text."""
    for text in all_texts(subject):
        yield from _parity(subject, text)
        for language, words in text.words.items():
            yield from _one(subject, text, language, words)
    yield from _approvals(subject)


def _one(subject: Subject, text: Text, language: str, words: str) -> Iterator[Finding]:
    place: Path = (*text.path, language)
    yield from _private(subject, place, words)
    yield from _length(subject, place, words)
    yield from _fields(subject, place, text, words)
    if problems := reading_ease.problems(words, language):
        yield subject.finding(
            "grade",
            *place,
            what=Said("Hard to read: %(why)s", why=Said.together(problems, COMMA)),
            mend="Use short words and sentences (grade 6).",
        )
    for match in OFFERED.finditer(KEYWORD_LINE.sub(" ", words)):
        yield subject.finding(
            "reply_word",
            *place,
            what=Said(
                "Offers “%(word)s” as a reply, which the phone company acts on", word=match.group(1).upper()
            ),
            mend="Take the word out; offer a digit or letter if it stands for an answer.",
        )
    if ALERTED.search(words):
        yield subject.finding(
            "told",
            *place,
            what="Says that somebody was told, which is not true at every hour",
            mend="Write {told}: it becomes what is true at that moment.",
        )
    if CONTACT.search(words):
        yield subject.finding(
            "contact", *place, what="Holds a phone number or address of its own", mend="Use {callback}."
        )
    if not words.startswith("{clinic}"):
        yield subject.finding(
            "identity", *place, what="Doesn't say first who writes", mend="Start with `{clinic}: `."
        )
    if text.question is not None and text.question.clinical and "911" not in words:
        yield subject.finding(
            "emergency", *place, what="A clinical question without 911", mend='Add "Emergency? Call 911".'
        )


def private_words(words: str) -> Iterator[tuple[str, str]]:
    """List what in a text tells a stranger about the patient: what kind of thing, and the words."""
    for kind, pattern in _words().items():
        for match in pattern.finditer(words):
            yield kind, match.group(0)


@functools.lru_cache(maxsize=4096)
def _private_in(words: str) -> tuple[tuple[str, str], ...]:
    """Remember it for a program's own texts; never for what somebody types to a patient."""
    return tuple(private_words(words))


def _private(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    for kind, matched in _private_in(words):
        yield subject.finding(
            "private",
            *place,
            what=Said("“%(words)s” gives away a %(kind)s", words=matched, kind=Said(kind)),
            mend="Say it without naming the illness, drug, test, specialty or person's data.",
        )
    for match in CODE.finditer(words):
        yield subject.finding(
            "private",
            *place,
            what=Said("“%(words)s” looks like a code or number", words=match.group(0)),
            mend="Leave it out.",
        )


@functools.cache
def _words() -> Mapping[str, re.Pattern[str]]:
    listed: dict[str, Any] = yaml.safe_load(
        (resources.files("outreach.programs") / "words.yaml").read_text("utf-8")
    )
    return {
        kind: re.compile(
            "|".join(_pattern(str(word)) for words in languages.values() for word in words), re.IGNORECASE
        )
        for kind, languages in listed.items()
    }


def _pattern(word: str) -> str:
    if word.startswith("*"):
        return rf"\b\w{{2,}}{re.escape(word[1:])}s?\b"
    return rf"\b{re.escape(word[:-1])}\w*" if word.endswith("*") else rf"\b{re.escape(word)}s?\b"


def _length(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    filled = fill(words, {name: LONGEST.get(name, "x") for name in fields_of(words)})
    count = count_segments(filled)
    if count.encoding != "GSM-7":
        odd = sorted({letter for letter in filled if count_segments(letter).encoding != "GSM-7"})
        mend = SPACE_MEND if all(map(_is_unseen, odd)) else PLAIN_MEND if set(odd) <= QUOTES else GSM_MEND
        yield subject.finding(
            "letters",
            *place,
            what=Said("Letters outside GSM-7: %(letters)s", letters=" ".join(map(_seen, odd))),
            mend=mend,
        )
    elif count.segments > 1:
        yield subject.finding(
            "length",
            *place,
            what=Said(
                "%(count)s characters with the longest fields: %(segments)s segments",
                count=len(filled),
                segments=count.segments,
            ),
            mend="Shorten it to 160.",
        )


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "ZC"


def _seen(letter: str) -> str:
    """Return a letter, and one that can't be seen by its name."""
    if not _is_unseen(letter):
        return letter
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".strip()


def _fields(subject: Subject, place: Path, text: Text, words: str) -> Iterator[Finding]:
    if words.count("[") != words.count("]") or re.search(r"\{(?![a-z_]+\})|\{\{", words):
        yield subject.finding(
            "field", *place, what="An unclosed bracket or field", mend="Write [{name}, ] and {clinic}."
        )
    for name in sorted(fields_of(words) - set(LONGEST)):
        yield subject.finding(
            "field",
            *place,
            what=Said("Unknown field {%(name)s}", name=name),
            mend=Said("Known are %(names)s.", names=", ".join(sorted(LONGEST))),
        )
    bare = re.sub(r"\[[^\[\]]*\]", "", words)
    for name in sorted(fields_of(bare) & MAY_BE_EMPTY):
        yield subject.finding(
            "field",
            *place,
            what=Said("{%(name)s} may be empty and would hold the text back", name=name),
            mend=Said("Bracket it: [{%(name)s}, ].", name=name),
        )
    if "phrase" in fields_of(words) and text.name.split("/")[0] != "activity":
        yield subject.finding(
            "field", *place, what="{phrase} stands outside `activity`", mend="Only `activity` has one."
        )


def _parity(subject: Subject, text: Text) -> Iterator[Finding]:
    for language in LANGUAGES:
        if language not in text.words:
            yield subject.finding(
                "translation",
                *text.path,
                what=Said("%(name)s has no %(language)s text", name=text.name, language=language),
                mend="Add the translation.",
            )
    english = text.words.get("en")
    for language, words in text.words.items():
        if language == "en" or english is None:
            continue
        yield from _lacking(subject, text, language, english, words)
        if ("911" in english) != ("911" in words):
            yield subject.finding(
                "translation",
                *text.path,
                language,
                what=Said("911 stands in one of en and %(language)s only", language=language),
                mend="Say it in both.",
            )


def _lacking(subject: Subject, text: Text, language: str, english: str, words: str) -> Iterator[Finding]:
    """Find a field that stands in one language only, and name the language that lacks it."""
    ours, theirs = fields_of(english) - {"callback"}, fields_of(words) - {"callback"}
    if ours - set(LONGEST) or ours == theirs:
        return
    lacking = "en" if theirs - ours else language
    field = sorted((theirs - ours) or (ours - theirs))[0]
    yield subject.finding(
        "translation",
        *text.path,
        lacking,
        what=Said(
            "{%(field)s} stands in one language, and not in %(language)s", field=field, language=lacking
        ),
        mend=Said("Write {%(field)s} where it belongs in %(language)s.", field=field, language=lacking),
    )


def _approvals(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    for text in all_texts(subject):
        for language, words in text.words.items():
            if words and not translations.is_approved(program, text.name, text.words, language):
                yield subject.finding(
                    "approval",
                    *text.path,
                    language,
                    what=Said(
                        "Nobody has approved this %(language)s text as it stands; patients would get English",
                        language=language,
                    ),
                    mend="Have it reviewed, then run `outreach programs approve`.",
                )
