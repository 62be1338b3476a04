"""What replies answer: every one as it was written down before it was run."""

from __future__ import annotations

import pytest

from outreach.services import Services
from tests.inbound.desk import Desk
from tests.programs import binding

NAMES = sorted(path.name for path in binding.FOLDER.glob("*.yaml"))
ENOUGH = 0.90


@pytest.mark.parametrize("name", NAMES)
def test_replies_are_bound_as_written(name: str, services: Services) -> None:
    desk = Desk(services)
    other, wrong, total = [], [], 0
    with desk.begin() as uow:
        for group in binding.groups(name):
            play = binding.Play(uow=uow, team_id=desk.team_id, sender_id=desk.sender_id, group=group)
            for row, outcome in play.run():
                total += 1
                if play.agrees(row, outcome):
                    continue
                other.append(f"{row.name}: {row.says!r}: {outcome}, not {row.expected}")
                if play.wrong_question(row, outcome):
                    wrong.append(other[-1])
        uow.session.rollback()
        uow.facts.clear()

    print(f"{name}: {total - len(other)} of {total} as written")
    print("\n".join(other))
    assert wrong == []
    assert total - len(other) >= ENOUGH * total, other


def test_there_are_enough_of_them() -> None:
    assert sum(len(group["rows"]) for name in NAMES for group in binding.groups(name)) >= 300
