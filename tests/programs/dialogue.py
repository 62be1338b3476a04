"""Scripted dialogues: a patient on a phone, the product in process, what is expected beside each line.

A file holds a list of dialogues. Each is a list of lines:
  open: breathing    the next contact that asks this is due now; what was planned before it is passed over
  wait: 2d 10:05     the clock moves to that wall-clock time, days after discharge, doing all that is due
  asked: need        that question is open now
  patient: "2"       the patient texts this
  bound: worse       the last text was taken as that answer; `bound: nothing` if it must answer nothing
  said: glad         the newest text we sent is that text of the program; `sent` looks at all we sent
  escalated: red/warning_signs    the newest call for a person
  human: true        the thread waits for a person
  tasks: visit weekly_call   what people were given to do
  stopped: opted_out / active: true / finished: true
Lines about caregivers are in kin.py.
Everybody who went home is in `social-needs` too; only a script that says `social: true` is asked by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import text

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import files
from outreach.programs.rules import translations
from outreach.touchpoints.rules.timing import local_date, local_moment
from tests import world
from tests.inbound.desk import Desk
from tests.programs.kin import Kin
from tests.touchpoints.turning import happen, run_until

FOLDER = Path(__file__).parent / "dialogues"
NEW_YORK = "America/New_York"
AREA_CODES = (202, 212, 303, 312, 404, 415, 503, 512, 602, 617, 702, 713)
PROGRAMS = {read.program.key: read.program for read in files.library()}


def number(nth: int) -> str:
    """Return a sample phone number of somebody's own."""
    return f"+1{AREA_CODES[nth // 100]}55501{nth % 100:02d}"


@dataclass
class Talk(Kin):
    """One patient's dialogue, in a clinic shared with others."""

    desk: Desk
    clock: FrozenClock
    e164: str
    script: dict[str, Any]
    patient_id: UUID = field(init=False)
    problems: list[str] = field(default_factory=list)
    start: datetime = field(init=False)

    def run(self) -> list[str]:
        """Play it; return what went otherwise than written."""
        self._begin()
        for at, line in enumerate(self.script["lines"], start=1):
            ((verb, expected),) = line.items()
            found = getattr(self, f"_{verb}")(expected)
            if found is not None:
                self.problems.append(f"{self.script['name']}, line {at} ({verb}: {expected}): {found}")
        self._leave()
        return self.problems

    def _begin(self) -> None:
        start = self.script.get("start", "2026-03-10T10:00")
        self.start = local_moment(
            datetime.fromisoformat(start).date(), datetime.fromisoformat(start).time(), NEW_YORK
        )
        self.clock.at = self.start
        with self.desk.begin() as uow:
            self.patient_id = world.person(
                uow,
                team_id=self.desk.team_id,
                e164=self.e164,
                language=self.script.get("language", "en"),
            )
            for number_, name in enumerate(self.script.get("conditions", [])):
                care.put_condition(
                    uow,
                    patient_id=self.patient_id,
                    source_system="test",
                    source_id=f"{self.e164}-{number_}",
                    status="active",
                    detail={"text": name},
                )
            if self.script.get("literacy"):
                uow.session.execute(
                    text("UPDATE patient SET literacy = :l WHERE id = :i"),
                    {"l": self.script["literacy"], "i": self.patient_id},
                )
            self._near(uow)
            self._record(uow)
        happen(self.desk)
        if not self.script.get("social"):
            self._pass_over("source_id IN (SELECT id FROM enrollment WHERE program = 'social-needs')")

    def _record(self, uow: UnitOfWork) -> None:
        """Tell the record what was done, what was missed, and that they went home."""
        for number_, (what, days) in enumerate(self.script.get("procedures", {}).items()):
            care.put_procedure(
                uow,
                patient_id=self.patient_id,
                source_system="test",
                source_id=f"p-{self.e164}-{number_}",
                status="preparation" if days > 0 else "completed",
                performed_at=uow.now + timedelta(days=days),
                detail={"text": what},
            )
        if self.script.get("missed"):
            care.put_appointment(
                uow,
                patient_id=self.patient_id,
                source_system="test",
                source_id=f"v-{self.e164}",
                status="no_show",
                source_status="noshow",
                starts_at=uow.now - timedelta(hours=1),
                detail={"text": "Follow-up"},
            )
        stay = self.script.get("stay", "inpatient")
        if stay != "none":
            world.discharged(uow, patient_id=self.patient_id, source_id=f"stay-{self.e164}", kind=stay)

    def _pass_over(self, which: str, **values: Any) -> None:
        with self.desk.begin() as uow:
            uow.session.execute(
                text(
                    "UPDATE touchpoint SET state = 'skipped' WHERE state IN ('planned', 'held') "
                    f"AND patient_id = :p AND {which}"
                ),
                {"p": self.patient_id, **values},
            )

    def _open(self, key: str) -> str | None:
        due = self._scalar(
            "SELECT min(due_at) FROM touchpoint WHERE patient_id = :p AND state = 'planned' "
            f"AND why->>'asks' = '{key}'"
        )
        if due is None:
            return "it is not planned"
        self._pass_over("due_at < :due", due=due)
        self.clock.at = due
        happen(self.desk)
        if self._asked(key) is not None:  # a Sunday morning: it goes out at noon
            run_until(self.desk, self.clock, due + timedelta(hours=3))
        return self._asked(key)

    def _tasks(self, wanted: str) -> str | None:
        found = self._scalar(
            "SELECT string_agg(kind, ' ' ORDER BY kind) FROM task WHERE patient_id = :p AND state = 'open'"
        )
        return None if (found or "nothing") == wanted else f"tasks are {found}"

    def _leave(self) -> None:
        """Take this patient off the plan, so that the next dialogue has the clock to itself."""
        with self.desk.begin() as uow:
            uow.session.execute(
                text("UPDATE touchpoint SET state = 'skipped' WHERE state IN ('planned', 'held')")
            )
            uow.session.execute(text("UPDATE prompt SET state = 'expired' WHERE state = 'open'"))

    def _wait(self, until: str) -> str | None:
        days, at = re.fullmatch(r"(\d+)d (\d\d:\d\d)", until).groups()  # type: ignore[union-attr]
        day = local_date(self.start, NEW_YORK) + timedelta(days=int(days))
        run_until(self.desk, self.clock, local_moment(day, time.fromisoformat(at), NEW_YORK))
        return None

    def _patient(self, words: str) -> str | None:
        self.clock.move(minutes=1)
        self.desk.arrives(words, origin=self.e164, sid=f"SM{self.e164[2:]}{self.clock.at.timestamp():.0f}")
        happen(self.desk)
        return None

    def _asked(self, key: str) -> str | None:
        found = self._scalar(
            "SELECT question->>'key' FROM prompt p JOIN patient_phone l ON l.phone_id = p.phone_id "
            "WHERE l.patient_id = :p AND p.state = 'open'"
        )
        return None if (found or "nothing") == key else f"open is {found}"

    def _bound(self, means: str) -> str | None:
        row = self._row(
            "SELECT a.id, m.id AS newest FROM message m LEFT JOIN answer a ON a.message_id = m.id "
            "WHERE m.direction = 'in' AND m.phone_id IN "
            "(SELECT phone_id FROM patient_phone WHERE patient_id = :p) ORDER BY m.at DESC, m.id DESC LIMIT 1"
        )
        found = self._meaning(row.id) if row is not None and row.id else "nothing"
        return None if found == str(means) else f"bound {found}"

    def _meaning(self, answer_id: UUID) -> str:
        from outreach.conversations import queries as talk
        from outreach.programs import queries

        with self.desk.begin() as uow:
            for one in queries.enrollments(uow, patient_id=self.patient_id):
                for heard in queries.heard(uow, enrollment_id=one.id):
                    if heard.answer_id == str(answer_id):
                        return heard.means
            answer = talk.answer(uow, answer_id=answer_id)
            if answer is None or answer.number is None:
                return (answer and answer.means) or "unknown"
            return f"unclear {answer.number:g}"

    def _said(self, key: str) -> str | None:
        bodies = self._bodies()
        return None if any(_fits(one, bodies[-1]) for one in _words(key)) else f"said {bodies[-1]!r}"

    def _sent(self, key: str) -> str | None:
        found = any(_fits(one, body) for one in _words(key) for body in self._bodies())
        return None if found else "it was never sent"

    def _says(self, part: str) -> str | None:
        bodies = self._bodies()
        return None if bodies and part in bodies[-1] else f"said {bodies[-1:]}"

    def _texts(self, count: int) -> str | None:
        found = len(self._bodies())
        return None if found == count else f"{found} texts"

    def _escalated(self, wanted: str) -> str | None:
        row = self._row(
            "SELECT tier || '/' || topic AS found FROM escalation WHERE patient_id = :p "
            "ORDER BY raised_at DESC, id DESC LIMIT 1"
        )
        found = row.found if row else "nothing"
        return None if found == wanted else f"escalated {found}"

    def _human(self, wanted: bool) -> str | None:
        found = bool(
            self._scalar(
                "SELECT bool_or(waiting_since IS NOT NULL) FROM conversation c WHERE c.phone_id IN "
                "(SELECT phone_id FROM patient_phone WHERE patient_id = :p)"
            )
        )
        return None if found is wanted else f"waits for a person: {found}"

    def _stopped(self, reason: str) -> str | None:
        return self._state(f"stopped {reason}")

    def _active(self, _: bool) -> str | None:
        return self._state("active")

    def _finished(self, _: bool) -> str | None:
        return self._state("finished")

    def _program(self, keys: str) -> str | None:
        found = self._scalar(
            "SELECT string_agg(program, ' ' ORDER BY program) FROM enrollment WHERE patient_id = :p "
            "AND program <> 'social-needs'"
        )
        return None if (found or "nothing") == keys else f"in {found}"

    def _state(self, wanted: str) -> str | None:
        found = self._scalar(
            "SELECT state || coalesce(' ' || stop_reason, '') FROM enrollment WHERE patient_id = :p "
            "AND program <> 'social-needs' LIMIT 1"
        )
        return None if found == wanted else f"enrollment is {found}"

    def _bodies(self) -> list[str]:
        with self.desk.begin() as uow:
            rows = uow.session.execute(
                text(
                    "SELECT id, body_enc FROM message "
                    "WHERE direction = 'out' AND about_patient = :p ORDER BY at, id"
                ),
                {"p": self.patient_id},
            ).all()
            return [uow.vault.open("message.body", row.id, row.body_enc) for row in rows]

    def _scalar(self, statement: str) -> Any:
        return self.desk.scalar(statement, p=self.patient_id)

    def _row(self, statement: str) -> Any:
        return next(iter(self.desk.rows(statement, p=self.patient_id)), None)


def _words(key: str) -> list[str]:
    return [
        template
        for program in PROGRAMS.values()
        for name, found in translations.every_text(program).items()
        if name == key
        for template in found.values()
    ]


def _fits(template: str, body: str) -> bool:
    """Return whether a text is this template, whatever its fields were filled with."""
    pattern = re.escape(template).replace(r"\[", "(?:").replace(r"\]", ")?")
    return re.fullmatch(re.sub(r"\\\{[a-z_]+\\\}", ".+?", pattern), body) is not None


def scripts(path: Path) -> list[dict[str, Any]]:
    """Return the dialogues of a file. `each` writes one dialogue for every line of a table."""
    found = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        found += _spread(entry) if "each" in entry else [entry]
    return found


def _spread(entry: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for says, bound, *rest in entry["each"]:
        lines = [*entry["lines"], {"patient": says}, {"bound": bound}]
        lines += [dict([one]) for more in rest for one in more.items()]
        made.append({**entry, "name": f"{entry['name']}: {says!r}", "lines": lines})
    return made
