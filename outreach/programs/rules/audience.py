"""Who a program is for: CEL expressions over documented facts about the patient and the stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from outreach.programs.rules import conditions
from outreach.programs.rules.conditions import BadExpression as BadExpression
from outreach.programs.rules.definition import Program


@dataclass(frozen=True, kw_only=True)
class PatientFacts:
    """`patient` in an expression."""

    language: str
    literacy: str
    risk_tier: str
    needs: tuple[str, ...]
    deceased: bool
    hospice: bool


@dataclass(frozen=True, kw_only=True)
class EncounterFacts:
    """`encounter` in an expression."""

    kind: str
    disposition: str
    length_days: int


@dataclass(frozen=True, kw_only=True)
class Known:
    """All an expression may ask about. `conditions` are texts in lower case."""

    patient: PatientFacts
    encounter: EncounterFacts
    conditions: tuple[str, ...]


def plain(facts: PatientFacts) -> dict[str, Any]:
    """Return `patient` as conditions see it."""
    return _plain(asdict(facts))


def matches(expression: str, known: Known) -> bool:
    """Return whether the facts satisfy an expression.

    Raise BadExpression if it does not evaluate to true or false.
    """
    facts = {
        "patient": _plain(asdict(known.patient)),
        "encounter": _plain(asdict(known.encounter)),
        "conditions": list(known.conditions),
    }
    return conditions.holds(expression, facts)


def chosen(fitting: Sequence[Program]) -> tuple[Program, ...]:
    """Return the programs a patient starts: a special one takes a general one's place."""
    replaced = {key for program in fitting for key in program.replaces}
    return tuple(program for program in fitting if program.key not in replaced)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
