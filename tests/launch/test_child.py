"""One process that should always run."""

from __future__ import annotations

import itertools
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outreach.launch import child as children
from tests.launch.processes import PATIENT, STUBBORN, child, lives, wait_for

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.1)


def test_a_dead_process_is_started_again_after_a_growing_pause(tmp_path: Path) -> None:
    part = child(tmp_path, "import time; print(time.monotonic(), flush=True)")
    part.start()
    wait_for(lambda: (part.watch(), part.deaths == 4)[1])
    part.kill()

    times = [float(line) for line in part.log.read_text().splitlines()]
    pauses = [after - before for before, after in itertools.pairwise(times)]

    assert len(pauses) == 3
    assert pauses[0] >= 0.1
    assert pauses[1] >= 0.2
    assert pauses[2] >= 0.4


def test_a_process_that_keeps_dying_is_told_of_once_with_its_last_words(tmp_path: Path) -> None:
    part = child(tmp_path, "raise SystemExit('port 80 is taken')")
    part.start()
    said: list[str] = []

    def watched_until_five_deaths() -> bool:
        said.extend(filter(None, [part.watch()]))
        return part.deaths == 5

    wait_for(watched_until_five_deaths)
    part.kill()

    assert len(said) == 1
    assert "part keeps stopping (exit 1): port 80 is taken" in said[0]
    assert str(part.log) in said[0]
    assert "\n" not in said[0]


def test_a_dead_process_leaves_nobody_behind_that_holds_its_port(tmp_path: Path) -> None:
    part = child(tmp_path, STUBBORN)
    part.start()
    wait_for(lambda: part.log.exists() and part.log.read_text().endswith("\n"))
    left_behind = int(part.log.read_text())
    pid = part.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not part.runs())
    assert lives(left_behind)

    part.watch()

    wait_for(lambda: not lives(left_behind))
    part.kill()


def test_a_stubborn_process_is_killed_with_all_it_started(tmp_path: Path) -> None:
    part = child(tmp_path, STUBBORN, stop_seconds=0.3)
    part.start()
    wait_for(lambda: part.log.exists() and part.log.read_text().endswith("\n"))
    other = int(part.log.read_text())
    pid = part.pid()
    assert pid is not None
    began = time.monotonic()

    part.stop()

    assert 0.3 <= time.monotonic() - began < 2
    wait_for(lambda: not lives(pid) and not lives(other))


def test_the_log_is_private_and_the_one_before_is_kept(tmp_path: Path) -> None:
    part = child(tmp_path, "print('first')")
    part.start()
    wait_for(lambda: not part.runs())
    children.rotate(part.log)
    part.start()
    wait_for(lambda: not part.runs())

    assert stat.S_IMODE(part.log.stat().st_mode) == 0o600
    assert part.log.read_text() == "first\n"
    assert part.log.with_suffix(".log.1").read_text() == "first\n"


def test_a_log_that_grows_too_large_is_cut_while_the_process_writes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "LARGEST_LOG", 1000)
    part = child(tmp_path, "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.01)")
    part.start()
    wait_for(lambda: part.log.exists() and part.log.stat().st_size > 1500)

    part.watch()

    assert part.log.stat().st_size < 1000
    wait_for(lambda: part.log.stat().st_size > 300)
    assert part.log.read_text().startswith("x" * 99 + "\n")
    part.kill()


def test_children_end_when_the_supervisor_is_killed_hard(tmp_path: Path) -> None:
    story = (
        "import sys, time; from pathlib import Path\n"
        "from tests.launch.processes import child\n"
        f"part = child(Path(sys.argv[1]), {PATIENT!r}); part.start()\n"
        "print(part.pid(), flush=True); time.sleep(60)\n"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", story, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    assert lives(pid)
    time.sleep(0.3)

    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()

    wait_for(lambda: not lives(pid))
