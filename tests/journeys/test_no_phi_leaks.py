"""After a whole journey, nobody's name, number or words stand anywhere but in encrypted columns."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import psutil
import pytest
import redis
import requests
from sqlalchemy import create_engine, make_url, text

from outreach.care import commands as care
from outreach.embedded import postgres
from outreach.embedded.redis import EmbeddedRedis
from outreach.kernel import rotation
from outreach.kernel.crypto import KeyRing
from outreach.kernel.unit_of_work import SYSTEM
from outreach.patients import commands as patients
from outreach.simulator.signing import signature
from tests import databases, world
from tests import live as product
from tests.journeys import leaks
from tests.live import ACCOUNT, CLINIC_NUMBER, TOKEN, Desk, Live, eventually
from tests.servers import Servers

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("live")]

QUILLON, YSOLDE, STRANGER = "+12025550143", "+13035550177", "+14155550166"
MRN, BORN = "MRN-7731904-QX", date(1951, 3, 17)
WORDS = {
    "talk": "I felt rather wobblesome since the brunch on Thursday",
    "urgent": "I have crushing chest pain and my arm tingles zanily",
    "hostile": "'; DROP TABLE message; -- {{7*7}} <script>wobblegong</script>\x00\u202e",
    "stranger": "Is this the florist on Marmalade Street",
    "reply": "Please keep the left foot up, Mx Abernathy",
    "note": "Sister Philippa brings the oxbow pills",
    "activity": "Brambleworth zinc dressing of the left heel",
    "disposition": "Went home to the Tanglewood sheltered flat",
    "unsigned": "Forged by somebody called Grimbold Thistle",
}
PEOPLE = ("Quillon", "Abernathy-Voss", "Ysolde", "Marrowbane")
PHOTO = b"\x89PNG\r\n\x1a\n" + b"wobblesome photograph of a heel" * 20
NOT_PLANTED = {"figures", "log of careless"}
CANARY_NAME, CANARY_PHONE = "Canaria Plantedbird", "+16175550199"


def secrets_of_people() -> list[str]:
    """Return all that must be found nowhere."""
    lines = [part for words in WORDS.values() for part in (words, *pieces(words))]
    numbers = [spelled for e164 in (QUILLON, YSOLDE, STRANGER) for spelled in leaks.spellings(e164)]
    others = (MRN, MRN.removeprefix("MRN-"), BORN.isoformat(), "wobblesome photograph")
    return [*PEOPLE, *others, *lines, *numbers]


def pieces(words: str) -> list[str]:
    """Return each three words of a text that follow one another."""
    split = words.split()
    return [" ".join(split[n : n + 3]) for n in range(len(split) - 2)]


@dataclass
class House:
    live: Live
    redis: EmbeddedRedis
    heard: bytearray
    """What MONITOR told."""
    admin_url: str
    postgres_log: Path


@pytest.fixture(scope="module")
def house(servers: Servers, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[House]:
    """The product after a whole journey."""
    folder = tmp_path_factory.mktemp("leaks")
    database = f"live_no_phi_leaks_{worker_id}"
    with tempfile.TemporaryDirectory(prefix="leaks-") as made:
        own = EmbeddedRedis(Path(made).resolve() / "data")
        own.start()
        try:
            with (
                monitored(own) as heard,
                product.running(
                    database_url=databases.migrated(servers, database), redis_url=own.url(), folder=folder
                ) as live,
            ):
                journey(live)
                yield House(live, own, heard, servers.admin_url(database), servers.postgres.log)
        finally:
            own.stop()


@contextmanager
def monitored(server: EmbeddedRedis) -> Iterator[bytearray]:
    """Write down every command that Redis is given, byte for byte."""
    heard, at = bytearray(), urlsplit(server.url())
    line = socket.create_connection((at.hostname, at.port))
    line.sendall(f"AUTH {at.password}\r\nMONITOR\r\n".encode())

    def listen() -> None:
        with suppress(OSError):
            while said := line.recv(65536):
                heard.extend(said)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield heard
    finally:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        thread.join()
        line.close()


def surfaces(house: House) -> dict[str, bytes]:
    """Return everything that people and machines other than the care team may come to read."""
    found = {f"log of {path.stem}": path.read_bytes() for path in house.live.folder.glob("*.log")}
    found["log of PostgreSQL"] = house.postgres_log.read_bytes()
    found["log of Redis"] = house.redis.log.read_bytes()
    found["what Redis was told"] = bytes(house.heard)
    found["what Redis holds"] = everything_in(house.redis)
    found["pg_dump"] = dump(house.admin_url)
    seen = house.live.phones.get("requests")["requests"]
    found["addresses at the provider"] = "\n".join(one["url"] for one in seen).encode()
    found["figures"] = requests.get(f"{house.live.url}/metrics", timeout=10).content
    found["command lines"] = b"\0".join(
        " ".join(process.cmdline()).encode()
        for parent in house.live.processes.values()
        for process in [psutil.Process(parent.pid), *psutil.Process(parent.pid).children(recursive=True)]
    )
    return found


def everything_in(server: EmbeddedRedis) -> bytes:
    client = redis.Redis.from_url(server.url())
    keys = list(client.scan_iter())
    lists = [key for key in keys if client.type(key) == b"list"]
    said = [*keys, *(client.dump(key) or b"" for key in keys)]
    said += [item for key in lists for item in client.lrange(key, 0, -1)]
    client.close()
    return b"\n".join(said)


def dump(admin_url: str) -> bytes:
    at = make_url(admin_url)
    command = [
        str(postgres.binaries() / "pg_dump"), "--no-owner",
        "--host", str(at.query["host"]), "--port", str(at.query["port"]),
        "--username", str(at.username), str(at.database),
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, check=True, env={"PGPASSWORD": str(at.password)})
    return said.stdout


def set_up(live: Live) -> tuple[world.Clinic, UUID]:
    clinic = world.clinic(live.services)
    clock = live.services.transactions.product_clock
    local = clock.now().astimezone(ZoneInfo("America/New_York"))
    ten = local.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.set(at=ten + timedelta(days=1) if ten.weekday() == 6 else ten, speed=1.0)
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        quillon = world.person(
            uow, team_id=clinic.team_id, e164=QUILLON, name="Quillon Abernathy-Voss", preferred="Quillon"
        )
        patients.update(uow, patient_id=quillon, birth_date=BORN)
        patients.add_identifier(uow, patient_id=quillon, system="riverside", kind="mrn", value=MRN)
        ysolde = world.person(
            uow,
            team_id=clinic.team_id,
            e164=YSOLDE,
            name="Ysolde Marrowbane",
            preferred="Ysolde",
            language="es",
        )
        world.discharged(uow, patient_id=ysolde, days_ago=0.05, source_id="stay-2")
        plan = care.put_care_plan(
            uow, patient_id=quillon, source_system="test", source_id="plan-1", status="active", detail={}
        )
        care.put_activity(
            uow, care_plan_id=plan.id, patient_id=quillon, source_system="test", source_id="act-1",
            status="in-progress", detail={"text": WORDS["activity"]},
        )  # fmt: skip
        care.put_encounter(
            uow, patient_id=quillon, source_system="test", source_id="stay-1", kind="inpatient",
            status="finished", started_at=uow.now - timedelta(days=3), ended_at=uow.now - timedelta(hours=1),
            disposition="home", detail={"type": WORDS["disposition"]},
        )  # fmt: skip
    return clinic, quillon


def post(live: Live, words: str, *, phone: str = STRANGER, sid: str, token: str = TOKEN) -> int:
    """Post an inbound text by ourselves, signed with a token."""
    url = f"{live.url}/twilio/{ACCOUNT}/inbound"
    form = {
        "MessageSid": sid, "AccountSid": ACCOUNT, "From": phone, "To": CLINIC_NUMBER,
        "Body": words, "NumMedia": "0",
    }  # fmt: skip
    headers = {"X-Twilio-Signature": signature(token, url, tuple(form.items()))}
    return requests.post(url, data=form, headers=headers, timeout=10).status_code


def journey(live: Live) -> None:
    """Texts, answers, danger, a photo, a reply, a note, trouble at the carrier's, and hostile posts."""
    clinic, _ = set_up(live)
    eventually(lambda: live.phones.bodies(QUILLON) and live.phones.bodies(YSOLDE), seconds=60)
    # A number that the carrier refuses, and a send whose outcome has to be looked up.
    live.phones.faults(phone_errors={YSOLDE: 30005}, error_500_after_accept=1.0, callbacks_lost=1.0)

    live.phones.send(QUILLON, WORDS["talk"])
    photo = {"content_type": "image/png", "base64": base64.b64encode(PHOTO).decode()}
    live.phones.post(f"phones/{QUILLON}/send", {"to": CLINIC_NUMBER, "body": "", "media": [photo]})
    live.phones.send(YSOLDE, WORDS["urgent"])
    live.phones.send(STRANGER, WORDS["stranger"])
    assert post(live, WORDS["hostile"], sid="SM" + "a" * 32) == 200
    assert post(live, WORDS["unsigned"], sid="SM" + "b" * 32, token="0" * 32) == 403
    eventually(lambda: count(live, "SELECT count(*) FROM escalation WHERE tier = 'red'") == 1, seconds=60)
    eventually(lambda: count(live, "SELECT count(*) FROM message WHERE direction = 'in'") == 5, seconds=60)
    # The provider's list is asked: a first look finds what the list shows already, later ones what lagged.
    eventually(lambda: [url for url in seen_urls(live) if "Messages.json?" in url], seconds=60)
    live.phones.faults(reset=True)
    at_the_desk(live, clinic)
    eventually(
        lambda: [words for words in live.phones.bodies(QUILLON) if WORDS["reply"] in words], seconds=60
    )


def seen_urls(live: Live) -> list[str]:
    return [one["url"] for one in live.phones.get("requests")["requests"]]


def at_the_desk(live: Live, clinic: world.Clinic) -> None:
    """Read and answer as a colleague does, through the pages."""
    with live.services.transactions.engine.connect() as connection:
        conversation = connection.execute(
            text(
                "SELECT c.id FROM conversation c JOIN patient_phone l ON l.phone_id = c.phone_id "
                "JOIN patient_identifier i ON i.patient_id = l.patient_id"
            )
        ).scalar_one()
    desk = Desk(live.url)
    desk.sign_in(clinic.email, clinic.password)
    page = f"/inbox/{conversation}"
    assert WORDS["talk"] in desk.get(page).text
    assert desk.submit(f"{page}/reply", page=page, mode="note", body=WORDS["note"]).ok
    assert desk.submit(f"{page}/reply", page=page, mode="text", body=WORDS["reply"]).ok
    assert WORDS["note"] in desk.get(page).text


def count(live: Live, query: str) -> int:
    with live.services.transactions.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def plant(house: House) -> None:
    """Put an invented person into each of the places, as a careless line of code would.

    Not among the figures, which only our own code can add to.
    """
    words = f"{CANARY_NAME} {CANARY_PHONE}"
    for path in house.live.folder.glob("*.log"):
        with path.open("a") as log:
            log.write(json.dumps({"event": "careless", "name": words}) + "\n")
    with house.redis.log.open("a") as log:
        log.write(words)
    client = redis.Redis.from_url(house.redis.url())
    client.rpush("careless", base64.b64encode(json.dumps([[], {"who": words}]).encode()))
    client.close()
    engine = create_engine(house.admin_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE sender SET label = :words"), {"words": words})
        connection.execute(text(f"DO $$ BEGIN RAISE LOG '{words}'; END $$"))
    engine.dispose()
    requests.get(
        f"{house.live.phones.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        params={"To": CANARY_PHONE, "Body": CANARY_NAME},
        auth=(ACCOUNT, TOKEN),
        timeout=10,
    )
    house.live.start("careless", [os.fspath(Path("/bin/sh")), "-c", "sleep 60; exit 0", words])


def test_nothing_of_a_patient_stands_outside_encrypted_columns(house: House) -> None:
    assert leaks.find(surfaces(house), secrets_of_people()) == []

    plant(house)
    eventually(lambda: b"careless" in house.heard)
    places = surfaces(house)
    for word in (CANARY_NAME, *leaks.spellings(CANARY_PHONE)[:3]):
        assert {place for place, _ in leaks.find(places, [word])} == set(places) - NOT_PLANTED


def test_all_that_was_written_on_the_way_opens_after_a_rotation(house: House) -> None:
    transactions = house.live.services.transactions
    keys = {2: bytes(range(50, 82)), **transactions.vault.ring.keys}
    turning = replace(transactions, vault=replace(transactions.vault, ring=KeyRing(keys)))

    done = sum(rotation.rotate(turning))

    assert done > 30
    assert rotation.count_left(turning) == 0


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("word", ["Quillon", "(202) 555-0143", "wobbly since Thursday", "¿señora?"])
def test_a_word_is_found_however_it_was_written(word: str, before: str) -> None:
    from urllib.parse import quote

    written = f"{before}{word} and more"
    places = {
        "plain": written.encode(),
        "url": quote(written).encode(),
        "base64": base64.b64encode(written.encode()),
        "hex": written.encode().hex().upper().encode(),
        "json": json.dumps(written).encode(),
    }

    assert {place for place, _ in leaks.find(places, [word])} == set(places)
    assert leaks.find({"other": b"somebody else's words, 2025550144"}, [word]) == []
