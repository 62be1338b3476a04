"""The documented facts in words: who a patient is, how they went home, what they have (docs/programs.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from babel import Locale
from babel.lists import format_list

from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Items, Negated, Node, Value
from outreach.web import languages
from outreach.web.languages import Texts, say

TRUE = Texts(
    {
        ("patient.deceased", True): "they have died",
        ("patient.deceased", False): "they are alive",
        ("patient.hospice", True): "they are in hospice care",
        ("patient.hospice", False): "they are not in hospice care",
        ("birth", True): "a birth within the last twelve weeks is on record",
        ("birth", False): "no birth within the last twelve weeks is on record",
        ("birth_dated", True): "the record names the day of a birth within the last twelve weeks",
        ("birth_dated", False): "the record names no day of a birth within the last twelve weeks",
        ("procedure.done", True): "the procedure is done",
        ("procedure.done", False): "the procedure is still to come",
        ("supply.from_source", True): "the record says how long the supply lasts",
        ("supply.from_source", False): "the record does not say how long the supply lasts",
    }
)
CHOSEN = Texts(
    {
        "encounter.kind": "what they come from",
        "encounter.disposition": "where they went afterwards",
        "encounter.type": "the kind of stay, as the record words it",
        "encounter.reason": "the reason for the stay, as the record words it",
        "patient.language": "their language",
        "patient.literacy": "the words they need",
        "patient.risk_tier": "their risk",
        "procedure.text": "the name of the procedure",
        "appointment.text": "the name of the visit",
    }
)
"""Facts that are one of several words."""
IS = Texts(
    {
        ("encounter.kind", True): "they come from %(values)s",
        ("encounter.kind", False): "they come from anything but %(values)s",
        ("patient.literacy", True): "the words they need are %(values)s",
        ("patient.literacy", False): "the words they need are anything but %(values)s",
        ("patient.risk_tier", True): "their risk is %(values)s",
        ("patient.risk_tier", False): "their risk is anything but %(values)s",
        ("patient.language", True): "their language is %(values)s",
        ("patient.language", False): "their language is anything but %(values)s",
    }
)
"""Those of which a sentence can be made, for a value and for any other."""
CHOICES = Texts(
    {
        ("encounter.kind", "inpatient"): "a hospital stay",
        ("encounter.kind", "observation"): "a stay for observation",
        ("encounter.kind", "emergency"): "an emergency visit",
        ("encounter.kind", "ambulatory"): "an outpatient visit",
        ("encounter.kind", "other"): "a visit of another kind",
        ("encounter.kind", ""): "no stay",
        ("encounter.disposition", "home"): "home",
        ("encounter.disposition", "home_health"): "home with home care",
        ("encounter.disposition", "facility"): "a care facility",
        ("encounter.disposition", "hospice"): "hospice care",
        ("encounter.disposition", "expired"): "they died",
        ("encounter.disposition", "left_against_advice"): "away against advice",
        ("encounter.disposition", "transfer"): "another hospital",
        ("encounter.disposition", "unknown"): "not known",
        ("encounter.disposition", ""): "no stay",
        ("patient.literacy", "standard"): "ordinary ones",
        ("patient.literacy", "plain"): "very plain ones",
        ("patient.risk_tier", "high"): "high",
        ("patient.risk_tier", "medium"): "medium",
        ("patient.risk_tier", "low"): "low",
        ("patient.risk_tier", ""): "not on record",
        ("patient.needs", "interpreter"): "an interpreter",
        ("patient.needs", "ride"): "a ride to the clinic",
        ("patient.needs", "no_social_screening"): "no questions about everyday needs",
    }
)
WORDED = ("encounter.type", "encounter.reason", "procedure.text", "appointment.text")
"""Facts that are the record's own words."""
NUMBERS = Texts(
    {
        "encounter.length_days": "the length of the stay in days",
        "appointment.missed_before": "the number of visits missed in the year before",
        "supply.days": "the number of days the supply lasts",
        "value.systolic": "the upper number",
        "value.diastolic": "the lower number",
        "value.number": "the number",
        "value.number/weight": "the weight in pounds",
        "value.number/glucose": "the glucose value",
        "value.number/pain": "the pain",
    }
)
"""A value by the kind of its question, where that says more."""
AMOUNTS = Texts(
    {
        ">=": "%(what)s is %(number)s or more",
        ">": "%(what)s is more than %(number)s",
        "<=": "%(what)s is %(number)s or less",
        "<": "%(what)s is less than %(number)s",
        "==": "%(what)s is %(number)s",
        "!=": "%(what)s is not %(number)s",
    }
)
OTHER_WAY = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
CODED = Texts(
    {
        ("codes",): "a condition they have now",
        ("encounter.codes",): "the kind of stay or the reason for it",
        ("procedure.codes",): "the procedure",
        ("codes", "encounter.codes"): "a condition they have now, or the kind of stay, or the reason for it,",
    }
)
NAMED = Texts(
    {
        ("conditions",): "the name of a condition they have now",
        (
            "conditions",
            "encounter.reason",
        ): "the name of a condition they have now, or the reason for the stay,",
        ("conditions", "encounter.type"): "the name of a condition they have now, or the kind of stay,",
    }
)
SYSTEMS: Mapping[str, str] = {
    "icd10": "ICD-10", "icd10pcs": "ICD-10-PCS", "snomed": "SNOMED CT", "cpt": "CPT", "loinc": "LOINC",
    "rxnorm": "RxNorm",
}  # fmt: skip


def true(path: str, *, holds: bool) -> str | None:
    """Return what a fact that is true or false says."""
    return TRUE.get((path, holds))


def compared(node: Compared, kind: str) -> str | None:
    """Return what a comparison of a fact says, None if there are no words for it."""
    if isinstance(node.right, Fact) and isinstance(node.left, Value):
        return _other_way(node, node.right, kind)
    if not isinstance(node.left, Fact):
        return None
    path = node.left.path
    if path in CHOSEN:
        return _chosen(path, node)
    named = _number_named(path, kind)
    if named and isinstance(node.right, Value) and node.sign in AMOUNTS:
        return amount(named, node.sign, node.right)
    return None


def _other_way(node: Compared, fact: Fact, kind: str) -> str | None:
    if node.sign in ("in", "not in"):
        wanted = [node.left.value] if isinstance(node.left, Value) else []
        return _among(fact.path, wanted, holds=node.sign == "in")
    sign = OTHER_WAY.get(node.sign)
    return compared(Compared(sign=sign, left=fact, right=node.left), kind) if sign else None


def _number_named(path: str, kind: str) -> str | None:
    exact = f"{path}/{kind}"
    return NUMBERS.get(exact) or NUMBERS.get(path)


def amount(what: str, sign: str, number: Value) -> str | None:
    """Return how much something is; None if that is no number."""
    if isinstance(number.value, str | bool):
        return None
    return AMOUNTS[sign] % {"what": what, "number": f"{number.value:g}"}


def _chosen(path: str, node: Compared) -> str | None:
    wanted = texts(node.right)
    if not wanted or node.sign not in ("==", "!=", "in", "not in"):
        return None
    if isinstance(node.right, Items) != (node.sign in ("in", "not in")):
        return None
    values = either([_choice(path, one) for one in wanted])
    holds = node.sign in ("==", "in")
    if (path, holds) in IS:
        return IS[path, holds] % {"values": values}
    if holds:
        return say("%(fact)s: %(values)s", fact=CHOSEN[path], values=values)
    return say("%(fact)s: anything but %(values)s", fact=CHOSEN[path], values=values)


def _choice(path: str, value: str) -> str:
    if (path, value) in CHOICES:
        return CHOICES[path, value]
    if path == "patient.language":
        return str(Locale.parse(languages.locale()).languages.get(value, quoted(value)))
    return quoted(value)


def asked(node: Call, *, holds: bool = True) -> str | None:
    """Return what is asked of a text or a list: `contains`, `startsWith`, `exists`; or that it is not so."""
    if node.name == "exists" and len(node.arguments) == 2 and isinstance(node.arguments[0], Fact):
        return _exists(node, node.arguments[0].path, node.arguments[1], holds=holds)
    if not holds:
        return None
    wanted = [one.value for one in node.arguments if isinstance(one, Value) and isinstance(one.value, str)]
    if not isinstance(node.of, Fact) or node.of.path not in WORDED or len(wanted) != 1:
        return None
    return _worded_with(CHOSEN[node.of.path], node.name, wanted[0])


def _worded_with(what: str, name: str, wanted: str) -> str | None:
    if name == "contains":
        return say("%(what)s contains %(words)s", what=what, words=quoted(wanted))
    if name == "startsWith":
        return say("%(what)s begins with %(words)s", what=what, words=quoted(wanted))
    if name == "endsWith":
        return say("%(what)s ends with %(words)s", what=what, words=quoted(wanted))
    return None


def _exists(node: Call, name: str, test: Node, *, holds: bool) -> str | None:
    where = _together(node.of)
    if where == ("patient.needs",):
        wanted = _equal(test, name)
        return _among("patient.needs", wanted, holds=holds) if wanted else None
    if not holds:
        return None
    if where in CODED:
        return _coded(CODED[where], test, name)
    return _contained(NAMED[where], test, name) if where in NAMED else None


def _together(node: Node) -> tuple[str, ...]:
    """Return the facts that a list is put together of: `codes + [encounter.reason]`."""
    match node:
        case Fact(path=path):
            return (path,)
        case Items(items=items) if all(isinstance(one, Fact) for one in items):
            return tuple(one.path for one in items if isinstance(one, Fact))
        case Compared(sign="+", left=left, right=right):
            return (*_together(left), *_together(right))
        case _:
            return ("",)


def _among(path: str, wanted: Sequence[object], *, holds: bool) -> str | None:
    if path != "patient.needs" or not wanted or not all(isinstance(one, str) for one in wanted):
        return None
    values = either([_choice(path, str(one)) for one in wanted])
    if holds:
        return say("among their needs: %(values)s", values=values)
    return say("not among their needs: %(values)s", values=values)


def _equal(test: Node, name: str) -> list[str] | None:
    """Return the texts of which one must be it, None if the test asks anything else."""
    if isinstance(test, Group) and test.sign == "||":
        parts = [_equal(one, name) for one in test.parts]
        return None if None in parts else [word for part in parts for word in part or ()]
    if isinstance(test, Compared) and test.sign in ("==", "in") and test.left == Fact(path=name):
        return texts(test.right) if isinstance(test.right, Items) == (test.sign == "in") else None
    return None


def _coded(whose: str, test: Node, name: str) -> str | None:
    parts = test.parts if isinstance(test, Group) and test.sign == "||" else (test,)
    codes: list[str] = []
    for one in parts:
        begins = _call_with(one, name, "startsWith")
        whole = _equal(one, name)
        if begins is None and whole is None:
            return None
        codes += [code(begins) + "…"] if begins is not None else map(code, whole or ())
    listed = ", ".join(codes)
    if any(one.endswith("…") for one in codes):
        return say(
            "%(whose)s has one of these codes (“…” is any ending): %(codes)s", whose=whose, codes=listed
        )
    return say("%(whose)s has one of these codes: %(codes)s", whose=whose, codes=listed)


def code(word: str) -> str:
    """Return a code as people write it: "icd10:I50.9" is "ICD-10 I50.9"."""
    system, found, rest = word.partition(":")
    return f"{SYSTEMS.get(system, system)} {rest}" if found else word


def _contained(whose: str, test: Node, name: str) -> str | None:
    if isinstance(test, Group) and test.sign == "||":
        wanted = [_call_with(one, name, "contains") for one in test.parts]
        return None if None in wanted else _with(whose, either(quoted(one or "") for one in wanted), [])
    parts = test.parts if isinstance(test, Group) else (test,)
    found = [_call_with(one, name, "contains") for one in parts if not isinstance(one, Negated)]
    but = [_call_with(one.part, name, "contains") for one in parts if isinstance(one, Negated)]
    if None in found or None in but or not found:
        return None
    return _with(whose, both(quoted(one or "") for one in found), [quoted(one or "") for one in but])


def _with(whose: str, words: str, but: Sequence[str]) -> str:
    if but:
        return say(
            "%(what)s contains %(words)s but not %(others)s", what=whose, words=words, others=either(but)
        )
    return say("%(what)s contains %(words)s", what=whose, words=words)


def _call_with(node: Node, name: str, asked_for: str) -> str | None:
    match node:
        case Call(of=Fact(path=path), name=called, arguments=(Value(value=str() as word),)):
            return word if path == name and called == asked_for else None
        case _:
            return None


def texts(node: Node) -> list[str]:
    """Return the texts a side of a comparison holds, none if it holds anything else."""
    items = node.items if isinstance(node, Items) else (node,)
    found = [one.value for one in items if isinstance(one, Value) and isinstance(one.value, str)]
    return found if len(found) == len(items) else []


def quoted(word: str) -> str:
    """Return somebody else's word in quotation marks."""
    return say("“%(words)s”", words=word)


def either(words: Iterable[str]) -> str:
    """Return words of which one is meant: "a, b, or c"."""
    return format_list(list(words), style="or", locale=languages.locale())


def both(words: Iterable[str]) -> str:
    """Return words which are all meant: "a, b, and c"."""
    return format_list(list(words), style="standard", locale=languages.locale())
