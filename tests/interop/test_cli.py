"""`outreach import fhir` as an operator runs it, on the test's own database."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from outreach.cli import imports, opening
from outreach.cli.main import main
from tests.interop.fhir import make as fhir
from tests.staff import make as staff


@pytest.fixture
def outreach(services, begin, monkeypatch):
    with begin() as uow:
        staff.organization(uow)
        staff.team(uow, is_default=True)

    @contextmanager
    def ours(data, **_):
        yield services

    monkeypatch.setattr(opening, "services", ours)
    return lambda *words: CliRunner().invoke(main, ["import", *map(str, words)], catch_exceptions=False)


@pytest.fixture
def ana(tmp_path):
    path = tmp_path / "Ana_Reyes.json"
    resources = [fhir.patient(), fhir.encounter(), {"resourceType": "Observation", "id": "o"}]
    path.write_text(json.dumps(fhir.bundle(*resources)))
    return path


def test_a_clean_import_exits_0_with_a_summary(outreach, ana):
    done = outreach("fhir", ana)

    assert done.exit_code == 0
    for line in (
        "1 new,       0 changed,       0 unchanged",
        "Discharged within the last month: 1",
        "Observation ×1",
    ):
        assert line in done.stdout
    assert "Reyes" not in done.output


def test_quarantine_is_exit_1_with_the_reasons_counted(outreach, tmp_path):
    path = tmp_path / "two.ndjson"
    path.write_text(json.dumps(fhir.patient()) + '\n{"resourceType": "Patient", "id": "x"}\nnot json\n')

    done = outreach("fhir", path)

    assert done.exit_code == 1
    assert "Quarantined: 2" in done.stdout
    assert "1  Patient has no name" in done.stdout
    assert "1  unknown is not JSON" in done.stdout

    listed = outreach("quarantine")
    assert "Patient has no name  (two.ndjson: line 2)" in listed.stdout


def test_a_missing_file_is_one_line_and_exit_2(outreach, tmp_path):
    done = outreach("fhir", tmp_path / "nowhere.json")

    assert done.exit_code == 2
    assert "There is nothing to read there" in done.output
    assert "Traceback" not in done.output


def test_before_init_it_says_what_to_do(services, monkeypatch, ana):
    @contextmanager
    def ours(data, **_):
        yield services

    monkeypatch.setattr(opening, "services", ours)
    done = CliRunner().invoke(main, ["import", "fhir", str(ana)])

    assert done.exit_code == 2
    assert "outreach init" in done.output


def test_trying_things_is_refused_with_a_real_provider(outreach, services, ana, monkeypatch):
    import dataclasses

    real = dataclasses.replace(services.settings, twilio_api_base_url=None)
    assert real.real_provider

    @contextmanager
    def theirs(data, **_):
        yield dataclasses.replace(services, settings=real)

    monkeypatch.setattr(opening, "services", theirs)
    for option in ("--rebase", "--demo-phones"):
        done = outreach("fhir", ana, option)
        assert (done.exit_code, str(imports.ForTheSimulator()) in done.output) == (2, True)


@pytest.mark.parametrize(
    ("content", "code", "kept"),
    [
        pytest.param('{"resourceType": "Bundle", "entry": [', 1, 1, id="cut off"),
        pytest.param("[" * 100_000, 1, 1, id="nested without end"),
        pytest.param(json.dumps(fhir.bundle(fhir.patient(telecom=[]))), 0, 0, id="no phone"),
        pytest.param(
            json.dumps(fhir.bundle(fhir.patient(telecom=[{"system": "phone", "value": "call my sister"}]))),
            1,
            1,
            id="not a phone",
        ),
        pytest.param(json.dumps(fhir.bundle({"resourceType": "Patient"})), 1, 1, id="no id"),
        pytest.param('{"resourceType": "Bundle", "type": "collection"}', 0, 0, id="nothing in it"),
    ],
)
def test_a_file_that_can_t_be_used_says_so_and_loses_nothing(outreach, begin, tmp_path, content, code, kept):
    file = tmp_path / "given.json"
    file.write_text(content)

    done = outreach("fhir", file)

    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert "Reyes" not in done.output
    assert done.stdout.strip()
    with begin() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM quarantine")).scalar_one() == kept
