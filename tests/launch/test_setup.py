"""Set-up says in one line what is missing."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = [
    "setup",
    "demo",
    "test",
    "test-thorough",
    "check",
    "bench",
    "bench-due",
    "bench-live",
    "bench-pages",
    "seed-large",
    "catalog",
    "bench-reading",
    "chaos",
    "equality",
    "clean",
    "help",
]


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("outreach_setup", ROOT / "scripts" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", *arguments],
        cwd=ROOT, env={"PATH": str(path)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def old_machine(tmp_path: Path) -> Path:
    """A PATH whose only Python is too old for everything."""
    for name in ("sh", "test", "echo", "awk"):
        found = shutil.which(name)
        if found:
            (tmp_path / name).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    return tmp_path


def test_no_python_that_is_new_enough(old_machine: Path) -> None:
    result = make("setup", path=old_machine)

    assert result.returncode != 0
    first, *rest = result.stderr.splitlines()
    assert first.startswith("setup: Outreach needs Python 3.11 or newer")
    assert all(line.startswith("make:") for line in rest)


def test_help_names_every_target(old_machine: Path) -> None:
    listed = make("help", path=old_machine).stdout

    assert set(re.findall(r"^  make (\S+)", listed, re.MULTILINE)) == set(TARGETS)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "error: Failed to fetch: `https://x/`\n cause: dns error: failed to lookup address",
            "No package registry",
        ),
        ("npm error code ENOTFOUND\nnpm error network request failed", "No package registry"),
        ("error: failed to write: No space left on device (os error 28)", "The disk is full"),
        ("error: blah has no wheels with a matching Python ABI tag", "no ready-made build"),
        ("resolving\nerror: Hash mismatch for `flask==1`\nhint: read on", "Hash mismatch for `flask==1`"),
        ("", "it said nothing"),
    ],
)
def test_a_failing_tool_is_told_in_one_line(setup: ModuleType, said: str, told: str) -> None:
    trouble = str(setup._explain(["/usr/bin/uv", "pip", "install"], said))

    assert told in trouble
    assert "\n" not in trouble


def test_an_old_python_that_reaches_the_script_is_told(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(setup.shutil, "which", lambda _: None)

    with pytest.raises(setup.Trouble, match=r"Python 3\.11 or newer, and this is 3\.9"):
        setup._use_a_new_python()


def test_a_changed_asset_or_lock_file_is_noticed(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    file = tmp_path / "a.css"
    file.write_text("a")
    before = setup._digest([file])
    file.write_text("b")

    assert setup._digest([file]) != before


def test_continuous_integration_checks_then_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert lines[-2:] == ["make check", "make test"]
    assert "set -euo pipefail" in lines
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
