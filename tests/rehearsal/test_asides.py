"""A dry run sends to caregivers what is then sent to them: each text and minute, on whichever phone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.care import commands as care
from outreach.kernel import phone
from outreach.kernel.clock import FrozenClock
from outreach.patients import commands as patients
from outreach.rehearsal import queries
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.answers import NOBODY
from outreach.rehearsal.rules.cast import Said
from outreach.services import Services
from outreach.touchpoints.rules.timing import local_moment
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

EAST = "America/New_York"
DAYS = 7
MARIA, ROSA, LUIS, JO = (f"+1202555010{nth}" for nth in (2, 3, 4, 5))
HOMES: dict[str, dict[str, Any]] = {
    MARIA: {
        "conditions": ["Heart failure"], "supply": 6,
        "near": {ROSA: {"scopes": ["topic:symptoms", "topic:refills"], "language": "es"}},
    },
    LUIS: {"conditions": [], "supply": None, "near": {JO: {"scopes": ["topic:medicines"], "language": None}}},
}  # fmt: skip
SAYS = (
    (1, "10:05", ROSA, "1"), (1, "11:30", MARIA, "gracias"), (2, "10:05", ROSA, "peor"),
    (2, "10:09", ROSA, "B"), (2, "12:00", JO, "2"), (3, "09:00", JO, "3"), (3, "10:06", MARIA, "2"),
    (4, "10:05", ROSA, "STOP"), (5, "10:05", MARIA, "3"), (5, "10:09", MARIA, "A"), (5, "16:00", LUIS, "1"),
)  # fmt: skip


def test_a_dry_run_writes_to_caregivers_as_is_then_written(services: Services, clock: FrozenClock) -> None:
    clock.at = local_moment(clock.at.date(), time(10, 0), EAST)
    desk, start = Desk(services), clock.at
    phones = {e164: desk.phone_id(e164) for e164 in (MARIA, ROSA, LUIS, JO)}
    ids = {e164: _home(desk, nth, e164) for nth, e164 in enumerate(HOMES)}
    whose = ids | {ROSA: ids[MARIA], JO: ids[LUIS]}
    script = tuple(
        Said(patient_id=whose[e164], phone_id=phones[e164], at=_at(start, day, at), text=words)
        for day, at, e164, words in SAYS
    )
    until = start + timedelta(days=DAYS)
    with desk.begin() as uow:
        lines = queries.lines(
            uow,
            offers=queries.in_force(uow),
            wanted=queries.Wanted(since=start, until=until),
            program=None,
        )

    rehearsed = run.rehearse(
        lines, run.Asked(program="", version="", since=start, until=until, rates=NOBODY, script=script)
    )
    for said in script:
        run_until(desk, clock, said.at)
        origin = next(e164 for e164, found in phones.items() if found == said.phone_id)
        desk.arrives(said.text, origin=origin)
        happen(desk)
    run_until(desk, clock, until - timedelta(seconds=1))

    happened = _sent(desk)
    again = _replayed(desk, start, until)
    assert sorted((_minute(one.at), one.kind, one.body) for one in rehearsed.texts) == [
        (minute, kind, body) for minute, kind, body, _ in happened
    ]
    assert again == []
    assert {who for _, _, _, who in happened} == set(phones.values())
    assert any("¿le va mejor" in body and who == phones[ROSA] for _, _, body, who in happened)


def _home(desk: Desk, nth: int, e164: str) -> UUID:
    home = HOMES[e164]
    with desk.begin() as uow:
        patient_id = world.person(uow, team_id=desk.team_id, e164=e164)
        given: dict[str, Any] = {"patient_id": patient_id, "source_system": "test"}
        for near, link in home["near"].items():
            patients.attach_phone(
                uow,
                patient_id=patient_id,
                phone_id=patients.phone_for(uow, phone=phone.parse(near)),
                relation="caregiver",
                **link,
            )
        for name in home["conditions"]:
            care.put_condition(
                uow, **given, source_id=f"{nth}-{name}", status="active", detail={"text": name}
            )
        if home["supply"]:
            care.put_medication(
                uow, **given, source_id=f"{nth}-m", status="active", detail={"text": "Metoprolol"},
                runs_out_on=uow.now.date() + timedelta(days=home["supply"]), days_source="source",
            )  # fmt: skip
        world.discharged(uow, patient_id=patient_id, source_id=f"{nth}-stay")
    return patient_id


def _at(start: datetime, day: int, at: str) -> datetime:
    return local_moment(start.date() + timedelta(days=day), time.fromisoformat(at), EAST)


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _sent(desk: Desk) -> list[tuple[str, str, str, UUID]]:
    with desk.begin() as uow:
        rows = uow.session.execute(
            text("SELECT id, kind, at, phone_id, body_enc FROM message WHERE direction = 'out'")
        ).all()
        return sorted(
            (_minute(row.at), row.kind, uow.vault.open("message.body", row.id, row.body_enc), row.phone_id)
            for row in rows
        )


def _replayed(desk: Desk, start: datetime, until: datetime) -> list[Any]:
    with desk.begin() as uow:
        return [vars(one) for one in queries.replay(uow, since=start, until=until).differences]
