"""Whatever is posted or imported gets a clear answer: nothing is lost, nothing breaks, nothing acts."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psutil
import pytest
import requests
from sqlalchemy import text

from outreach.kernel.unit_of_work import SYSTEM
from outreach.launch import commands
from outreach.simulator.signing import signature
from tests import world
from tests.live import ACCOUNT, CLINIC_NUMBER, TOKEN, Desk, Live, eventually

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("live")]

MARIA, STRANGER = "+12025550143", "+14155550166"
MEGABYTE = 1024 * 1024
HOSTILE = {
    "sql": "Robert'); DROP TABLE message;--",
    "html": "<script>document.title='taken'</script><img src=x onerror=alert(1)>",
    "template": "{{ 7 * 191 }} {% for x in range(9) %}x{% endfor %} ${7*191} #{7*191}",
    "attribute": "\" onmouseover=\"alert(1)' autofocus onfocus='alert(2)",
    "nul": "before\x00after the nul",
    "bidi": "my pain is \u202e9\u202c of ten",
    "zero width": "ST\u200bOP\u200d i\ufeffng the pills \u2060helps",
    "emoji": "\N{FACE WITH THERMOMETER}" * 1600,
    "spreadsheet": '=HYPERLINK("http://evil.example","x")',
}


@pytest.fixture(scope="module")
def house(live: Live, clinic: world.Clinic) -> tuple[Live, world.Clinic]:
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        world.person(uow, team_id=clinic.team_id, e164=MARIA)
    return live, clinic


def count(live: Live, table: str) -> int:
    with live.services.transactions.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def sid() -> str:
    return "SM" + secrets.token_hex(16)


def form(words: str, **changes: str) -> dict[str, str]:
    given = {
        "MessageSid": sid(), "AccountSid": ACCOUNT, "From": MARIA, "To": CLINIC_NUMBER,
        "Body": words, "NumMedia": "0",
    }  # fmt: skip
    return given | changes


def post(
    live: Live, fields: dict[str, str], *, kind: str = "inbound", token: str = TOKEN, account: str = ACCOUNT
) -> int:
    url = f"{live.url}/twilio/{account}/{kind}"
    headers = {"X-Twilio-Signature": signature(token, url, tuple(fields.items()))}
    return requests.post(url, data=fields, headers=headers, timeout=20).status_code


def conversation_of(live: Live, phone: str) -> UUID | None:
    index = live.services.transactions.vault.index("phone", phone)
    query = "SELECT c.id FROM conversation c JOIN phone p ON p.id = c.phone_id WHERE p.e164_index = :index"
    with live.services.transactions.engine.connect() as connection:
        return connection.execute(text(query), {"index": index}).scalar_one_or_none()


def in_thread(live: Live, desk: Desk, phone: str) -> str:
    """Return the page of a phone's thread; nothing as long as there is none."""
    found = conversation_of(live, phone)
    return desk.get(f"/inbox/{found}").text if found else ""


def at_the_desk(house: tuple[Live, world.Clinic]) -> Desk:
    desk = Desk(house[0].url)
    desk.sign_in(house[1].email, house[1].password)
    return desk


# -- webhooks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["inbound", "fallback", "status"])
def test_what_the_provider_did_not_sign_is_refused_and_leaves_nothing(
    house: tuple[Live, world.Clinic], kind: str
) -> None:
    live, _ = house
    tables = ("inbound_receipt", "delivery_event", "outbox", "phone", "message", "conversation")
    before = {table: count(live, table) for table in tables}
    url = f"{live.url}/twilio/{ACCOUNT}/{kind}"
    fields = form("unsigned") | {"MessageStatus": "delivered"}

    assert requests.post(url, data=fields, timeout=10).status_code == 403
    assert (
        requests.post(url, data=fields, headers={"X-Twilio-Signature": "AAAA"}, timeout=10).status_code == 403
    )
    assert post(live, fields, kind=kind, token="0" * 32) == 403
    assert (
        requests.post(
            url, data=b"{not json", headers={"Content-Type": "application/json"}, timeout=10
        ).status_code
        == 403
    )
    other = "AC" + "9" * 32
    assert post(live, fields | {"AccountSid": other}, kind=kind) == 403
    assert post(live, fields | {"AccountSid": other}, kind=kind, account=other) == 403
    assert {table: count(live, table) for table in tables} == before


def test_a_text_posted_many_times_stands_once_in_its_thread(house: tuple[Live, world.Clinic]) -> None:
    live, _ = house
    fields = form("once and only once, please")

    assert {post(live, fields) for _ in range(5)} | {post(live, fields, kind="fallback")} == {200}

    desk = at_the_desk(house)
    eventually(lambda: said(in_thread(live, desk, MARIA), "once and only once, please"))
    time.sleep(2)
    assert said(in_thread(live, desk, MARIA), "once and only once, please") == 1


def test_hostile_words_are_shown_as_they_were_written_and_do_nothing(
    house: tuple[Live, world.Clinic],
) -> None:
    live, _ = house
    for words in HOSTILE.values():
        assert post(live, form(words, From=STRANGER)) == 200
    stranger = live.services.transactions.vault.index("phone", STRANGER)
    eventually(
        lambda: _count_in(live, stranger) == len(HOSTILE),
        seconds=60,
    )

    page = in_thread(live, at_the_desk(house), STRANGER)

    assert "Robert&#39;); DROP TABLE message;--" in page
    assert "&lt;script&gt;document.title=" in page
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "{{ 7 * 191 }}" in page
    assert "1337" not in page
    assert not re.search(r"<[^>]*\son(mouseover|focus|error)=", page)
    assert "\x00" not in page
    assert page.count("\N{FACE WITH THERMOMETER}") >= 1600
    assert count(live, "message") > 0
    # An override of the writing direction ends with its bubble.
    assert re.search(r'dir="auto"|<bdi', page)
    assert requests.get(f"{live.url}/readyz", timeout=5).status_code == 200


def said(page: str, words: str) -> int:
    """Return how many bubbles hold just these words."""
    return len(re.findall(rf'<p class="said"[^>]*>{re.escape(words)}</p>', page))


def _count_in(live: Live, index: bytes) -> int:
    with live.services.transactions.engine.connect() as connection:
        return int(
            connection.execute(
                text(
                    "SELECT count(*) FROM message m JOIN phone p ON p.id = m.phone_id "
                    "WHERE p.e164_index = :index AND m.direction = 'in' AND m.conversation_id IS NOT NULL"
                ),
                {"index": index},
            ).scalar_one()
        )


def test_forged_ids_on_a_callback_change_no_other_text(house: tuple[Live, world.Clinic]) -> None:
    live, _ = house
    assert post(live, form("may I have more of the tea")) == 200
    desk = at_the_desk(house)
    eventually(lambda: said(in_thread(live, desk, MARIA), "may I have more of the tea"))
    page = f"/inbox/{conversation_of(live, MARIA)}"
    assert desk.submit(f"{page}/reply", page=page, mode="text", body="Two cups a day are fine").ok
    eventually(lambda: [state for _, state in outgoing(live) if state == "delivered"], seconds=60)
    before = outgoing(live)
    with live.services.transactions.engine.connect() as connection:
        known = connection.execute(text("SELECT message_id, id FROM attempt LIMIT 1")).one()
    fields = {"MessageSid": sid(), "AccountSid": ACCOUNT, "MessageStatus": "failed", "ErrorCode": "30007"}

    queries = (
        f"?m={known.message_id}&a={known.id}",
        f"?m={known.message_id}&a={uuid4()}",
        f"?m={uuid4()}&a={uuid4()}",
        "?m=1'&a=../..",
        "?m=&a=%00",
    )
    for query in queries:
        url = f"{live.url}/twilio/{ACCOUNT}/status{query}"
        headers = {"X-Twilio-Signature": signature(TOKEN, url, tuple(fields.items()))}
        assert requests.post(url, data=fields, headers=headers, timeout=10).status_code in (204, 400)

    assert outgoing(live) == before


def outgoing(live: Live) -> list[tuple[UUID, str]]:
    with live.services.transactions.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, state FROM message WHERE direction = 'out' ORDER BY id"))
        return [(row.id, row.state) for row in rows]


@pytest.mark.parametrize("path", [f"/twilio/{ACCOUNT}/inbound", "/login"])
@pytest.mark.parametrize("chunked", [False, True])
def test_200_megabytes_are_refused_without_being_taken_in(
    house: tuple[Live, world.Clinic], path: str, chunked: bool
) -> None:
    live, _ = house
    server = psutil.Process(live.processes["web"].pid)
    before = memory(server)

    status, highest = pour(live.url, path, server, megabytes=200, chunked=chunked)

    assert status in (400, 403, 413)
    assert highest - before < 60 * MEGABYTE
    assert requests.get(f"{live.url}/healthz", timeout=5).status_code == 200


def memory(process: psutil.Process) -> int:
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])


def pour(url: str, path: str, server: psutil.Process, *, megabytes: int, chunked: bool) -> tuple[int, int]:
    """Post so many megabytes; return the answer and the most memory the server had meanwhile."""
    at = urlsplit(url)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {megabytes * MEGABYTE}"
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST {path} HTTP/1.1\r\nHost: {at.netloc}\r\n{kind}\r\n{length}\r\n\r\n"
    piece = b"a" * MEGABYTE
    if chunked:
        piece = f"{MEGABYTE:x}\r\n".encode() + piece + b"\r\n"
    highest = 0
    with socket.create_connection((at.hostname, at.port), timeout=20) as line:
        try:
            line.sendall(head.encode())
            for _ in range(megabytes):
                line.sendall(piece)
                highest = max(highest, memory(server))
            line.sendall(b"0\r\n\r\n" if chunked else b"")
        except OSError:
            pass  # it stopped listening, as it should; its answer may still be there
        try:
            answer = line.recv(65536)
        except OSError:
            answer = b""
    # A connection that was cut while we still sent may lose the answer; that it was cut is one.
    return int(answer.split(b" ")[1]) if answer else 413, max(highest, memory(server))


# -- imports -----------------------------------------------------------------------------------------------


def test_a_file_that_is_no_json_is_refused_by_the_command_and_kept(
    house: tuple[Live, world.Clinic], tmp_path: Path
) -> None:
    """As a process of its own; what else is wrong with files stands in tests/interop/test_cli.py."""
    live, _ = house
    file = tmp_path / "given.json"
    file.write_text("\x00\xff\xfe not json at all", encoding="latin-1")
    before = count(live, "quarantine")

    done = subprocess.run(
        commands.outreach("import", "fhir", str(file)),
        env=live.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert count(live, "quarantine") > before
    assert done.stdout.strip()
