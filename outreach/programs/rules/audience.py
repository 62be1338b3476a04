"""Who a program is for: CEL expressions over documented facts about the patient and the stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cel

from outreach.kernel.errors import OutreachError


class BadExpression(OutreachError):
    """An audience expression can't be evaluated. The facts it may use stand in docs/programs.md."""


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


def matches(expression: str, known: Known) -> bool:
    """Return whether the facts satisfy an expression.

    Raise BadExpression if it does not evaluate to true or false.
    """
    facts = {
        "patient": _plain(asdict(known.patient)),
        "encounter": _plain(asdict(known.encounter)),
        "conditions": list(known.conditions),
    }
    try:
        found = cel.evaluate(expression, facts)
    except (ValueError, TypeError, RuntimeError, LookupError) as error:
        raise BadExpression(f"Can't evaluate {expression!r}: {type(error).__name__}") from error
    if not isinstance(found, bool):
        raise BadExpression(f"{expression!r} must be true or false")
    return found


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
