"""A dry run is what then happens: each text and minute, in another process, zone and hash seed."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from outreach.config import Settings
from outreach.conversations import commands as conversations
from outreach.kernel.clock import FrozenClock
from outreach.messaging import commands as messaging
from outreach.programs.rules.definition import Program
from outreach.rehearsal import queries
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.answers import NOBODY
from outreach.rehearsal.rules.cast import Line, Said
from outreach.services import Services
from tests.examples import is_thorough
from tests.inbound.desk import Desk
from tests.provider import Provider, provider, until
from tests.rehearsal import people
from tests.touchpoints.turning import NEXT
from workers import due

HEART_DAYS = 30
QUICK_DAYS, WHOLE_DAYS = 5, HEART_DAYS + 1
"""Five days hold a STOP, HELP, a danger, a late and a mistyped value, both languages, a weekend, a visit's
reminder, a care-plan question, another question over an open one; `make equality` takes all of it."""
MIDDLES = tuple(timedelta(days=day, hours=hour) for day, hour in ((2, 3), (9, 9), (20, 0)))
"""So long after the discharges it is rehearsed again from where people are then: questions are open, values
were mistyped, programs stopped."""
WORKERS = int(os.environ.get("WORKERS", "3"))
ELSEWHERE = {"PYTHONHASHSEED": "11", "TZ": "America/Anchorage"}
REHEARSE = """
import json, pickle, sys
from outreach.rehearsal.rules import run
runs = pickle.load(open(sys.argv[1], "rb"))
print(json.dumps([run.rehearse(lines, asked).dump()["texts"] for lines, asked in runs]))
"""
Sent = tuple[str, str, str]
"""The minute it was written, its kind and its words."""


def test_a_dry_run_is_what_then_happens(
    settings: Settings, clock: FrozenClock, services: Services, tmp_path: Path
) -> None:
    days = WHOLE_DAYS if is_thorough() else QUICK_DAYS
    desk = Desk(services)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE sender SET segments_per_second = 1000"))
        ids = people.settle_in(uow, team_id=desk.team_id)
    start, until = clock.at, clock.at + timedelta(days=days)
    script = people.script(ids, start=start, chatty=is_thorough())
    runs = [_as_they_are(desk, start, until, script)]

    with provider(settings, product_clock=clock) as beside:
        there = copy.copy(desk)
        there.services = beside.services
        for middle in (start + one for one in MIDDLES if start + one < until):
            _live(there, clock, middle, script)
            _reported(there)
            runs.append(_as_they_are(desk, middle, until, script))
        _live(there, clock, until, script)
        happened = _handsets(there, beside)
    rehearsed, *midway = _elsewhere(tmp_path, runs)
    with desk.begin() as uow:
        again = queries.replay(uow, since=start, until=until)
        heart = next(one.program for one in queries.in_force(uow) if one.program.key == "heart-failure")
        instead = queries.replay(uow, since=start, until=until, instead=_another(heart))

    for (lines, asked), found in zip(runs[1:], midway, strict=True):
        concerned = [person.id for line in lines for person in line.people]
        later = {
            one: [text for text in happened[one] if text[0] >= _minute(asked.since)] for one in concerned
        }
        assert _apart(concerned, found, later) == []
        assert len(concerned) > 5 and sum(map(len, later.values())) > 5
    assert _apart(ids, rehearsed, happened) == []
    assert sum(map(len, rehearsed.values())) > 5 * days
    assert [vars(one) for one in again.differences] == []
    assert len(again.sent) == len(again.again.texts) == sum(map(len, happened.values()))
    if days > HEART_DAYS:
        found = {(one.kind, one.subject): one for one in instead.differences}
        assert {one.cause for one in found.values()} == {"file"}
        assert found["dropped", "heart-failure/close@30"].why.startswith("The step close")
        assert found["moved", "heart-failure/medicines@2"].why.startswith("The step medicines goes out at")
        assert found["reworded", "heart-failure/intro"].why.startswith("The text intro")
        assert {kind for kind, subject in found if subject.startswith("heart-failure/daily@")} <= {"reworded"}


Run = tuple[tuple[Line, ...], run.Asked]


def _as_they_are(desk: Desk, since: datetime, until: datetime, script: tuple[Said, ...]) -> Run:
    """Return who is concerned as they are at a moment, and what is to be rehearsed from it. Write nothing."""
    before = counts(desk)
    with desk.begin() as uow:
        wanted = queries.Wanted(since=since, until=until)
        lines = queries.lines(uow, offers=queries.in_force(uow), wanted=wanted, program=None)
    assert counts(desk) == before
    later = tuple(one for one in script if one.at >= since)
    return lines, run.Asked(program="", version="", since=since, until=until, rates=NOBODY, script=later)


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _another(heart: Program) -> Program:
    """Return a release without a last text, with another first one, and a question an hour later."""
    steps = tuple(
        replace(one, at=time(16, 0)) if one.id == "medicines" else one
        for one in heart.steps
        if one.id != "close"
    )
    intro = {code: words.replace("{clinic}", "{clinic}!") for code, words in heart.texts["intro"].items()}
    return replace(heart, steps=steps, texts={**heart.texts, "intro": intro})


def _apart(
    ids: Sequence[UUID], rehearsed: dict[UUID, list[Sent]], happened: dict[UUID, list[Sent]]
) -> list[tuple[int, str, Sent]]:
    """Return what is in one run only, with whose it is."""
    found = []
    for nth, one in enumerate(ids):
        planned, real = Counter(rehearsed.get(one, ())), Counter(happened.get(one, ()))
        found += [(nth, "only rehearsed", line) for line in (planned - real).elements()]
        found += [(nth, "only happened", line) for line in (real - planned).elements()]
    return found


def _elsewhere(folder: Path, runs: Sequence[Run]) -> list[dict[UUID, list[Sent]]]:
    """Rehearse in a process of its own, under another hash seed and time zone."""
    path = folder / "cast.pickle"
    path.write_bytes(pickle.dumps(runs))
    done = subprocess.run(
        [sys.executable, "-c", REHEARSE, str(path)],
        env={**os.environ, **ELSEWHERE, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
    )
    return [_by_patient(texts) for texts in json.loads(done.stdout)]


def _by_patient(texts: Sequence[dict[str, str]]) -> dict[UUID, list[Sent]]:
    found: dict[UUID, list[Sent]] = {}
    for one in texts:
        minute = _minute(datetime.fromisoformat(one["at"]))
        found.setdefault(UUID(one["patient_id"]), []).append((minute, one["kind"], one["body"]))
    return {patient_id: sorted(theirs) for patient_id, theirs in found.items()}


def _live(desk: Desk, clock: FrozenClock, until: datetime, script: tuple[Said, ...]) -> None:
    """Let days happen up to a moment, each thing at its own time."""
    waiting = [one for one in script if one.at >= clock.at]
    _moment(desk)
    while True:
        soonest = desk.scalar(NEXT.text)
        said = waiting[0].at if waiting else None
        moment = min(one for one in (soonest, said, until) if one is not None)
        if moment >= until:
            clock.at = until
            return
        clock.at = max(moment, clock.at)
        while waiting and waiting[0].at <= clock.at:
            one = waiting.pop(0)
            desk.arrives(one.text, origin=_number(desk, one.patient_id))
        _moment(desk)


def _reported(desk: Desk) -> None:
    """Wait until the provider has told of every text, so that nothing more is written by itself."""
    arrived = "SELECT bool_and(state = 'delivered') FROM message WHERE direction = 'out'"
    until(lambda: desk.scalar(arrived))
    desk.services.relay.drain(seconds=30)


def _moment(desk: Desk) -> None:
    """Do what the workers would do at this moment, several of them at once."""
    drain = desk.services.relay.drain
    for _ in range(4):
        with desk.begin() as uow:
            conversations.expire_prompts(uow)
        if desk.scalar("SELECT count(*) FROM outbox"):
            with ThreadPoolExecutor(WORKERS) as crew:
                list(crew.map(lambda _: drain(seconds=30), range(WORKERS)))
        if due.send(desk.services.transactions) == 0:
            break
    assert desk.scalar("SELECT count(*) FROM parked") == 0
    messaging.deliver(desk.services.transactions, desk.services.gateway, worker_seconds=60)
    drain(seconds=30)


def _handsets(desk: Desk, beside: Provider) -> dict[UUID, list[Sent]]:
    """Return every text with the minute it was written; each must have reached its handset, word for word."""
    found: dict[UUID, list[Sent]] = {}
    rows = desk.rows(
        "SELECT id, kind, at, state, about_patient, body_enc FROM message WHERE direction = 'out' ORDER BY at"
    )
    for row in rows:
        with desk.begin() as uow:
            body = uow.vault.open("message.body", row.id, row.body_enc)
        assert row.state in ("accepted", "sent", "delivered"), (row.kind, row.state)
        minute = _minute(row.at)
        found.setdefault(row.about_patient, []).append((minute, row.kind, body))
    for patient_id, texts in found.items():
        written = sorted(body for _, _, body in texts)
        number = _number(desk, patient_id)
        until(lambda number=number, written=written: sorted(beside.texts(number)) == written)
    return {patient_id: sorted(texts) for patient_id, texts in found.items()}


def _number(desk: Desk, patient_id: UUID) -> str:
    with desk.begin() as uow:
        from outreach.patients import queries as patients

        phone_id = patients.texting_phone(uow, patient_id=patient_id)
        assert phone_id is not None or patients.phones(uow, patient_id=patient_id)
        return patients.phones(uow, patient_id=patient_id)[0].phone.e164


def counts(desk: Desk) -> list[int]:
    """Return how many rows stand in what a dry run could have touched."""
    tables = ("touchpoint", "message", "enrollment", "prompt", "decision", "contact", "outbox", "escalation")
    return [desk.scalar(f"SELECT count(*) FROM {one}") for one in tables]
