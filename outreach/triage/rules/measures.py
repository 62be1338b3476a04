"""Finds numbers patients report (blood pressure, sugar, oxygen) and tells which are dangerous or impossible.

The limits here are the defaults when no program has set its own. Sources: glucose under 70 or from 400
mg/dL (CareSignal's act-now limits; the ADA calls under 54 "clinically significant"), blood pressure from
180/120 (ACC/AHA 2017, hypertensive crisis), oxygen under 90 % (WHO, hypoxemia), fever from 100.4 F or 38 C
(CDC).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIR = re.compile(
    r"(?<![\d./])(\d{2,3})\s*(?:/|\\|\bover\b|\bsobre\b|\by\b|\band\b|-|\bpor\b)\s*(\d{2,3})(?![\d/]|\s*(?:am|pm|%|mg))"
)
# Words people put between what they measured and the number.
_BETWEEN = (
    r"is|over|above|under|below|mas|menos|arriba|abajo|was|at|of|reads?|reading|now|es|esta|en|de|a|salio|tengo|me|dio|marca|still|today|hoy|"
    r"level|level is|levels|nivel|it|says|test|tested|this|morning|manana|:|=|,|-|around|about|"
    r"like|como|only|just|went|up|to|down|dropped|subio|bajo|hit|got|fell|wont come up|its|"
    r"no me sube|que|la|el|mi|my|ayunas|sat|sats|thingy|thing|on|finger|clip|"
    r"del|dedo|lo|running|stuck|traigo|wont come down|machine|monitor|meter|number|reads|"
    r"\s"
)
_NUMBER = rf"(?:{_BETWEEN}){{0,8}}?\s*(?<![\d.])(\d{{2,3}}(?:[.,]\d)?)(?![\d/:]|\.\d| ?(?:am|pm))"
_PATTERNS = {
    "glucose": re.compile(
        r"\b(?:my meter|the meter|meter|blood sugars?|sugars?|glucose|bg|bs|azucar|glucosa|glucemia|fsbs"
        r"|accucheck|glucometer)\b\s*" + _NUMBER
    ),
    "oxygen": re.compile(
        r"\b(?:oxygen|ox|o2|spo2|pulse ox|pulseox|sats?|saturation|oxigeno|saturacion|oximetro|oximeter"
        r"|satur[oae]|finger (?:thing|thingy|clip|monitor|reader)|(?:thing|clip|monitor) on my finger"
        r"|aparat(?:o|ito) del dedo)\b\s*" + _NUMBER
    ),
    "heart_rate": re.compile(
        r"\b(?:heart ?rate|pulse|hr|bpm|pulso|ritmo cardiaco|frecuencia cardiaca|latidos)\b\s*" + _NUMBER
    ),
    "temperature": re.compile(r"\b(?:temp|temperature|fever|fiebre|temperatura|calentura)\b\s*" + _NUMBER),
    "systolic": re.compile(
        r"\b(?:bp|blood pressure|bloodpressure|pressure|presion|systolic|top number)\b\s*" + _NUMBER
    ),
}
_BACKWARDS = {
    "glucose": re.compile(r"(?<![\d./])(\d{2,3})\s+(?:de|of)\s+(?:azucar|glucosa|glucose|sugar)\b"),
    "oxygen": re.compile(r"(?<![\d./])(\d{2})\s*%?\s+(?:de|of|on my)\s+(?:oxigeno|saturacion|oxygen|o2)\b"),
    "temperature": re.compile(
        r"(?<![\d./])(\d{2,3}(?:\.\d)?)\s+(?:de|of)?\s*(?:fiebre|temperatura|calentura|fever|temp)\b"
    ),
}
# So many at once is a danger, whichever they are. "My 12 pills" are the day's.
_PILLS = re.compile(
    r"\b(?:took|taken|swallowed|ate|tome|tomo|trague|trago)\b"
    r"(?: (?!my\b|mis\b|sus\b|his\b|her\b)[a-z]+){0,3} (\d{2,3})"
    r"(?: (?!mg\b|mcg\b|ml\b|am\b|pm\b)[a-z]+){0,4}? (?:pills?|tablets?|capsules?|pastillas|tabletas|capsulas"
    r"|tylenol|advil|xanax|oxy\w*|benadryl|aspirins?|ibuprofens?|percocets?|norcos?|ambien)\b"
)
_MANY_PILLS = 10
_WRITTEN_AS_ONE = re.compile(r"/|over|sobre")
_PRESSURE_CUE = re.compile(r"\b(?:bp|blood ?pressure|pressure|presion|tension|cuff)\b")


@dataclass(frozen=True, slots=True)
class Measure:
    """A reported value, where it stood in the folded text, and what it calls for (`level` high, low,
    impossible, None).
    """

    name: str
    value: float
    second: float | None
    start: int
    end: int
    level: str | None
    tier: str | None


def number(text: str) -> float:
    """Turn digits, with a point or a comma, into a number."""
    parts = text.replace(",", ".").split(".")
    return float(parts[0] + ("." + parts[1] if len(parts) > 1 and parts[1] else ""))


def find(folded: str) -> list[Measure]:
    """List the values a text reports by name ("sugar 52", "presion 190/110")."""
    if not any(char.isdigit() for char in folded):
        return []
    found = [pressure(match) for match in _PAIR.finditer(folded) if _looks_like_pressure(folded, match)]
    pairs = [(measure.start, measure.end) for measure in found]
    found += [
        Measure("pills", number(match.group(1)), None, match.start(), match.end(), "high", "RED")
        for match in _PILLS.finditer(folded)
        if number(match.group(1)) >= _MANY_PILLS
    ]
    for name, pattern in (*_PATTERNS.items(), *_BACKWARDS.items()):
        for match in pattern.finditer(folded):
            start, end = match.span(1)
            if not any(first <= start < last for first, last in pairs):
                found.append(single(name, number(match.group(1)), start, end))
    return found


def names_pressure(folded: str) -> bool:
    """Say whether a text speaks of a blood pressure."""
    return _PRESSURE_CUE.search(folded) is not None


def _looks_like_pressure(folded: str, match: re.Match[str]) -> bool:
    upper, lower = int(match.group(1)), int(match.group(2))
    if names_pressure(folded):
        return True
    return (
        bool(_WRITTEN_AS_ONE.search(match.group()))
        and upper >= 80
        and 40 <= lower < upper
        and len(folded) < 40
    )


def pressure(match: re.Match[str]) -> Measure:
    """Judge a blood pressure as it is written."""
    return judged(float(match.group(1)), float(match.group(2)), match.start(), match.end())


def judged(upper: float, lower: float, start: int, end: int) -> Measure:
    """Judge one blood pressure in mmHg."""
    level, tier = None, None
    if upper <= lower or not 50 <= upper <= 300 or not 20 <= lower <= 200:
        level = "impossible"
    elif upper >= 180 or lower >= 120:
        level, tier = "high", "RED"
    elif upper < 80 or lower < 40:
        level, tier = "low", "ORANGE"
    return Measure("blood_pressure", upper, lower, start, end, level, tier)


_LIMITS: dict[str, tuple[float, float, float, float, str]] = {
    # name: lowest that can be true, low under, high from, highest that can be true, tier
    "glucose": (10, 70, 400, 1500, "RED"),
    "oxygen": (40, 90, 101, 100, "RED"),
    "heart_rate": (20, 40, 150, 300, "ORANGE"),
    "systolic": (50, 80, 180, 300, "RED"),
}


def single(name: str, value: float, start: int = 0, end: int = 0) -> Measure:
    """Judge one value:

    glucose (mg/dL, or mmol/L with a decimal), oxygen (%), heart rate, temperature (F or C), upper pressure.
    """
    if name == "temperature":
        return _temperature(value, start, end)
    if name == "glucose" and value <= 35 and value != int(value):
        value = round(value * 18.0, 1)
    lowest, low, high, highest, tier = _LIMITS[name]
    level = None
    if not lowest <= value <= highest:
        level = "impossible"
    elif value < low:
        level = "low"
    elif value >= high:
        level = "high"
    return Measure(name, value, None, start, end, level, tier if level in ("low", "high") else None)


def _temperature(value: float, start: int, end: int) -> Measure:
    fahrenheit = value if value > 60 else value * 9 / 5 + 32
    level = None
    if not 85 <= fahrenheit <= 112:
        level = "impossible"
    elif fahrenheit >= 100.4:
        level = "high"
    elif fahrenheit < 95:
        level = "low"
    return Measure(
        "temperature", value, None, start, end, level, "ORANGE" if level in ("low", "high") else None
    )
