"""A stretch that was lived with all that staff and the record do meanwhile, run again: no difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.care import commands as care
from outreach.consent import commands as consent
from outreach.conversations import commands as conversations
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as numbers
from outreach.policy import commands as policy
from outreach.programs import queries as programs
from outreach.programs.commands import by_hand, releasing
from outreach.rehearsal import queries
from outreach.rehearsal.queries import record
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.answers import NOBODY
from outreach.rehearsal.rules.cast import Said
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints.rules import capacity
from outreach.touchpoints.rules.timing import local_moment
from tests import world
from tests.inbound.desk import Desk
from tests.rehearsal import people
from tests.rehearsal.changing import changes
from tests.touchpoints.turning import run_until

DAYS = 14
FILE = (resources.files("outreach.programs") / "library" / "generic-medical.yaml").read_text(encoding="utf-8")
CHANGED = FILE.replace("days: [6, 9, 12, 16, 20, 25]", "days: [6, 10, 13, 16, 20, 25]")
PAUSED, SKIPPED, STOPPED, WENT_OUT, IN_AGAIN, MOVED, DIED, HOSPICE, BY_STAFF, TALKED = (
    0,
    1,
    3,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)
"""Their places among the people: see `people.CAST`."""
SLOW = timedelta(seconds=45)
"""So long workers may take before they look at what is due: no text may depend on it."""
QUIET = "9 17:00"
"""From here on staff do nothing more."""


class Life:
    """A dozen people, and what staff and the record do to them."""

    def __init__(
        self, desk: Desk, start: datetime, ids: tuple[UUID, ...], staff_ids: tuple[UUID, UUID]
    ) -> None:
        self.desk, self.start, self.ids, self.staff_ids = desk, start, ids, staff_ids
        self.acts: list[tuple[str, Callable[[UnitOfWork], Any]]] = [
            ("1 15:10", lambda uow: by_hand.pause(uow, enrollment_id=self.course(uow, PAUSED))),
            ("1 15:20", self.skip),
            ("1 16:30", self.correct_the_stay),
            ("2 09:10", self.write),
            ("2 15:00", lambda uow: patients.mark_hospice(uow, patient_id=ids[HOSPICE])),
            ("2 15:30", self.opt_out),
            ("3 09:30", lambda uow: by_hand.take_up(uow, enrollment_id=self.course(uow, PAUSED))),
            ("3 12:00", self.release),
            ("3 15:00", lambda uow: patients.mark_deceased(uow, patient_id=ids[DIED])),
            ("4 08:00", lambda uow: self.stay(uow, status="in-progress", ended_at=None)),
            ("4 09:00", lambda uow: by_hand.stop(uow, enrollment_id=self.course(uow, STOPPED))),
            ("5 12:00", self.opt_in),
            ("6 12:00", lambda uow: self.stay(uow, status="finished", ended_at=uow.now)),
            ("6 12:30", lambda uow: policy.pause(uow, scope="team", scope_id=desk.team_id, reason="Move")),
            ("8 11:20", lambda uow: policy.resume(uow, scope="team", scope_id=desk.team_id)),
            ("8 20:00", lambda uow: policy.pause(uow, scope="program", scope_id="heart-failure", reason="?")),
            ("9 15:00", lambda uow: policy.resume(uow, scope="program", scope_id="heart-failure")),
            ("9 09:30", self.write),
            ("9 12:00", self.call_off),
            *changes(ids, start),
        ]

    def course(self, uow: UnitOfWork, who: int) -> UUID:
        """Return what somebody's own illness brought them into."""
        found = programs.enrollments(uow, patient_id=self.ids[who])
        return next(one.id for one in found if one.program != "social-needs")

    def skip(self, uow: UnitOfWork) -> None:
        """Let the next contact of one and an activity of another go."""
        for who, kind in ((SKIPPED, "program"), (MOVED, "activity")):
            found = uow.session.scalar(
                text(
                    "SELECT id FROM touchpoint WHERE patient_id = :who AND source_kind = :kind"
                    " AND state IN ('planned', 'held') ORDER BY due_at LIMIT 1"
                ),
                {"who": self.ids[who], "kind": kind},
            )
            touchpoints.skip_by_staff(uow, touchpoint_id=found)

    def correct_the_stay(self, uow: UnitOfWork) -> None:
        """Tell that somebody went home a day earlier than we were told."""
        nth = 10 + MOVED
        ended = uow.session.scalar(
            text("SELECT ended_at FROM encounter WHERE patient_id = :who"), {"who": self.ids[MOVED]}
        )
        care.put_encounter(
            uow,
            patient_id=self.ids[MOVED],
            source_system="test",
            source_id=f"{nth}-stay",
            kind="inpatient",
            status="finished",
            started_at=ended - timedelta(days=3),
            ended_at=ended - timedelta(days=1),
            disposition="home",
            detail={"type": "Stay"},
        )

    def stay(self, uow: UnitOfWork, *, status: str, ended_at: datetime | None) -> None:
        """Tell that somebody is in again, and later that they went home."""
        care.put_encounter(
            uow,
            patient_id=self.ids[IN_AGAIN],
            source_system="test",
            source_id="again",
            kind="inpatient",
            status=status,
            started_at=_at(self.start, "4 03:00"),
            ended_at=ended_at,
            disposition="home" if ended_at else "unknown",
            detail={"type": "Stay"},
        )

    def write(self, uow: UnitOfWork) -> None:
        """Let a colleague write: what is due soon waits."""
        phone_id = numbers.texting_phone(uow, patient_id=self.ids[TALKED])
        thread = conversations.ensure(
            uow, phone_id=phone_id, team_id=self.desk.team_id, patient_id=self.ids[TALKED]
        )
        conversations.reply(
            uow,
            conversation_id=thread,
            staff_id=self.staff_ids[0],
            body="I will call you this afternoon.",
            draft_key=str(uow.now),
        )

    def opt_out(self, uow: UnitOfWork) -> None:
        """Write down that somebody asked for no more texts on the telephone."""
        consent.opt_out(uow, phone_id=self.phone(uow), how="staff", by_staff_id=self.staff_ids[0])

    def opt_in(self, uow: UnitOfWork) -> None:
        """Write down that they want them again."""
        consent.opt_in(
            uow, phone_id=self.phone(uow), how="staff", by_staff_id=self.staff_ids[0], evidence="Asked today"
        )

    def phone(self, uow: UnitOfWork) -> UUID:
        """Return the phone of who told staff."""
        return numbers.phones(uow, patient_id=self.ids[BY_STAFF])[0].phone_id

    def release(self, uow: UnitOfWork) -> None:
        """Put another version in force, and move everybody to it."""
        made = releasing.propose(uow, source_text=CHANGED, by_staff_id=self.staff_ids[0])
        releasing.release(uow, version_id=made, by_staff_id=self.staff_ids[1])
        releasing.migrate(uow, to_version_id=made, team_ids=[self.desk.team_id])

    def call_off(self, uow: UnitOfWork) -> None:
        """Tell that a visit is off."""
        care.put_appointment(
            uow,
            patient_id=self.ids[TALKED],
            source_system="test",
            source_id=f"{10 + TALKED}-visit",
            status="cancelled",
            source_status="cancelled",
            booked_on=date(2026, 2, 1),
            starts_at=local_moment(self.start.date() + timedelta(days=12), time(14, 30), people.EAST),
            detail={"text": "Visit"},
        )

    def carry(self) -> None:
        """Let every text that was queued have left: what is still here would be taken back."""
        with self.desk.begin() as uow:
            uow.session.execute(text("UPDATE message SET state = 'delivered' WHERE state = 'queued'"))

    def live(self, clock: FrozenClock, until: datetime, script: tuple[Said, ...]) -> None:
        """Let days happen up to a moment, with whatever is said and done in them."""
        since = clock.at
        todo = [(_at(self.start, when), act) for when, act in self.acts]
        moments = sorted({at for at, _ in todo} | {one.at for one in script} | {until})
        for moment in [one for one in moments if since <= one <= until]:
            run_until(self.desk, clock, moment - timedelta(seconds=1), slow=SLOW)
            clock.at = moment
            self.carry()
            if moment == until:
                return
            for at, act in todo:
                if at == moment:
                    with self.desk.begin() as uow:
                        act(uow)
            for one in script:
                if one.at == moment:
                    assert self.desk.arrives(
                        one.text, origin=people.number(10 + self.ids.index(one.patient_id))
                    )


def _at(start: datetime, when: str) -> datetime:
    day, clock = when.split()
    return local_moment(start.date() + timedelta(days=int(day)), time.fromisoformat(clock), people.EAST)


@pytest.fixture
def life(services: Services, clock: FrozenClock) -> Life:
    """Return a dozen people who went home just now."""
    clock.at -= timedelta(hours=1)  # before the first texts of the day
    desk = Desk(services)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE sender SET segments_per_second = 1000"))
        staff_ids = tuple(
            staff.add_staff(uow, email=f"{name}@riverside.example", name=name, password=world.PASSWORD)
            for name in ("olga", "paul")
        )
        ids = people.settle_in(uow, team_id=desk.team_id)
    return Life(desk, clock.at, ids, staff_ids)


def test_what_staff_and_the_record_did_is_done_again_in_a_replay_and_a_dry_run_goes_on_from_it(
    life: Life, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "POPULAR", 7)
    start, until, quiet = clock.at, clock.at + timedelta(days=DAYS), _at(clock.at, QUIET)
    again = Said(patient_id=life.ids[WENT_OUT], at=_at(start, "7 10:05"), text="START")
    script = tuple(sorted((*people.script(life.ids, start=start), again), key=lambda one: one.at))

    life.live(clock, quiet, script)
    with life.desk.begin() as uow:
        lines = queries.lines(
            uow,
            offers=queries.in_force(uow),
            wanted=queries.Wanted(since=quiet, until=until),
            program=None,
        )
    life.live(clock, until, script)
    with life.desk.begin() as uow:
        found = queries.replay(uow, since=start, until=until)

    names = {str(one): nth for nth, one in enumerate(life.ids)}
    assert [(names[one.label], vars(one)) for one in found.differences] == []
    assert len(found.sent) == len(found.again.texts) > 100
    assert len({one.local[-2:] for one in found.sent if one.kind == "program"}) > 5
    assert (found.moved_anchors, found.not_played, found.changed_unseen) == (0, 0, 0)
    reasons = Counter(one.reason for one in found.again.events)
    assert set(reasons) >= REASONS

    concerned = {person.id for line in lines for person in line.people}
    later = tuple(one for one in script if one.at >= quiet)
    asked = run.Asked(program="", version="", since=quiet, until=until, rates=NOBODY, script=later)
    dry = [_shown(one) for one in run.rehearse(lines, asked).texts]
    lived = [_shown(one) for one in found.sent if one.at >= quiet and one.patient_id in concerned]
    assert sorted(dry) == sorted(lived)
    assert len(dry) > 20

    with life.desk.begin() as uow:  # as before the upgrade that brought record_change
        uow.session.execute(text("DELETE FROM record_change WHERE kind <> 'patient'"))
        assert queries.replay(uow, since=start, until=until).changed_unseen == 4


def test_it_is_told_of_how_many_teams_the_hours_were_changed_since(life: Life) -> None:
    with life.desk.begin() as uow:
        since = uow.machine_now - timedelta(microseconds=1)  # the record's time
        asked: dict[str, Any] = {"team_ids": [life.desk.team_id], "since": since, "until": since}
        assert record.teams_changed(uow, **asked) == 0
        staff.set_hours(uow, team_id=life.desk.team_id, opening_hours=HOURS)
        assert record.teams_changed(uow, **asked) == 1


HOURS = [{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}]
REASONS = {"paused", "by_staff", "day_over", "readmitted", "died", "hospice", "anchor_moved", "opted_out"}


def _shown(one: Any) -> tuple[str, str, str]:
    return str(one.patient_id), one.local, one.body
