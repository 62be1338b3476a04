"""CEL conditions over documented facts. Every condition of a program file is judged here."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from outreach.kernel.errors import OutreachError


class BadExpression(OutreachError):
    """A condition can't be evaluated. The facts it may use stand in docs/programs.md."""


def holds(expression: str, facts: Mapping[str, Any]) -> bool:
    """Return whether a condition is true of the facts.

    Raise BadExpression if it does not evaluate to true or false.
    """
    try:
        found = _compiled(expression).execute(dict(facts))
    except (ValueError, TypeError, RuntimeError, LookupError) as error:
        raise BadExpression(f"Can't evaluate {expression!r}: {type(error).__name__}") from error
    if not isinstance(found, bool):
        raise BadExpression(f"{expression!r} must be true or false")
    return found


@functools.lru_cache(maxsize=2048)
def _compiled(expression: str) -> Any:
    # It brings a whole terminal along: a quarter of a second that most processes need not spend.
    import cel

    return cel.compile(expression)
