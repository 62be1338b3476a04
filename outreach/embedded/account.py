"""Which account the servers run as: our own, or an unprivileged one when we are root."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from outreach.kernel.errors import OutreachError

# `postgres` exists where a distribution's PostgreSQL is installed, `nobody` everywhere else.
CANDIDATES = ("postgres", "nobody", "daemon")
WORLD_READ_EXECUTE = 0o005
AS_USER = Path(__file__).with_name("as_user.py")


class NoAccountForServers(OutreachError):
    """PostgreSQL refuses to run as root and this machine has neither a `postgres` nor a `nobody` account.
    Run as an ordinary user, or name a server in OUTREACH_DATABASE_URL.
    """


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user and group a server runs as. `switch`: we are root and must become it."""

    uid: int
    gid: int
    switch: bool

    def command(self, program: Path, *arguments: str) -> list[str]:
        """Return the command line that runs a program as this account."""
        plain = [str(program), *arguments]
        if not self.switch:
            return plain
        right = "+READ" if _others_may_run(program) else "+EXECUTE"
        return [sys.executable, "-I", "-S", str(AS_USER), str(self.uid), str(self.gid), right, *plain]

    def run(self, program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this account and return what it printed, both streams in `stdout`.

        It gets a session of its own, and nothing of our environment: that may hold keys, or PGPORT.
        """
        # A file, not a pipe: what it leaves running in the background would hold a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                self.command(program, *arguments),
                cwd=cwd,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                umask=0o077,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, stdout=output.read())

    def start(self, program: Path, *arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
        """Start a program as this account, in the same way, without waiting for its end."""
        return subprocess.Popen(
            self.command(program, *arguments),
            cwd=cwd,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            umask=0o077,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def give(self, path: Path) -> None:
        """Make this account the owner of a file or folder."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def folder(self, path: Path) -> Path:
        """Make a folder that only this account and root may enter."""
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
        self.give(path)
        return path


def for_folder(folder: Path) -> Account:
    """Return the account for the servers whose data lies in this folder: its owner's, if it exists.

    Raise NoAccountForServers if we are root and there is no account to become.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), switch=False)
    if folder.exists() and folder.stat().st_uid != 0:
        found = folder.stat()
        return Account(uid=found.st_uid, gid=found.st_gid, switch=True)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)
    raise NoAccountForServers


def _others_may_run(program: Path) -> bool:
    return program.stat().st_mode & WORLD_READ_EXECUTE == WORLD_READ_EXECUTE
