"""The order of the files in a run: the longest first, so that no worker is left alone with one at the end."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "tests/web/test_everywhere.py",
    "tests/chaos/test_kills.py",
    "tests/programs/test_lint.py",
    "tests/programs/test_bindings.py",
    "tests/launch/test_up.py",
    "tests/journeys/test_redis_is_only_a_poke.py",
    "tests/web/test_at_work.py",
    "tests/web/test_journeys.py",
    "tests/programs/test_dialogues.py",
    "tests/web/test_browser.py",
    "tests/rehearsal/test_past.py",
    "tests/journeys/test_in_the_browser.py",
    "tests/embedded/test_postgres.py",
    "tests/journeys/test_no_phi_leaks.py",
    "tests/web/test_writing.py",
    "tests/web/test_access.py",
    "tests/web/test_two_at_once.py",
    "tests/architecture/test_upgrade.py",
    "tests/rehearsal/test_equal.py",
    "tests/interop/test_run.py",
    "tests/interop/test_demo.py",
    "tests/web/test_sorting.py",
    "tests/journeys/test_bad_input.py",
    "tests/conversations/test_work.py",
    "tests/messaging/test_deliver.py",
    "tests/simulator/test_page.py",
    "tests/web/test_inbox.py",
    "tests/inbound/test_understanding.py",
    "tests/web/test_programs.py",
    "tests/programs/test_lint_again.py",
    "tests/web/test_live.py",
    "tests/web/test_readings.py",
    "tests/web/test_signing.py",
    "tests/launch/test_up_refuses.py",
    "tests/architecture/test_catalog.py",
    "tests/simulator/test_faults.py",
    "tests/inbound/test_nothing_ends_nowhere.py",
    "tests/messaging/test_trouble.py",
    "tests/triage/test_promises.py",
    "tests/launch/test_supervisor.py",
)
"""From --durations of a whole run. What is missing here, or gone, does no harm."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by their files' places in the list; all others keep their order behind them."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.split("::")[0], len(places)))
