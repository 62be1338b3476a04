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

    kind: str = ""
    """Empty for what counts from no stay (a visit missed, a procedure to come)."""
    disposition: str = ""
    length_days: int = 0
    type: str = ""
    reason: str = ""
    """As the source words them, in lower case."""
    codes: tuple[str, ...] = ()
    """Of its type and its reason, like "snomed:84114007"."""


@dataclass(frozen=True, kw_only=True)
class ProcedureFacts:
    """`procedure` in an expression: the one a program counts from."""

    text: str = ""
    codes: tuple[str, ...] = ()
    done: bool = False


@dataclass(frozen=True, kw_only=True)
class AppointmentFacts:
    """`appointment` in an expression: the visit that was missed."""

    text: str = ""
    missed_before: int = 0
    """Visits missed in the year before it."""


@dataclass(frozen=True, kw_only=True)
class SupplyFacts:
    """`supply` in an expression: the medicine that runs out."""

    days: int = 0
    from_source: bool = False
    """Whether the source told how long it lasts; else it is our default."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """All an expression may ask about. `conditions` are texts in lower case, `codes` those of conditions."""

    patient: PatientFacts
    encounter: EncounterFacts = EncounterFacts()
    conditions: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    birth: bool = False
    """Whether a birth within the last twelve weeks is on record."""
    birth_dated: bool = False
    """Whether the record says when it was: what counts from a birth counts from that day."""
    procedure: ProcedureFacts = ProcedureFacts()
    appointment: AppointmentFacts = AppointmentFacts()
    supply: SupplyFacts = SupplyFacts()


def plain(facts: PatientFacts) -> conditions.Plain:
    """Return `patient` as conditions see it."""
    return conditions.Plain(_plain(asdict(facts)))


def matches(expression: str, known: Known) -> bool:
    """Return whether the facts satisfy an expression.

    Raise BadExpression if it does not evaluate to true or false.
    """
    return conditions.holds(expression, _facts(known))


def fits(program: Program, known: Known) -> bool:
    """Return whether a program is for somebody. Raise BadExpression as `matches` does."""
    return matches(program.audience, known) and not matches(program.exclude, known)


def _facts(known: Known) -> dict[str, Any]:
    one_by_one = ("patient", "encounter", "procedure", "appointment", "supply")
    return {name: _plain(asdict(getattr(known, name))) for name in one_by_one} | {
        "conditions": list(known.conditions),
        "codes": list(known.codes),
        "birth": known.birth,
        "birth_dated": known.birth_dated,
    }


def chosen(fitting: Sequence[Program], *, running: Sequence[Program] = ()) -> tuple[Program, ...]:
    """Return the programs a patient starts: a special one takes a general one's place.

    What runs already counts too, so that a joint's program from before the stay keeps the general one away.
    """
    replaced = {key for program in (*fitting, *running) for key in program.replaces}
    return tuple(program for program in fitting if program.key not in replaced)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
