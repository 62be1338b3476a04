"""Says which figures of a text can be the value asked for, and what the others are.

A time, a date, a dose, a count, a pulse, a goal, a change ("up two pounds") or a day gone by is never the
value. A figure of which none of this is known may be it; between two that differ nobody chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outreach.triage.rules import measures
from outreach.triage.rules.meanings import QuestionKind

_FIGURE = re.compile(r"(?:(?<![a-z0-9])|(?<=\dx))(?<!\d[.,])\d+(?:[.,]\d+)*(?P<glued>[a-z]*)")
_UNIT = re.compile(
    r"\s*(?:(?P<kg>kgs?|kilos?|kilogramos?|kilograms?|k)|(?P<lb>lbs?|pounds?|libras?|#))(?![a-z])"
)
_NUM = r"(?P<n>\d+(?:[.,]\d+)?)"
_KG_TO_LB = 2.2046226
_SAME_POUNDS = 1.5
"""Two units told beside each other ("187 lbs (85 kg)") may differ by their rounding."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and where it stands; `role` says what else it is, None if it may be the value."""

    value: float
    start: int
    end: int
    unit: str | None = None
    role: str | None = None


UNCLEAR = "unclear"
"""A bound, an end of a range, a typing error: what stands beside it is no value either."""
_DRUGS = (
    r"insulin|insulina|lantus|humalog|novolog|levemir|basaglar|tresiba|toujeo|metformin|metformina"
    r"|glipizide|glipizida"
    r"|lasix|furosemide|furosemida|torsemide|bumex|lisinopril|labetalol|nifedipine|nifedipino"
    r"|metoprolol|carvedilol"
    r"|tylenol|ibuprofen|ibuprofeno|advil|aspirin|aspirina|oxycodone|percocet|norco|tramadol"
    r"|gabapentin|prednisone"
)
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
    r"|octubre|noviembre"
    r"|diciembre"
)
_ONE_OF = (
    r"day|hour|hr|week|wk|month|year|yr|minute|min|pill|shot|egg|unit|glass|cup|puff|tablet|tab|dose|gram"
    r"|mile|block|step|kid|reading|slice|taco|cracker|bottle|beer|soda|can|drop|pillow|night|time|dia|hora"
    r"|semana|mes|ano|minuto|pastilla|tableta|capsula|huevo|unidad|vez|vaso|taza|rebanada|tortilla"
    r"|cucharada"
    r"|almohada|cuadra|gramo|litro|hijo|persona|lectura|noche|copa|cerveza"
)
_COUNTED = (
    r"days|hours|hrs|weeks|wks|months|years|yrs|yo|minutes|mins|secs|seconds|pills|shots|eggs|units"
    r"|u(?!\s*\d)|nights|times|glasses|cups|puffs|tablets|tabs|doses|carbs?|grams|g|mcg|ml|cc|miles|blocks"
    r"|steps|bpm|kids|people|readings|slices|tacos|crackers|cookies|bottles|beers|sodas|cans|drops|pillows"
    r"|stairs|flights|floors|liters|feet|ft|inches|dias|horas|semanas|meses|anos|minutos|segundos|pastillas"
    r"|tabletas|capsulas|inyecciones|dosis|huevos|unidades|veces|vasos|tazas|rebanadas|tortillas|cucharadas"
    r"|almohadas|pasos|cuadras|gramos|litros|hijos|personas|lecturas|noches|copas|cervezas"
)
_WORDS_OF = {
    "glucose": r"blood ?sugars?|sugars?|glucose|bg|bs|azucar|glucosa|glucemia",
    "blood_pressure": r"bp|b/p|blood ?pressure|presion|tension|systolic|diastolic",
    "weight": r"weight|weigh|weighed|weighing|peso|pese",
    "pain": r"pain|dolor",
    "heart_rate": r"pulse|hr|heart ?rate|pulso|bpm|ritmo|latidos|heartbeat",
    "oxygen": r"oxygen|ox|o2|spo2|sats?|oxigeno|saturacion|pulse ?ox",
    "temperature": r"temp|temperature|fever|fiebre|temperatura|calentura",
}
_IS = (
    r"(?:\s*(?:an?|un|una|la|lo|tengo|traigo|me|is|was|at|of|it|es|esta|estaba|era|en|de|fue|like|about"
    r"|level|reading|salio|hoy|today|now|:|=|,|-))*\s*"
)
_LITTLE = (
    r"(?:\s+(?:by|of|about|like|another|only|just|como|unas?|unos|de|otras?|otros|exactly|maybe|casi"
    r"|some))*\s+"
)


def _all(*sources: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)


_TIMES = _all(
    r"(?<![\d.,/])\d{1,2}\s?:\s?\d{2}(?!\d)(?:\s*[ap]\.?\s?m\b)?",
    r"(?<![\d.,/])\d{1,2}(?:[.:h]\d{2})?\s*(?:am|pm|a\.m|p\.m|a m|p m|o'? ?clock|de la (?:manana"
    r"|tarde|noche|madrugada))\b",
    r"(?<![\d.,/])(?:\d{3,4}(?:am|pm)|0\d{3})\b",
    r"\b(?:a las?|alas|desde las?|hasta las?|tipo)\s+\d{1,4}(?:[.:]\d+)?(?:\s*y\s*(?:media|cuarto"
    r"|\d{1,2})\b)?"
    r"(?!\d|\s*(?:lbs?|libras|kilos|kg|/))",
)
_DATES = _all(
    rf"\b(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s*20\d\d)?",
    rf"(?<![\d.,/])\d{{1,2}}(?:st|nd|rd|th)?\s*(?:de\s+|of\s+)?(?:{_MONTHS})\b(?:\s+(?:del?\s+)?20\d\d)?",
    r"(?<![\d/])\d{1,2}[/-]\d{1,2}[/-](?:20)?\d{2}(?![\d/])",
    r"(?<![\d.,/])\d{1,2}(?:st|nd|rd|th|ro|ero|er)\b",
)
_DAY_AND_MONTH = re.compile(r"(?<![\d/])(?:0?[1-9]|1[0-2])/(?:[0-2]?\d|3[01])(?![\d/])")
_COUNTS = _all(
    rf"(?<![\d.,/]){_NUM}\s*-?\s*(?:{_COUNTED})\b",
    rf"(?<![\d.,/])[1-9]\s*-?\s*(?:{_ONE_OF})\b(?!\s*\d)",
    rf"(?<![\d.,/])[1-9]\s+(?:extra strength\s+|regular\s+)?(?:{_DRUGS})s?\b",
    r"(?<![\d.,/])\d+(?:\.\d+)?\s*%",
    rf"\b(?:{_DRUGS})\b(?:\s+(?:de|of))?\s+\d+(?:[.,]\d+)?(?!\s*(?:/|over\b|sobre\b))",
    rf"\d+(?:[.,]\d+)?\s*(?:mg|mcg|ml|units?|u|unidades)?\s*(?:of|de)\s+(?:my\s+|mi\s+|la\s+"
    rf"|el\s+)?(?:{_DRUGS})\b",
    r"\b(?:took|taking|taken|take|gave|injected|inject|used|tome|tomo|tomando|puse|inyecte|use)"
    rf"{_LITTLE}{_NUM}(?=\s*(?:mg|of|de|units?|unidades|$|[,;]|and|y|antes|before)\b)",
    r"\b(?:day|week|semana|room|type|tipo|page|age|edad|stage|grade|step)\s+#?\d{1,3}\b",
    r"\b(?:call(?:ed|ing)?|llame|llamar|llamo|al)\s+(?:al\s+)?911\b",
    r"(?<!\d)\d{3}[-. ]\d{3}[-. ]\d{4}(?!\d)|(?<!\d)\d{7,}(?!\d)",
    r"\be(?:rr?(?:or)?)?\s?-?\s?\d{1,2}\b",
)
_SCALES = _all(
    r"\b(?:0|1)\s*(?:-|to|through|thru|a|al|y)\s*(?:an?\s+|the\s+)?10\b",
    r"(?<=\d)\s*(?:/|out of|outta|of|de|del|sobre|on|out of a|over)\s*10\b",
    r"\bscale of 10\b",
)
_CHANGES = _all(
    r"\b(?:up|down|gained|gain|gaining|lost|lose|losing|dropped|drop|put on|added|subi|subio|baje"
    r"|bajo|aumente"
    rf"|aumento|gane|perdi|increased?|decreased?){_LITTLE}{_NUM}",
    rf"(?<![\d.,/]){_NUM}\s*(?:lbs?|pounds?|libras?|kgs?|kilos?|points?|puntos?)?\s*"
    r"(?:more|less|mas|menos|heavier|lighter|higher|lower|up|down|gained|lost|gain|loss|over|under"
    r"|above|below|de mas"
    r"|de menos)\b(?!\D{0,12}\d)",
)
_HIGHEST_CHANGE = 30.0
_ON_TO = re.compile(r"\s*(?:lbs?|libras?|pounds?|kg|kilos?)?\s*(?:to|a)\s+\d")
_OTHERS = _all(
    r"\b(?:goal|target|meta|limit|limite|supposed to (?:be|weigh)|should be|should weigh|dry weight"
    r"|peso seco|deberia"
    r"|normally|normalmente|usually|(?:my|mi|lo) (?:normal|usual)|normal (?:is|es|for me)|baseline"
    r"|typically|used to be|generalmente|debo pesar|deberia pesar)"
    rf"\b[^\d.;,]{{0,18}}{_NUM}(?:\s*(?:/|over|sobre|con)\s*(?P<m>\d{{2,3}}))?",
    rf"\b(?:not|isnt|wasnt)\s+{_NUM}",
    rf"\b(?:my|the|mi|la|el) (?:other|otra|otro) (?:\w+ ){{1,3}}?(?:an? |un )?{_NUM}",
)
_FROM = re.compile(
    rf"\b(?:from|desde|de)\s+{_NUM}\s*(?:lbs?|libras?|pounds?|kg|kilos?)?(?P<to>\s*(?:to|a|down to)\s+\d)?"
)
_WENT = re.compile(
    r"\b(?:went|gone|up|down|dropped|came|rose|increased|subi|subio|baje|bajo|pase|paso|cayo)\b(?! to\b)"
)
_UNCLEAR = _all(
    rf"(?<!\d )\b(?:between|entre|in between)\s+{_NUM}\s*(?:-|to|and|y|a|&|or|o)?\s*\d",
    r"(?<!\d )(?<!\d)\b(?:over|above|under|below|more than|less than|greater than|higher than"
    r"|lower than|mas de|(?<!o )menos de"
    r"|arriba de|abajo de|debajo de|encima de|mas alto que|mas bajo que|than|mas que|menos que|past"
    r"|pasa de)\s+"
    rf"(?:my|mi|the|la|el|los|las|usual|normal)?\s*{_NUM}",
    rf"{_NUM}\s*(?:lbs?|libras?|kilos?)?\s*(?:and|y|&|n)\s+(?:an?\s+)?(?:half|medi[oa]|quarter|cuarto)\b",
    r"\d*0'?s\b|\d[.,]{2,}\d|\d[.,]\d+[.,]\d|[<>]\s*\d|\d+\s*(?:st|stone)\b(?!\s*(?:,|of))",
)


def listed(text: str, kind: QuestionKind) -> list[Figure]:
    """List a text's figures in their order, each with what it is, for a question of one kind."""
    if not any(char.isdigit() for char in text):
        return []
    spans = list(_spans(text, kind))
    found = []
    for match in _FIGURE.finditer(text):
        glued = match["glued"]
        digits = text[match.start() : match.end() - len(glued)]
        if len(digits) == 1 and glued and not _UNIT.match(glued) and glued not in _GLUED:
            continue  # "2day", "4u"
        end = match.end() - len(glued)
        role = next((name for name, first, last in spans if first <= match.start() < last), None)
        value = _value(digits)
        unit = _UNIT.match(text, end)
        found.append(
            Figure(
                value=0.0 if value is None else value,
                start=match.start(),
                end=unit.end() if unit else end,
                unit=("kg" if unit["kg"] else "lb") if unit else None,
                role=UNCLEAR if value is None and role is None else role,
            )
        )
    return found


_GLUED = frozenset(("am", "pm", "a", "p", "ish", "st", "nd", "rd", "th", "mg", "ml", "mgdl", "f", "c", "x"))


def _value(digits: str) -> float | None:
    """Return what figures with points and commas say, None where they say nothing; "1,874" is a thousand."""
    parts = re.split(r"[.,]", digits)
    if len(parts) > 2:
        return None
    if len(parts) == 2 and "," in digits and len(parts[1]) == 3:
        return float(parts[0] + parts[1])
    return float(".".join(parts))


def _spans(text: str, kind: QuestionKind) -> Iterator[tuple[str, int, int]]:
    """List what is no value, and where: the first that covers a figure says what it is."""
    for role, patterns in _roles(kind):
        for pattern in patterns:
            for match in pattern.finditer(text):
                yield from _covered(role, match)
    yield from _came_from(text)
    yield from _named_otherwise(text, kind)


def _roles(kind: QuestionKind) -> Iterator[tuple[str, tuple[re.Pattern[str], ...]]]:
    yield "time", _TIMES
    if kind is not QuestionKind.PAIN:
        yield "time", _HOURS
        yield "date", (_ON_THE,)
    else:
        yield "scale", _SCALES
    yield "date", _DATES
    if kind not in (QuestionKind.PAIN, QuestionKind.BLOOD_PRESSURE):
        yield "date", (_DAY_AND_MONTH,)
    if kind is not QuestionKind.BLOOD_PRESSURE:
        yield "pressure", (_PRESSURE,)
    yield "count", _COUNTS
    yield "other", _OTHERS
    yield "change", _CHANGES
    yield UNCLEAR, _UNCLEAR


_HOURS = _all(
    r"(?:\b(?:at|around|by|before|after|since|til|till|until|about|como)\s+|@\s*)(?:[1-9]"
    r"|1[0-2])(?![\d/.,:]"
    r"|\s*(?:lb|pound|kg|kilo))",
    r"(?<![\d.,/])(?:[1-9]|1[0-2])\s+(?:in the|en la|por la)\s+(?:morning|evening|afternoon|manana"
    r"|tarde|noche)\b",
    r"\bat \d{1,2}[0-5]\d(?= (?:it|i|my|sugar|bp|was|the|and)\b)(?=.*\d)",
    r"\b(?:at|@) ?\d{1,2}[0-5]\d(?= (?:works?|is (?:fine|good|ok|perfect)|sounds|sharp|would|will|then)\b)",
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|satur|sun)(?:day)?(?: at)? \d{1,2}[0-5]\d(?!\s*(?:lb"
    r"|pound|kg|/|over))",
)
_ON_THE = re.compile(r"\b(?:on the|dia|el dia|el)\s+(?:[0-2]?\d|3[01])(?:st|nd|rd|th)?\b(?!\s*[/.,]\d)")
_PRESSURE = re.compile(r"(?<![\d.,/])(?:[5-9]\d|[12]\d\d)\s*(?:/|\bover\b|\bsobre\b)\s*\d{2,3}(?![\d/])")


def _covered(role: str, match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    groups = match.re.groupindex
    if "n" not in groups or role == UNCLEAR:
        yield role, match.start(), match.end()
        return
    if role == "change" and float(match["n"].replace(",", ".")) > _HIGHEST_CHANGE:
        yield "earlier" if _ON_TO.match(match.string, match.end()) else UNCLEAR, *match.span("n")
        return
    yield from ((role, *match.span(name)) for name in groups if match.start(name) >= 0)


def _came_from(text: str) -> Iterator[tuple[str, int, int]]:
    """List what a value was before ("from 185 to 187"); where nothing went anywhere, that is a range."""
    for match in _FROM.finditer(text):
        went = _WENT.search(text)
        if went:
            yield "earlier", *match.span("n")
        elif match["to"]:
            yield UNCLEAR, match.start(), match.end()


def _named_otherwise(text: str, kind: QuestionKind) -> Iterator[tuple[str, int, int]]:
    """List figures that are named as something that was not asked: "pulse 72"."""
    if kind is QuestionKind.NUMBER:
        return
    for name, before, after in _NAMED:
        if name != kind.value:
            for match in (*before.finditer(text), *after.finditer(text)):
                yield "other", *match.span("n")
    for one in measures.find(text):
        if one.name not in _SAME.get(kind.value, (kind.value,)):
            yield "other", one.start, one.end


_SAME = {"blood_pressure": ("blood_pressure", "systolic")}
_NAMED = tuple(
    (
        name,
        re.compile(rf"\b(?:{listed})\b{_IS}{_NUM}"),
        re.compile(
            rf"(?<![\d.,/]){_NUM}\s*(?:{listed})\b(?!\s*(?:is|was|es|rate|at|en|era|:|=|of|de|,?\s*\d))"
        ),
    )
    for name, listed in _WORDS_OF.items()
)


def same_weight(found: Sequence[Figure]) -> list[Figure]:
    """Return the pounds alone where a weight is told in pounds and in kilos, and both say the same."""
    pounds = [one for one in found if one.unit == "lb"]
    kilos = [one for one in found if one.unit == "kg"]
    if len(pounds) != 1 or len(kilos) != 1 or len(found) != 2:
        return list(found)
    same = abs(kilos[0].value * _KG_TO_LB - pounds[0].value) <= _SAME_POUNDS
    return pounds if same else list(found)


def without_little_ones(text: str, found: Sequence[Figure], lowest: float) -> list[Figure]:
    """Leave out figures too small to be the value, unless only signs part them from another: "18 7"."""
    kept = []
    for at, one in enumerate(found):
        beside = [text[found[at - 1].end : one.start]] if at else []
        beside += [text[one.end : found[at + 1].start]] if at + 1 < len(found) else []
        if one.value >= lowest or not all(re.search(r"[a-z]{2}", gap) for gap in beside):
            kept.append(one)
    return kept
