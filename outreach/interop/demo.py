"""Sample people for a first look, mid-way through their programs: played, not painted, by the product's own
verbs.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from outreach.conversations import commands as threads
from outreach.conversations import queries as talk
from outreach.interop import demo_people, intake
from outreach.interop.demo_stage import Product, Said, Stage, Texted
from outreach.kernel import log, phone
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.programs.commands import release
from outreach.staff import commands as staff
from outreach.staff import queries as clinic

ALWAYS = ({"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "23:59"},)
"""The sample clinic is always open, so that its questions go out whatever day somebody tries it."""
ROSTER_LASTS = timedelta(days=400)
SOURCE = "demo"
KNOWN_AFTER = timedelta(minutes=40)
"""How long after a discharge the clinic hears of it."""
CALLED_AFTER = timedelta(hours=25)
"""How long after a discharge a nurse calls, within the two business days that Transitional Care asks for."""

logger = log.get(__name__)


class OffScript(OutreachError):
    """The script has a colleague answer somebody who never wrote. Correct demo_people.yaml."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was loaded. `login` is empty if it had been loaded before."""

    login: tuple[str, ...] = field(default=(), repr=False)
    said: tuple[Said, ...] = ()
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Numbers and whose phones they are."""


def load(services: Product, *, seed: int = 7) -> Loaded:
    """Load the sample clinic and let its last two weeks pass. A second time changes nothing.

    If the first time was cut short, what it left stays, and signing in works. The same seed gives the same
    texts at the same minutes.
    """
    cast = demo_people.cast()
    with services.transactions.begin(actor=SYSTEM) as uow:
        begun = _begun(uow)
    if begun is not None:
        return Loaded(login=() if begun == "done" else _sign_in_again(services, cast))
    now = services.transactions.product_clock.now()
    stage = _stage(services, cast, now)
    house = _House(stage, cast, services)
    _Play(stage, house, cast, now=now, seed=seed).run()
    with services.transactions.begin(actor=SYSTEM) as uow:
        staff.change_settings(uow, changes={"demo": "done"})
    logger.info("demo_loaded", people=len(cast["people"]), texts=len(stage.provider.said))
    labels = [(one["phone"], " ".join(one["name"])) for one in cast["people"]]
    labels += [(one["pager"], f"Pager of {one['name']}") for one in cast["staff"] if "pager" in one]
    return Loaded(login=house.login, said=tuple(stage.provider.said), labels=_joined(labels))


class _House:
    """The clinic: set up once, before anything happens."""

    def __init__(self, stage: Stage, cast: dict[str, Any], services: Product) -> None:
        self.staff: dict[str, UUID] = {}
        self.names = {one["key"]: one["name"] for one in cast["staff"]}
        self._password = ""
        with stage.transactions.begin(actor=SYSTEM) as uow:
            self.team_id = _clinic(uow, cast["clinic"], _address(services))
            for one in cast["staff"]:
                self.staff[one["key"]] = self._hire(uow, one)
            release.install_library(uow)
            for reply in cast["quick_replies"]:
                threads.put_quick_reply(uow, team_id=self.team_id, **reply)
        self.login = _login(cast, self._password)

    def _hire(self, uow: UnitOfWork, one: dict[str, Any]) -> UUID:
        own = _password(uow) if one.get("signs_in") else None
        self._password = own or self._password
        staff_id = staff.add_staff(
            uow, email=one["email"], name=one["name"], password=own, is_admin=bool(own)
        )
        staff.join_team(uow, staff_id=staff_id, team_id=self.team_id, role=one["role"])
        if "pager" in one:
            staff.set_pager(uow, staff_id=staff_id, phone=phone.parse(one["pager"]))
            staff.add_shift(
                uow,
                team_id=self.team_id,
                staff_id=staff_id,
                starts_at=uow.now,
                ends_at=uow.now + ROSTER_LASTS,
                rank=one["on_call"],
            )
        return staff_id


def _clinic(uow: UnitOfWork, given: dict[str, Any], address: str) -> UUID:
    staff.create_organization(
        uow,
        name=given["name"],
        short_name=given["short_name"],
        zone=given["zone"],
        settings={"basis": {"care": "registration", "reminders": "registration"}, "demo": "loading"},
    )
    names = {"short_name": given["short_name"], "callback_number": given["callback"]}
    sender_id = staff.create_sender(
        uow, label="Main number", address=address, segments_per_second=20.0, **names
    )
    staff.create_sender(uow, label="Pages", address=given["pages"], kind="pages", **names)
    return staff.create_team(
        uow,
        name=given["team"],
        sender_id=sender_id,
        zone=given["zone"],
        opening_hours=ALWAYS,
        is_default=True,
    )


COMES_HOME: dict[str, Any] = {"comes_home": True}
READ_BEFORE = timedelta(minutes=125)
"""A colleague has read by then what nobody had to answer: who waits still is of the present."""
ALL_READ: dict[str, Any] = {"reads": True, "by": "priya"}
IS_CALLED: dict[str, Any] = {
    "calls": "Reached by phone. Knows the medicines and the next visit.",
    "by": "sam",
}


class _Play:
    """Goes through the script: who comes home when, who writes what after which text."""

    def __init__(
        self, stage: Stage, house: _House, cast: dict[str, Any], *, now: datetime, seed: int
    ) -> None:
        self._stage, self._house, self._now, self._seed = stage, house, now, seed
        self._patients: dict[UUID, dict[str, Any]] = {}
        self._waiting: list[tuple[datetime, int, dict[str, Any], dict[str, Any]]] = []
        self._order = count()
        self._used: set[int] = set()
        for one in cast["people"]:
            home = demo_people.discharged_at(one, now)
            self._at(home + KNOWN_AFTER, one, COMES_HOME)
            self._at(home + CALLED_AFTER, one, IS_CALLED)
            for line in one["script"]:
                if "ago" in line:
                    self._at(now - timedelta(minutes=line["ago"]), one, line)
        self._at(now - READ_BEFORE, {}, ALL_READ)
        for one in cast["strangers"]:
            self._at(now - timedelta(minutes=one["ago"]), one, one)

    def run(self) -> None:
        """Play until the present."""
        while True:
            ahead = self._waiting[0][0] if self._waiting else self._now
            sent = self._stage.until(min(ahead, self._now))
            for texted in sent:
                self._cue(texted)
            if sent:
                continue
            if not self._waiting or self._waiting[0][0] > self._now:
                return
            _, _, one, line = heapq.heappop(self._waiting)
            self._do(one, line)
            for texted in self._stage.work():
                self._cue(texted)

    def _at(self, moment: datetime, one: dict[str, Any], line: dict[str, Any]) -> None:
        heapq.heappush(self._waiting, (moment, next(self._order), one, line))

    def _cue(self, texted: Texted) -> None:
        one = self._patients.get(texted.patient_id)
        if one is None:
            return
        for line in one["script"]:
            if id(line) in self._used or "after" not in line or not texted.step.startswith(line["after"]):
                continue
            if not line.get("each"):
                self._used.add(id(line))
            late = timedelta(minutes=line["in"], seconds=self._seconds(texted.step, line))
            self._at(texted.at + late, one, line)

    def _seconds(self, step: str, line: dict[str, Any]) -> int:
        drawn = hashlib.sha256(f"{self._seed} {step} {line['in']}".encode()).digest()
        return drawn[0] % 60

    def _comes_home(self, one: dict[str, Any]) -> None:
        terms = intake.Terms(source=SOURCE, team_id=self._house.team_id)
        with self._stage.transactions.begin(actor=SYSTEM) as uow:
            person = demo_people.person(one, now=self._now)
            taken = intake.take_in(uow, person=person, terms=terms)
            for contact in one.get("contacts", ()):
                if contact.get("scopes"):
                    _agree(uow, taken.patient_id, contact)
        self._patients[taken.patient_id] = one

    def _do(self, one: dict[str, Any], line: dict[str, Any]) -> None:
        if "comes_home" in line:
            self._comes_home(one)
            return
        if "says" in line:
            self._stage.says(one["phone"], line["says"])
            return
        staff_id = self._house.staff[line["by"]]
        if "reads" in line:
            self._stage.read_all(team_id=self._house.team_id, staff_id=staff_id)
            return
        if "calls" in line:
            self._call(one, staff_id, line["calls"])
            return
        conversation_id = self._conversation(one)
        if "staff" in line:
            self._stage.staff(conversation_id, staff_id=staff_id, body=line["staff"])
        elif "resolves" in line:
            self._stage.resolve(conversation_id, staff_id=staff_id, note=line["resolves"])
        elif "closes" in line:
            self._stage.close(conversation_id, staff_id=staff_id, reason=line["closes"])
        else:
            self._stage.note(conversation_id, staff_id=staff_id, **self._named(line["notes"]))

    def _named(self, words: str) -> dict[str, Any]:
        """Put names where a note has keys of the cast, and return who is named."""
        told = []
        for key, staff_id in self._house.staff.items():
            if f"@{key}" in words:
                words = words.replace(f"@{key}", f"@{self._house.names[key]}")
                told.append(staff_id)
        return {"body": words, "mentions": told}

    def _call(self, one: dict[str, Any], staff_id: UUID, outcome: str) -> None:
        for patient_id, found in self._patients.items():
            if found is one:
                self._stage.call_made(
                    team_id=self._house.team_id, patient_id=patient_id, staff_id=staff_id, outcome=outcome
                )

    def _conversation(self, one: dict[str, Any]) -> UUID:
        with self._stage.transactions.begin(actor=SYSTEM) as uow:
            phone_id = patients.phone_for(uow, phone=phone.parse(one["phone"]))
            found = talk.find(uow, phone_id=phone_id, team_id=self._house.team_id)
        if found is None:
            raise OffScript
        return found.id


def _stage(services: Product, cast: dict[str, Any], now: datetime) -> Stage:
    first = min(demo_people.discharged_at(one, now) for one in cast["people"])
    return Stage(
        services,
        start=first - timedelta(days=1),
        address=_address(services),
        undeliverable={
            one["phone"]: one["undeliverable"] for one in cast["people"] if "undeliverable" in one
        },
    )


def _address(services: Product) -> str:
    settings = services.settings
    return settings.twilio_messaging_service_sid or settings.twilio_from or "+12025550100"


def _begun(uow: UnitOfWork) -> str | None:
    try:
        return str(clinic.organization(uow).settings.get("demo", "done"))
    except clinic.NoOrganization:
        return None


def _sign_in_again(services: Product, cast: dict[str, Any]) -> tuple[str, ...]:
    email = next(one["email"] for one in cast["staff"] if one.get("signs_in"))
    with services.transactions.begin(actor=SYSTEM) as uow:
        found = clinic.staff_by_email(uow, email=email)
        if found is None:
            return ()
        password = _password(uow)
        staff.set_password(uow, staff_id=found.id, password=password)
    return _login(cast, password)


def _login(cast: dict[str, Any], password: str) -> tuple[str, ...]:
    email = next(one["email"] for one in cast["staff"] if one.get("signs_in"))
    return (f"Login      {email}", f"Password   {password}")


def _password(uow: UnitOfWork) -> str:
    # The last 60 bits of a UUIDv7 are random.
    return f"sample-{uow.new_id().hex[-15:]}"


def _agree(uow: UnitOfWork, patient_id: UUID, contact: dict[str, Any]) -> None:
    """Let a relative answer or be told, as the patient told staff they may."""
    e164 = phone.parse(contact["phone"]).e164
    for link in people.phones(uow, patient_id=patient_id):
        if link.relation == "caregiver" and link.phone.e164 == e164:
            patients.attach_phone(
                uow,
                patient_id=patient_id,
                phone_id=link.phone_id,
                relation="caregiver",
                scopes=contact["scopes"],
                language=link.language,
                rank=link.rank,
            )


def _joined(labels: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    names: dict[str, list[str]] = {}
    for number, name in labels:
        names.setdefault(number, []).append(name)
    return tuple((number, " and ".join(found)) for number, found in names.items())
