"""Scripted replies on the real database: a question is open, a text comes in, what becomes of it?

One transaction a file: what stands before the rows of a group is played once, each row in a savepoint of its
own that is rolled back. Questions are opened as programs open them; texts go through `inbound.interpret`
itself. Only the days in between are not lived through: that is what tests/programs/dialogues does.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import text

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.inbound import commands as inbound
from outreach.inbound import rules
from outreach.inbound.commands import receiving
from outreach.kernel import phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.programs import files
from outreach.programs.rules import memory, reaction
from outreach.programs.rules.course import as_prompt
from outreach.reminders.rules import texts as reminders
from tests import world

FOLDER = Path(__file__).parent / "bindings"
PROGRAMS = {read.program.key: read.program for read in files.library()}
QUESTIONS = {key: one for program in PROGRAMS.values() for key, one in program.questions.items()}
OURS, THEIRS, DAUGHTER = "+12025550100", "+12025550143", "+12025550144"
NEWEST = text("SELECT id FROM message WHERE direction = 'in' ORDER BY id DESC LIMIT 1")
ANSWERS = text("SELECT id FROM answer")
ASKED_WHOM = text("SELECT count(*) FROM prompt WHERE question->>'key' = 'which_patient'")
UNREAD = text("SELECT coalesce(sum(unread), 0) FROM conversation")
OPTED_OUT = text("SELECT count(*) FROM phone_opt_out WHERE opted_out_at IS NOT NULL")
HELD_BACK = ("person", "nobody", "again", "which", "out")
"""What may become of a text that is bound to nothing."""
STAFF = text("SELECT id FROM staff LIMIT 1")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One dialogue: what is expected of its last text."""

    name: str
    says: str
    expected: str


@dataclass
class Play:
    """One group of dialogues, in an open transaction."""

    uow: UnitOfWork
    team_id: UUID
    sender_id: UUID
    group: dict[str, Any]
    people: dict[str, UUID] = field(default_factory=dict)
    texts: int = 0
    last_asked: str = ""

    def run(self) -> list[tuple[Row, str]]:
        """Return every row with what became of it."""
        outcomes = []
        with self.uow.session.begin_nested() as whole:
            self._people()
            listed = self.group["asks"]
            for step in listed if isinstance(listed, list) else [listed]:
                self._step(step)
            if "after" in self.group:
                self._later(self.group["after"])
            before, texts = self.uow, self.texts
            for says, expected in self.group["rows"]:
                self.uow, self.texts = before, texts
                with self.uow.session.begin_nested() as alone:
                    row = Row(name=self.group["name"], says=str(says), expected=str(expected))
                    outcomes.append((row, self._outcome(row)))
                    alone.rollback()
                self.uow.session.expire_all()
            whole.rollback()
        return outcomes

    def _people(self) -> None:
        names = self.group.get("shared", ["Ana"])
        for name in names:
            self.people[name] = world.person(
                self.uow,
                team_id=self.team_id,
                e164=THEIRS,
                name=f"{name} Ruiz",
                preferred=name,
                language=self.group.get("language", "en"),
            )
        if "caregiver" in self.group:
            patients.attach_phone(
                self.uow,
                patient_id=self.people["Ana"],
                phone_id=patients.phone_for(self.uow, phone=phone.parse(DAUGHTER)),
                relation="caregiver",
                holder_name="Rosa Ruiz",
                scopes=tuple(self.group["caregiver"]),
            )

    @property
    def origin(self) -> str:
        """Whose phone the texts come from, and questions go to."""
        return DAUGHTER if "caregiver" in self.group else THEIRS

    def _step(self, step: Any) -> None:
        if isinstance(step, dict):
            ((who, what),) = step.items()
            if who == "says":
                self._text(what)
            elif who == "staff":
                self._staff(what)
            else:
                self._ask(what, self.people[who])
        elif re.fullmatch(r"\d+[hd]", step):
            self._later(step)
        else:
            self._ask(step, next(iter(self.people.values())))

    def _later(self, much: str) -> None:
        by = timedelta(**{"hours" if much.endswith("h") else "days": int(much[:-1])})
        self._move(by)
        conversations.expire_prompts(self.uow)

    def _move(self, by: timedelta) -> None:
        self.uow = dataclasses.replace(self.uow, now=self.uow.now + by)

    def _ask(self, named: str, patient_id: UUID) -> None:
        key, question = named.split("/")
        self.last_asked = question
        if key == "reminder":
            self._remind(question, patient_id)
            return
        found = PROGRAMS[key].questions[question]
        phone_id = patients.phone_for(self.uow, phone=phone.parse(self.origin))
        known = talk.open_prompt(self.uow, phone_id=phone_id, sender_id=self.sender_id)
        made = conversations.open_prompt(
            self.uow,
            phone_id=phone_id,
            sender_id=self.sender_id,
            patient_id=patient_id,
            source_kind="program",
            source_id=self.uow.new_id(),
            message_id=None,
            question=as_prompt(
                found, self.group.get("language", "en"), topic=found.topic or PROGRAMS[key].topic
            ),
            expires_at=self.uow.now + timedelta(hours=found.lasts_hours),
            over=known.prompt_id if known else None,
        )
        assert made is not None, f"{named} could not be asked"
        self._move(timedelta(minutes=1))

    def _remind(self, question: str, patient_id: UUID) -> None:
        phone_id = patients.phone_for(self.uow, phone=phone.parse(self.origin))
        known = talk.open_prompt(self.uow, phone_id=phone_id, sender_id=self.sender_id)
        conversations.open_prompt(
            self.uow,
            phone_id=phone_id,
            sender_id=self.sender_id,
            patient_id=patient_id,
            source_kind="appointment" if question == "appointment" else "supply",
            source_id=self.uow.new_id(),
            message_id=None,
            question=reminders.question(question, language=self.group.get("language", "en")),
            expires_at=self.uow.now + timedelta(hours=48),
            over=known.prompt_id if known else None,
        )
        self._move(timedelta(minutes=1))

    def _staff(self, words: str) -> None:
        phone_id = patients.phone_for(self.uow, phone=phone.parse(self.origin))
        conversation_id = conversations.ensure(
            self.uow, phone_id=phone_id, team_id=self.team_id, patient_id=next(iter(self.people.values()))
        )
        conversations.reply(
            self.uow,
            conversation_id=conversation_id,
            staff_id=self.uow.session.scalar(STAFF),
            body=words,
            draft_key="d1",
        )
        self._move(timedelta(minutes=1))

    def _text(self, words: str) -> None:
        """Let a text come in and be understood, as the webhook and the relay would."""
        self.texts += 1
        params = {"From": self.origin, "To": OURS, "Body": words, "NumMedia": "0"}
        receipt_id, index = self.uow.new_id(), self.uow.vault.index("phone", self.origin)
        raw = json.dumps({**params, "AccountSid": "AC1"})
        values = {"id": receipt_id, "sid": f"SM{self.texts:032x}", "from_index": index, "how": "webhook"}
        values |= {"raw": self.uow.vault.seal("inbound_receipt.raw", receipt_id, raw)}
        change = rules.consent_change(words, "")
        if change is not None:
            receiving._apply(self.uow, change, sid=values["sid"], params=params, receipt_id=receipt_id)
        self.uow.session.connection().exec_driver_sql(
            receiving.STORE, {**values, "received_at": self.uow.now}
        )
        inbound.interpret(self.uow, receipt_id=receipt_id)
        self.uow.session.flush()
        self._move(timedelta(minutes=1))

    def _outcome(self, row: Row) -> str:
        scalar = self.uow.session.scalar
        answers = set(self.uow.session.scalars(ANSWERS))
        unread, whom = scalar(UNREAD), scalar(ASKED_WHOM)
        out = scalar(OPTED_OUT)
        self._text(row.says)
        read = scalar(UNREAD) > unread
        new = set(self.uow.session.scalars(ANSWERS)) - answers
        if new:
            return self._bound(new.pop()) + ("+" if read else "")
        if scalar(OPTED_OUT) > out:
            return "out"
        if scalar(ASKED_WHOM) > whom:
            return "which"
        return "person" if read else "nobody"

    def _bound(self, answer_id: UUID) -> str:
        found = talk.answer(self.uow, answer_id=answer_id)
        assert found is not None
        means = found.means
        if found.question["kind"] != "choice":
            asked = next(
                q for p in PROGRAMS.values() for k, q in p.questions.items() if k == found.question_key
            )
            given = reaction.Given(
                answer_id="a", number=found.number, second=found.second, unit=found.unit, late=found.late
            )
            known = memory.facts(
                patient={}, heard=(), today=date(2026, 3, 10), value=reaction.value_of(asked, given)
            )
            if reaction.understand(
                asked, given, known, step="s", occurrence=1, today=date(2026, 3, 10)
            ).again:
                return "again"
            means = f"{found.number:g}" + (f"/{found.second:g}" if found.second is not None else "")
        single = not isinstance(self.group["asks"], list) or found.question_key == self.last_asked
        return str(means) if single else f"{found.question_key}/{means}"

    def agrees(self, row: Row, outcome: str) -> bool:
        """Return whether what became of a row is (one of) what was written. A person may read more."""
        found = self.whole(outcome)
        allowed = [self.whole(one) for one in row.expected.split("|")]
        return found in allowed or found.removesuffix("+") in allowed

    def wrong_question(self, row: Row, outcome: str) -> bool:
        """Return whether a text was bound to another question than the one it answers."""
        if outcome.rstrip("+") in HELD_BACK:
            return False
        if "|" in row.expected or self.group.get("only"):
            return not self.agrees(row, outcome)
        if row.expected.rstrip("+") in HELD_BACK:
            return isinstance(self.group["asks"], list)
        return self._question(outcome) != self._question(row.expected)

    def _question(self, outcome: str) -> str:
        named = outcome.split("/")[0]
        return named if "/" in outcome and not named.isdigit() else self.last_asked

    def whole(self, outcome: str) -> str:
        """Return an outcome without the name of the open question: two ways to write it are one."""
        return outcome.removeprefix(f"{self.last_asked}/")


def groups(name: str) -> list[dict[str, Any]]:
    """Return the groups of a file."""
    return list(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")))
