from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from outreach.care import queries as care
from outreach.cli.imports import told
from outreach.interop import quarantine
from outreach.patients import commands as patients
from outreach.patients import queries as people
from tests.interop.fhir import make as fhir
from tests.interop.fhir.test_read import REAL
from tests.interop.kit import ANA, find, relative, view


def plan(*activities, id="c1", **more):
    usual = {"resourceType": "CarePlan", "id": id, "status": "active", "subject": {"reference": "Patient/p1"}}
    return usual | {"activity": [{"detail": one} for one in activities]} | more


def activity(words, code=None, **more):
    coding = [{"system": "http://snomed.info/sct", "code": code, "display": words}] if code else []
    return {"code": {"coding": coding, "text": words}, "status": "in-progress"} | more


DIET = activity("Diabetic diet", "160670007")
FRESH = fhir.encounter(period={"start": "2026-03-05T10:00:00-05:00", "end": "2026-03-09T15:00:00-04:00"})


def test_a_patient_comes_in_with_all_that_is_said_of_them(take_in, begin, team_id):
    summary = take_in(ANA, FRESH, plan(DIET))

    with begin() as uow:
        who = view(uow, team_id)
        record = care.record(uow, patient_id=who.id)
    assert (who.name, who.preferred_name, who.birth_date.isoformat()) == (
        "Ana Luz Reyes",
        "Ana",
        "1961-04-02",
    )
    assert (who.zone, who.zone_source, who.us_state) == ("America/New_York", "address", "MA")
    assert [(one.phone.e164, one.relation, one.state) for one in who.phones] == [
        ("+12025550143", "self", "usable")
    ]
    assert record.encounters[0].ended_at == datetime(2026, 3, 9, 19, tzinfo=UTC)
    assert (record.activities[0].phrase, record.activities[0].timing) == ("eating", "default")
    assert record.activities[0].detail["text"] == "Diabetic diet"
    assert summary.discharged == 1
    assert not summary.quarantined


def facts_told(admin_engine):
    with admin_engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()


def versions(admin_engine):
    tables = ("patient", "encounter", "care_plan", "care_plan_activity", "condition", "medication_supply")
    with admin_engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*), sum(version) FROM {table}")).one()
            for table in tables
        }


def test_the_same_file_again_changes_nothing_and_tells_nobody(take_in, admin_engine):
    take_in(ANA, FRESH, plan(DIET))
    before, told = versions(admin_engine), facts_told(admin_engine)

    again = take_in(ANA, FRESH, plan(DIET))

    assert versions(admin_engine) == before
    assert facts_told(admin_engine) == told
    assert {state for _, state in again.counts} == {"same"}


def test_a_changed_record_changes_that_record_alone(take_in, begin):
    take_in(ANA, FRESH, plan(DIET))

    summary = take_in(ANA | {"name": [{"text": "Ana Luz Diaz"}]}, FRESH, plan(DIET, status="completed"))

    assert summary.counts["patients", "changed"] == 1
    assert summary.counts["care plans", "changed"] == 1
    assert summary.counts["encounters", "same"] == 1
    with begin() as uow:
        (kept,) = care.record(uow, patient_id=find(uow)).activities
    assert (kept.status, kept.version) == ("completed", 2)


def test_what_staff_corrected_stays_until_the_source_says_something_new(take_in, begin, team_id):
    take_in(ANA)
    with begin() as uow:
        patients.update(uow, patient_id=find(uow), language="es")

    take_in(ANA)

    with begin() as uow:
        assert view(uow, team_id).language == "es"


def test_an_activity_that_a_plan_no_longer_orders_is_canceled(take_in, begin):
    take_in(ANA, FRESH, plan(DIET, activity("Wound care")))

    take_in(ANA, FRESH, plan(DIET))

    with begin() as uow:
        kept = {one.detail["text"]: one.status for one in care.record(uow, patient_id=find(uow)).activities}
    assert kept == {"Diabetic diet": "in-progress", "Wound care": "cancelled"}


def test_sensitive_activities_get_no_phrase_and_say_why(take_in, begin):
    take_in(
        ANA,
        plan(activity("Drug addiction counseling", "60112009"), activity("Lift boxes", doNotPerform=True)),
    )

    with begin() as uow:
        kept = care.record(uow, patient_id=find(uow)).activities
    assert [one.phrase for one in kept] == [None, None]
    assert "sensitive" in kept[0].detail["left_to_staff"]


def test_a_time_the_plan_names_beats_our_default(take_in, begin):
    timed = activity("Wound care", scheduledPeriod={"start": "2026-03-16"})

    take_in(ANA, FRESH, plan(timed))

    with begin() as uow:
        (kept,) = care.record(uow, patient_id=find(uow)).activities
    assert (kept.day, kept.timing) == (7, "source")


def prescription(**more):
    usual = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "Tablets"},
        "authoredOn": "2026-03-09T15:00:00-04:00",
    }
    return usual | more


@pytest.mark.parametrize(
    ("change", "days", "source", "runs_out"),
    [
        (
            {"dispenseRequest": {"expectedSupplyDuration": {"value": 14, "code": "d"}}},
            14,
            "source",
            "2026-03-23",
        ),
        ({}, 30, "default", "2026-04-08"),
        ({"status": "stopped"}, None, "none", None),
        ({"authoredOn": "2019-01-01"}, None, "none", None),
        ({"category": [{"coding": [{"code": "inpatient"}]}]}, None, "none", None),
    ],
)
def test_supply_is_the_sources_or_ours_and_says_whose(take_in, begin, change, days, source, runs_out):
    take_in(ANA, prescription(**change))

    with begin() as uow:
        (kept,) = care.record(uow, patient_id=find(uow)).medications
    assert (kept.days, kept.days_source) == (days, source)
    assert (kept.runs_out_on.isoformat() if kept.runs_out_on else None) == runs_out


def visit(**more):
    usual = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2026-04-02T09:30:00-04:00",
        "end": "2026-04-02T10:00:00-04:00",
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }
    return usual | more


def test_a_moved_appointment_grows_its_start_version(take_in, begin):
    take_in(ANA, visit())
    take_in(ANA, visit(start="2026-04-03T09:30:00-04:00", end="2026-04-03T10:00:00-04:00"))

    with begin() as uow:
        (kept,) = care.record(uow, patient_id=find(uow)).appointments
    assert (kept.start_version, kept.minutes, kept.status) == (2, 30, "booked")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "proposed"}, "is not booked yet"),
        ({"start": "2026-04-02", "end": None}, "has no time of day to start"),
    ],
)
def test_a_visit_without_a_certain_time_is_set_aside(take_in, begin, change, reason):
    summary = take_in(ANA, visit(**change))

    assert summary.quarantined == {("Appointment", reason): 1}
    with begin() as uow:
        (held,) = quarantine.unsettled(uow)
    assert '"a1"' in held.raw


def test_a_time_without_a_zone_needs_a_patient_whose_zone_is_known(take_in, begin):
    floating = visit(start="2026-04-02T09:30:00", end=None)

    assert take_in(ANA, floating).quarantined == {}
    nowhere = ANA | {"id": "p2", "address": []}
    theirs = floating | {"id": "a2", "participant": [{"actor": {"reference": "Patient/p2"}}]}
    (told,) = take_in(nowhere, theirs).quarantined

    assert told[1].startswith("names a time without a zone")
    with begin() as uow:
        (kept,) = care.record(uow, patient_id=find(uow)).appointments
    assert kept.starts_at == datetime(2026, 4, 2, 13, 30, tzinfo=UTC)


def test_an_emergency_visit_that_became_a_stay_is_no_discharge_home(take_in, begin):
    emergency = fhir.encounter(
        "er", period={"start": "2026-03-05T05:00:00-05:00", "end": "2026-03-05T09:00:00-05:00"}
    ) | {"class": {"code": "EMER"}}

    take_in(ANA, emergency, FRESH)

    with begin() as uow:
        kept = {one.kind: one.disposition for one in care.record(uow, patient_id=find(uow)).encounters}
    assert kept == {"emergency": "transfer", "inpatient": "unknown"}


def test_the_dead_are_marked_and_make_no_plan(take_in, begin):
    summary = take_in(ANA | {"deceasedDateTime": "2026-03-09"}, FRESH)

    assert summary.without_plan == {"the patient has died": 1}
    with begin() as uow:
        assert people.contact_facts(uow, patient_id=find(uow)).deceased


def test_a_discharge_of_years_ago_makes_no_plan_and_says_so(take_in):
    summary = take_in(ANA, fhir.encounter(period={"start": "2019-01-01", "end": "2019-01-03"}))

    (reason,) = summary.without_plan
    assert reason == "discharged 2622 days ago, more than 180"


def test_a_discharge_of_forty_days_ago_is_told_to_join_late_what_still_runs(take_in):
    summary = take_in(ANA, fhir.encounter(period={"start": "2026-01-25", "end": "2026-01-28"}))

    assert (summary.late, summary.discharged, summary.without_plan) == (1, 0, {})
    assert any("They join late what still runs" in line for line in told(summary, 0))


def test_records_of_a_patient_who_comes_in_a_later_file_find_them(services, take_in, tmp_path, begin):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(fhir.bundle(FRESH)))
    (folder / "b.json").write_text(json.dumps(fhir.bundle(ANA)))

    summary = take_in(path=folder)

    assert summary.counts["encounters", "new"] == 1
    assert not summary.quarantined


def test_records_of_nobody_we_know_are_kept_with_their_json(take_in, begin):
    summary = take_in(FRESH)

    reason = "belongs to a patient who is neither in the files nor known here"
    assert summary.quarantined == {("Encounter", reason): 1}
    with begin() as uow:
        (held,) = quarantine.unsettled(uow)
    assert json.loads(held.raw) == FRESH


def test_another_persons_record_under_the_same_id_is_refused(take_in, begin, team_id):
    take_in(ANA)
    other = fhir.patient(name=[{"text": "Omar Haddad"}], birthDate="1990-01-01")

    summary = take_in(other)

    ((kind, reason),) = summary.quarantined
    assert (kind, "--source" in reason) == ("Patient", True)
    with begin() as uow:
        assert view(uow, team_id).name == "Ana Luz Reyes"
    assert take_in(other, source="clinic-b").counts["patients", "new"] == 1


def test_two_patients_with_one_record_number_are_shown_to_staff(take_in):
    number = [{"type": {"coding": [{"code": "MR"}]}, "system": "urn:mrn", "value": "77"}]

    summary = take_in(ANA | {"identifier": number}, fhir.patient("p2", identifier=number))

    ((kind, reason),) = summary.quarantined
    assert (kind, "another patient" in reason) == ("Patient.identifier", True)


def test_what_the_database_refuses_is_kept_and_raises_nothing(take_in, begin):
    summary = take_in(ANA, FRESH, source="clinic\x00b")

    assert summary.quarantined == {("Patient", "was refused by the database"): 1}
    with begin() as uow:
        (held,) = quarantine.unsettled(uow)
    assert "Reyes" in held.raw


def test_nothing_of_a_patient_lies_open_in_the_tables(take_in, admin_engine):
    take_in(ANA, FRESH, plan(DIET), prescription(), relative("DAU"), visit(description="Foot check"))

    with admin_engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        shown = "".join(
            str(connection.execute(text(f'SELECT t::text FROM "{table}" t')).all()) for table in list(tables)
        )
    for secret in ("Reyes", "5550143", "5550150", "1961-04-02", "Diabetic", "Tablets", "Foot check", '"p1"'):
        assert secret not in shown, secret


def test_every_real_file_comes_in_twice_and_the_second_time_changes_nothing(take_in, admin_engine):
    if not REAL.is_dir():
        pytest.skip("the real files are not here")
    # The two HL7 sets both have a Patient/example who are different people: one source each.
    folders = ("synthea-2019-r4", "hl7-r4-official-examples", "us-core-examples")

    first = [take_in(path=REAL / one, source=one, demo_phones=True) for one in folders]
    before, told = versions(admin_engine), facts_told(admin_engine)
    again = [take_in(path=REAL / one, source=one, demo_phones=True) for one in folders]

    assert sum(one.counts["patients", "new"] for one in first) > 60
    assert versions(admin_engine) == before
    assert facts_told(admin_engine) == told
    assert {state for one in again for _, state in one.counts} == {"same"}
    assert caregivers(admin_engine) <= {("[]", False), ("[]", True), ('["answer", "be_told"]', True)}


def caregivers(admin_engine) -> set[tuple[str, bool]]:
    """Return what relatives and a child's numbers were let do, and whether the patient is a small child."""
    with admin_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT DISTINCT l.scopes::text, coalesce(p.minor_until > TIMESTAMPTZ '2026-03-10' "
                "+ INTERVAL '6 years', false) FROM patient_phone l JOIN patient p ON p.id = l.patient_id"
            )
        )
        return {(scopes, small) for scopes, small in rows}


def test_rebase_gives_a_real_patient_a_fresh_discharge(take_in, begin, clock):
    if not REAL.is_dir():
        pytest.skip("the real files are not here")

    summary = take_in(path=REAL / "synthea-2019-r4", rebase=True, demo_phones=True)

    assert summary.discharged >= 15
    assert summary.phones["demo"] > 15
    with begin() as uow:
        ids = uow.session.execute(text("SELECT patient_id FROM encounter WHERE ended_at > :since"), {
            "since": clock.now() - timedelta(days=1)
        }).scalars()  # fmt: skip
        phrased = [
            one.phrase for id in set(ids) for one in care.record(uow, patient_id=id).activities if one.phrase
        ]
    assert phrased
