"""Nothing is lost and nothing doubled while workers, web servers and the database die."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.battle import Battle
from tests.nursery import Nursery


@pytest.mark.servers
def test_no_text_is_lost_or_doubled_while_parts_die(
    tmp_path: Path, nursery: Nursery, capsys: pytest.CaptureFixture
) -> None:
    outcome = Battle(tmp_path, sends=100, receives=100, shared_nursery=nursery).run(storm_seconds=15)

    with capsys.disabled():
        print("\n" + "\n".join(outcome.lines()))
    assert sum(outcome.deaths.values()) >= 3
    assert outcome.clean, outcome
