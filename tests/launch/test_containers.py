"""The files for containers, read as data: there is no Docker where the tests run."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from outreach.cli.main import main
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


def test_every_setting_of_a_deployment_gets_in(compose: dict[str, Any]) -> None:
    source = (ROOT / "outreach" / "config.py").read_text()
    known = set(re.findall(r'"((?:OUTREACH|TWILIO)_[A-Z_]+)"', source))
    for_demos = {"OUTREACH_SIMULATOR_URL", "OUTREACH_DEMO"}

    assert set(compose["services"]["web"]["environment"]) == known - for_demos


def test_every_command_is_one_of_ours_with_its_options(compose: dict[str, Any], dockerfile: str) -> None:
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", dockerfile, re.MULTILINE)[-1])
    given = [json.loads(re.findall(r"^CMD (.*)$", dockerfile, re.MULTILINE)[-1])]
    given += [compose["services"][name]["command"] for name in OURS]
    text = (ROOT / "docker-compose.yml").read_text()
    given += [line.split()[:1] for line in re.findall(r"compose run .*? web (.+)$", text, re.MULTILINE)]

    assert entry == ["outreach"]
    assert len(given) == 7
    for words in given:
        command = main.get_command(click.Context(main), words[0])
        assert command is not None, words
        if len(words) > 1:
            command.make_context(words[0], words[1:])  # an option it doesn't have raises


def test_a_server_is_healthy_only_when_others_reach_it(compose: dict[str, Any]) -> None:
    asked = compose["services"]["postgres"]["healthcheck"]["test"]

    assert asked[:4] == ["CMD", "pg_isready", "--host", "127.0.0.1"]


def test_nobody_but_postgresql_starts_as_root_and_no_log_fills_the_disk(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert services["redis"]["user"] == "redis"
    assert services["redis"]["read_only"] is True
    assert all(one["logging"]["options"]["max-size"] for one in services.values())
    assert all("no-new-privileges:true" in one["security_opt"] for one in services.values())


def test_no_password_stands_on_a_command_line(compose: dict[str, Any]) -> None:
    for one in compose["services"].values():
        for word in one.get("command", []):
            assert "${" not in word.replace("$$", "")
    assert "--requirepass" not in str(compose["services"]["redis"]["command"])


def test_its_redis_starts_with_that_file(compose: dict[str, Any], tmp_path: Path) -> None:
    script = compose["services"]["redis"]["command"][2].replace("$$", "$").replace("/tmp/", f"{tmp_path}/")
    script = script.replace("dir /tmp", f"dir {tmp_path}").replace("exec redis-server", "cat")

    done = subprocess.run(
        ["sh", "-c", script], env={"REDIS_PASSWORD": "b" * 48}, capture_output=True, text=True, check=True
    )

    assert done.stdout == f'requirepass {"b" * 48}\nsave ""\nappendonly no\ndir {tmp_path}\n'
    assert (tmp_path / "redis.conf").stat().st_mode & 0o777 == 0o600


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
