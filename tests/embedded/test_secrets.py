"""Secrets are made once, kept to their owner, and never made anew beside data that needs them."""

from __future__ import annotations

import base64
import re
import stat
from pathlib import Path

import pytest

from outreach.embedded import secrets


def test_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made = secrets.ensure(tmp_path)

    assert secrets.ensure(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_have_the_shapes_that_settings_expect(tmp_path: Path) -> None:
    made = secrets.ensure(tmp_path)

    key_id, _, key = made.encryption_keys.partition(":")
    assert key_id == "1"
    assert len(base64.b64decode(key, validate=True)) == 32
    assert re.fullmatch(r"AC[0-9a-f]{32}", made.simulator_account_sid)
    assert re.fullmatch(r"[0-9a-f]{32}", made.simulator_auth_token)
    assert len(made.secret_key) >= 40


def test_two_folders_share_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    one, other = secrets.ensure(tmp_path / "a"), secrets.ensure(tmp_path / "b")

    assert not set(vars(one).values()) & set(vars(other).values())


def test_never_show_themselves(tmp_path: Path) -> None:
    made = secrets.ensure(tmp_path)

    shown = repr(made)

    assert made.secret_key not in shown
    assert made.simulator_auth_token not in shown
    assert made.database_password not in shown


def test_loosened_permissions_are_tightened(tmp_path: Path) -> None:
    secrets.ensure(tmp_path)
    (tmp_path / "secrets.json").chmod(0o644)

    secrets.ensure(tmp_path)

    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_missing_beside_a_database_are_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)

    with pytest.raises(secrets.BrokenSecrets, match="backup"):
        secrets.ensure(tmp_path)

    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"secret_key": "x"}'])
def test_damaged_are_never_overwritten(tmp_path: Path, damage: str) -> None:
    secrets.ensure(tmp_path)
    (tmp_path / "secrets.json").write_text(damage)

    with pytest.raises(secrets.BrokenSecrets):
        secrets.ensure(tmp_path)

    assert (tmp_path / "secrets.json").read_text() == damage
