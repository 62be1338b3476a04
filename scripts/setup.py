"""Set up this folder: .venv with pinned packages, our own package, the browser's parts.

Standard library only.

    python3 scripts/setup.py            what `outreach up` needs
    python3 scripts/setup.py --dev      what tests and checks need besides
    python3 scripts/setup.py --browser  a Chromium for the browser's tests, too

Each step remembers what it was done with, so that a second run takes no time. The file also runs on Pythons
that are too old for the project, to be able to say so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "outreach-setup.json"
LOG = VENV / "outreach-setup.log"
OLDEST = (3, 11)
NEWER_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11")
BUILT = ROOT / "outreach" / "web" / "static" / "dist"
ASSET_FOLDERS = ("outreach/web", "outreach/simulator", "scripts")
ASSET_ENDINGS = (".js", ".mjs", ".ts", ".css", ".svg", ".json", ".txt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NO_NETWORK = (
    "dns error",
    "failed to lookup",
    "name resolution",
    "error sending request",
    "connection refused",
    "connecterror",
    "timed out",
    "enotfound",
    "eai_again",
    "econnrefused",
    "etimedout",
    "newconnectionerror",
    "network is unreachable",
)
NO_ROOM = ("no space left", "enospc", "disk quota")


class Trouble(Exception):
    """What went wrong and what to do, in one line."""


def main(arguments: list[str]) -> None:
    """Do the steps that are not done yet."""
    _use_a_new_python()
    _make_venv()
    done = _read_stamp()
    kind = "dev" if "--dev" in arguments or done.get("kind") == "dev" else "embedded"
    _install_packages(done, kind)
    _install_ourselves(done)
    _build_assets(done)
    if "--browser" in arguments:
        _find_browser()


def _use_a_new_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    raise Trouble(
        "Outreach needs Python 3.11 or newer, and this is {}.{}. Install one, or name it: "
        "make PYTHON=/path/to/python3.11 setup".format(*sys.version_info[:2])
    )


def _make_venv() -> None:
    """Make .venv, unless it is here, belongs to this folder and its interpreter still runs."""
    if _read_stamp().get("root") == str(ROOT) and _runs(PYTHON):
        return
    if VENV.is_symlink() or (VENV.exists() and not os.access(VENV, os.W_OK)):
        raise Trouble(f"{VENV} can't be written. Remove it, or run as the user it belongs to.")
    if not os.access(ROOT, os.W_OK):
        raise Trouble(f"{ROOT} can't be written by this user, and set-up makes {VENV.name} in it.")
    if shutil.disk_usage(ROOT).free < 1_500_000_000:
        raise Trouble(f"Set-up needs 1.5 GB of disk under {ROOT}. Make room first.")
    kept = _read_stamp()
    if VENV.exists() and kept.get("root") not in (None, str(ROOT)):
        shutil.rmtree(VENV)  # it was copied or moved here: its programs point at the other folder
    if not _runs(PYTHON):
        with step("Making .venv"):
            _venv()
    LOG.parent.mkdir(exist_ok=True)
    _write_stamp({"root": str(ROOT)})


def _venv() -> None:
    uv = _uv_on_path()
    if uv:
        run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)], log=False)
        return
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of its python3
        import venv
    except ImportError:
        raise Trouble(
            "This Python lacks its venv module. Install it (Debian: apt-get install python3-venv), or uv."
        ) from None
    try:
        venv.create(VENV, with_pip=True, symlinks=True, clear=VENV.exists())
    except subprocess.CalledProcessError:
        raise Trouble(
            "Making .venv failed: Python's ensurepip does not work. Debian: apt-get install python3-venv."
        ) from None


def _install_packages(done: dict, kind: str) -> None:
    wanted = ROOT / "requirements" / f"{kind}.txt"
    digest = _digest([wanted])
    if done.get("packages") == digest:
        return
    uv = _uv()
    with step(f"Installing the packages of requirements/{kind}.txt"):
        # Ready-made builds only: no compiler is needed, and nothing but the hashed files is run.
        options = ["--require-hashes", "--only-binary", ":all:", "-r", str(wanted)]
        run([uv, "pip", "install", "--python", str(PYTHON), *options])
    done.update(packages=digest, kind=kind)
    _write_stamp(done)


def _install_ourselves(done: dict) -> None:
    digest = _digest([ROOT / "pyproject.toml", ROOT / "requirements" / "base.in"])
    if done.get("ourselves") == digest and (VENV / "bin" / "outreach").exists():
        return
    with step("Installing the command `outreach`"):
        run(
            [
                _uv(),
                "pip",
                "install",
                "--python",
                str(PYTHON),
                "--no-deps",
                "--no-build-isolation",
                "-e",
                str(ROOT),
            ]
        )
    done.update(ourselves=digest)
    _write_stamp(done)


def _build_assets(done: dict) -> None:
    """Fetch and bundle the browser's parts with the Node that came as a Python package."""
    if not (ROOT / "package.json").exists():
        return
    sources = [ROOT / "package.json", ROOT / "package-lock.json", *_asset_sources()]
    digest = _digest(sources)
    if done.get("assets") == digest and BUILT.exists():
        return
    locked = _digest(sources[:2])
    if done.get("node_modules") != locked or not (ROOT / "node_modules").exists():
        with step("Fetching the browser's parts"):
            run([str(VENV / "bin" / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        done.update(node_modules=locked)
    with step("Building the browser's parts"):
        run([str(VENV / "bin" / "npm"), "run", "build"])
    done.update(assets=digest)
    _write_stamp(done)


def _asset_sources() -> list[Path]:
    every = (path for folder in ASSET_FOLDERS for path in sorted((ROOT / folder).rglob("*")))
    return [path for path in every if path.suffix in ASSET_ENDINGS and BUILT not in path.parents]


def _find_browser() -> None:
    if any(map(shutil.which, BROWSERS)):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble("The browser's tests need Chromium. Install it (Debian: apt-get install chromium).")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with step("Installing Debian's Chromium for the browser's tests"):
        run(["apt-get", "update", "-qq"], environment=quiet)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], environment=quiet)
    if not any(map(shutil.which, BROWSERS)):
        raise Trouble("Chromium was installed but is not on PATH. Put it there, then repeat.")


def _uv() -> str:
    """Return a uv: the one on PATH, or a pinned one put into .venv by pip."""
    found = _uv_on_path()
    if found:
        return found
    own = VENV / "bin" / "uv"
    if not own.exists():
        with step("Installing uv"):
            pinned = str(ROOT / "requirements" / "setup.txt")
            run([str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", pinned])
    return str(own)


def _uv_on_path() -> str | None:
    found = shutil.which("uv")
    return found if found and _runs(Path(found), "--version") else None


def _runs(program: Path, option: str = "-V") -> bool:
    try:
        return subprocess.run([str(program), option], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: list[str], *, environment: dict | None = None, log: bool = True) -> None:
    """Run a command in the project's folder. Raise Trouble, with its last words, if it fails."""
    environment = dict(os.environ if environment is None else environment)
    environment["PATH"] = os.pathsep.join([str(VENV / "bin"), environment.get("PATH", "/usr/bin:/bin")])
    environment["VIRTUAL_ENV"] = str(VENV)
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    if log:
        with LOG.open("a") as file:
            file.write(f"$ {' '.join(command)}\n{result.stdout}\n")
    if result.returncode != 0:
        raise _explain(command, result.stdout)


def _explain(command: list[str], said: str) -> Trouble:
    name = " ".join([Path(command[0]).name, *command[1:3]])
    small = said.lower()
    if any(sign in small for sign in NO_ROOM):
        return Trouble(f"The disk is full ({name}). Make room, then repeat.")
    if any(sign in small for sign in NO_NETWORK):
        return Trouble(
            f"No package registry could be reached ({name}). Check the network or proxy. Details: {LOG}"
        )
    if "no usable wheels" in small or "no wheels with a matching" in small or "building source" in small:
        return Trouble(
            f"Some package has no ready-made build for this machine and Python {sys.version_info[0]}."
            f"{sys.version_info[1]}. Try Python 3.11 on Linux x86-64 or arm64. Details: {LOG}"
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    telling = [line for line in lines if "error" in line.lower() or "×" in line] or lines
    return Trouble(f"{name} failed: {telling[0][:200]} Details: {LOG}")


class step:  # noqa: N801 - reads as a verb
    """Say what is being done and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.began = time.monotonic()
        print(f"{self.what} ...", flush=True)

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            print(f"  done in {time.monotonic() - self.began:.1f} s", flush=True)


def _digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes() if path.exists() else b"").digest())
    return total.hexdigest()


def _read_stamp() -> dict:
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_stamp(content: dict) -> None:
    STAMP.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Trouble as trouble:
        sys.exit(f"setup: {trouble}")
    except OSError as error:
        sys.exit(f"setup: {error.strerror}: {error.filename}. Repair that, then repeat.")
    except KeyboardInterrupt:
        sys.exit("setup: stopped. Repeat it to go on.")
