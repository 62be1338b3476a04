"""Who joins which program: after a stay, a birth, a procedure, a missed visit, a supply that runs out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from outreach.care import queries as record
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import enroll
from outreach.programs.rules import anchors, audience, plan
from outreach.programs.rules.definition import Program
from outreach.touchpoints.rules.timing import local_moment

PROCEDURE_COUNTS_FOR = timedelta(days=14)
"""A procedure up to so long before a discharge is what the stay was for, if the stay's dates are rough."""
NOON = time(12, 0)
Released = Sequence[tuple[queries.VersionView, Program]]


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """What a program counts from."""

    kind: str
    """encounter | procedure | appointment | medication: of what record"""
    id: UUID
    at: datetime
    known: audience.Known


def after_discharge(uow: UnitOfWork, *, encounter_id: UUID) -> tuple[UUID, ...]:
    """Enroll a patient in every released program that a stay, its birth or its procedure asks for.

    A discharge whose program would already be over makes no plan. Return the enrollments made.
    """
    stay = record.encounter(uow, encounter_id=encounter_id)
    if stay.ended_at is None:
        return ()
    released = queries.released(uow)
    facts = patients.contact_facts(uow, patient_id=stay.patient_id)
    chart = record.history(uow, patient_id=stay.patient_id)
    offered = _offered(stay, chart, queries.patient_facts(facts), [program for _, program in released])
    return _join(
        uow,
        patient_id=stay.patient_id,
        offers=offered,
        released=released,
        team_id=facts.team_id,
        who=enroll.Person(zone=facts.zone, activities=chart.activities),
    )


def offers(
    uow: UnitOfWork, *, stay: record.EncounterView, programs: Iterable[Program]
) -> tuple[tuple[Program, Anchor], ...]:
    """Return which of some programs a stay, its birth or its procedure asks for, and what they count from."""
    if stay.ended_at is None:
        return ()
    patient = _patient(uow, stay.patient_id)
    return _offered(stay, record.history(uow, patient_id=stay.patient_id), patient, programs)


def _offered(
    stay: record.EncounterView,
    chart: record.History,
    patient: audience.PatientFacts,
    programs: Iterable[Program],
) -> tuple[tuple[Program, Anchor], ...]:
    found, procedures = _counted(stay, chart, patient)
    return tuple(
        (program, anchor)
        for program in programs
        for anchor in (procedures if program.anchor == "procedure" else (found.get(program.anchor),))
        if anchor is not None and audience.fits(program, anchor.known)
    )


def after_procedure(uow: UnitOfWork, *, procedure_id: UUID) -> tuple[UUID, ...]:
    """Enroll before a planned procedure; one that moved moves the plan, one called off ends it.

    A procedure already done waits for the discharge: nobody is texted in a hospital bed.
    """
    row = record.procedure(uow, procedure_id=procedure_id)
    if row.status in anchors.VOID or row.performed_at is None:
        enroll.end_anchored(uow, anchor_kind="procedure", anchor_id=row.id, reason="called_off")
        return ()
    enrolled = queries.anchored(uow, anchor_kind="procedure", anchor_id=row.id)
    if row.status not in anchors.PLANNED and not enrolled:
        return ()
    released = _released(uow, anchor="procedure")
    anchor = before_procedure(uow, row) if released else None
    if anchor is None:
        return ()
    return _offer(uow, anchor, patient_id=row.patient_id, released=released)


def before_procedure(uow: UnitOfWork, row: record.ProcedureView) -> Anchor | None:
    """Return what programs may count from a procedure, None if its day is not known."""
    if row.performed_at is None:
        return None
    noted = anchors.noted(status=row.status, detail=row.detail, at=row.performed_at)
    return Anchor(kind="procedure", id=row.id, at=row.performed_at, known=_of_procedure(uow, row, noted))


def after_appointment(uow: UnitOfWork, *, appointment_id: UUID) -> tuple[UUID, ...]:
    """Enroll somebody who missed a visit; end that once it was kept after all, or a new one is booked."""
    visit = record.appointment(uow, appointment_id=appointment_id)
    if visit.status != "no_show":
        enroll.end_anchored(uow, anchor_kind="appointment", anchor_id=visit.id, reason="not_missed")
        if visit.status in ("booked", "confirmed") and visit.starts_at > uow.now:
            _end_recalls(uow, visit)
        return ()
    anchor = missed(uow, visit)
    if anchor is None:
        return ()
    released = _released(uow, anchor="missed_appointment")
    return _offer(uow, anchor, patient_id=visit.patient_id, released=released)


def missed(uow: UnitOfWork, visit: record.AppointmentView) -> Anchor | None:
    """Return what programs may count from a missed visit, None if another one is booked."""
    chart = record.record(uow, patient_id=visit.patient_id)
    if any(one.status in ("booked", "confirmed") and one.starts_at > uow.now for one in chart.appointments):
        return None
    year = visit.starts_at - timedelta(days=365)
    missed = [
        one
        for one in chart.appointments
        if one.status == "no_show" and year <= one.starts_at < visit.starts_at
    ]
    live = _live(chart)
    known = audience.Known(
        patient=_patient(uow, visit.patient_id),
        conditions=_texts(live),
        codes=_codes(live),
        appointment=audience.AppointmentFacts(
            text=str(visit.detail.get("text") or "").lower(), missed_before=len(missed)
        ),
    )
    return Anchor(kind="appointment", id=visit.id, at=visit.starts_at, known=known)


def after_supply(uow: UnitOfWork, *, medication_id: UUID) -> tuple[UUID, ...]:
    """Enroll in what counts from the day a medicine runs out; a new supply moves it."""
    supply = record.medication(uow, medication_id=medication_id)
    if supply.runs_out_on is None or supply.status != "active":
        enroll.end_anchored(uow, anchor_kind="medication", anchor_id=supply.id, reason="called_off")
        return ()
    released = _released(uow, anchor="run_out")
    anchor = run_out(uow, supply) if released else None
    if anchor is None:
        return ()
    return _offer(uow, anchor, patient_id=supply.patient_id, released=released)


def run_out(uow: UnitOfWork, supply: record.MedicationView) -> Anchor | None:
    """Return what programs may count from the day a supply runs out, None if it is not known."""
    if supply.runs_out_on is None:
        return None
    facts = patients.contact_facts(uow, patient_id=supply.patient_id)
    known = audience.Known(
        patient=queries.patient_facts(facts),
        supply=audience.SupplyFacts(days=supply.days or 0, from_source=supply.days_source == "source"),
    )
    at = local_moment(supply.runs_out_on, NOON, facts.zone)
    return Anchor(kind="medication", id=supply.id, at=at, known=known)


def _offer(uow: UnitOfWork, anchor: Anchor, *, patient_id: UUID, released: Released) -> tuple[UUID, ...]:
    offers = [(program, anchor) for _, program in released if audience.fits(program, anchor.known)]
    if not offers:
        return ()
    facts = patients.contact_facts(uow, patient_id=patient_id)
    return _join(uow, patient_id=patient_id, offers=offers, released=released, team_id=facts.team_id)


def _join(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    offers: Sequence[tuple[Program, Anchor]],
    released: Released,
    team_id: UUID,
    who: enroll.Person | None = None,
) -> tuple[UUID, ...]:
    """Enroll in what is not over yet, one anchor a program, a special one in a general one's place."""
    timely = {
        program.key: (program, anchor)
        for program, anchor in sorted(offers, key=lambda offer: offer[1].at)
        if not plan.too_long_ago(program, anchor_at=anchor.at, now=uow.now)
    }
    if not timely:
        return ()
    listed = queries.enrollments(uow, patient_id=patient_id)
    enrolled = [one for one in listed if one.state in enroll.RUNNING]
    for one in enrolled:
        _make_way(uow, one, timely)
    running = [queries.program_of(uow, version_id=one.version_id) for one in enrolled]
    versions = {version.program: version.id for version, _ in released}
    return tuple(
        enroll.enroll(
            uow,
            patient_id=patient_id,
            team_id=team_id,
            version_id=versions[program.key],
            program=program,
            anchor_kind=timely[program.key][1].kind,
            anchor_id=timely[program.key][1].id,
            anchor_at=timely[program.key][1].at,
            who=who,
        )
        for program in audience.chosen([program for program, _ in timely.values()], running=running)
    )


def _make_way(
    uow: UnitOfWork, one: queries.EnrollmentView, timely: dict[str, tuple[Program, Anchor]]
) -> None:
    """Keep a program from running twice: the later of two stays counts."""
    found = timely.get(one.program)
    if found is None or one.anchor_id == found[1].id:
        return
    if one.anchor_at <= found[1].at:
        enroll.end(uow, enrollment_id=one.id, reason="newer_anchor")
    else:
        del timely[one.program]


def after_last_stay(uow: UnitOfWork, *, patient_id: UUID) -> dict[str, tuple[Anchor, bool]]:
    """Return, by program, what it would count from after a patient's last stay and whether it fits.

    For somebody who decides by hand. Programs that a stay says nothing about are left out.
    """
    chart = record.record(uow, patient_id=patient_id)
    ended = [one for one in chart.encounters if one.ended_at is not None]
    if not ended:
        return {}
    stay = max(ended, key=lambda one: one.ended_at or uow.now)
    found, procedures = _counted(stay, chart, _patient(uow, patient_id))
    counted = {kind: (anchor,) for kind, anchor in found.items()} | {"procedure": procedures}
    return {
        program.key: (anchor, audience.fits(program, anchor.known))
        for _, program in queries.released(uow)
        for anchor in counted.get(program.anchor, ())
        if not plan.too_long_ago(program, anchor_at=anchor.at, now=uow.now)
    }


def _released(uow: UnitOfWork, *, anchor: str) -> Released:
    return [one for one in queries.released(uow) if one[1].anchor == anchor]


def _counted(
    stay: record.EncounterView, chart: record.History, patient: audience.PatientFacts
) -> tuple[dict[str, Anchor], tuple[Anchor, ...]]:
    """Return what programs may count from after a stay that has ended: its end, a birth; its procedures.

    If the record holds no birth, or not its day, the end of the stay stands for it.
    """
    ended_at = stay.ended_at
    if ended_at is None:
        return {}, ()
    births = queries.births(chart)
    born = anchors.birth_at(births, until=ended_at)
    known = _of_stay(stay, chart, patient, ended_at=ended_at, born=anchors.born(births, until=ended_at))
    found = {
        "discharge": Anchor(kind="encounter", id=stay.id, at=ended_at, known=known),
        "birth": Anchor(kind="encounter", id=stay.id, at=born or ended_at, known=known),
    }
    return found, _procedures_of(stay, chart, known, ended_at=ended_at)


def _procedures_of(
    stay: record.EncounterView, chart: record.History, known: audience.Known, *, ended_at: datetime
) -> tuple[Anchor, ...]:
    """List what was done in a stay, or shortly before it ended."""
    begun = min(stay.started_at or ended_at, ended_at - PROCEDURE_COUNTS_FOR)
    return tuple(
        Anchor(
            kind="procedure",
            id=one.id,
            at=one.performed_at,
            known=replace(
                known,
                procedure=_procedure(
                    anchors.noted(status=one.status, detail=one.detail, at=one.performed_at)
                ),
            ),
        )
        for one in chart.procedures
        if one.performed_at is not None
        and begun <= one.performed_at <= ended_at
        and one.status in anchors.DONE
    )


def _of_stay(
    stay: record.EncounterView,
    chart: record.History,
    patient: audience.PatientFacts,
    *,
    ended_at: datetime,
    born: anchors.Born,
) -> audience.Known:
    live = _live(chart)
    return audience.Known(
        patient=patient,
        encounter=audience.EncounterFacts(
            kind=stay.kind,
            disposition=stay.disposition,
            length_days=(ended_at - stay.started_at).days if stay.started_at else 0,
            type=str(stay.detail.get("type") or "").lower(),
            reason=str(stay.detail.get("reason") or "").lower(),
            codes=anchors.short(stay.detail.get("codes") or ()),
        ),
        conditions=_texts(live),
        codes=_codes(live),
        birth=born.recorded,
        birth_dated=born.dated,
    )


def _of_procedure(uow: UnitOfWork, row: record.ProcedureView, noted: anchors.Noted) -> audience.Known:
    live = _live(record.history(uow, patient_id=row.patient_id))
    return audience.Known(
        patient=_patient(uow, row.patient_id),
        conditions=_texts(live),
        codes=_codes(live),
        procedure=_procedure(noted),
    )


def _procedure(noted: anchors.Noted) -> audience.ProcedureFacts:
    return audience.ProcedureFacts(text=noted.text, codes=noted.codes, done=noted.status in anchors.DONE)


def _texts(live: Iterable[anchors.Noted]) -> tuple[str, ...]:
    return tuple(one.text for one in live)


def _codes(live: Iterable[anchors.Noted]) -> tuple[str, ...]:
    return tuple(code for one in live for code in one.codes)


def _live(chart: record.History) -> tuple[anchors.Noted, ...]:
    """Return what somebody has now; what is over or was an error says nothing."""
    return anchors.has([anchors.noted(status=one.status, detail=one.detail) for one in chart.conditions])


def _patient(uow: UnitOfWork, patient_id: UUID) -> audience.PatientFacts:
    return queries.patient_facts(patients.contact_facts(uow, patient_id=patient_id))


def _end_recalls(uow: UnitOfWork, visit: record.AppointmentView) -> None:
    """End asking about missed visits: another one is booked."""
    for one in queries.enrollments(uow, patient_id=visit.patient_id):
        if one.anchor_kind == "appointment" and one.state in enroll.RUNNING:
            enroll.end(uow, enrollment_id=one.id, reason="booked_again")
