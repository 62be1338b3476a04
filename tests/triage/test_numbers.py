"""Numbers as people text them: what is taken for the value asked for, and what is left to be asked again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.triage import rules
from outreach.triage.rules import OpenQuestion, QuestionKind, numerals, words
from tests.triage import texts

ROWS = texts.rows("numbers")
QUESTIONS = {
    "weight": OpenQuestion(kind=QuestionKind.WEIGHT, lowest=60, highest=700),
    "bp": OpenQuestion(kind=QuestionKind.BLOOD_PRESSURE, lowest=60, highest=260),
    "glucose": OpenQuestion(kind=QuestionKind.GLUCOSE, lowest=20, highest=600),
    "pain": OpenQuestion(kind=QuestionKind.PAIN, lowest=0, highest=10),
    "temp": OpenQuestion(kind=QuestionKind.NUMBER, lowest=90, highest=110),
    "tempc": OpenQuestion(kind=QuestionKind.NUMBER, lowest=33, highest=43),
}


def taken(reading: rules.Reading) -> str:
    """Return the value taken for an answer, nothing where it is to be asked again or a person reads it."""
    answer = reading.answer
    if answer is None or reading.found("implausible"):
        return ""
    lower = f"/{answer.second:g}" if answer.second is not None else ""
    return f"{answer.value:g}{lower}{' kg' if answer.unit == 'kg' else ''}"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['question']}: {row['text']}" for row in ROWS])
def test_a_number_is_read_as_it_is_said(row: dict[str, str]) -> None:
    reading = rules.read(row["text"], question=QUESTIONS[row["question"]], language_hint=row["lang"])

    assert taken(reading) == row["value"]
    assert (reading.tier or "") == row["urgent"]
    if row["human"] != "any":
        assert reading.needs_human == (row["human"] == "yes")


EN_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
EN_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
EN_TENS = ["x", "x", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ES_UNITS = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
ES_TEENS = [
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
]
ES_TENS = ["x", "x", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
ES_HUNDREDS = [
    "x",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
]
SCALES = {"weight": (80, 699), "glucose": (40, 599), "temp": (90, 110)}


def in_english(number: int) -> list[str]:
    """Return the ways to say a whole number under 1000 in English."""
    hundreds, rest = divmod(number, 100)
    below = english_below(rest)
    if not hundreds:
        return [below, below.replace(" ", "-")]
    unit = EN_UNITS[hundreds]
    if not rest:
        return [f"{unit} hundred", *(["a hundred"] if hundreds == 1 else [])]
    ways = [f"{unit} hundred {below}", f"{unit} hundred and {below}"]
    ways.append(f"{unit} {below}" if rest > 9 else f"{unit} oh {below}")
    if hundreds == 1:
        ways.append(f"a hundred and {below}")
    return [*ways, ways[-1].replace(" ", "-")]


def english_below(rest: int) -> str:
    if rest < 20:
        return (EN_UNITS + EN_TEENS)[rest]
    return f"{EN_TENS[rest // 10]} {EN_UNITS[rest % 10]}" if rest % 10 else EN_TENS[rest // 10]


def in_spanish(number: int) -> list[str]:
    """Return the ways to say a whole number under 800 in Spanish."""
    hundreds, rest = divmod(number, 100)
    below = spanish_below(rest)
    if not hundreds:
        return below
    if not rest:
        return ["cien"] if hundreds == 1 else [ES_HUNDREDS[hundreds]]
    short = [f"{ES_UNITS[hundreds]} {one}" for one in below if rest > 9]
    return [*(f"{ES_HUNDREDS[hundreds]} {one}" for one in below), *short]


def spanish_below(rest: int) -> list[str]:
    if rest < 20:
        return [(ES_UNITS + ES_TEENS)[rest]]
    tens, unit = ES_TENS[rest // 10], ES_UNITS[rest % 10]
    if not rest % 10:
        return [tens]
    return [f"{tens} y {unit}", f"{tens} {unit}", f"{tens}y{unit}"]


def ways(number: int) -> list[str]:
    """Return all ways to write a number."""
    return [str(number), *in_english(number), *in_spanish(number)]


def written(said: str) -> str:
    return numerals.figures(words.fold(said)).text


@pytest.mark.parametrize("hundreds", range(8))
def test_every_number_says_the_same_however_it_is_said(hundreds: int) -> None:
    for number in range(hundreds * 100, hundreds * 100 + 100):
        for said in ways(number):
            if said not in ("once", "uno once"):  # "once" alone is English too
                assert written(said) == str(number), said


@given(
    kind=st.sampled_from(sorted(SCALES)),
    tenth=st.integers(0, 9),
    spot=st.sampled_from(["point", "dot", "punto", "coma"]),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_a_value_is_read_the_same_in_words_and_in_figures(
    kind: str, tenth: int, spot: str, data: st.DataObject
) -> None:
    number = data.draw(st.integers(*SCALES[kind]))
    said = data.draw(st.sampled_from(in_spanish(number) if spot in ("punto", "coma") else in_english(number)))
    last = (ES_UNITS if spot in ("punto", "coma") else EN_UNITS)[tenth]

    reading = rules.read(f"{said} {spot} {last}", question=QUESTIONS[kind])

    assert reading.answer is not None
    assert reading.answer.value == float(f"{number}.{tenth}")


# {v} is the value; whatever else is a number is none: a time, a dose, a date, a change, a goal, a pulse.
BESIDE = (
    "at 7:30 it was {v}", "{v} at 8am", "{v} at 6 pm",
    "took {few} units, {v}", "{v}, took {few} pills", "11/22 {v}",
    "nov 22 {v}", "{v} up {few} pounds", "down {few} from yesterday, {v}", "my goal is 120 but it was {v}",
    "pulse 72, {v}", "bp 130/85 and {v}",
    "o2 97 and {v}", "{v} after {few} days", "call me at 202-555-0143, {v}",
    "a las 7:30 {v}", "{v} a las 8 de la mañana", "tomé {few} pastillas, {v}", "el 22 de noviembre {v}",
    "subí {few} libras, {v}", "mi meta es 120, salió {v}", "pulso 72 y {v}", "presión 130/85, {v}",
    "{v} hace {few} horas", "lantus 20, {v}", "{v} yesterday",
    "ayer {v}", "between {v} and {w}", "{v} or {w}",
    "entre {v} y {w}", "{v} o {w}", "{v} then {w}",
    "antes {v} después {w}", "{v} {few}", "{v}-{w}", "{w} {v}",
)  # fmt: skip


@given(said=st.sampled_from(BESIDE), kind=st.sampled_from(["weight", "glucose"]), data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_other_number_is_ever_taken_for_the_value(said: str, kind: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(140, 399))
    other = data.draw(st.integers(140, 399).filter(lambda one: one != number))
    few = data.draw(st.sampled_from(["2", "3", "4", "two", "dos", "tres"]))
    text = said.format(v=data.draw(st.sampled_from(ways(number))), w=other, few=few)

    answer = rules.read(text, question=QUESTIONS[kind]).answer

    assert answer is None or ("{w}" not in said and answer.value == number), text


@given(upper=st.integers(90, 219), lower=st.integers(50, 89), data=st.data())
@settings(max_examples=80, deadline=None)
def test_a_pressure_is_two_numbers_and_never_others(upper: int, lower: int, data: st.DataObject) -> None:
    spanish = data.draw(st.booleans())
    say = in_spanish if spanish else in_english
    between = data.draw(
        st.sampled_from([" sobre ", " con ", " entre "] if spanish else [" over ", " / ", "/", " "])
    )
    pair = data.draw(st.sampled_from(say(upper))) + between + data.draw(st.sampled_from(say(lower)))
    around = data.draw(
        st.sampled_from(("{}", "{} pulse 72", "at 7:30 {}", "11/22 {}", "{} a las 8", "bp {}"))
    )

    answer = rules.read(around.format(pair), question=QUESTIONS["bp"]).answer

    assert answer is None or (answer.value, answer.second) == (upper, lower), around.format(pair)
    if around == "{}" and between.strip():
        assert answer is not None, pair


@given(
    number=st.integers(0, 10),
    around=st.sampled_from(["{}", "a {}", "like a {}", "{} out of 10", "{} at 7:30", "un {}"]),
)
@settings(max_examples=60, deadline=None)
def test_a_pain_is_the_number_from_0_to_10(number: int, around: str) -> None:
    for said in (str(number), (EN_UNITS + EN_TEENS)[number]):
        answer = rules.read(around.format(said), question=QUESTIONS["pain"]).answer

        assert answer is None or answer.value == number, around.format(said)
        if around in ("{}", "like a {}"):
            assert answer is not None
