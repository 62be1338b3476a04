from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from outreach.interop.fhir import discharges
from outreach.interop.fhir.read import read_paths
from tests.interop.fhir import make
from tests.interop.fhir.test_read import REAL

NOW = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)


def stay(id, start, end, **more):
    return make.encounter(id, period={"start": start, "end": end} if end else {"start": start}, **more)


def standing(tmp_path, *resources, **about):
    person = make.only_person(make.read(tmp_path, make.bundle(make.patient(**about), *resources)))
    return discharges.standing(person, now=NOW)


def test_a_fresh_discharge_starts_a_plan(tmp_path):
    found = standing(tmp_path, stay("e1", "2026-03-01T08:00:00Z", "2026-03-09T16:00:00Z"))

    assert found.discharge.key.id == "e1"


NO_STAY = "no hospital stay or emergency visit"
AMBULATORY = {"class": {"code": "AMB"}}
HOSPICE = {"hospitalization": {"dischargeDisposition": {"text": "Hospice"}}}


@pytest.mark.parametrize(
    ("resources", "about", "reason"),
    [
        ([], {}, NO_STAY),
        ([stay("e", "2026-03-01", "2026-03-09", **AMBULATORY)], {}, NO_STAY),
        ([stay("e", "2026-03-01", "2026-03-09", status="entered-in-error")], {}, NO_STAY),
        ([stay("e", "2019-03-01", "2019-03-09")], {}, "discharged 2557 days ago, more than 180"),
        ([stay("e", "2026-03-01", None)], {}, "is still in hospital"),
        ([stay("e", "2026-03-01", "2026-03-12")], {}, "is still in hospital"),
        ([stay("e", "2026-03-01", "2026-03-09")], {"deceasedBoolean": True}, "the patient has died"),
        # An emergency visit that became an admission.
        ([stay("e", "2026-03-08", "2026-03-09"), stay("i", "2026-03-09", None)], {}, "is still in hospital"),
        ([stay("e", "2026-03-01", "2026-03-09", **HOSPICE)], {}, "went to hospice care"),
    ],
)  # fmt: skip
def test_no_plan_starts_and_the_reason_is_said(tmp_path, resources, about, reason):
    found = standing(tmp_path, *resources, **about)

    assert found.discharge is None
    assert found.reason == reason


def old_file(tmp_path, end="2020-07-14T08:00:48-04:00"):
    plan = {
        "resourceType": "CarePlan",
        "id": "c",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2020-07-14", "end": "2020-07-28"},
        "activity": [{"detail": {"code": {"text": "Rest"}, "status": "completed"}}],
    }
    later = make.encounter("later", period={"start": "2021-01-01", "end": "2021-01-02"}) | {
        "class": {"code": "AMB"}
    }
    who = make.patient(birthDate="2002-12-16", address=[{"state": "MA"}])
    content = make.bundle(who, stay("e", "2020-07-13T08:00:00-04:00", end), plan, later)
    (reading,) = make.read(tmp_path, content)
    return reading


def test_rebase_brings_the_latest_discharge_to_today_and_keeps_its_hour(tmp_path):
    (person,) = discharges.rebase(old_file(tmp_path), now=NOW).people

    assert person.encounters[0].ended.at == datetime(2026, 3, 10, 12, 0, 48, tzinfo=UTC)
    assert discharges.standing(person, now=NOW).discharge


def test_rebase_never_puts_the_discharge_into_the_future(tmp_path):
    (person,) = discharges.rebase(old_file(tmp_path, "2020-07-14T23:30:00-04:00"), now=NOW).people

    assert person.encounters[0].ended.at == NOW


def test_rebase_shows_the_file_as_it_stood_on_the_day(tmp_path):
    reading = discharges.rebase(old_file(tmp_path), now=NOW)

    (person,) = reading.people
    assert [one.key.id for one in person.encounters] == ["e"]
    assert person.care_plans[0].status == "active"
    assert person.care_plans[0].activities[0].status == "in-progress"
    assert "1 records later than the discharge left out" in reading.notes


def test_rebase_keeps_ages(tmp_path):
    (before,) = old_file(tmp_path).people
    (after,) = discharges.rebase(old_file(tmp_path), now=NOW).people

    age = before.encounters[0].ended.at.date() - before.patient.birth_date
    assert after.encounters[0].ended.at.date() - after.patient.birth_date == age
    assert after.patient.birth_date > date(2002, 12, 16)


def test_rebase_without_a_discharge_changes_nothing(tmp_path):
    (reading,) = make.read(tmp_path, make.bundle(make.patient()))

    assert discharges.rebase(reading, now=NOW).people == reading.people


def test_every_real_person_with_a_discharge_gets_a_fresh_one(tmp_path):
    if not REAL.is_dir():
        pytest.skip("the real files are not here")

    for reading in read_paths([REAL]):
        moved = discharges.rebase(reading, now=NOW)
        latest = discharges.latest_discharge(moved)
        assert latest is None or NOW - timedelta(days=1) < latest[0] <= NOW
