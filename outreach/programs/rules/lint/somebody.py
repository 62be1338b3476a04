"""Made-up people with every documented fact, on whom conditions are tried."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from outreach.programs.rules.lint import flow

QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
CODE = re.compile(r"[\"']((?:icd|snomed|cpt|sct|loinc|rxnorm)[\w-]*:[^\"']*)[\"']", re.IGNORECASE)
RISKS = ("high", "medium", "moderate", "rising", "low", "")


BIRTHS: tuple[Mapping[str, bool], ...] = (
    {"birth": False, "birth_dated": False},
    {"birth": True, "birth_dated": False},
    {"birth": True, "birth_dated": True},
)
"""No birth on record, one without its day, one with it."""


def patients(named: list[str]) -> Iterator[dict[str, Any]]:
    """List patients of every language, literacy, risk and need."""
    base: Mapping[str, Any] = flow.AUDIENCE["patient"]  # type: ignore[assignment]
    for language, literacy, risk in product(("en", "es"), ("standard", "plain"), RISKS):
        for needs in ([], named, *([one] for one in named)):
            yield {**base, "language": language, "literacy": literacy, "risk_tier": risk, "needs": needs}
