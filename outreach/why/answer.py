"""Puts together, in plain words, why a planned contact or a text is what it is.

It names the care-plan activity, the visit or the supply behind a contact: for staff only, and on the record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from outreach.audit import commands as audit
from outreach.care import queries as record
from outreach.conversations import queries as talk
from outreach.kernel.errors import NotFound
from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messages
from outreach.patients import queries as patients
from outreach.policy import queries as policy
from outreach.programs import queries as programs
from outreach.programs.rules import course
from outreach.touchpoints import queries as touchpoints
from outreach.touchpoints.queries import TouchpointView
from outreach.touchpoints.rules import wording
from outreach.touchpoints.rules.timing import UNKNOWN_ZONE
from outreach.why import anchors, fitting, instead, now, phones
from outreach.why.anchors import named
from outreach.why.moments import date_of, moment
from outreach.why.receipts import explain

STATES = {
    "planned": "It is planned and has not been sent.",
    "held": "It is waiting.",
    "sent": "It was sent.",
    "answered": "It was sent, and the patient answered.",
    "skipped": "It was let go without being sent.",
    "suppressed": "It was not sent.",
    "expired": "Its time passed, so it was not sent.",
}
REASONS = {
    "already_past": "Its time had passed when the plan was made.",
    "anchor_moved": "What it counts from has moved; a newer plan took its place.",
    "sent_before": "The same was sent before the plan moved.",
    "called_off": "What it counts from did not happen, or was entered in error.",
    "not_ordered": "The care plan does not order it any more, or on another day.",
    "another_question_is_open": "Another question is open on this phone; one at a time.",
    "goes_with_another": "It goes with another text of these days, not beside it.",
    "heard_since": "They wrote meanwhile.",
    "answered": "It was answered before.",
    "already_confirmed": "The visit was confirmed before.",
    "appointment_off": "The visit is not going to happen, or is over.",
    "supply_off": "The supply is not taken any more.",
    "no_phone": "There is no phone we may text. Staff got a task to call.",
    "too_late": "Nobody could be texted in time.",
    "readmitted": "The patient is in hospital again.",
    "enrollment_ended": "The program ended for this patient.",
    "paused": "The program was paused for this patient when its time came.",
    "day_over": "Its day went by while texts were paused.",
    "by_staff": "A colleague decided so.",
    "given_to_staff": "It is a person's to do: staff got a task.",
    "branch_not_taken": "The step is for others, or for other answers than theirs.",
    "stable_less_often": "Things were stable, so it is asked less often.",
    "newer_anchor": "A later stay took the place of the one it counts from.",
    "booked_again": "Another visit is booked.",
    "not_missed": "The visit was kept after all.",
    "deferred": "The rules put it off; the receipt says which.",
    "opted_out": "They opted out of texts.",
    "provider_blocked": "The carrier side refuses texts to this number: they opted out there.",
    "refused": "They do not want texts of this kind.",
    "not_their_phone": "This number is not, or not any more, this patient's.",
    "no_basis": "Nothing on file allows texting them for this purpose.",
    "no_basis_setting": "This deployment has not said on what basis it texts people for this purpose.",
    "patient": "This patient is not to be texted now.",
    "phone": "The number can't be reached by text.",
    "stale": "It was too late for what it says.",
    "quiet_hours": "Texts may not arrive at this hour.",
    "budget": "This phone has had enough texts.",
    "conversation": "A colleague and the patient were talking.",
    "staffing": "Nobody was rostered to read the answer.",
    "sender": "The number it goes out from is stopped.",
    "loop": "This phone got many automatic replies within an hour: a person should look.",
    "died": "The patient has died.",
    "hospice": "The patient is in hospice care.",
}

AUTHORS = {
    "patient": "A text by the patient.",
    "caregiver": "A text by a caregiver.",
    "staff": "A text by staff.",
    "program": "A text of a program.",
    "reminder": "A reminder.",
    "safety": "A safety text.",
    "system": "An automatic reply.",
    "page": "A page to staff.",
}
TEXT_STATES = {
    "queued": "It waits to be sent.",
    "sending": "It is being sent.",
    "accepted": "It was sent.",
    "sent": "It was sent.",
    "delivered": "It was delivered.",
    "undelivered": "It did not arrive.",
    "failed": "It could not be sent.",
    "in_doubt": "It is not known whether it arrived.",
    "canceled": "It was taken back and never sent.",
    "expired": "It was not sent: its time had passed.",
    "received": "It was received.",
}
SENT_STATES = ("accepted", "sent")
"""Of a text: they say no more than the contact's own."""
LANGUAGES = {"en": "Their language is English.", "es": "Their language is Spanish."}
VARIANTS = {
    "literacy": "Of its wordings it is the simple one, for people who find reading hard (%(when)s).",
    "earlier": "Of its wordings it is the one for what they answered before (%(when)s).",
    "other": "Of its wordings it is the one for whom this holds: %(when)s.",
}
BESIDE = {
    "appointment": "It was due together with a visit reminder and went in one text with it.",
    "refill": "It was due together with a refill reminder and went in one text with it.",
    "program": "It was due together with a step of a program and went in one text with it.",
    "activity": "It was due together with something of the care plan and went in one text with it.",
    "silence": "It was due together with what follows silence and went in one text with it.",
}
APPROVED = {"es": "Who answers for the Spanish: %(who)s (%(day)s)."}
"""By language."""
NO_DAY = "a day the source does not name"


class NothingByThisId(NotFound):
    """No text and no planned contact has this id. Copy it from the page's address or from the list."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One heading with its sentences."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Why:
    """The whole answer."""

    id: UUID
    patient_id: UUID | None
    team_id: UUID | None
    text: str | None
    parts: tuple[Part, ...]
    conversation_id: UUID | None = None
    """Where it stands, if it was written."""


def why(uow: UnitOfWork, *, subject_id: UUID, team_ids: Collection[UUID] | None = None) -> Why:
    """Return why a text or planned contact is what it is; the look is recorded.

    `team_ids` limits what may be seen (None: the operator's command line). Raise NothingByThisId.
    """
    planned = touchpoints.touchpoint(uow, touchpoint_id=subject_id) or touchpoints.of_message(
        uow, message_id=subject_id
    )
    found = _of_contact(uow, planned) if planned else _ofnamed(uow, subject_id)
    if team_ids is not None and found.team_id not in team_ids:
        audit.refuse(uow, subject_kind="why", subject_id=subject_id)
        raise NothingByThisId
    audit.look(
        uow, action="why_asked", subject_kind="why", subject_id=subject_id, patient_id=found.patient_id
    )
    return found


def _of_contact(uow: UnitOfWork, one: TouchpointView) -> Why:
    facts = patients.contact_facts(uow, patient_id=one.patient_id)
    zone = facts.zone or UNKNOWN_ZONE
    receipts = policy.receipts(uow, subject_kind="touchpoint", subject_id=one.id)
    text = messages.message(uow, message_id=one.message_id) if one.message_id else None
    enrollment = _enrollment(uow, one)
    fit = fitting.found(uow, enrollment) if enrollment else None
    instead_of = instead.told(
        uow, one, enrollment=enrollment, fit=fit, outcomes=[each.decision.outcome for each in receipts]
    )
    when = now.told(one, zone=zone, zone_source=facts.zone_source, receipts=receipts)
    source = tuple(_source(uow, one, zone))
    with_it = [line for other in touchpoints.beside(uow, one=one) for line in _source(uow, other, zone)]
    parts = [
        Part(heading="What became of it", sentences=tuple(_state(one, text, zone))),
        Part(heading="Why this patient", sentences=(*source, *fitting.told(fit))),
        Part(
            heading="What else is in this text",
            sentences=tuple(line for line in dict.fromkeys(with_it) if line not in source),
        ),
        Part(heading="Why this phone", sentences=tuple(phones.told(uow, one))),
        Part(heading="Why now", sentences=tuple(when)),
        Part(heading="Why these words", sentences=tuple(_words(uow, one, facts.language, zone))),
        Part(heading="What was considered instead", sentences=tuple(instead_of)),
        Part(
            heading="What the rules said",
            sentences=_said(receipts, facts.zone) or ("They have not been asked yet.",),
        ),
    ]
    return Why(
        id=one.id,
        patient_id=one.patient_id,
        team_id=one.team_id,
        text=one.text,
        parts=tuple(part for part in parts if part.sentences),
        conversation_id=text.conversation_id if text else None,
    )


def _enrollment(uow: UnitOfWork, one: TouchpointView) -> programs.EnrollmentView | None:
    if "enrollment_id" not in one.why:
        return None
    return programs.enrollment(uow, enrollment_id=UUID(str(one.why["enrollment_id"])))


def _ofnamed(uow: UnitOfWork, message_id: UUID) -> Why:
    text = messages.message(uow, message_id=message_id)
    if text is None:
        raise NothingByThisId
    # What a colleague or we ourselves wrote has one decision; what was refused before left no text.
    decided = (policy.receipt(uow, decision_id=text.decision_id),) if text.decision_id else ()
    about = text.about_patient
    zone = patients.contact_facts(uow, patient_id=about).zone if about else None
    parts = [
        Part(heading="What it is", sentences=(AUTHORS[text.author_kind], TEXT_STATES[text.state])),
        Part(heading="Why this patient, why now", sentences=tuple(_replied(uow, text, zone))),
        Part(
            heading="What the rules said",
            sentences=_said(decided, zone) or ("No rule had to be asked.",),
        ),
    ]
    return Why(
        id=message_id,
        patient_id=about,
        team_id=text.team_id,
        text=text.body,
        parts=tuple(part for part in parts if part.sentences),
        conversation_id=text.conversation_id,
    )


def _replied(uow: UnitOfWork, text: messages.MessageView, zone: str | None) -> Iterable[str]:
    """Tell what a text of ours follows, if it follows an answer."""
    if text.source_kind == "answer":
        yield from _after(uow, text.source_id, zone or UNKNOWN_ZONE)


def _after(uow: UnitOfWork, answer_id: UUID, zone: str) -> Iterable[str]:
    answer = talk.answer(uow, answer_id=answer_id)
    if answer is None:
        return
    said = talk.text_in_thread(uow, message_id=answer.message_id)
    yield Said(
        "It follows what was written on %(when)s: “%(text)s”.", when=moment(said.at, zone), text=said.body
    )
    if answer.question_key:
        yield Said("That was an answer to the question “%(key)s” of its program.", key=answer.question_key)


def _state(one: TouchpointView, text: messages.MessageView | None, zone: str) -> Iterable[str]:
    yield STATES.get(one.state, one.state)
    if text is not None:
        yield Said("Its text was written on %(when)s.", when=moment(text.at, zone))
        if text.state not in SENT_STATES:
            yield TEXT_STATES[text.state]
    if one.reason:
        yield REASONS.get(one.reason, Said("Reason: %(reason)s.", reason=one.reason.replace("_", " ")))
    if one.state in ("planned", "held"):
        yield Said("Next try: %(when)s.", when=moment(one.due_at, zone))


def _source(uow: UnitOfWork, one: TouchpointView, zone: str) -> Iterable[str]:
    if one.source_kind == "appointment":
        visit = record.appointment(uow, appointment_id=one.source_id)
        yield Said("They have a visit on %(when)s.", when=moment(visit.starts_at, zone))
        return
    if one.source_kind == "refill":
        supply = record.medication(uow, medication_id=one.source_id)
        yield Said(
            "Their supply of %(what)s runs out on %(day)s.",
            what=named(supply),
            day=date_of(supply.runs_out_on) if supply.runs_out_on else Said(NO_DAY),
        )
        return
    yield from _enrolled(uow, one, zone)
    if course.is_silence(one):
        yield Said(
            "Their questions had stayed without an answer: that was noticed on %(when)s.",
            when=moment(course.silent_since(one), zone),
        )
    if one.source_kind == "activity":
        activity = record.activity(uow, activity_id=one.source_id)
        yield Said("Their care plan asks for: %(what)s.", what=named(activity))
        default = activity.timing == "default"
        yield "The day is ours: the care plan names no time." if default else "The day is the care plan's."


def _enrolled(uow: UnitOfWork, one: TouchpointView, zone: str) -> Iterable[str]:
    enrollment = _enrollment(uow, one)
    if enrollment is None:
        return
    yield Said(
        "They are in the program “%(title)s”, version %(version)s.",
        title=Said(enrollment.title),
        version=enrollment.version,
    )
    yield from anchors.told(uow, enrollment, zone)


def _words(uow: UnitOfWork, one: TouchpointView, language: str, zone: str) -> Iterable[str]:
    yield LANGUAGES.get(language, Said("Their language is %(language)s.", language=language))
    for kind in sorted({_kind(other) for other in touchpoints.beside(uow, one=one)}):
        yield BESIDE[kind]
    if one.why.get("phrase"):
        yield "Texts name no diagnosis and no treatment, so it uses the safe phrase for what was ordered."
    if one.why.get("asks"):
        yield Said("It asks the question “%(key)s” of its program.", key=str(one.why["asks"]))
    if one.why.get("follows"):
        yield "It follows at once from what they answered."
        yield from _after(uow, UUID(str(one.why["follows"])), zone)
    if "words" in one.why:
        yield from _chosen(uow, one)
    if wording.REWORDED in one.why:
        yield (
            "Another question could still be answered on this phone: "
            "so that no answer is taken for the wrong one, its reply words are others than the file's."
        )


def _kind(one: TouchpointView) -> str:
    return "silence" if course.is_silence(one) else one.source_kind


def _chosen(uow: UnitOfWork, one: TouchpointView) -> Iterable[str]:
    """Tell which of a program's words they got, as it was kept when they were sent."""
    enrollment = _enrollment(uow, one)
    program = programs.program_of(uow, version_id=enrollment.version_id) if enrollment else None
    number = str(one.why["words"]).partition("/")[2]
    if number and program is not None:
        when = program.variants[int(number) - 1].when if int(number) <= len(program.variants) else ""
        kind = "literacy" if "patient.literacy" in when else "earlier" if "earlier." in when else "other"
        yield Said(VARIANTS[kind], when=when)
    wanted, language = one.why.get("wanted"), str(one.why.get("language"))
    if wanted != language:
        yield (
            "Nobody has approved its translation as it stands, so it went in English, "
            "with a line that says where there is help."
        )
    elif program is not None and language in program.approved and language in APPROVED:
        approval = program.approved[language]
        yield Said(APPROVED[language], who=approval.translator, day=approval.dated.isoformat())


def _said(receipts: Iterable[policy.Receipt], zone: str | None) -> tuple[str, ...]:
    """Return what the rules said, each with its moment on the patient's clock."""
    return tuple(
        Said(
            "%(when)s: %(words)s" if zone else "%(when)s Eastern time: %(words)s",
            when=moment(receipt.at, zone or UNKNOWN_ZONE),
            words=Said.together(explain(receipt)),
        )
        for receipt in receipts
    )
