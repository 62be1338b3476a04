"""The order of the files in a run: the longest first, so that no worker is left alone with one at the end."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "tests/journeys/test_redis_is_only_a_poke.py",
    "tests/launch/test_up.py",
    "tests/chaos/test_kills.py",
    "tests/web/test_browser.py",
    "tests/web/test_at_work.py",
    "tests/embedded/test_postgres.py",
    "tests/web/test_journeys.py",
    "tests/launch/test_up_refuses.py",
    "tests/journeys/test_in_the_browser.py",
    "tests/programs/test_dialogues.py",
    "tests/web/test_programs.py",
    "tests/journeys/test_no_phi_leaks.py",
    "tests/interop/test_demo.py",
    "tests/web/test_roster.py",
    "tests/embedded/test_runtime.py",
    "tests/messaging/test_deliver.py",
    "tests/journeys/test_bad_input.py",
    "tests/simulator/test_page.py",
    "tests/rehearsal/test_equal.py",
    "tests/programs/test_bindings.py",
    "tests/programs/test_lint.py",
    "tests/launch/test_supervisor.py",
)
"""From --durations of a whole run. What is missing here, or gone, does no harm."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by their files' places in the list; all others keep their order behind them."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.split("::")[0], len(places)))
