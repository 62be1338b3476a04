"""The files for containers, read as data: there is no Docker where the tests run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from outreach.config import Settings
from outreach.embedded import postgres

ROOT = Path(__file__).parents[2]
OURS = ("migrate", "web", "worker", "beat")
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def filled(value: str) -> str:
    given = {
        "POSTGRES_PASSWORD": "a" * 48,
        "REDIS_PASSWORD": "b" * 48,
        "OUTREACH_SECRET_KEY": "c" * 64,
        "OUTREACH_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=",
        "OUTREACH_PUBLIC_URL": "https://texts.example.org",
    }
    return VARIABLE.sub(lambda found: given.get(found[1], found[3] if found[2] == "-" else "x"), value)


def test_every_process_of_ours_comes_from_the_one_dockerfile(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "postgres", "redis"}
    for name in OURS:
        assert compose["services"][name]["build"] == "."
        assert compose["services"][name]["image"] == "outreach"


def test_every_lasting_service_tells_its_health_and_is_waited_for(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert [name for name in services if "healthcheck" not in services[name]] == ["migrate"]
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_every_secret_comes_from_outside_and_is_asked_for_by_name(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN|SID|URL", name):
                assert VARIABLE.search(value), f"{name} is written down"
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required >= {
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "OUTREACH_SECRET_KEY",
        "OUTREACH_ENCRYPTION_KEYS",
    }


def test_its_settings_are_settings(compose: dict[str, Any]) -> None:
    environment = {name: filled(value) for name, value in compose["services"]["web"]["environment"].items()}

    settings = Settings.from_env(environment)

    assert settings.secure_cookies
    assert settings.real_provider
    assert settings.database_url == f"postgresql+psycopg://outreach:{'a' * 48}@postgres:5432/outreach"


def test_its_database_logs_as_little_as_the_embedded_one(compose: dict[str, Any]) -> None:
    words = compose["services"]["postgres"]["command"]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    logging = {name: value.strip("'") for name, value in postgres.SETTINGS.items() if "log_" in name}
    del logging["log_line_prefix"], logging["log_timezone"]

    assert {name: given.get(name) for name in logging} == logging
    assert compose["services"]["postgres"]["image"] == "postgres:18"


def test_containers_of_ours_can_write_nothing_and_are_nobody(
    compose: dict[str, Any], dockerfile: str
) -> None:
    for name in OURS:
        assert compose["services"][name]["read_only"] is True
        assert compose["services"][name]["cap_drop"] == ["ALL"]
    last_stage = dockerfile.split("\nFROM ")[-1]
    assert re.search(r"^USER 10001$", last_stage, re.MULTILINE)


def test_the_image_installs_hashed_packages_and_copies_what_exists(dockerfile: str) -> None:
    for line in re.findall(r"pip install .*", dockerfile.replace("\\\n", " ")):
        assert "--require-hashes" in line or "--no-deps" in line
    ignored = (ROOT / ".dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(entry.startswith(f"!{source}") for entry in ignored), source
