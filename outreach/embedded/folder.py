"""The data folder: private to its owner, marked with its layout's version, checked before anything starts."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from outreach.kernel.errors import OutreachError

LAYOUT = 1
MARK = "layout"
ROOM_NEEDED = 200 * 1024 * 1024
# What another process that prepares the same folder just now may have put there, and an empty disk's own.
OURS_OR_NOTHING = (f".{MARK}.", MARK, ".write-test", "lost+found")
CHANGE_IT = "Name another one with --data, or repair it."


class UnusableDataFolder(OutreachError):
    """The data folder can't be used."""


def prepare(folder: Path) -> Path:
    """Make the data folder (mode 0700) if it is missing, and return its full path.

    Raise UnusableDataFolder, saying what to do, if it is a file, belongs to someone else, can't be written,
    was made by a newer version, or its disk is full.
    """
    path = folder.expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path)
        _check_mark(path)
        path.chmod(0o700)
    except (FileExistsError, NotADirectoryError):
        raise UnusableDataFolder(f"The data folder {path} is a file, not a folder. {CHANGE_IT}") from None
    except OSError as error:
        raise explain(path, error) from None
    if shutil.disk_usage(path).free < ROOM_NEEDED:
        raise UnusableDataFolder(
            f"The disk under {path} has less than {ROOM_NEEDED >> 20} MB left. Make room, or use --data."
        )
    return path


def explain(path: Path, error: OSError) -> UnusableDataFolder:
    """Return what to tell the operator about a failed read or write in the data folder."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnusableDataFolder(f"The disk under {path} is full. Make room, or use --data.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UnusableDataFolder(f"The data folder {path} can't be written by this user. {CHANGE_IT}")
    return UnusableDataFolder(f"The data folder {path} can't be used: {error.strerror}. {CHANGE_IT}")


def _check_owner(path: Path) -> None:
    owner = path.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise UnusableDataFolder(f"The data folder {path} belongs to another user (uid {owner}). {CHANGE_IT}")


def _check_mark(path: Path) -> None:
    mark = path / MARK
    if not mark.exists():
        _check_empty(path)
        write_private(mark, f"{LAYOUT}\n")
    try:
        found = int(mark.read_text())
    except ValueError:
        raise UnusableDataFolder(
            f"{mark} is damaged: it should hold the number {LAYOUT}. {CHANGE_IT}"
        ) from None
    if found > LAYOUT:
        raise UnusableDataFolder(
            f"The data folder {path} was made by a newer version of Outreach. Update, or use --data."
        )
    probe = path / ".write-test"
    probe.touch(mode=0o600)
    probe.unlink(missing_ok=True)


def _check_empty(path: Path) -> None:
    """Refuse a folder of something else: its permissions would be narrowed to ours (think of --data /tmp)."""
    for found in path.iterdir():
        if not found.name.startswith(OURS_OR_NOTHING):
            raise UnusableDataFolder(
                f"The folder {path} holds other files, like {found.name}. "
                "Name a new or an empty one with --data."
            )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
