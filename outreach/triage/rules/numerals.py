"""Writes the numbers a text says in words as digits, English and Spanish.

"One eighty seven point four", "ciento ochenta y siete y medio", "187½", "187 lbs 8 oz": all become figures.
What could be two numbers stays two ("eighteen seventy four"): to be asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from outreach.triage.rules.sounds import sound
from outreach.triage.rules.spelling import is_slip
from outreach.triage.rules.words import Folded


def _numbered(listed: str, first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * at for at, word in enumerate(listed.split())}


_EN_UNITS = _numbered("one two three four five six seven eight nine", 1)
_ES_UNITS = _numbered("uno dos tres cuatro cinco seis siete ocho nueve", 1)
_UNITS = {**_EN_UNITS, **_ES_UNITS}
_ZEROS = frozenset(("zero", "cero"))
_SPOKEN_ZEROS = _ZEROS | {"oh", "o"}
_TEENS = {
    **_numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10),
    **_numbered("diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve", 10),
    **_numbered("veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete", 21),
    **_numbered("veintiocho veintinueve", 28), "veintiun": 21, "veintiuna": 21,
}  # fmt: skip
_EN_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_ES_TENS = _numbered("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", 20, 10)
_TENS = {**_EN_TENS, **_ES_TENS}
_HUNDREDS = {
    **_numbered("doscientos trescientos cuatrocientos quinientos seiscientos setecientos", 200, 100),
    **_numbered("doscientas trescientas cuatrocientas quinientas seiscientas setecientas", 200, 100),
}  # fmt: skip
_HUNDRED = frozenset(("hundred", "ciento", "cientos", "cientas", "cien"))
_THOUSAND = frozenset(("thousand", "mil"))
_MISSPELLED = {
    "foor": "four",
    "thre": "three", "sevin": "seven", "eigth": "eight", "quatro": "cuatro", "sinco": "cinco", "ceis": "seis",
    "ciete": "siete", "nuebe": "nueve", "twelv": "twelve", "forteen": "fourteen", "fourty": "forty",
    "fivty": "fifty", "fifthy": "fifty", "eigty": "eighty", "eigthy": "eighty", "eightty": "eighty",
    "ninty": "ninety", "ninteen": "nineteen", "thrity": "thirty", "twenny": "twenty", "hundered": "hundred",
    "hunderd": "hundred", "hundrid": "hundred", "hundread": "hundred", "dies": "diez", "trese": "trece",
    "catorse": "catorce", "quinse": "quince", "beinte": "veinte", "viente": "veinte", "secenta": "sesenta",
    "cetenta": "setenta", "sincuenta": "cincuenta", "cinquenta": "cincuenta", "quarenta": "cuarenta",
    "nobenta": "noventa", "sien": "cien", "siento": "ciento", "docientos": "doscientos", "zerro": "zero",
    "docientas": "doscientas", "dosientos": "doscientos", "trecientos": "trescientos", "sero": "cero",
    "tresientos": "trescientos",
    "quatrocientos": "cuatrocientos", "quatrosientos": "cuatrocientos",
}  # fmt: skip
_UN = frozenset(("un", "una"))


def _glued() -> dict[str, tuple[str, ...]]:
    """List what is written as one word: "eightyseven", "ochentaysiete", "cientoveinte"."""
    tens = {ten + unit: (ten, unit) for ten in _EN_TENS for unit in _EN_UNITS}
    tens |= {ten + y + unit: (ten, unit) for ten in _ES_TENS for unit in _ES_UNITS for y in ("y", "i", "")}
    below = {**{word: (word,) for word in (*_ES_UNITS, *_TEENS, *_ES_TENS)}, **tens}
    return {**tens, **{f"ciento{word}": ("ciento", *parts) for word, parts in below.items()}}


_GLUED = _glued()
KNOWN = frozenset((*_UNITS, *_ZEROS, *_TEENS, *_TENS, *_HUNDREDS, *_HUNDRED, *_MISSPELLED, *_GLUED))
_RUN = re.compile(r"[a-z]+(?:(?: {1,2}| ?- ?)[a-z]+)*")
_WORD = re.compile(r"[a-z]+")
_BEFORE = """no this that the which any each every another some last first other next cada ese este el la
los cual ningun otro otra alguno"""
_AFTER = "of de more day time thing was is in else another vez dia mas"
_NOT_BEFORE_ONE, _NOT_AFTER_ONE = frozenset(_BEFORE.split()), frozenset(_AFTER.split())
_FEELS = frozenset(("me", "lo", "se", "te", "le", "nos"))
_FOLLOWING = """libras libra kilos kilo lbs pounds pound gracias esta hoy today over sobre con son eran
fue then them fine fire site sever diet does this these there when done tent here hear
sigh sent tan sin"""
_FOLLOWS = frozenset(_FOLLOWING.split())
"""What may follow a number, and is none, however near one it is spelled."""
_SHORTEST = 3
_SLIPPING = tuple(sorted(one for one in (*_UNITS, *_TEENS, *_TENS) if len(one) > _SHORTEST))
_BY_SOUND = {sound(one): one for one in (*_ES_UNITS, *_TEENS, *_ES_TENS)}
Words = Sequence[str]
Read = tuple[int, int]
"""A number, and the place after its last word."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A folded text whose numbers are all figures, and where each letter stood in the text as it came."""

    text: str
    folded: Folded
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def original(self, index: int) -> int:
        """Say where in the text as it came a letter stood."""
        if self.starts is None:
            return self.folded.original(index)
        return self.starts[min(index, len(self.starts) - 1)] if self.starts else 0

    def original_end(self, index: int) -> int:
        """Say where in the text as it came a run that ends before a letter ended."""
        if self.ends is None:
            return self.folded.original_end(index)
        return self.ends[index - 1] if index and self.ends else 0


def figures(folded: Folded) -> Figures:
    """Write every number of a text as figures. Pure; the same text always gives the same figures."""
    said = not KNOWN.isdisjoint(_WORD.findall(folded.text))
    if not said and not (_DIGIT.search(folded.text) and _JOINED.search(folded.text)):
        return Figures(folded.text, folded)
    page = _Page(folded)
    page.replace((at, at + 3, f" {folded.text[at : at + 3]}") for at in _drawn(folded))
    if said:
        page.replace(_spoken(page.text))
    for pattern, written in _STEPS:
        page.replace((match.start(), match.end(), written(match)) for match in pattern.finditer(page.text))
    return Figures(page.text, folded, tuple(page.starts), tuple(page.ends))


def _drawn(folded: Folded) -> list[int]:
    """List where a fraction is one sign, as in "187½", which would run into the number before it."""
    at = folded.positions or ()
    return [
        match.start()
        for match in _PART.finditer(folded.text)
        if at and at[match.start()] == at[match.end() - 1]
    ]


_PART = re.compile(r"[13]/[24]")


class _Page:
    """A text being rewritten, with the place in the original that each letter stands for."""

    def __init__(self, folded: Folded) -> None:
        self.text = folded.text
        self.starts = [folded.original(at) for at in range(len(folded.text))]
        self.ends = [folded.original_end(at + 1) for at in range(len(folded.text))]

    def replace(self, changes: Iterable[tuple[int, int, str]]) -> None:
        for start, end, new in reversed(list(changes)):
            first, last = self.starts[start], self.ends[end - 1]
            self.text = self.text[:start] + new + self.text[end:]
            self.starts[start:end] = [first] * len(new)
            self.ends[start:end] = [last] * len(new)


def _spoken(text: str) -> Iterable[tuple[int, int, str]]:
    """List the numbers said in words, each with its figures."""
    if _HOMOPHONE.search(text):
        return
    for run in _RUN.finditer(text):
        typed = [(run.start() + word.start(), word.group()) for word in _WORD.finditer(run.group())]
        places: list[tuple[int, int]] = []
        listed: list[str] = []
        for start, word in typed:
            for part in _GLUED.get(word, (_MISSPELLED.get(word, word),)):
                goes_on = bool(listed) and _goes_on(listed)
                english = goes_on and (listed[-1] in _EN_TENS or "hundred" in listed[-2:])
                listed.append(_as_it_sounds(part, spanish=not english) if goes_on else part)
                places.append((start, start + len(word)))
        for first, last, value in _numbers(listed, [word for _, word in typed]):
            yield places[first][0], places[last - 1][1], str(value)


_HOMOPHONE = re.compile(
    rf"\b(?:{'|'.join((*_EN_TENS, 'ninty', 'fourty', 'thrity', 'twenny', 'eigthy', 'eighty'))}) ?-?"
    r"(?:too|to|tu|tow|fore|ate|won)(?=\s*(?:$|[.,!;]|lbs?\b|pounds?\b|over\b|this\b|today\b|on\b))"
)
"""A two or a four by ear after the tens: "one ninty too". Nobody knows, so it is asked again."""


def _goes_on(listed: Words) -> bool:
    """Say whether a number said in words may go on: after its hundreds or tens."""
    last = listed[-2] if listed[-1] in ("y", "i", "and") and len(listed) > 1 else listed[-1]
    return last in _HUNDREDS or last in _HUNDRED or last in _TENS


def _as_it_sounds(word: str, *, spanish: bool) -> str:
    """Return the number word that a word sounds like, or is one slip away from: "onse", "ocenta"."""
    if word in KNOWN or word in _FOLLOWS or len(word) < _SHORTEST:
        return word
    heard = _BY_SOUND.get(sound(word)) if spanish else None
    near = [one for one in _SLIPPING if is_slip(word, one)] if heard is None else [heard]
    return near[0] if len(near) == 1 else word


def _numbers(listed: Words, typed: Words) -> Iterable[tuple[int, int, int]]:
    at = 0
    while at < len(listed):
        found = None if _feels(listed, typed, at) else _whole(listed, at)
        if found is None or (found[1] == at + 1 and not _stands_alone(listed, at)):
            at += 1
            continue
        yield at, found[1], found[0]
        at = found[1]


def _feels(listed: Words, typed: Words, at: int) -> bool:
    """Say whether "siento" is what it means: I feel."""
    if listed[at] != "ciento" or "siento" not in typed:
        return False
    return (at > 0 and listed[at - 1] in _FEELS) or _below_hundred(listed, at + 1) is None


def _stands_alone(listed: Words, at: int) -> bool:
    """Say whether a single word is a number: not "this one", not "once" (English), not "hundred"."""
    word = listed[at]
    if word in ("once", "hundred", "cientos", "cientas"):
        return False
    if word not in ("one", "uno"):
        return True
    before = listed[at - 1] if at else ""
    after = listed[at + 1] if at + 1 < len(listed) else ""
    return before not in _NOT_BEFORE_ONE and after not in _NOT_AFTER_ONE


def _whole(listed: Words, at: int) -> Read | None:
    found = (
        _hundreds(listed, at) or _short(listed, at) or _by_digits(listed, at) or _below_hundred(listed, at)
    )
    if found is None or found[1] >= len(listed) or listed[found[1]] not in _THOUSAND:
        return found
    value, at = found[0] * 1000, found[1] + 1
    rest = _hundreds(listed, at) or _below_hundred(listed, at)
    return (value + rest[0], rest[1]) if rest else (value, at)


def _hundreds(listed: Words, at: int) -> Read | None:
    """Read "one hundred and eighty seven", "a hundred", "ciento ochenta y siete", "dos cientos tres"."""
    word = listed[at] if at < len(listed) else ""
    if word in _HUNDREDS:
        value, at = _HUNDREDS[word], at + 1
    elif word in _HUNDRED:
        value, at = 100, at + 1
    elif (word in _UNITS or word in ("a", "un")) and at + 1 < len(listed) and listed[at + 1] in _HUNDRED:
        value, at = _UNITS.get(word, 1) * 100, at + 2
    else:
        return None
    joined = at < len(listed) and listed[at] in _JOINS.get(listed[at - 1], ())
    rest = _below_hundred(listed, at + joined)
    if rest is None and not joined and at + 1 < len(listed) and listed[at] in _SPOKEN_ZEROS:
        rest = _below_hundred(listed, at + 1)
    return (value + rest[0], rest[1]) if rest else (value, at)


_JOINS = {"hundred": ("and", "n", "an", "nd"), "ciento": ("y",), "cientos": ("y",), "cientas": ("y",)}


def _short(listed: Words, at: int) -> Read | None:
    """Read "one eighty seven", "two ten", "one oh five", "uno veinte": the hundreds without the word."""
    if at + 1 >= len(listed) or listed[at] not in _UNITS:
        return None
    value, after = _UNITS[listed[at]] * 100, listed[at + 1]
    if after in _SPOKEN_ZEROS and at + 2 < len(listed) and listed[at + 2] in _UNITS:
        return value + _UNITS[listed[at + 2]], at + 3
    rest = _below_hundred(listed, at + 1) if after in _TENS or after in _TEENS else None
    return (value + rest[0], rest[1]) if rest else None


def _by_digits(listed: Words, at: int) -> Read | None:
    """Read three digits said one by one: "one eight seven". More or fewer are no number."""
    end = at
    while end < len(listed) and (listed[end] in _UNITS or (end > at and listed[end] in _SPOKEN_ZEROS)):
        end += 1
    if end - at != _SPELLED:
        return None
    return int("".join(str(_UNITS.get(word, 0)) for word in listed[at:end])), end


_SPELLED = 3


def _below_hundred(listed: Words, at: int) -> Read | None:
    word = listed[at] if at < len(listed) else ""
    after = listed[at + 1 : at + 3]
    if word in _ZEROS:
        return 0, at + 1
    if word in _UNITS:
        return _UNITS[word], at + 1
    if word == "diez" and after[:1] == ["y"] and len(after) > 1 and _ES_UNITS.get(after[1], 0) > _TO_FIVE:
        return 10 + _ES_UNITS[after[1]], at + 3
    if word in _TEENS:
        return _TEENS[word], at + 1
    if word == "veinti" and after and after[0] in _ES_UNITS:
        return 20 + _ES_UNITS[after[0]], at + 2
    if word in _TENS:
        return _with_unit(listed, at)
    return None


_TO_FIVE = 5


def _with_unit(listed: Words, at: int) -> Read:
    """Read "eighty seven", "ochenta y siete", "setenta y un"."""
    value = _TENS[listed[at]]
    after = list(listed[at + 1 : at + 3])
    units, joined = (_EN_UNITS, False) if listed[at] in _EN_TENS else (_ES_UNITS, after[:1] in (["y"], ["i"]))
    unit = after[joined] if len(after) > joined else ""
    if unit in units:
        return value + units[unit], at + 2 + joined
    return (value + 1, at + 3) if joined and unit in _UN else (value, at + 1)


_DIGIT = re.compile(r"\d")
_POUNDS = r"(?:lbs?|pounds?|libras?)"
_KILOS = r"(?:kgs?|kilos?|kilogramos?|kilograms?)"
_JOINED = re.compile(
    rf"point|punto|dot|coma|half|medi[oa]|quarter|cuarto|\d/[24]\b|oz|ounce|onza|{_KILOS}|\d \.\d|\.\d"
    rf"|\do|\d ?o\w+ ?\d"
)
_ENDS = (
    rf"(?=\s*(?:$|[.,;!?)/\n]|{_POUNDS}\b|{_KILOS}\b|#|this\b|today|tonight|hoy\b|now\b|ahora|esta\b"
    rf"|en la\b"
    r"|en ayunas|at\b|am\b|pm\b|a\.m|p\.m|out of|de 10|de diez|of 10|of ten|maybe|thank|gracias|pain"
    r"|de dolor|fasting"
    r"|right\b|degrees|grados|f\b|c\b|before|antes|mg))"
)
_FRACTIONS = {
    "half": ".5", "1/2": ".5", "medio": ".5", "media": ".5", "quarter": ".25", "1/4": ".25", "cuarto": ".25",
}  # fmt: skip


def _ounces(match: re.Match[str]) -> str:
    return f"{round(float(match[1]) + int(match[2]) / 16, 2):g} lb"


def _grams(match: re.Match[str]) -> str:
    return f"{int(match[1]) + int(match[2]) / 1000:g} kg"


def _fraction(match: re.Match[str]) -> str:
    return match["n"] + _FRACTIONS.get(match["part"], ".75") + (match["unit"] or "")


_STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # The letter beside the zero, and "over" by thumb: "1O5", "131 ovr 84".
    (re.compile(r"(?<![a-z0-9])\d{1,2}o\d?(?![a-z0-9])"), lambda match: match[0].replace("o", "0")),
    (re.compile(r"(?<=\d )(?:ovr|ovar|ova|oevr|ovre|ober|ovet|uver|ower)(?= \d)"), lambda match: "over"),
    (re.compile(r"(?<![\d.,/])(\d{2,3}) (\.\d)(?![\d.,])"), lambda match: match[1] + match[2]),
    (
        re.compile(
            r"(?<![\d.,/])(\d{1,3})\s+(?:point|punto|dot|coma)\s+(\d{1,2}|\d \d)(?![\d.,/:]|\s*[ap]\.?m\b)"
        ),
        lambda match: f"{match[1]}.{match[2].replace(' ', '')}",
    ),
    (
        re.compile(
            rf"(?<![\d.,/])(\d{{2,3}}) *{_POUNDS} *(?:and|y|con|,|&)? *(0?\d|1[0-5]) *(?:oz|ounces?"
            rf"|onzas?)\b"
        ),
        _ounces,
    ),
    (
        re.compile(
            rf"(?<![\d.,/])(\d{{2,3}}) *{_KILOS} *(?:and|y|con|,)? *(\d{{3}}) *(?:g|gr|grs|gramos|grams)\b"
        ),
        _grams,
    ),
    (
        re.compile(
            rf"(?<![\d.,/])(?P<n>\d{{1,3}})(?P<unit> *(?:{_POUNDS}|{_KILOS}))?"
            r"(?: *(?:and|y|&|n|con|-)(?: (?:an?|one|1))? *(?P<of>\b)| +(?=[13]/))"
            rf" ?(?P<part>half|medi[oa]|quarter|cuarto|1/2|1/4|3/4|3 quarters|3 cuartos)(?![\d/]){_ENDS}"
        ),
        _fraction,
    ),
)  # fmt: skip
