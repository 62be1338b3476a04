"""What a program's conditions say in words: never something else than the file."""

from __future__ import annotations

from itertools import product

import cel
import pytest

from outreach.kernel.said import Said
from outreach.programs import files
from outreach.programs.rules import syntax
from outreach.programs.rules.lint import flow
from outreach.web.languages import speaking
from outreach.web.programs.worded import Listed, Told, in_words, sentence, worded
from outreach.why.answer import VARIANTS


def conditions():
    for found in files.library():
        program = found.program
        for expression in (program.audience, program.exclude):
            yield pytest.param(expression, "", id=f"{program.key}-{expression[:20]}")
        for place, expression in flow.written(program):
            kind = program.questions[place[1]].kind if place[0] == "questions" else ""
            yield pytest.param(expression, kind, id=f"{program.key}-{'-'.join(map(str, place))}")


def told(found: Told | Listed) -> list[Told]:
    return [found] if isinstance(found, Told) else [one for part in found.parts for one in told(part)]


@pytest.mark.parametrize(("expression", "kind"), [*conditions()])
def test_each_condition_of_the_library_has_words_in_both_languages(expression, kind):
    said = {}
    for language in ("en", "es"):
        with speaking(language):
            said[language] = told(worded(expression, kind=kind))

    assert not [one.text for one in said["en"] + said["es"] if one.code]
    assert not {one.text for one in said["en"]} & {one.text for one in said["es"]}


@pytest.mark.parametrize(
    "expression",
    [
        "patient.deceased || patient.hospice && birth",
        "(patient.deceased || patient.hospice) && birth",
        "!patient.deceased && birth || patient.hospice",
        "!(patient.deceased && birth) && !patient.hospice",
        "!!birth || !(patient.hospice || !patient.deceased)",
    ],
)
def test_what_binds_how_is_read_as_it_is_judged(expression):
    read = syntax.written(syntax.read(expression))
    for deceased, hospice, birth in product((True, False), repeat=3):
        facts = {"patient": {"deceased": deceased, "hospice": hospice}, "birth": birth}
        assert cel.evaluate(read, facts) is cel.evaluate(expression, facts)
        assert _true(worded(expression), facts) is cel.evaluate(expression, facts)


def _true(found: Told | Listed, facts) -> bool:
    """Whether what is said is true of the facts, by the words alone."""
    if isinstance(found, Listed):
        return (all if found.every else any)(_true(one, facts) for one in found.parts)
    return {
        "they have died": facts["patient"]["deceased"],
        "they are alive": not facts["patient"]["deceased"],
        "they are in hospice care": facts["patient"]["hospice"],
        "they are not in hospice care": not facts["patient"]["hospice"],
        "a birth within the last twelve weeks is on record": facts["birth"],
        "no birth within the last twelve weeks is on record": not facts["birth"],
    }[found.text]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ('patient.language == "es"', "their language is Spanish"),
        ('!(patient.risk_tier in ["high", "medium"])', "their risk is anything but high or medium"),
        ("encounter.length_days > 2", "the length of the stay in days is more than 2"),
        ("!(encounter.length_days > 2)", "the length of the stay in days is 2 or less"),
        ("3 <= encounter.length_days", "the length of the stay in days is 3 or more"),
        ('"ride" in patient.needs', "among their needs: a ride to the clinic"),
        ('!("ride" in patient.needs)', "not among their needs: a ride to the clinic"),
        (
            '!patient.needs.exists(n, n == "ride" || n == "interpreter")',
            "not among their needs: a ride to the clinic or an interpreter",
        ),
        ('codes.exists(c, c == "snomed:1")', "a condition they have now has one of these codes: SNOMED CT 1"),
        (
            '!conditions.exists(c, c.contains("copd"))',
            "it is not so that the name of a condition they have now contains “copd”",
        ),
        ('procedure.text.startsWith("hip")', "the name of the procedure begins with “hip”"),
        ("value.number - 1.0 >= 2.0", None),
        (
            'earlier.exists(a, a.question == "breathing" && a.means != "worse" && a.days_ago < 3)',
            "they answered anything but “worse” when asked about their breathing, at most 2 days ago",
        ),
        (
            'earlier.exists(a, a.question == "weight" && a.number - value.number > 4.0)',
            "they answered when asked about their weight, and the new number is lower by more than 4",
        ),
        (
            'earlier.exists(a, a.question == "weight" && a.number >= 200.0)',
            "they answered when asked about their weight, and the number they gave then is 200 or more",
        ),
        (
            '!earlier.exists(a, a.means == "worse")',
            "it is not so that they answered “worse” to a question",
        ),
        (
            '!(earlier.filter(a, a.means == "high").size() >= 2)',
            "fewer than 2 times: they answered “high” to a question",
        ),
        ("patient.deceased || patient.hospice", "they have died, or they are in hospice care"),
        ("!(patient.deceased || patient.hospice)", "they are alive, and they are not in hospice care"),
    ],
)
def test_a_condition_says_what_it_asks_and_no_more(expression, says):
    found = worded(expression)

    assert says == (None if any(one.code for one in told(found)) else sentence(found))


@pytest.mark.parametrize(
    "expression",
    [
        "patient.deceased ? birth : patient.hospice",
        "patient.language.size() > 3",
        "patient.name == 1",
        "encounter.kind == encounter.type",
        'conditions.all(c, c.contains("x"))',
        'conditions.exists(c, c.contains("a") || c.contains("b") && !c.contains("d"))',
        'codes.exists(c, c.startsWith("icd10:I") && c != "icd10:I1")',
        'earlier.exists(a, a.question == "x" || a.means == "y")',
        'earlier.exists(a, a.question != "x")',
        'earlier.exists(a, a.question == "x" && a.question == "y")',
        'earlier.exists(a, a.question == "x" && a.days_ago > 2 && a.days_ago < 9)',
        'earlier.exists(a, a.question == "x" && a.number - value.number <= 4.0)',
        'earlier.exists(a, a.question == "x" && value.systolic - a.second >= 4.0)',
        'earlier.exists(a, a.question == "x" && value.number - a.number >= -4.0)',
        'earlier.exists(a, b.question == "x")',
    ],
)
def test_what_there_are_no_words_for_stands_as_the_file_has_it(expression):
    assert worded(expression) == Told(text=expression, code=True) or told(worded(expression))[0].code


def test_every_documented_fact_has_words():
    for name, facts in flow.AUDIENCE.items():
        fields = (
            {f"{name}.{key}": one for key, one in facts.items()} if isinstance(facts, dict) else {name: facts}
        )
        for path, sample in fields.items():
            assert not [one.text for one in told(worded(_about(path, sample))) if one.code], path
    for path in ("value.number", "value.systolic", "value.diastolic"):
        assert not told(worded(f"{path} > 1.0"))[0].code


def _about(path: str, sample: object) -> str:
    if isinstance(sample, bool):
        return path
    if isinstance(sample, int):
        return f"{path} > 1"
    if isinstance(sample, str):
        return f'{path} == "x" && {path} != "y"'
    return f'{path}.exists(c, c.contains("x"))' if path == "conditions" else f'{path}.exists(c, c == "x")'


def test_why_says_a_wordings_condition_in_words_and_leaves_other_moments_alone():
    simple = Said(VARIANTS["literacy"], when='patient.literacy == "plain"')
    unknown = Said(VARIANTS["other"], when="patient.language.size() > 3")

    assert in_words(simple).endswith("hard (the words they need are very plain ones).")
    assert in_words(unknown) == unknown
    assert in_words(Said("Planned for %(when)s.", when="tomorrow")) == "Planned for tomorrow."
    with speaking("es"):
        assert "las palabras que necesitan son muy sencillas" in in_words(simple)


def test_why_says_hours_and_questions_as_people_do_and_leaves_what_was_written():
    at = Said("%(date)s, %(time)s", date="Monday", time="16:05")
    said = Said("Asked “%(key)s” at %(when)s: “%(text)s”.", key="need", when=at, text="10:00")

    assert in_words(said) == "Asked “what they need” at Monday, 4:05 pm: “10:00”."
    assert in_words(Said("About “%(key)s”.", key="of-our-own")) == "About “of our own”."
    with speaking("es"):
        assert "lo que necesitan" in in_words(said)
