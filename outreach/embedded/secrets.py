"""Keys and passwords of an embedded deployment, made on its first start and kept in one private file."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from outreach.embedded import folder as folders
from outreach.kernel.errors import OutreachError

FILE = "secrets.json"


class BrokenSecrets(OutreachError):
    """The secrets file is damaged or missing while there is data that only its keys can read."""


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What one embedded deployment keeps to itself. None of it is ever printed."""

    secret_key: str = field(repr=False)
    encryption_keys: str = field(repr=False)
    database_password: str = field(repr=False)
    database_admin_password: str = field(repr=False)
    redis_password: str = field(repr=False)
    simulator_account_sid: str
    simulator_auth_token: str = field(repr=False)


def ensure(folder: Path) -> Secrets:
    """Read the secrets of a data folder, making them first if it is new.

    The caller holds the folder's start lock. Raise BrokenSecrets if the file can't be read, or is missing
    beside an existing database: new keys could not read it.
    """
    path = folder / FILE
    if not path.exists():
        if (folder / "postgres" / "data").exists():
            raise BrokenSecrets(
                f"{path} is missing, and the database beside it can't be read without its keys. "
                "Bring the file back from a backup, or start anew with another --data."
            )
        folders.write_private(path, json.dumps(asdict(_make()), indent=2) + "\n")
    path.chmod(0o600)
    return _read(path)


def _make() -> Secrets:
    return Secrets(
        secret_key=_text(32),
        encryption_keys=f"1:{_key()}",
        database_password=os.urandom(24).hex(),
        database_admin_password=os.urandom(24).hex(),
        redis_password=os.urandom(24).hex(),
        simulator_account_sid=f"AC{os.urandom(16).hex()}",
        simulator_auth_token=os.urandom(16).hex(),
    )


def _read(path: Path) -> Secrets:
    names = {field.name for field in fields(Secrets)}
    try:
        found = json.loads(path.read_text())
        return Secrets(**{name: str(found[name]) for name in names})
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenSecrets(
            f"{path} is damaged ({type(error).__name__}). Bring it back from a backup: without its keys the "
            "data can't be read."
        ) from None


def _text(size: int) -> str:
    return base64.urlsafe_b64encode(os.urandom(size)).decode().rstrip("=")


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()
