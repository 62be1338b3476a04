"""Sizes, words at the top, and what may stand nowhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [path for folder in ("outreach", "workers") for path in sorted((ROOT / folder).rglob("*.py"))]
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
COMMITS = {
    "outreach/kernel/transactions.py": "the unit of work's one place",
    "outreach/kernel/rotation.py": "small transactions of its own, beside the service",
}
# Spelled in parts, so that this file does not find itself.
NOT_OURS = re.compile(
    r"(?<![\w.])/(?:work|root)/\w|local" + r"host:4873|verda" + r"ccio|[\w.-]*art" + r"ifactory[\w.-]*/|"
    r"https?://(?:registry|mirror|proxy)[\w.-]*|/(?:simple|api/npm)/[\w-]+/"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    try:
        said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / one for one in said.decode().split("\0") if one and (ROOT / one).is_file()]


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    sizes = {name(path): len(path.read_text().splitlines()) for path in CODE}

    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name(path)}: {node.name}": node.end_lineno - node.lineno + 1
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == {}


def test_every_module_says_what_it_is() -> None:
    assert [name(path) for path in CODE if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_only_those_who_open_a_transaction_commit() -> None:
    committing = {name(path) for path in CODE if re.search(r"\.commit\(", path.read_text())}

    assert committing == set(COMMITS)


def test_no_file_names_a_machine_or_a_registry_of_ours() -> None:
    found = []
    for path in tracked():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{name(path)}:{n}: {line[:80]}" for n, line in enumerate(lines, 1) if NOT_OURS.search(line)
        ]

    assert found == []


@pytest.mark.parametrize("line", ["/work" + "/x", 'open("/root' + '/a")', "http://local" + "host:4873/x"])
def test_such_a_line_would_be_found(line: str) -> None:
    assert NOT_OURS.search(line)


def test_lock_files_hold_no_addresses() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
    assert not (ROOT / "uv.lock").exists()
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in re.sub(r"#.*", "", path.read_text()), path.name
        assert "--hash=sha256:" in path.read_text(), path.name
