"""Everything on one machine: what `outreach up` does, step by step."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError

from outreach import config, schema
from outreach.config import Settings
from outreach.embedded import folder as folders
from outreach.embedded import locks, runtime, secrets
from outreach.kernel import db
from outreach.kernel.clock import SystemClock
from outreach.kernel.errors import OutreachError
from outreach.kernel.product_clock import ProductClock
from outreach.launch import child as children
from outreach.launch import commands
from outreach.launch.child import Child, Spec
from outreach.launch.signals import StopAsked, StopNow, Stopping, watched
from outreach.launch.supervisor import Probe, Say, Supervisor
from outreach.web import built

LOCAL = "127.0.0.1"
TOLERATED_LAG = timedelta(seconds=1)
LOGIN = "login.txt"
PROVIDER = "TWILIO_"


class CannotStart(OutreachError):
    """Outreach can't start like this."""


class StepFailed(OutreachError):
    """A step of the start failed."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `outreach up` was asked for."""

    data: Path
    port: int
    simulator_port: int
    demo: bool
    seed: int | None
    speed: float | None


@dataclass(frozen=True, kw_only=True)
class House:
    """A data folder that is ours alone, and the settings its processes get."""

    folder: Path
    options: Options
    settings: Mapping[str, str]
    servers: runtime.Running | None
    secrets: secrets.Secrets
    simulated: bool

    @property
    def logs(self) -> Path:
        """The folder of all logs of our processes."""
        return self.folder / "logs"

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a child."""
        return config.child_environment(self.settings)


def up(options: Options, say: Say) -> None:
    """Start everything, keep it running until asked to stop, and stop it cleanly.

    Raise an OutreachError that says what to do if the folder, a port or a setting is not usable.
    """
    began = time.monotonic()
    os.umask(0o077)  # whatever any of our processes writes is its owner's alone
    with watched() as stopping, contextlib.suppress(StopAsked, StopNow):
        _check(options)
        if to_do := built.told():
            say(to_do)
        folder = folders.prepare(options.data)
        with _alone(folder), _house(folder, options, say) as house:
            stopping.check()
            _prepare(house, stopping, say)
            _supervise(house, stopping, say, began)
            _rest_clock(house)
    say("Stopped. The data stays.")


def _check(options: Options) -> None:
    given = config.given()
    if options.demo and given.get(runtime.DATABASE_URL):
        raise CannotStart(
            "--demo fills a database with invented people and keeps to its own: "
            f"unset {runtime.DATABASE_URL}, or leave out --demo."
        )
    if options.speed is not None and not options.demo and _has_provider(given):
        raise CannotStart("--speed is for the simulator only: with a real provider time runs as it does.")
    if options.port == options.simulator_port:
        raise CannotStart("--port and --simulator-port must differ.")
    _check_port(options.port, "--port")
    if options.demo or not _has_provider(given):
        _check_port(options.simulator_port, "--simulator-port")


def _check_port(port: int, option: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCAL, port))
        except PermissionError:
            raise CannotStart(f"Port {port} is for root only. Choose another one with {option} N.") from None
        except OSError:
            raise CannotStart(
                f"Port {port} is taken by another program. Choose another one with {option} N "
                "(and another --data DIR to run two copies)."
            ) from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.alone(folder / "up.lock"))
        except locks.TakenByAnother as taken:
            raise CannotStart(
                f"Outreach already runs on the data folder {folder} (process {taken}). "
                "Stop that one, or use --data."
            ) from None
        yield


@contextmanager
def _house(folder: Path, options: Options, say: Say) -> Iterator[House]:
    given = config.given()
    simulated = options.demo or not _has_provider(given)
    runtime.remember_addresses(folder, web=options.port, simulator=options.simulator_port)
    with contextlib.ExitStack() as stack:
        servers = None
        if not given.get(runtime.DATABASE_URL):
            say(f"Starting PostgreSQL and Redis in {folder} ...")
            servers = stack.enter_context(runtime.ensure(folder))
        own = secrets.ensure(folder)
        yield House(
            folder=folder,
            options=options,
            settings=_settings(options, given, servers, own, simulated=simulated),
            servers=servers,
            secrets=own,
            simulated=simulated,
        )


def _settings(
    options: Options,
    given: Mapping[str, str],
    servers: runtime.Running | None,
    own: secrets.Secrets,
    *,
    simulated: bool,
) -> dict[str, str]:
    settings = dict(given)
    if simulated:
        # A provider's own settings must not mix with the simulator's: what is not replaced is emptied.
        settings |= dict.fromkeys((name for name in given if name.startswith(PROVIDER)), "")
        settings |= runtime.simulator_settings(own, web=options.port, simulator=options.simulator_port)
    if servers is not None:
        settings = servers.environment() | settings
    settings.setdefault("OUTREACH_PUBLIC_URL", f"http://{LOCAL}:{options.port}")
    settings["OUTREACH_DEMO"] = "1" if options.demo else ""
    Settings.from_env(settings)
    return settings


def _has_provider(given: Mapping[str, str]) -> bool:
    return any(value and name.startswith(PROVIDER) for name, value in given.items())


def _prepare(house: House, stopping: Stopping, say: Say) -> None:
    house.logs.mkdir(mode=0o700, exist_ok=True)
    if not _is_current(house):
        say("Bringing the database up to date ...")
        _step(house, stopping, "migrate", commands.outreach("migrate"))
    if house.simulated:
        _set_clock(house)
    if house.options.demo and not (house.folder / LOGIN).exists():
        say("Loading the sample patients ...")
        seed = () if house.options.seed is None else ("--seed", str(house.options.seed))
        _step(
            house, stopping, "demo-data", commands.outreach("demo-data", "--data", str(house.folder), *seed)
        )
        # A password is told once, when it is made: later starts have to show it, too.
        folders.write_private(house.folder / LOGIN, (house.logs / "demo-data.log").read_text())


def _step(house: House, stopping: Stopping, name: str, command: list[str]) -> None:
    """Run a command to its end: what it prints goes to one log, what goes wrong to another."""
    output, errors = house.logs / f"{name}.log", house.logs / f"{name}.errors.log"
    for log in (output, errors):
        children.rotate(log)
    with children.open_log(output) as out, children.open_log(errors) as err:
        process = subprocess.Popen(
            commands.tethered(command),
            env=house.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            stopping.check()
            time.sleep(0.02)
    finally:
        children.kill_group(process.pid)
        process.wait()
    if process.returncode != 0:
        raise StepFailed(f"{name} failed: {children.last_line(errors)} The whole story: {errors}")


def _specs(house: House) -> list[Spec]:
    options = house.options
    specs = [
        Spec(name="web", command=commands.web(host=LOCAL, port=options.port), stop_seconds=3.0),
        Spec(name="worker", command=commands.worker(), stop_seconds=5.0),
        Spec(name="beat", command=commands.beat(folder=_private(house.folder / "beat")), stop_seconds=1.0),
    ]
    if house.simulated:
        specs.insert(0, Spec(name="simulator", command=_simulator(house), stop_seconds=1.0))
    return specs


def _simulator(house: House) -> list[str]:
    data = _private(house.folder / "simulator")
    return commands.simulator(
        port=house.options.simulator_port,
        webhook_base=house.settings["OUTREACH_PUBLIC_URL"],
        credentials=runtime.write_simulator_credentials(data, house.secrets),
        data=data,
        speed=house.options.speed or 1.0,
        seed=1 if house.options.seed is None else house.options.seed,
    )


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _supervise(house: House, stopping: Stopping, say: Say, began: float) -> None:
    found = []
    for spec in _specs(house):
        log = house.logs / f"{spec.name}.log"
        children.rotate(log)
        found.append(Child(spec=spec, environment=house.environment, log=log))
    probes = [Probe(name="web", port=house.options.port, path="/readyz")]
    if house.simulated:
        probes.append(Probe(name="simulator", port=house.options.simulator_port, path="/_sim/health"))
    say("Starting the web pages, the worker and the rest ...")
    Supervisor(
        children=found,
        probes=probes,
        servers=house.servers,
        stopping=stopping,
        say=say,
        on_ready=lambda: _welcome(house, say, time.monotonic() - began),
    ).run()


def _welcome(house: House, say: Say, seconds: float) -> None:
    options = house.options
    say(f"\nOutreach is ready after {seconds:.0f} s.\n")
    say(f"  Inbox      {house.settings['OUTREACH_PUBLIC_URL']}/inbox")
    if house.simulated:
        say(f"  Phones     http://{LOCAL}:{options.simulator_port}/")
    login = house.folder / LOGIN
    if options.demo and login.exists():
        for line in login.read_text().splitlines():
            say(f"  {line}")
    elif not options.demo:
        say("  Login      made by `outreach init`")
    say(f"  Logs       {house.logs}")
    say("\nCtrl-C stops everything and keeps the data.")


def _set_clock(house: House) -> None:
    """Let product time run at the speed asked for, 1 without one, and never behind the machine's."""
    speed = house.options.speed or 1.0
    with _clock(house) as clock:
        machine = SystemClock().now()
        if machine - clock.now() > TOLERATED_LAG:
            clock.set(at=machine, speed=speed)
        else:
            clock.set(speed=speed)


def _rest_clock(house: House) -> None:
    """Stop a fast clock while nothing runs: a night at 1440 times the speed is two years."""
    if house.simulated and house.options.speed not in (None, 1.0):
        with _clock(house) as clock:
            clock.set(speed=0.0)


def _is_current(house: House) -> bool:
    engine = db.connect(house.settings[runtime.DATABASE_URL], pool_size=1)
    try:
        return schema.is_current(engine)
    except OperationalError:
        return False  # migrate will say what is wrong
    finally:
        engine.dispose()


@contextmanager
def _clock(house: House) -> Iterator[ProductClock]:
    engine = db.connect(house.settings[runtime.DATABASE_URL], pool_size=1)
    try:
        yield ProductClock(engine, SystemClock())
    finally:
        engine.dispose()
