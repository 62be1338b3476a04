"""Die with the supervisor, then run a command: started by path, with the standard library only.

    python -I -S tether.py PARENT_PID COMMAND...

The kernel sends SIGTERM to the command when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG),
even if the supervisor was killed hard and could stop nobody.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: str, *command: str) -> None:
    """Ask for the signal, see that the parent still lives, and turn into the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(ctypes.c_int(PR_SET_PDEATHSIG), ctypes.c_ulong(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - becoming the command is what this is for


if __name__ == "__main__":
    main(*sys.argv[1:])
