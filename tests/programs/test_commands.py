"""Enrolling, planning and following answers on the real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from outreach import subscriptions
from outreach.care import commands as care
from outreach.care.rules import every_phrase
from outreach.escalations.models import Escalation, Task
from outreach.kernel.clock import FrozenClock
from outreach.messaging.models import Message
from outreach.patients import commands as patients
from outreach.policy import commands as policy
from outreach.programs.commands import enroll
from outreach.programs.models import Enrollment
from outreach.services import Services
from outreach.touchpoints import queries as touchpoints
from outreach.touchpoints.models import Touchpoint
from outreach.why.answer import why
from tests import world
from tests.statements import counted
from workers import due

MARIA = "+12025550143"
MOST_STATEMENTS = 20
"""Of a discharge that leads to two programs, the record read, plans and the task of a call made."""
Begin = Callable[..., Any]
GENERIC = select(Enrollment).where(Enrollment.program == "generic-medical")


@pytest.fixture
def team_id(services: Services) -> UUID:
    return world.clinic(services).team_id


@pytest.fixture
def maria(begin: Begin, team_id: UUID) -> UUID:
    with begin() as uow:
        return world.person(uow, team_id=team_id, e164=MARIA)


def settle(services: Services) -> None:
    """Let every fact be handled."""
    services.relay.drain()


def plan_of(begin: Begin, patient_id: UUID) -> list[tuple[str, str]]:
    with begin() as uow:
        listed = uow.session.scalars(
            select(Touchpoint)
            .where(Touchpoint.patient_id == patient_id)
            .order_by(Touchpoint.due_at, Touchpoint.id)
        )
        return [(one.step, one.state) for one in listed if one.why["program"] == "generic-medical"]


def ordered(begin: Begin, patient_id: UUID, phrases: tuple[str, ...]) -> None:
    with begin() as uow:
        plan = care.put_care_plan(
            uow, patient_id=patient_id, source_system="test", source_id="plan", status="active"
        )
        for phrase in phrases:
            care.put_activity(
                uow,
                patient_id=patient_id,
                source_system="test",
                source_id=phrase,
                care_plan_id=plan.id,
                status="active",
                detail={"text": phrase},
                phrase=phrase,
                day=5,
            )


def test_an_enrollment_asks_the_database_little_however_much_was_ordered(
    begin: Begin, services: Services, maria: UUID
) -> None:
    phrases = tuple({one.key: None for one in every_phrase()})[:5]
    ordered(begin, maria, phrases)
    settle(services)
    with begin() as uow:
        world.discharged(uow, patient_id=maria)

    with counted(services.transactions.engine) as asked:
        settle(services)

    assert len(plan_of(begin, maria)) > 10
    assert len({step for step, _ in plan_of(begin, maria) if step.startswith("activity:")}) == len(phrases)
    assert len(asked) <= MOST_STATEMENTS


def test_who_went_home_forty_days_ago_joins_late_only_what_still_runs_and_visibly(
    begin: Begin, services: Services, maria: UUID
) -> None:
    with begin() as uow:
        care.put_condition(
            uow, patient_id=maria, source_system="test", source_id="c", status="active",
            detail={"text": "Type 2 diabetes mellitus"},
        )  # fmt: skip
        world.discharged(uow, patient_id=maria, days_ago=40)
    settle(services)

    with begin() as uow:
        joined = [one.program for one in uow.session.scalars(select(Enrollment))]
        listed = uow.session.scalars(select(Touchpoint)).all()
        states = {(one.state, one.reason) for one in listed if one.local_day < uow.now.date()}
        to_come = {one.state for one in listed if one.local_day > uow.now.date()}
        calls = uow.session.scalars(select(Task.kind).where(Task.kind == "tcm_call")).all()
    assert joined == ["diabetes"]
    assert calls == []
    assert states == {("skipped", "already_past")}
    assert to_come == {"planned"}


def test_a_contact_says_why_them_why_now_why_these_words_and_what_was_considered_instead(
    begin: Begin, services: Services, clock: FrozenClock, maria: UUID
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria)
        care.put_condition(
            uow, patient_id=maria, source_system="test", source_id="c", status="active",
            detail={"text": "Heart failure"},
        )  # fmt: skip
    settle(services)
    clock.at += timedelta(days=1)
    due.send(services.transactions)

    with begin() as uow:
        contacts = uow.session.scalars(select(Touchpoint).where(Touchpoint.state == "sent")).all()
        contacts = sorted(contacts, key=lambda one: str(one.why["words"]))
        told = {
            part.heading: " ".join(map(str, part.sentences))
            for part in why(uow, subject_id=contacts[0].id).parts
        }
    assert [one.why["words"] for one in contacts] == ["intro", "scale"]
    assert contacts[0].why["wanted"] == contacts[0].why["language"] == "en"
    assert list(told) == [
        "What became of it",
        "Why this patient",
        "Why this phone",
        "Why now",
        "Why these words",
        "What was considered instead",
        "What the rules said",
    ]
    assert all(told.values())
    assert "It counts from their discharge home" in told["Why this patient"]
    assert "what is on their record: Heart failure" in told["Why this patient"]
    assert (
        "fit them as well: this one takes the place of After a hospital stay"
        in told["What was considered instead"]
    )
    assert "Other words: there are some for whom this holds" not in told["What was considered instead"]
    assert "every rule was asked, and none was against it" in told["What was considered instead"]


@pytest.mark.parametrize(
    ("days", "became"),
    [(4, ("sent", None)), (5, ("skipped", "day_over"))],  # the check of day 4 could be asked for 34 hours
)
def test_a_pause_ends_without_a_burst_of_the_days_before(
    begin: Begin,
    services: Services,
    clock: FrozenClock,
    maria: UUID,
    days: int,
    became: tuple[str, str | None],
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria)
        policy.pause(uow, scope="everything", reason="a test")
    settle(services)
    for _ in range(days * 6):
        due.send(services.transactions)
        clock.at += timedelta(hours=4)
    clock.at = clock.at.replace(hour=15, minute=0)
    due.send(services.transactions)
    with begin() as uow:
        policy.resume(uow, scope="everything")
    settle(services)
    clock.at += timedelta(minutes=20)
    due.send(services.transactions)

    with begin() as uow:
        check = uow.session.scalars(select(Touchpoint).where(Touchpoint.step == "visit-check")).one()
        sent = uow.session.scalars(select(Message.id)).all()
    assert (check.state, check.reason) == became
    assert len(sent) == (became[0] == "sent")


def test_a_discharge_enrolls_once_and_plans_thirty_days(
    begin: Begin, services: Services, maria: UUID
) -> None:
    for _ in range(2):
        with begin() as uow:
            world.discharged(uow, patient_id=maria)
        settle(services)

    assert plan_of(begin, maria) == [
        ("intro", "planned"),
        ("visit-soon", "planned"),
        ("visit-booked", "planned"),
        ("first-check", "planned"),
        ("visit-check", "planned"),
        *[("check", "planned")] * 6,
        ("close", "planned"),
    ]
    with begin() as uow:
        assert uow.session.scalars(select(Task.kind)).all() == ["tcm_call"]


@pytest.mark.parametrize(
    ("kind", "days_ago"), [("ambulatory", 0.1), ("inpatient", 40), ("inpatient", 3000), ("other", 1)]
)
def test_a_visit_or_a_discharge_of_long_ago_makes_no_plan(
    begin: Begin, services: Services, maria: UUID, kind: str, days_ago: float
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria, days_ago=days_ago, kind=kind)
    settle(services)

    assert plan_of(begin, maria) == []


def test_someone_imported_late_joins_where_the_program_is_and_the_past_is_shown_as_skipped(
    begin: Begin, services: Services, maria: UUID
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria, days_ago=10)
    settle(services)

    states = [state for _, state in plan_of(begin, maria)]
    assert sorted(states) == ["planned"] * 6 + ["skipped"] * 6


def test_a_discharge_whose_day_is_corrected_makes_a_new_version_of_what_was_not_sent(
    begin: Begin, services: Services, maria: UUID
) -> None:
    with begin() as uow:
        stay = world.discharged(uow, patient_id=maria)
    settle(services)
    with begin() as uow:
        row = uow.session.scalars(GENERIC).one()
        from outreach.programs import queries

        enroll.enroll(
            uow,
            patient_id=maria,
            team_id=row.team_id,
            version_id=row.program_version_id,
            program=queries.program_of(uow, version_id=row.program_version_id),
            anchor_kind="encounter",
            anchor_id=stay,
            anchor_at=row.anchor_at + timedelta(days=1),
        )

    with begin() as uow:
        rows = uow.session.execute(
            text(
                "SELECT anchor_version, state, reason, count(*) FROM touchpoint "
                "WHERE why->>'program' = 'generic-medical' GROUP BY 1, 2, 3 ORDER BY 1"
            )
        ).all()
    assert [tuple(row) for row in rows] == [(1, "skipped", "anchor_moved", 12), (2, "planned", None, 12)]


def test_a_contact_of_an_old_version_is_never_sent(begin: Begin, services: Services, maria: UUID) -> None:
    """Even if it is still waiting when the start moves: the claim looks at the version."""
    with begin() as uow:
        world.discharged(uow, patient_id=maria)
    settle(services)
    with begin() as uow:
        uow.session.execute(text("UPDATE enrollment SET anchor_version = 2"))

    due.send(services.transactions)

    with begin() as uow:
        row = uow.session.scalars(select(Touchpoint).where(Touchpoint.step == "intro")).one()
        assert (row.state, row.reason) == ("skipped", "anchor_moved")
        assert uow.session.scalars(select(Message)).all() == []


def test_activities_of_the_care_plan_get_their_question_in_safe_words(
    begin: Begin, services: Services, maria: UUID, clock: FrozenClock
) -> None:
    with begin() as uow:
        plan = care.put_care_plan(
            uow,
            patient_id=maria,
            source_system="test",
            source_id="p",
            status="active",
            detail={"text": "Diet"},
        )
        care.put_activity(
            uow,
            patient_id=maria,
            source_system="test",
            source_id="a",
            care_plan_id=plan.id,
            status="in-progress",
            phrase="eating",
            detail={"text": "Diabetic diet", "codes": []},
        )
        world.discharged(uow, patient_id=maria)
    settle(services)

    with begin() as uow:
        rows = uow.session.scalars(select(Touchpoint).where(Touchpoint.source_kind == "activity")).all()
        assert rows
        assert {row.why["timing"] for row in rows} == {"default"}
        first = min(rows, key=lambda row: row.due_at)
        uow.session.execute(
            text("UPDATE touchpoint SET due_at = :d WHERE id = :i"), {"d": uow.now, "i": first.id}
        )
    due.send(services.transactions)

    with begin() as uow:
        sent = touchpoints.touchpoint(uow, touchpoint_id=first.id)
        assert sent is not None
        assert sent.text is not None
        assert "ow is eating going?" in sent.text
        assert "iabet" not in sent.text


@pytest.mark.parametrize(("mark", "reason"), [("mark_deceased", "died"), ("mark_hospice", "hospice")])
def test_death_and_hospice_stop_everything(
    begin: Begin, services: Services, maria: UUID, mark: str, reason: str
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria)
    settle(services)
    with begin() as uow:
        getattr(patients, mark)(uow, patient_id=maria, at=uow.now)
    settle(services)

    with begin() as uow:
        assert set(uow.session.scalars(select(Enrollment.stop_reason))) == {reason}
        assert set(uow.session.scalars(select(Touchpoint.state))) == {"skipped"}


def test_every_kind_of_contact_has_somebody_who_composes_it() -> None:
    assert set(subscriptions.SOURCES) == {"program", "activity", "appointment", "refill"}


def test_a_contact_that_keeps_failing_goes_to_a_person(
    begin: Begin, services: Services, maria: UUID, clock: FrozenClock
) -> None:
    with begin() as uow:
        world.discharged(uow, patient_id=maria)
        uow.session.execute(text("UPDATE sender SET short_name = ''"))
    settle(services)

    for _ in range(6):
        due.send(services.transactions)
        clock.move(minutes=30)

    with begin() as uow:
        row = uow.session.scalars(select(Touchpoint).where(Touchpoint.step == "intro")).one()
        assert (row.state, row.reason) == ("suppressed", "EmptyField")
        assert "other" in uow.session.scalars(select(Task.kind)).all()
        assert uow.session.scalars(select(Escalation)).all() == []
