"""Made-up people with every documented fact, on whom conditions are tried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, islice, product
from typing import Any

from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import flow

KINDS = ("inpatient", "emergency", "observation", "ambulatory")
DISPOSITIONS = (
    "home",
    "home_health",
    "unknown",
    "facility",
    "transfer",
    "hospice",
    "expired",
    "left_against_advice",
)
QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
CODE = re.compile(r"[\"']((?:icd|snomed|cpt|sct|loinc|rxnorm)[\w-]*:[^\"']*)[\"']", re.IGNORECASE)
RISKS = ("high", "medium", "moderate", "rising", "low", "")
NUMBERS = {
    ("encounter", "length_days"): (3,),
    ("appointment", "missed_before"): (2, 0),
    ("supply", "days"): (30,),
}
"""Facts that are counts, and what is tried whatever the condition says."""
MOST = 3000
"""People tried at most: enough for every pair of facts a condition names."""


def patients(named: list[str]) -> Iterator[dict[str, Any]]:
    """List patients of every language, literacy, risk and need."""
    base: Mapping[str, Any] = flow.AUDIENCE["patient"]  # type: ignore[assignment]
    for language, literacy, risk in product(("en", "es"), ("standard", "plain"), RISKS):
        for needs in ([], named, *([one] for one in named)):
            yield {**base, "language": language, "literacy": literacy, "risk_tier": risk, "needs": needs}


def people(program: Program) -> list[dict[str, Any]]:
    """Return people of each kind of stay, with with all that the conditions name."""
    found = _plain(program)
    written = f"{program.audience} {program.exclude}"
    changes = [
        one
        for one in (*_of_patients(written), *_counted(written), *_born(written, program.anchor))
        if len(one) > 1
    ]
    if not changes:
        return found
    mixed = product(product(*changes), found)
    return list(islice((_changed(person, chosen) for chosen, person in mixed), MOST))


Change = tuple[str, str, Any]


def _of_patients(written: str) -> Iterator[list[Change]]:
    """List what a condition asks of the patient, as far as it names it."""
    named = [a or b for a, b in QUOTED.findall(written)]
    for fact, known in (
        ("risk_tier", RISKS),
        ("language", ("en", "es")),
        ("literacy", ("standard", "plain")),
    ):
        if f"patient.{fact}" in written:
            wanted = [one for one in named if one in known or (fact == "language" and len(one) == 2)]
            yield [("patient", fact, one) for one in dict.fromkeys((*wanted, *known))]
    if "patient.needs" in written:
        yield [("patient", "needs", []), *(("patient", "needs", [one]) for one in named)]


def _counted(written: str) -> Iterator[list[Change]]:
    """List figures around each one a condition compares a count with."""
    for (whole, fact), usual in NUMBERS.items():
        if f"{whole}.{fact}" in written:
            figures = re.findall(rf"{whole}\.{fact}\s*(?:<=|<|>=|>|==|!=)\s*(\d+)", written)
            around = [max(int(one) + by, 0) for one in figures for by in (0, 1, -1)]
            yield [(whole, fact, one) for one in dict.fromkeys((*around, *usual))]


def _born(written: str, anchor: str) -> Iterator[list[Change]]:
    if anchor != "birth" and re.search(r"\bbirth\b", QUOTED.sub(" ", written)):
        yield [("", "birth", True), ("", "birth", False)]


def _changed(person: Mapping[str, Any], chosen: tuple[Change, ...]) -> dict[str, Any]:
    found = dict(person)
    for whole, fact, value in chosen:
        if whole:
            found[whole] = {**found[whole], fact: value}
        else:
            found[fact] = found[fact] if found["encounter"]["kind"] == "" else value
    return found


def _plain(program: Program) -> list[dict[str, Any]]:
    """Return made-up people: each kind of stay, each way to leave, each thing the conditions name."""
    named = [a or b for a, b in QUOTED.findall(f"{program.audience} {program.exclude}")]
    texts = [one.lower() for one in named if not CODE.match(f'"{one}"')]
    codes = [one for one in named if CODE.match(f'"{one}"')]
    base: Mapping[str, Any] = flow.AUDIENCE
    found = []
    for kind in KINDS:
        for left in DISPOSITIONS:
            found.append(_person(base, program, kind=kind, left=left))
            if left in ("home", "expired", "facility"):
                found.append(_person(base, program, kind=kind, left=left, text=", ".join(texts[:1])))
    for one in texts:
        found.append(_person(base, program, text=one))
        found.append(_person(base, program, text=one, left="expired"))
    for one in codes:
        found += [_person(base, program, code=one), _person(base, program, code=one, left="transfer")]
    found += [_person(base, program, text=", ".join(pair)) for pair in combinations(texts[:6], 2)]
    found += [_person(base, program, text=text, code=code) for text in texts[:4] for code in codes[:4]]
    return found


def _person(
    base: Mapping[str, Any],
    program: Program,
    *,
    kind: str = "inpatient",
    left: str = "home",
    text: str = "",
    code: str = "",
) -> dict[str, Any]:
    """Return one person with the facts that an anchor knows of; those of others are empty."""
    anchor = program.anchor
    stays = anchor in ("discharge", "birth")
    encounter = {**base["encounter"], "kind": kind if stays else "", "disposition": left if stays else ""}
    encounter |= {"codes": [code] if code and stays else [], "reason": text if stays else "", "type": text}
    operated = anchor == "procedure"
    return {
        **base,
        "patient": {**base["patient"], "needs": []},
        "encounter": encounter,
        "conditions": [text] if text else [],
        "codes": [code] if code else [],
        "birth": anchor == "birth",
        "procedure": {
            "text": text if operated else "",
            "codes": [code] if code and operated else [],
            "done": False,
        },
        "appointment": {"text": text if anchor == "missed_appointment" else "", "missed_before": 2},
        "supply": {"days": 30 if anchor == "run_out" else 0, "from_source": anchor == "run_out"},
    }
