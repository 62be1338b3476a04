"""Every scripted dialogue, as written before it was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.kernel.clock import FrozenClock
from outreach.programs import files
from outreach.services import Services
from tests.inbound.desk import Desk
from tests.programs import dialogue


@pytest.mark.parametrize("path", sorted(dialogue.FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_dialogues_go_as_written(path: Path, services: Services, clock: FrozenClock) -> None:
    desk = Desk(services)
    began = clock.at
    problems = []
    for nth, script in enumerate(dialogue.scripts(path)):
        clock.at = began
        problems += dialogue.Talk(desk=desk, clock=clock, e164=dialogue.number(nth), script=script).run()

    assert not problems, "\n".join(problems)


def test_every_shipped_program_has_dialogues() -> None:
    assert {path.stem for path in dialogue.FOLDER.glob("*.yaml")} >= {
        read.program.key for read in files.library()
    }
