from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outreach.interop.fhir import dispositions
from outreach.interop.fhir.records import Disposition, EncounterClass
from tests.interop.fhir import make

NUBC, SNOMED, HL7 = (
    "http://www.nubc.org/patient-discharge",
    "http://snomed.info/sct",
    "http://terminology.hl7.org/CodeSystem/discharge-disposition",
)


def coded(system, code, text=None):
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


@pytest.mark.parametrize(
    ("concept", "disposition"),
    [
        (coded(NUBC, "01"), Disposition.HOME),
        (coded(NUBC, "1"), Disposition.HOME),
        (coded("https://www.nubc.org/CodeSystem/PatDischargeStatus", "06"), Disposition.HOME_HEALTH),
        (coded(NUBC, "03"), Disposition.FACILITY),
        (coded(NUBC, "02"), Disposition.TRANSFER),
        (coded(NUBC, "07"), Disposition.AMA),
        (coded(NUBC, "20"), Disposition.EXPIRED),
        (coded(NUBC, "50"), Disposition.HOSPICE),
        (coded(NUBC, "30"), Disposition.UNKNOWN),  # still a patient
        (coded(HL7, "home"), Disposition.HOME),
        (coded(HL7, "hosp"), Disposition.HOSPICE),  # not "hospital"
        (coded(HL7, "exp"), Disposition.EXPIRED),
        (coded(SNOMED, "306689006"), Disposition.HOME),
        (coded(SNOMED, "428361000124107"), Disposition.HOSPICE),
        (coded("urn:oid:1.2.3", "X", "Home with hospice"), Disposition.HOSPICE),
        ({"text": "Discharged to home care or self care (routine discharge)"}, Disposition.HOME),
        ({"text": "Transferred to home under care of a home health agency"}, Disposition.HOME_HEALTH),
        ({"text": "Nursing home"}, Disposition.FACILITY),
        ({"text": "Patient expired"}, Disposition.EXPIRED),
        ({"text": "Left AMA"}, Disposition.AMA),
        ({"text": "Discharged to care of GP"}, Disposition.UNKNOWN),
        ({}, Disposition.UNKNOWN),
    ],
)
def test_dispositions_of_all_code_systems_come_down_to_a_few_words(concept, disposition):
    assert dispositions.normalize(concept)[0] is disposition


def person(tmp_path, *resources, **about):
    return make.only_person(make.read(tmp_path, make.bundle(make.patient(**about), *resources)))


def reason(tmp_path, resource):
    (reading,) = make.read(tmp_path, make.bundle(make.patient(), resource))
    (fault,) = reading.quarantined
    return fault.reason


def test_a_stay_keeps_class_period_and_disposition(tmp_path):
    stay = make.encounter(hospitalization={"dischargeDisposition": coded(NUBC, "01", "Home")})

    (found,) = person(tmp_path, stay).encounters

    assert found.kind is EncounterClass.INPATIENT
    assert found.ended.at == datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
    assert (found.disposition, found.disposition_text) == (Disposition.HOME, "Home")


@pytest.mark.parametrize(
    ("address", "utc_hour"),
    [
        ([{"state": "HI"}], 22),  # noon in Honolulu
        ([{"state": "MA"}], 17),
        ([], 17),  # unknown: noon Eastern
    ],
)
def test_a_day_without_a_time_is_noon_where_the_patient_lives(tmp_path, address, utc_hour):
    stay = make.encounter(period={"start": "2026-01-02", "end": "2026-01-05"})

    (found,) = person(tmp_path, stay, address=address).encounters

    assert found.ended.at == datetime(2026, 1, 5, utc_hour, tzinfo=UTC)
    assert (found.ended.precision, found.ended.floating) == ("day", True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"period": {"end": "yesterday"}}, "end is not a FHIR date or time"),
        ({"period": {"end": "2026-02-31"}}, "end is not on the calendar"),
        ({"period": {"end": 5}}, "end is not a FHIR date or time"),
        ({"status": None}, "has no status"),
        ({"subject": {}}, "names no patient"),
        ({"subject": {"reference": "Group/1"}}, "is not about a patient"),
    ],
)
def test_a_stay_that_cannot_be_judged_is_set_aside_with_a_reason(tmp_path, change, told):
    assert reason(tmp_path, make.encounter() | change) == told


def plan(*activities, **more):
    usual = {
        "resourceType": "CarePlan",
        "id": "c1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
    }
    return usual | {"activity": list(activities)} | more


DIET = {"coding": [{"system": SNOMED, "code": "160670007", "display": "Diabetic diet"}]}


def test_an_activity_has_words_codes_and_the_time_the_source_gives(tmp_path):
    detail = {
        "code": DIET,
        "status": "in-progress",
        "scheduledPeriod": {"start": "2026-03-07"},
        "goal": [{"reference": "#g"}],
    }
    goal = {"resourceType": "Goal", "id": "g", "description": {"text": "Steady numbers"}}

    (found,) = person(tmp_path, plan({"detail": detail}, contained=[goal])).care_plans

    (activity,) = found.activities
    assert (activity.text, activity.codes[0].code, activity.status) == (
        "Diabetic diet",
        "160670007",
        "in-progress",
    )
    assert activity.started.at.date().isoformat() == "2026-03-07"
    assert activity.goals == ("Steady numbers",)


def test_an_activity_keeps_its_key_when_the_plan_comes_in_another_order(tmp_path):
    rest = {"detail": {"code": {"text": "Rest"}, "status": "in-progress"}}
    diet = {"detail": {"code": DIET, "status": "in-progress"}}

    (first,) = person(tmp_path, plan(rest, diet, diet)).care_plans
    (second,) = person(tmp_path, plan(diet, rest, diet)).care_plans

    keys = {one.text: one.key for one in first.activities}
    assert {one.key for one in first.activities} == {one.key for one in second.activities}
    assert {one.text: one.key for one in second.activities} == keys
    assert len({one.key for one in first.activities}) == 3


def test_an_activity_takes_the_words_of_the_order_it_links_to(tmp_path):
    order = {"resourceType": "ServiceRequest", "id": "s1", "code": {"text": "Home physiotherapy"}}

    (found,) = person(tmp_path, plan({"reference": {"reference": "ServiceRequest/s1"}}), order).care_plans

    assert found.activities[0].text == "Home physiotherapy"


def test_an_activity_that_says_nothing_is_set_aside_and_the_others_stay(tmp_path):
    empty = {"detail": {"status": "not-started"}}

    (reading,) = make.read(tmp_path, make.bundle(make.patient(), plan({"detail": {"code": DIET}}, empty)))

    assert len(reading.people[0].care_plans[0].activities) == 1
    assert reading.quarantined[0].reason == "has an activity that says nothing"
    assert reading.quarantined[0].where.endswith("activity 2")


def prescription(**more):
    usual = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "Acetaminophen 325 MG"},
    }
    return usual | more


@pytest.mark.parametrize(
    ("duration", "days"),
    [
        ({"value": 30, "unit": "days", "code": "d"}, 30),
        ({"value": 2, "code": "wk"}, 14),
        ({"value": 1, "unit": "month"}, 30),
        ({"value": 10, "code": "h"}, None),
        ({"value": -3, "code": "d"}, None),
        ({"value": "30", "code": "d"}, None),
        ({}, None),
    ],
)
def test_supply_is_counted_in_days_only_where_the_source_gives_it(tmp_path, duration, days):
    (found,) = person(
        tmp_path, prescription(dispenseRequest={"expectedSupplyDuration": duration})
    ).medications

    assert found.supply_days == days


def test_a_medicine_may_be_contained_or_linked(tmp_path):
    inside = {"resourceType": "Medication", "id": "med", "code": {"text": "Tablets"}}
    link = {"medicationCodeableConcept": None, "medicationReference": {"reference": "#med"}}

    (found,) = person(tmp_path, prescription(contained=[inside], **link)).medications

    assert found.text == "Tablets"
    assert reason(tmp_path, prescription(medicationCodeableConcept=None)) == "does not say which medicine"


def appointment(**more):
    usual = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2026-04-02T09:30:00-04:00",
        "participant": [
            {"actor": {"reference": "Location/l1", "display": "Oak Street Clinic"}, "status": "accepted"},
            {"actor": {"reference": "Patient/p1"}, "status": "needs-action"},
            {"actor": {"reference": "Practitioner/d1", "display": "Dr. Okafor"}, "status": "accepted"},
        ],
    }
    return usual | more


def test_an_appointment_knows_its_patient_among_the_participants(tmp_path):
    (found,) = person(tmp_path, appointment()).appointments

    assert found.start.at == datetime(2026, 4, 2, 13, 30, tzinfo=UTC)
    assert (found.patient_status, found.practitioner, found.location) == (
        "needs-action",
        "Dr. Okafor",
        "Oak Street Clinic",
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start": None}, "is booked and has no start"),
        ({"start": "soon"}, "start is not a FHIR date or time"),
        ({"participant": [{"actor": {"reference": "Practitioner/d1"}}]}, "names no patient"),
    ],
)
def test_a_visit_nobody_could_be_reminded_of_is_set_aside(tmp_path, change, told):
    assert reason(tmp_path, appointment(**change)) == told


def test_a_care_team_is_names_and_roles(tmp_path):
    team = {
        "resourceType": "CareTeam",
        "id": "t1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "participant": [
            {"role": [{"text": "Nurse"}], "member": {"reference": "Practitioner/1", "display": "Jo Park"}},
            {"member": {"reference": "Patient/p1", "display": "Ana Reyes"}},
        ],
    }

    (found,) = person(tmp_path, team).care_teams

    assert found.members == (("Jo Park", "Nurse"),)
