"""From what a hospital sends to the programs somebody is in, and to what these count from."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.programs.commands import release
from tests.interop.fhir import make as fhir
from tests.interop.kit import ANA

SNOMED, ICD10 = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"
ICD10PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
STAY = {"start": "2026-03-05T10:00:00-05:00", "end": "2026-03-09T15:00:00-04:00"}


def condition(code, words="", *, system=ICD10, status="active"):
    return {
        "resourceType": "Condition",
        "id": f"c-{code}",
        "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {"coding": [{"code": status}]},
        "code": {"coding": [{"system": system, "code": code}], "text": words or code},
    }


def procedure(code, words, *, system=SNOMED, at="2026-03-06T09:00:00-05:00", status="completed"):
    return {
        "resourceType": "Procedure",
        "id": "pr1",
        "subject": {"reference": "Patient/p1"},
        "status": status,
        "performedDateTime": at,
        "code": {"coding": [{"system": system, "code": code}], "text": words},
    }


def visit(status, start="2026-03-09T15:00:00-04:00", id="a1"):
    return {
        "resourceType": "Appointment",
        "id": id,
        "status": status,
        "start": start,
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }


HOME = fhir.encounter(period=STAY)
EMERGENCY = fhir.encounter(period=STAY, **{"class": {"code": "EMER"}})
PNEUMONIA_STAY = fhir.encounter(
    period=STAY, reasonCode=[{"coding": [{"system": ICD10, "code": "J18.9"}], "text": "Pneumonia"}]
)
HIP = procedure("0SR90J9", "Replacement of right hip joint", system=ICD10PCS)
PLANNED = procedure("27447", "Knee", system="http://www.ama-assn.org/go/cpt", at="2026-03-24T09:00:00-04:00")
PLANNED["status"] = "preparation"
BIRTH = procedure("177184002", "Normal delivery procedure", at="2026-03-07T02:00:00-05:00")


@pytest.fixture
def programs(take_in, begin, services):
    """Take resources in; return the programs that follow and the day each counts from."""
    with begin() as uow:
        release.install_library(uow)

    def found(*resources):
        take_in(ANA, *resources)
        services.relay.drain()
        with begin() as uow:
            rows = uow.session.execute(
                text("SELECT program, anchor_at::date::text AS day, state FROM enrollment ORDER BY program")
            ).all()
        return {row.program: (row.day, row.state) for row in rows}

    return found


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([HOME], ["generic-medical", "social-needs"]),
        ([EMERGENCY], ["ed-discharge", "social-needs"]),
        ([HOME, condition("I50.9")], ["heart-failure", "social-needs"]),
        ([HOME, condition("84114007", system=SNOMED)], ["heart-failure", "social-needs"]),
        ([HOME, condition("I50.9", status="resolved")], ["generic-medical", "social-needs"]),
        ([HOME, condition("J44.1")], ["copd", "social-needs"]),
        ([HOME, condition("J44.1"), condition("I50.22")], ["heart-failure", "social-needs"]),
        ([HOME, condition("J44.1"), condition("E11.9")], ["copd", "social-needs"]),
        ([PNEUMONIA_STAY], ["pneumonia", "social-needs"]),
        ([HOME, condition("E11.9")], ["diabetes", "social-needs"]),
        ([HOME, condition("R73.03", "Prediabetes")], ["generic-medical", "social-needs"]),
        ([HOME, HIP], ["joint-replacement", "social-needs"]),
        ([HOME, HIP, condition("E11.9")], ["joint-replacement", "social-needs"]),
        ([PLANNED], ["joint-replacement"]),
        ([HOME, BIRTH], ["maternity-general", "social-needs"]),
        (
            [HOME, BIRTH, condition("O14.90")],
            ["maternity-blood-pressure", "maternity-general", "social-needs"],
        ),
        ([visit("noshow")], ["missed-visit"]),
        ([visit("noshow"), visit("booked", "2026-03-20T15:00:00-04:00", "a2")], []),
        ([visit("fulfilled")], []),
    ],
)
def test_who_is_in_what(programs, resources, expected):
    assert sorted(programs(*resources)) == sorted(expected)


def test_they_count_from_the_birth_the_procedure_and_the_visit(programs):
    assert programs(HOME, BIRTH, condition("O14.90"))["maternity-blood-pressure"][0] == "2026-03-07"


def test_a_planned_procedure_that_moves_moves_its_plan_and_one_called_off_ends_it(programs, begin):
    assert programs(PLANNED)["joint-replacement"] == ("2026-03-24", "active")
    later = {**PLANNED, "performedDateTime": "2026-03-31T09:00:00-04:00"}
    assert programs(later)["joint-replacement"] == ("2026-03-31", "active")
    with begin() as uow:
        live = uow.session.execute(
            text("SELECT DISTINCT anchor_version FROM touchpoint WHERE state = 'planned'")
        ).scalars()
        assert list(live) == [2]
    off = {**later, "status": "not-done"}
    assert programs(off)["joint-replacement"][1] == "stopped"


def test_a_new_visit_ends_the_asking_for_one(programs):
    assert programs(visit("noshow"))["missed-visit"][1] == "active"
    assert programs(visit("booked", "2026-03-20T15:00:00-04:00", "a2"))["missed-visit"][1] == "stopped"
