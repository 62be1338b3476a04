"""Pure decisions about the clinical record: which safe phrase a text may use for a care-plan activity.

The staff page names the activity, a text never does.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

from outreach.kernel.errors import OutreachError

SNOMED = "http://snomed.info/sct"
DEFAULT_TIMING = "default timing: ours, the care plan names no time"


class NoSuchPhrase(OutreachError):
    """There is no safe phrase of this name. The names stand in care/phrases.yaml."""


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A question that gives nothing away, and when to ask it.

    `days` are days after discharge for when the care plan names no time; `timing` says in words that they are
    ours.
    """

    key: str
    text: str
    language: str
    days: tuple[int, ...]
    timing: str = DEFAULT_TIMING


@dataclass(frozen=True, kw_only=True)
class LeftToStaff:
    """No text may ask about this activity; a person may. `why` is for staff."""

    why: str


@dataclass(frozen=True, kw_only=True)
class _Entry:
    codes: frozenset[tuple[str, str]]
    words: tuple[re.Pattern[str], ...]
    texts: dict[str, str] = field(default_factory=dict)
    key: str = ""
    days: tuple[int, ...] = ()
    why: str = ""


def safe_phrase(activity_text: str, codes: Sequence[tuple[str | None, str]], language: str) -> Phrase | None:
    """Return the phrase for an activity, in English if there is none in `language`; None if it is left to
    staff.

    `codes` are (system, code) pairs; a code without a system counts as SNOMED CT.
    """
    found = judge(activity_text, codes, language)
    return found if isinstance(found, Phrase) else None


def judge(activity_text: str, codes: Sequence[tuple[str | None, str]], language: str) -> Phrase | LeftToStaff:
    """Return the phrase for an activity, or why it is left to staff. What matches nothing is left to staff
    too.

    A known code decides alone. Otherwise the words do, the sensitive ones first: an "alcohol-free diet
    education" that no
    code explains is not asked about.
    """
    known = {(system or SNOMED, code) for system, code in codes}
    plain = _plain(activity_text)
    ordered = (
        _matching_code(_left_to_staff(), known)
        or _matching_code(_phrases(), known)
        or _matching_words(_left_to_staff(), plain)
        or _matching_words(_phrases(), plain)
    )
    if ordered is None:
        return LeftToStaff(why="no safe phrase is known for it")
    if ordered.why:
        return LeftToStaff(why=ordered.why)
    return _spoken(ordered, language)


def phrase(key: str, language: str) -> Phrase:
    """Return the phrase of this key, in English if there is none in `language`. Raises NoSuchPhrase."""
    for entry in _phrases():
        if entry.key == key:
            return _spoken(entry, language)
    raise NoSuchPhrase


def every_phrase() -> tuple[Phrase, ...]:
    """Return all phrases in all languages, for the linter and for whoever reviews the translations."""
    return tuple(
        Phrase(key=entry.key, text=text, language=language, days=entry.days)
        for entry in _phrases()
        for language, text in entry.texts.items()
    )


def _spoken(entry: _Entry, language: str) -> Phrase:
    spoken = language if language in entry.texts else "en"
    return Phrase(key=entry.key, text=entry.texts[spoken], language=spoken, days=entry.days)


@functools.cache
def _file() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        (resources.files("outreach.care") / "phrases.yaml").read_text("utf-8")
    )
    return found


@functools.cache
def _phrases() -> tuple[_Entry, ...]:
    return tuple(
        _Entry(
            codes=_codes(item),
            words=_patterns(item["words"]),
            texts={language: item[language] for language in ("en", "es")},
            key=item["key"],
            days=tuple(item["days"]),
        )
        for item in _file()["phrases"]
    )


@functools.cache
def _left_to_staff() -> tuple[_Entry, ...]:
    return tuple(
        _Entry(codes=_codes(item), words=_patterns(item["words"]), why=item["why"])
        for item in _file()["left_to_staff"]
    )


def _codes(item: dict[str, Any]) -> frozenset[tuple[str, str]]:
    others = item.get("other_codes", {})
    pairs = [(SNOMED, code) for code in item["codes"]]
    return frozenset(pairs + [(system, code) for system, listed in others.items() for code in listed])


def _patterns(written: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_plain(one)) for one in written)


def _plain(text: str) -> str:
    # Patterns go through here too, so that an accent in either does not part them. Lower case would turn \W
    # into \w.
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(one for one in decomposed if not unicodedata.combining(one)).lower()


def _matching_code(entries: Iterable[_Entry], known: set[tuple[str, str]]) -> _Entry | None:
    return next((entry for entry in entries if entry.codes & known), None)


def _matching_words(entries: Iterable[_Entry], plain: str) -> _Entry | None:
    return next((entry for entry in entries if any(one.search(plain) for one in entry.words)), None)
