"""Why a contact goes to this phone and to no other, in words: whom the patient chose, who stands in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.patients.rules import CHOSEN, STANDS_IN
from outreach.programs import queries as programs
from outreach.programs.rules import course
from outreach.reminders.rules import texts as reminders
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints.queries import TouchpointView

TOPICS = {
    "appointments": "visits",
    "refills": "refills",
    "medicines": "medicines",
    "care_plan": "what the care plan asks for",
    "symptoms": "how they are",
    "social_needs": "food, rides, housing and bills",
}
"""Topics, as a sentence names them."""
NO_NAME = "a caregiver"
WENT = {
    "own": "It went to their own phone.",
    CHOSEN: "It went to %(who)s, whom they chose for %(topic)s.",
    STANDS_IN: "It went to %(who)s, who may answer for them: they have no phone of their own.",
}
GOES = {
    "own": "It goes to their own phone.",
    CHOSEN: "It goes to %(who)s, whom they chose for %(topic)s.",
    STANDS_IN: "It goes to %(who)s, who may answer for them: they have no phone of their own.",
}
PASSED_OVER = "They chose %(who)s for %(topic)s, who can't be texted."
NOBODY = "There is no phone for it."
NOT_KEPT = "Which phone was chosen, and why, was not kept when it was sent."


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Why one phone was chosen."""

    how: str
    link_id: UUID
    topic: str | None
    passed_over: UUID | None


def told(uow: UnitOfWork, one: TouchpointView) -> Iterable[str]:
    """Tell which phone a contact went to, or goes to as things stand, and why."""
    sent = one.state in ("sent", "answered")
    chosen = _kept(one) if "to" in one.why else None if sent else _now(uow, one)
    if chosen is None:
        yield NOT_KEPT if sent else NOBODY
        return
    names = {link.link_id: link.holder_name for link in patients.phones(uow, patient_id=one.patient_id)}
    topic = Said(TOPICS.get(chosen.topic or "", ""))
    if chosen.passed_over is not None:
        yield Said(PASSED_OVER, who=names.get(chosen.passed_over) or Said(NO_NAME), topic=topic)
    words = (WENT if sent else GOES)[chosen.how]
    yield Said(words, who=names.get(chosen.link_id) or Said(NO_NAME), topic=topic)


def _kept(one: TouchpointView) -> Chosen:
    why = one.why
    return Chosen(
        how=str(why["to"]),
        link_id=UUID(str(why["link"])),
        topic=str(why["topic"]) if "topic" in why else None,
        passed_over=UUID(str(why["passed_over"])) if "passed_over" in why else None,
    )


def _now(uow: UnitOfWork, one: TouchpointView) -> Chosen | None:
    topic, purpose = _about(uow, one)
    found = touchpoints.destination(uow, one, topic=topic, purpose=purpose)
    if found is None:
        return None
    return Chosen(how=found.how, link_id=found.link_id, topic=topic, passed_over=found.passed_over)


def _about(uow: UnitOfWork, one: TouchpointView) -> tuple[str | None, str]:
    """Return what a contact is about, and for what purpose it is texted."""
    if one.source_kind in reminders.TOPICS:
        return reminders.TOPICS[one.source_kind], "reminders"
    enrollment = programs.enrollment(uow, enrollment_id=UUID(str(one.why["enrollment_id"])))
    if enrollment is None:
        return None, "care"
    program = programs.program_of(uow, version_id=enrollment.version_id)
    return course.topic_of(one, program), program.purpose
