"""Reads the value a text reports: a weight, a pressure, a reading, a pain from 0 to 10.

One value is taken or none. Two that differ, a range, a bound, a change or a day gone by are asked for again;
where what was told would be dangerous, somebody is called meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from outreach.triage.rules import cuffs, days, measures, numbered, plainly
from outreach.triage.rules.answers import NOTHING, UNITS_AFTER, Found
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, OpenQuestion, QuestionKind
from outreach.triage.rules.numbered import UNCLEAR, Figure
from outreach.triage.rules.numerals import KNOWN as NUMERALS
from outreach.triage.rules.numerals import Figures

_NEARLY = re.compile(r"\b(?:almost|nearly|close to|casi|just (?:under|over|about under))\b")
_NO_PAIN = re.compile(
    r"(?:(?:i )?(?:have|feel|got|having|am having|im having|am in|im in|in|with)? ?(?:no|zero|0|cero"
    r"|sin|nada de|ningun)"
    r" (?:more )?(?:pain|pains|dolor|dolores)"
    r"|(?:i )?(?:dont|do not|not|am not|im not) (?:have|feel|having|feeling|in) (?:any )?pain"
    r"|(?:it )?(?:doesnt|does not|isnt|is not|not) (?:hurt|hurting)"
    r"|(?:ya )?(?:none|nothing|pain ?free|painless|zero|0|nil|cero|sin dolor|nada)|nada de nada"
    r"|ninguno|ninguna|ningun dolor"
    r"|(?:ya )?no (?:tengo|siento|hay) (?:ningun |nada de |mas )?dolor|(?:ya )?no (?:me )?duele(?: nada)?)"
)
_POLITE = re.compile(
    r"\b(?:thank god|thanks?(?: you)?|thank u|ty|so much|god bless(?: you)?|praise god"
    r"|gracias(?: a dios)?|muchas"
    r"|today|right now|now|hoy|ahora|ahorita|this morning|tonight|esta manana|at all|para nada|so far"
    r"|por ahora"
    r"|currently|hi|hello|hola|good morning|buenos dias|buenas|nurse|doctor|doctora|enfermera|sir"
    r"|maam|senora|senorita"
    r"|mija|mijo|whatsoever|anymore|any more|really|feeling (?:good|great)|im (?:good|fine|great)"
    r"|estoy bien|bien|yes"
    r"|alguno|de dolor|all good|todo bien|out of 10|de 10)\b"
)
_SIGNS = re.compile(r"[^a-z0-9 ]+")
_WRITERS_OWN = re.compile(
    r"\b(?:i weigh(?:ed)?|mine (?:is|was)|my own|yo (?:peso|pese|tengo)|l[ao] mi[ao]|el mio)\b.*"
    r"\b(?:mom|mommy|mother|mama|mami|dad|daddy|father|papa|husband|wife|he|she|him|her|ella|esposo"
    r"|esposa|abuel[ao])\b"
)
"""Whoever writes for another tells a value of their own: "I weigh 210 myself, mom won't get on"."""


def read_value(encoded: Encoded, said: Figures, question: OpenQuestion, lexicon: Lexicon) -> Found:
    """Find the value a text reports for a question that asks for a number."""
    kind = QuestionKind(question.kind)
    if kind is QuestionKind.PAIN:
        said = _alone_as_figure(said, encoded, lexicon)
    found = numbered.listed(said.text, kind)
    if found and _WRITERS_OWN.search(said.text):
        return Found(answer=None, used=_numbers(lexicon, encoded), problems=("ambiguous",))
    if kind is QuestionKind.PAIN and not any(one.value for one in found):
        free = _free_of_pain(said)
        if free is not None:
            return _found(encoded, lexicon, free)
    if kind is QuestionKind.BLOOD_PRESSURE:
        return _pressure(encoded, lexicon, said, found)
    return _single(encoded, lexicon, said, found, question)


def _single(
    encoded: Encoded, lexicon: Lexicon, said: Figures, found: Sequence[Figure], question: OpenQuestion
) -> Found:
    kind = QuestionKind(question.kind)
    used = _numbers(lexicon, encoded)
    chosen = _chosen(said.text, found, kind)
    if isinstance(chosen, Figure) and kind is not QuestionKind.PAIN and _MORE.match(said.text, chosen.end):
        chosen = "ambiguous"
    if isinstance(chosen, str):
        plain = kind is QuestionKind.GLUCOSE and not strange(encoded, lexicon)
        dangers = _dangers(said, found) if plain else ()
        return Found(answer=None, used=used, problems=(chosen,), dangers=dangers) if chosen else NOTHING
    if not _few_digits(kind, chosen) or _in_talk(encoded, lexicon, said, chosen, kind):
        return Found(
            answer=None, used=used, problems=("implausible" if chosen.value >= _LONG else "incomplete",)
        )
    possible = _can_be_true(kind, chosen, question)
    problems = () if possible else ("implausible",)
    if _NEARLY.search(said.text[: chosen.start]) or (_may_be_kilos(chosen) and kind is QuestionKind.WEIGHT):
        problems = (*problems, "hedged")
    if _told_of_two(found, chosen):
        problems = (*problems, "remainder")
    answer = Answer(
        value=chosen.value,
        unit=chosen.unit
        if kind is QuestionKind.WEIGHT
        else "mg/dL"
        if kind is QuestionKind.GLUCOSE
        else None,
        how="number",
        confidence=0.95 if possible else 0.5,
        start=said.original(chosen.start),
        end=said.original_end(chosen.end),
    )
    found_at = _found(encoded, lexicon, answer, problems)
    return replace(found_at, used=found_at.used | _passing(encoded, said, found))


def _passing(encoded: Encoded, said: Figures, found: Sequence[Figure]) -> frozenset[int]:
    """List the words of times, dates and changes beside a value: nobody need read those."""
    spans = [
        (said.original(one.start), said.original_end(one.end))
        for one in found
        if one.role in _IN_PASSING or (one.role == "count" and one.value < _FEW)
    ]
    return frozenset(
        at
        for at, token in enumerate(encoded.tokens)
        if any(token.start < end and start < token.end for start, end in spans)
    )


_FEW = 10
"""So few units, pills or puffs are an ordinary dose: a person reads them, nobody is called."""
_IN_PASSING = frozenset(("time", "date", "change", "scale"))


_MORE = re.compile(r" ?\+")
"""So much or more: "300+"."""
_LONG = 100.0
_DIGITS = {QuestionKind.WEIGHT: (10.0, 1000.0), QuestionKind.PAIN: (0.0, _LONG)}
"""A weight without its point ("1874") is none: nobody knows where it belongs. Nor is "1", or a pain of "308".
"""


def _few_digits(kind: QuestionKind, chosen: Figure) -> bool:
    lowest, under = _DIGITS.get(kind, (0.0, float("inf")))
    return lowest <= chosen.value < under


def _may_be_kilos(chosen: Figure) -> bool:
    """Say whether a weight without its unit is one that grown people have in kilos, and hardly in pounds."""
    return chosen.unit is None and chosen.value < _LONG


def _in_talk(encoded: Encoded, lexicon: Lexicon, said: Figures, chosen: Figure, kind: QuestionKind) -> bool:
    """Say whether a small number in words only stands in what is said: "I need one", "a table for two"."""
    at = said.original(chosen.start)
    token = next((one for one in encoded.tokens if one.start <= at < one.end), None)
    if token is None or token.kind != "word" or chosen.value >= _TWENTY:
        return False
    if kind in (QuestionKind.WEIGHT, QuestionKind.GLUCOSE):
        return True
    if _RATES.search(said.text[: chosen.start]):
        return False
    return len(strange(encoded, lexicon)) > (0 if token.form in ("one", "uno") else 1)


_TWENTY = 20.0
_RATES = re.compile(
    r"(?:\b(?:give|call|rate|say|put) (?:it|that|her|him)?(?: (?:at|as))?|\b(?:diria|daria|doy|pongo"
    r"|pondria|seria)(?: que)?"
    r"|\b(?:about|abuot|bout|maybe|like|como|tipo|es|its|im|ahorita|hoy|now|today)(?: at)?) (?:an? |un )?$"
)
"""Leads in how bad a pain is: "I'd give it a five", "le pondria un cinco"."""


def strange(encoded: Encoded, lexicon: Lexicon) -> list[str]:
    """List the words that are neither numbers nor about a value, nor polite."""
    return [
        token.form
        for word, token in zip(encoded.words, encoded.tokens, strict=True)
        if token.kind == "word"
        and token.form not in _ABOUT_VALUES
        and token.form not in NUMERALS
        and not {token.form, word} & (lexicon.measure_words | lexicon.around | lexicon.or_words)
        and (word,) not in lexicon.replies["beside_value"]
        and token.form not in UNITS_AFTER
    ]


def _found(encoded: Encoded, lexicon: Lexicon, answer: Answer, problems: tuple[str, ...] = ()) -> Found:
    mine = (
        at for at, one in enumerate(encoded.tokens) if answer.start <= one.start and one.end <= answer.end
    )
    return Found(answer=answer, used=_numbers(lexicon, encoded) | frozenset(mine), problems=problems)


def _chosen(text: str, found: Sequence[Figure], kind: QuestionKind) -> Figure | str:
    """Return the one figure that is the value, or why there is none ("" where no figure is)."""
    if any(one.role == UNCLEAR for one in found):
        return "ambiguous"
    free = numbered.same_weight([one for one in found if one.role is None])
    free = numbered.without_little_ones(text, free, _LITTLE.get(kind, 0.0)) or free
    if not free:
        told = any(one.role in _TELLS_SOME for one in found) or _COMPARED.search(text)
        return "incomplete" if told else ""
    free = _of_her(text, free) or free
    if len({(one.value, one.unit) for one in free}) > 1 or len(free) == 1:
        now = days.of_now(text, free)
        if now is None or len(now) != 1:
            return "ambiguous"
        return now[0]
    return free[0]


def _of_her(text: str, free: Sequence[Figure]) -> list[Figure]:
    """Return the patient's figure, where whoever writes for them tells their own beside it."""
    if len(free) != _PAIR or not _MINE.search(text):
        return []
    before = [text[0 : free[0].start], text[free[0].end : free[1].start]]
    after = [text[free[0].end : free[1].start], text[free[1].end :]]
    theirs = [
        one
        for one, lead, tail in zip(free, before, after, strict=True)
        if (_HERS.search(lead) or _FOR_HER.match(tail)) and not _MINE.search(lead)
    ]
    return theirs if len(theirs) == 1 else []


_PAIR = 2
_MINE = re.compile(
    r"\b(?:mine|my own|im|i am|i was|i weigh|my (?:dad|mom|wife|husband|brother|sister)|el mio|la mia"
    r"|lo mio|yo)\b"
)
_HERS = re.compile(
    r"\b(?:hers|his|shes|hes"
    r"|(?:she|he|moms?|mamas?|dads?|papas?) (?:is|was|had|got|weighs)|ella|la de (?:ella"
    r"|mi mama|mami)|el de el)\b[^\d]{0,12}$"
)
_FOR_HER = re.compile(r"\W*(?:for (?:her|him|mom|dad)|(?:is|was) (?:hers|his)|de ella|de el|la de ella)\b")
_COMPARED = re.compile(
    r"\b(?:same|unchanged|no change|higher|lower|better|worse|normal|igual|mismo|sin cambios?|mejor|peor)\b"
)
_TELLS_SOME = frozenset(("change", "earlier", "other", "count"))
_LITTLE = {QuestionKind.WEIGHT: 20.0, QuestionKind.GLUCOSE: 10.0}


def _told_of_two(found: Sequence[Figure], chosen: Figure) -> bool:
    """Say whether another value stood beside the one chosen: of another day, or what it should be."""
    apart = [one for one in found if one.unit != "kg" or chosen.unit != "lb" or one.role]
    return any(one is not chosen and one.role in _BESIDE for one in apart)


_BESIDE = (None, "earlier", "other", "pressure", "count")


def _dangers(said: Figures, found: Sequence[Figure]) -> tuple[measures.Measure, ...]:
    """Return the worst of readings nobody can choose between, if it would be dangerous.

    Where each of them is, it is as grave as one of them told alone; where one is, a tier lower: a doubt.
    """
    told = [
        one for one in found if one.role in (None, UNCLEAR, "earlier", "change") and one.value >= _READING
    ]
    less = 1 if _LESS.search(said.text) else 0
    judged = [
        measures.single("glucose", one.value - less, said.original(one.start), said.original_end(one.end))
        for one in told
    ]
    grave = [one for one in judged if one.tier]
    if not grave:
        return ()
    return (grave[0] if len(grave) == len(judged) else replace(grave[0], tier="ORANGE"),)


_LESS = re.compile(r"\b(?:under|below|less than|lower than|menos de|debajo de|abajo de)\b|<")
_READING = 20.0
"""No meter shows less than 20 mg/dL (it shows LO)."""


def _alone_as_figure(said: Figures, encoded: Encoded, lexicon: Lexicon) -> Figures:
    """Take "to", "for" and "none" for figures where nothing else is said."""
    forms = [one.form for one in encoded.tokens if one.kind == "word"]
    if len(forms) != 1 or forms[0] not in lexicon.number_words or re.search(r"\d", said.text):
        return said
    start = said.text.index(forms[0])
    digits = lexicon.number_words[forms[0]].ljust(len(forms[0]))
    return replace(said, text=said.text[:start] + digits + said.text[start + len(forms[0]) :])


def _free_of_pain(said: Figures) -> Answer | None:
    """Return no pain at all, where the whole text says that: "none, thank God", "no me duele nada"."""
    plain = " ".join(_SIGNS.sub(" ", said.text.replace("'", "")).split())
    left = " ".join(_POLITE.sub(" ", plain).split())
    if not left or not all(_NO_PAIN.fullmatch(part) for part in _parts(left)):
        return None
    return Answer(value=0.0, how="number", confidence=0.95, start=0, end=said.original_end(len(said.text)))


def _parts(left: str) -> list[str]:
    """Part "0 no pain" into what is said twice."""
    first, _, rest = left.partition(" ")
    return [first, rest] if rest and first in ("0", "none", "zero", "cero", "nada", "ninguno") else [left]


def _numbers(lexicon: Lexicon, encoded: Encoded) -> frozenset[int]:
    """List the words a value takes up: numbers, units, and the words people put around them."""
    return frozenset(
        at
        for at, token in enumerate(encoded.tokens)
        if token.kind in ("number", "mark")
        or (token.form in UNITS_AFTER and at and encoded.tokens[at - 1].kind == "number")
        or token.form in lexicon.measure_words
        or token.form in lexicon.number_words
        or token.form in _ABOUT_VALUES
    )


_BESIDE_VALUES = """pese pesaba tenia tuve up down baje subi maxima minima pulse pulso hr f c fahrenheit
celsius degrees grados pounds libras mmhg lb lbs kg kilos oz ounces onzas point punto coma half medio media
quarter cuarto systolic diastolic sistolica diastolica yesterday ayer puse inyecte units unidades from gained
lost than desde under over below above less more between higher lower then luego
despues later ish perdi aumente arriba abajo"""
_ABOUT_VALUES = frozenset(_BESIDE_VALUES.split())


_POSSIBLE = {
    QuestionKind.PAIN: (0.0, 10.0),
    QuestionKind.GLUCOSE: (10.0, 1500.0),
    QuestionKind.WEIGHT: (40.0, 900.0),
}
_POUNDS = 2.2046226


def _can_be_true(kind: QuestionKind, one: Figure, question: OpenQuestion) -> bool:
    """Say whether a value lies within its question's bounds; those of a weight are pounds."""
    lowest, highest = _POSSIBLE.get(kind, (float("-inf"), float("inf")))
    lowest = question.lowest if question.lowest is not None else lowest
    highest = question.highest if question.highest is not None else highest
    value = one.value * _POUNDS if kind is QuestionKind.WEIGHT and one.unit == "kg" else one.value
    return lowest <= value <= highest


def _pressure(encoded: Encoded, lexicon: Lexicon, said: Figures, found: Sequence[Figure]) -> Found:
    used = _numbers(lexicon, encoded)
    cuff = cuffs.find(said.text, found)
    one = cuff.measure
    dangers = tuple(
        replace(each, start=said.original(each.start), end=said.original_end(each.end))
        for each in cuff.dangers
    )
    if one is None:
        return (
            Found(answer=None, used=used, problems=cuff.problems, dangers=dangers)
            if cuff.problems
            else NOTHING
        )
    problems = (*cuff.problems, "implausible") if one.level == "impossible" else cuff.problems
    if any(other.role == "other" for other in found):
        problems = (*problems, "remainder")
    answer = Answer(
        value=one.value, second=one.second, unit="mmHg", how="number",
        confidence=0.5 if "implausible" in problems else 0.95,
        start=said.original(one.start), end=said.original_end(one.end),
    )  # fmt: skip
    made = _found(encoded, lexicon, answer, problems)
    return replace(made, used=made.used | _passing(encoded, said, found), dangers=dangers)


def is_untold(encoded: Encoded, lexicon: Lexicon, question: OpenQuestion, found: Found) -> bool:
    """Say whether a pain is told without its number: "no", "mucho", "nothing helps". A person reads that."""
    told = found.answer is not None or found.problems
    if told or QuestionKind(question.kind) is not QuestionKind.PAIN:
        return False
    return not plainly.is_polite(plainly.Told.of(lexicon, encoded))
