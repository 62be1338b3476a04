"""The servers of a data folder for as long as a command needs them, and the settings that lead to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from outreach.embedded import folder as folders
from outreach.embedded import locks, secrets
from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis

DEFAULT_FOLDER = Path(".outreach")
DATABASE_URL = "OUTREACH_DATABASE_URL"
ADDRESSES = "addresses.json"
DEFAULT_WEB_PORT = 8080
DEFAULT_SIMULATOR_PORT = 8081
SIMULATOR_SENDER = "+12025550100"


@dataclass(frozen=True, kw_only=True)
class Running:
    """Embedded servers that run, held in use by this process."""

    folder: Path
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    secrets: secrets.Secrets

    def environment(self) -> dict[str, str]:
        """Return the settings that lead to these servers, as environment variables."""
        return {
            DATABASE_URL: self.postgres.url(),
            "OUTREACH_REDIS_URL": self.redis.url(),
            "OUTREACH_SECRET_KEY": self.secrets.secret_key,
            "OUTREACH_ENCRYPTION_KEYS": self.secrets.encryption_keys,
            # A copied folder has another number; one that was moved or is mounted again keeps it.
            "OUTREACH_DEPLOYMENT": f"folder-{self.folder.stat().st_ino}",
        }

    def simulator_environment(self) -> dict[str, str]:
        """Return the settings that make the simulator of this folder the provider of texts."""
        web, simulator = addresses(self.folder)
        return simulator_settings(self.secrets, web=web, simulator=simulator)

    def fill(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment completed by what the embedded servers need; what it says itself wins.

        The simulator's settings come in only when it names no provider at all: half of one and half of
        the other would send real texts to a pretend server, or the reverse.
        """
        provided = self.environment()
        if not any(value and name.startswith("TWILIO_") for name, value in environ.items()):
            provided |= self.simulator_environment()
        return provided | dict(environ)


@contextmanager
def ensure(folder: Path = DEFAULT_FOLDER, *, durable: bool = True) -> Iterator[Running]:
    """Run the servers of a data folder inside the block: attach to them, or start them.

    The last process to leave stops them, whoever started them. Raise UnusableDataFolder, BrokenSecrets,
    PostgresDidNotStart or RedisDidNotStart, each saying what to do.
    """
    path = folders.prepare(folder)
    postgres, redis = EmbeddedPostgres(path, durable=durable), EmbeddedRedis(path)

    def start() -> None:
        secrets.ensure(path)
        try:
            postgres.start()
            redis.start()
        except OSError as error:
            raise folders.explain(path, error) from None

    def stop() -> None:
        redis.stop()
        postgres.stop()

    with locks.in_use(path, start=start, stop=stop):
        yield Running(folder=path, postgres=postgres, redis=redis, secrets=secrets.ensure(path))


def remember_addresses(folder: Path, *, web: int, simulator: int) -> None:
    """Note the ports that `outreach up` serves on, so that other commands find the simulator."""
    folders.write_private(folder / ADDRESSES, json.dumps({"web": web, "simulator": simulator}) + "\n")


def addresses(folder: Path) -> tuple[int, int]:
    """Return the ports of the web pages and of the simulator, as last served from this folder."""
    try:
        found = json.loads((folder / ADDRESSES).read_text())
        return int(found["web"]), int(found["simulator"])
    except (FileNotFoundError, ValueError, KeyError):
        return DEFAULT_WEB_PORT, DEFAULT_SIMULATOR_PORT


def simulator_settings(own: secrets.Secrets, *, web: int, simulator: int) -> dict[str, str]:
    """Return the settings that make the simulator on a port the provider of texts."""
    return {
        "OUTREACH_PUBLIC_URL": f"http://127.0.0.1:{web}",
        "OUTREACH_SIMULATOR_URL": f"http://127.0.0.1:{simulator}",
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{simulator}",
        "TWILIO_ACCOUNT_SID": own.simulator_account_sid,
        "TWILIO_AUTH_TOKEN": own.simulator_auth_token,
        "TWILIO_FROM": SIMULATOR_SENDER,
    }


def write_simulator_credentials(folder: Path, own: secrets.Secrets) -> Path:
    """Write the file by which the simulator knows its account, and return its path."""
    path = folder / "credentials.json"
    content = {"account_sid": own.simulator_account_sid, "auth_token": own.simulator_auth_token}
    folders.write_private(path, json.dumps(content) + "\n")
    return path
