"""Taking in what other systems tell: repeats, corrections, discharges and readmissions."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from outreach.care import commands, events, models, queries
from outreach.patients import commands as patients
from outreach.patients import events as patient_events
from outreach.patients import queries as people
from tests.patients import make

ADMITTED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
HOME = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
VISIT = datetime(2026, 3, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def maria(uow):
    make.organization(uow)
    return make.patient(uow, team_id=make.team(uow))


def stay(uow, maria, **more):
    told = {"kind": "inpatient", "status": "finished", "started_at": ADMITTED, "ended_at": HOME, **more}
    told = {"source_system": "epic", "source_id": "E-1", **told}
    return commands.put_encounter(uow, patient_id=maria, **told)


def visit(uow, maria, **more):
    told = {"status": "booked", "source_status": "booked", "starts_at": VISIT, "minutes": 20, **more}
    return commands.put_appointment(uow, patient_id=maria, source_system="epic", source_id="A-1", **told)


def facts_of(uow):
    told = list(uow.facts)
    uow.facts.clear()
    return told


def test_what_is_told_twice_changes_nothing_and_is_told_to_nobody(uow, maria):
    first = stay(uow, maria, detail={"type": "Inpatient stay"})
    facts_of(uow)

    second = stay(uow, maria, detail={"type": "Inpatient stay"})

    assert (first.changed, second.changed) == ("new", "same")
    assert first.id == second.id
    assert facts_of(uow) == []
    assert queries.encounter(uow, encounter_id=first.id).version == 1


def test_a_correction_makes_a_version(uow, maria):
    first = stay(uow, maria, detail={"type": "Inpatient stay"})

    second = stay(uow, maria, detail={"type": "Stay on the heart ward"})

    view = queries.encounter(uow, encounter_id=first.id)
    assert (second.changed, view.version) == ("changed", 2)
    assert view.detail == {"type": "Stay on the heart ward"}
    assert "heart" not in repr(view)


def test_two_importers_of_one_record_make_one_row(begin):
    with begin() as uow:
        make.organization(uow)
        maria = make.patient(uow, team_id=make.team(uow))
    ready, found = threading.Barrier(3), []

    def put():
        with begin() as uow:
            ready.wait(timeout=10)
            found.append(stay(uow, maria))

    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(one.changed for one in found) == ["new", "same", "same"]
    assert len({one.id for one in found}) == 1


def test_the_end_of_a_stay_is_told_once_whatever_is_corrected_later(uow, maria):
    put = stay(uow, maria, status="in-progress", ended_at=None)
    assert facts_of(uow) == [events.EncounterChanged(encounter_id=put.id, patient_id=maria)]

    stay(uow, maria)
    assert facts_of(uow) == [events.PatientDischarged(encounter_id=put.id, patient_id=maria)]

    # opened again by mistake, then closed with another time
    stay(uow, maria, status="in-progress", ended_at=None)
    stay(uow, maria, ended_at=HOME + timedelta(hours=2))
    assert [type(one) for one in facts_of(uow)] == [events.EncounterChanged] * 2


@pytest.mark.parametrize(
    ("told", "discharged"),
    [
        ({"kind": "emergency"}, True),
        ({"kind": "observation"}, True),
        # an HL7 discharge message names the end, whatever the status says
        ({"status": "unknown"}, True),
        # a visit to the office is no discharge
        ({"kind": "ambulatory"}, False),
        # planned for tomorrow
        ({"status": "in-progress", "ended_at": datetime(2026, 3, 11, 9, 0, tzinfo=UTC)}, False),
        ({"status": "entered-in-error"}, False),
        ({"status": "cancelled"}, False),
    ],
)
def test_what_counts_as_a_discharge(uow, maria, told, discharged):
    stay(uow, maria, **told)

    assert any(isinstance(one, events.PatientDischarged) for one in facts_of(uow)) is discharged


def test_a_new_stay_of_somebody_who_went_home_is_a_readmission(uow, maria):
    stay(uow, maria)
    facts_of(uow)

    again = stay(uow, maria, source_id="E-2", status="in-progress", started_at=HOME, ended_at=None)
    stay(uow, maria, source_id="E-2", status="onleave", started_at=HOME, ended_at=None)

    assert facts_of(uow) == [
        events.PatientReadmitted(encounter_id=again.id, patient_id=maria),
        events.EncounterChanged(encounter_id=again.id, patient_id=maria),
    ]
    assert queries.is_in_hospital(uow, patient_id=maria)


def test_a_first_stay_is_no_readmission(uow, maria):
    stay(uow, maria, status="in-progress", ended_at=None)

    assert [type(one) for one in facts_of(uow)] == [events.EncounterChanged]


@pytest.mark.parametrize(
    ("disposition", "fact"),
    [("expired", patient_events.PatientDied), ("hospice", patient_events.HospiceBegan)],
)
def test_a_death_or_hospice_at_discharge_reaches_the_patient_first(uow, maria, disposition, fact):
    stay(uow, maria, disposition=disposition)

    assert [type(one) for one in facts_of(uow)] == [fact, events.PatientDischarged]
    known = people.contact_facts(uow, patient_id=maria)
    assert known.deceased or known.hospice


def test_a_record_that_its_source_gives_to_somebody_else_is_not_overwritten(uow, maria):
    put = stay(uow, maria)
    jo = make.patient(uow, team_id=make.team(uow, sender_id=make.sender(uow, address="+12025550101")))

    with pytest.raises(commands.OtherPatientsRecord):
        stay(uow, jo)

    assert queries.encounter(uow, encounter_id=put.id).patient_id == maria


def test_a_record_of_a_merged_row_is_still_the_same_persons(uow, maria):
    put = stay(uow, maria)
    other = make.patient(uow, team_id=people.contact_facts(uow, patient_id=maria).team_id)
    patients.merge(uow, patient_id=maria, into_id=other)

    assert stay(uow, other) == commands.Put(id=put.id, changed="same")
    assert [one.id for one in queries.record(uow, patient_id=other).encounters] == [put.id]


def test_an_appointment_that_moves_grows_its_start_version_and_no_other_change_does(uow, maria):
    put = visit(uow, maria)
    visit(uow, maria, minutes=40)
    visit(uow, maria, detail={"location": "East wing"})
    unmoved = queries.appointment(uow, appointment_id=put.id)
    visit(uow, maria, starts_at=VISIT + timedelta(days=1))
    moved = queries.appointment(uow, appointment_id=put.id)

    assert (unmoved.start_version, unmoved.version) == (1, 3)
    assert (moved.start_version, moved.version) == (2, 4)


def test_the_same_start_written_in_another_zone_is_no_move(uow, maria):
    put = visit(uow, maria)

    visit(uow, maria, starts_at=VISIT.astimezone(ZoneInfo("America/Chicago")), minutes=40)

    assert queries.appointment(uow, appointment_id=put.id).start_version == 1


def test_what_the_patient_answered_outlives_an_import_unless_the_visit_moves(uow, maria):
    put = visit(uow, maria)
    assert commands.answer_appointment(uow, appointment_id=put.id, status="confirmed")

    visit(uow, maria)
    visit(uow, maria, minutes=40)
    assert queries.appointment(uow, appointment_id=put.id).status == "confirmed"

    visit(uow, maria, starts_at=VISIT + timedelta(days=1))
    assert queries.appointment(uow, appointment_id=put.id).status == "booked"


def test_a_visit_canceled_at_its_source_is_canceled_here(uow, maria):
    put = visit(uow, maria)
    commands.answer_appointment(uow, appointment_id=put.id, status="confirmed")

    visit(uow, maria, status="cancelled", source_status="cancelled")

    assert queries.appointment(uow, appointment_id=put.id).status == "cancelled"


def test_activities_of_one_plan_are_told_of_once(uow, maria):
    plan = commands.put_care_plan(
        uow, patient_id=maria, source_system="epic", source_id="P-1", status="active"
    )
    for number in range(3):
        commands.put_activity(
            uow,
            patient_id=maria,
            source_system="epic",
            source_id=f"P-1.{number}",
            care_plan_id=plan.id,
            status="scheduled",
            detail={"text": "Low salt diet"},
            phrase="eating",
            day=number,
        )

    assert facts_of(uow) == [events.CarePlanChanged(care_plan_id=plan.id, patient_id=maria)]
    assert [one.day for one in queries.activities(uow, care_plan_id=plan.id)] == [0, 1, 2]


def test_the_record_holds_everything_and_leaves_no_words_open(uow, maria):
    stay(uow, maria, detail={"type": "Inpatient stay"})
    visit(uow, maria)
    commands.put_condition(
        uow,
        patient_id=maria,
        source_system="epic",
        source_id="C-1",
        status="active",
        detail={"text": "Heart failure"},
    )
    commands.put_medication(
        uow,
        patient_id=maria,
        source_system="epic",
        source_id="M-1",
        status="active",
        detail={"text": "Furosemide 40 mg"},
        supplied_on=date(2026, 3, 9),
        days=30,
        runs_out_on=date(2026, 4, 8),
        days_source="source",
    )

    record = queries.record(uow, patient_id=maria)

    assert record.conditions[0].detail == {"text": "Heart failure"}
    assert record.medications[0].runs_out_on == date(2026, 4, 8)
    assert (len(record.encounters), len(record.appointments)) == (1, 1)
    row = uow.session.scalars(select(models.Condition)).one()
    assert b"Heart" not in bytes(row.detail_enc) + bytes(row.source_index)
    assert "Furosemide" not in repr(record)


@pytest.mark.parametrize("told", [{"kind": "spaceflight"}, {"disposition": "beamed up"}])
def test_words_the_record_does_not_know_are_refused(uow, maria, told):
    with pytest.raises(commands.NotInUse):
        stay(uow, maria, **told)
