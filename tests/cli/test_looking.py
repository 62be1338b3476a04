"""Whoever sees patients' texts on a terminal stands on the record, and an export says by which keys."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.audit import queries
from outreach.audit.rules import fingerprint
from outreach.programs.commands import release
from tests.provider import until


@pytest.fixture
def library(clinic, begin) -> None:
    with begin() as uow:
        release.install_library(uow)


def looked(begin) -> list[str]:
    with begin() as uow:
        wanted = text(
            "SELECT action FROM audit_event WHERE action IN ('rehearsed', 'replayed') ORDER BY at, id"
        )
        return list(uow.session.scalars(wanted))


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("programs dry-run heart-failure --days 2 --texts", ["rehearsed"]),
        ("programs dry-run heart-failure --days 2 --json", ["rehearsed"]),
        ("programs dry-run heart-failure --days 2", []),
        ("programs dry-run heart-failure --days 2 --cohort synthetic:1 --texts", []),
        ("programs replay --from 2026-03-01 --to 2026-03-02", ["replayed"]),
    ],
)
@pytest.mark.usefixtures("library")
def test_texts_shown_on_a_terminal_are_on_the_record(outreach, begin, words: str, lines: list[str]) -> None:
    done = outreach(*words.split())

    assert done.exit_code == 0, done.output
    assert looked(begin) == lines


@pytest.mark.usefixtures("clinic")
def test_an_export_says_how_to_verify_it(outreach, begin, tmp_path) -> None:
    file = tmp_path / "record.jsonl"
    told: list[str] = []

    def sealed() -> dict[int, bytes]:
        # Lines are sealed once no older transaction of the cluster runs: other tests' databases share it.
        told.append(outreach("audit", "export", file).output)
        with begin() as uow:
            return queries.signing_keys(uow)

    [key] = until(sealed, within=60).values()
    said = told[-1]
    assert f"outreach audit verify {file} --key {fingerprint(key)}" in said
    assert outreach("audit", "verify", file, "--key", fingerprint(key)).exit_code == 0
