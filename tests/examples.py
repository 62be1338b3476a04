"""How many examples the searching tests try.

`make test` tries few, always the same ones: it is quick, and a change is blamed for its own faults alone.
`make test-thorough` tries ten times as many, others each time.
"""

from __future__ import annotations

from typing import Any

import hypothesis
from hypothesis.internal.conjecture import providers

THOROUGH = "thorough"
TIMES = 10
FIXTURES_STAY = (hypothesis.HealthCheck.function_scoped_fixture,)
"""For tests whose fixtures may serve all examples."""


def register() -> None:
    """Make the two ways known, and choose the quick one; --hypothesis-profile=thorough chooses the other."""
    # The machine that runs these may be busy: how long one example takes says nothing about the code.
    patient = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
    hypothesis.settings.register_profile("quick", derandomize=True, database=None, **patient)
    hypothesis.settings.register_profile(THOROUGH, print_blob=True, **patient)
    hypothesis.settings.load_profile("quick")
    _leave_our_constants_alone()


def _leave_our_constants_alone() -> None:
    """Let the quick way read no source files for constants to try: seconds in each process of a run.

    And the examples would be others whenever a constant changes anywhere, which is what they should not be.
    """
    read_all, none = providers._get_local_constants, providers._local_constants
    providers._get_local_constants = lambda: read_all() if is_thorough() else none


def is_thorough() -> bool:
    """Return whether tests should take their time."""
    return hypothesis.settings.get_current_profile_name() == THOROUGH


def examples(few: int, *, allow: tuple[hypothesis.HealthCheck, ...] = ()) -> Any:
    """Return the settings of a test that tries that many examples, or ten times as many when thorough."""
    thorough = is_thorough()
    checks = [hypothesis.HealthCheck.too_slow, *allow]
    return hypothesis.settings(max_examples=few * TIMES if thorough else few, suppress_health_check=checks)
