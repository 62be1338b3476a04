"""Become an ordinary account, then run a command: started as root by path, with the standard library only.

PostgreSQL refuses to run as root, and the folders above its data are often readable by root alone. The
command keeps one right of root's, as an ambient capability (capabilities(7)): to walk through such folders.
So nobody's permissions need to be loosened. It can gain no other (`no_new_privs`).

    python -I -S as_user.py UID GID COMMAND...             no right kept
    python -I -S as_user.py UID GID +READ COMMAND...       CAP_DAC_READ_SEARCH, else CAP_DAC_OVERRIDE
    python -I -S as_user.py UID GID +EXECUTE COMMAND...    CAP_DAC_OVERRIDE: programs that only root may run
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

# From linux/capability.h and linux/prctl.h.
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
WANTED = {"+READ": (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE), "+EXECUTE": (CAP_DAC_OVERRIDE,)}
CANNOT_KEEP_RIGHT = 97

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def _prctl(*arguments: int) -> None:
    padded = [*arguments, 0, 0, 0, 0][:5]
    if _libc.prctl(ctypes.c_int(padded[0]), *(ctypes.c_ulong(value) for value in padded[1:])) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _keep(capability: int) -> None:
    """Hold this capability and no other, for this process and what it runs."""
    sets = (_Data * 2)()
    bit = 1 << capability
    sets[0].effective = sets[0].permitted = sets[0].inheritable = bit
    if _libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _become(uid: int, gid: int) -> None:
    # Without it access(2) ignores capabilities, and initdb would not find programs below a private folder.
    with contextlib.suppress(OSError):
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def _keep_one_of(capabilities: tuple[int, ...]) -> None:
    for capability in capabilities:
        try:
            return _keep(capability)
        except OSError as error:
            reason = error
    print(f"root here may not pass on the right to walk through private folders: {reason}", file=sys.stderr)  # noqa: T201
    sys.exit(CANNOT_KEEP_RIGHT)


def main(arguments: list[str]) -> None:
    """Become the account, keep the right that was asked for, and turn into the command."""
    uid, gid, *command = arguments
    wanted: tuple[int, ...] = ()
    if command[0] in WANTED:
        wanted = WANTED[command.pop(0)]
    _become(int(uid), int(gid))
    if wanted:
        _keep_one_of(wanted)
    os.execv(command[0], command)  # noqa: S606 - becoming the command is what this is for


if __name__ == "__main__":
    main(sys.argv[1:])
