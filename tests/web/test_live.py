"""The stream of live changes, read as a browser reads it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from outreach.conversations import queries as conversations
from tests.web import make
from tests.web.forms import HTML, sign_in


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, "hello there")
    return m


@pytest.fixture
def client(app):
    yield app.test_client()
    app.extensions["live"].stop()


def newest(clinic) -> int:
    with clinic.begin() as uow:
        return conversations.latest_change(uow.session)


def events(chunks: Iterator[bytes]) -> Iterator[tuple[str, dict]]:
    for chunk in chunks:
        for block in chunk.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                yield fields["event"], json.loads(fields["data"])


def until(stream, name: str) -> dict:
    return next(content for found, content in stream if found == name)


def test_a_text_reaches_an_open_page_within_a_second(client, clinic):
    sign_in(client)
    stream = events(client.get(f"/live?after={newest(clinic)}", headers=HTML).response)
    assert until(stream, "clock")
    came = threading.Timer(0.05, clinic.says, (43, "my leg is swollen"))
    came.start()

    began = time.monotonic()
    # What was read for danger may show before the words do.
    content = next(
        found
        for name, found in stream
        if name == "rows" and any("my leg is swollen" in row["html"] for row in found["rows"])
    )
    took = time.monotonic() - began
    came.join()

    assert "my leg is swollen" in content["rows"][0]["html"]
    assert "unassigned" in content["rows"][0]["views"]
    assert content["counts"]["unassigned"] == 1
    assert took < 2  # the poll takes a quarter of a second; this machine is shared


def test_an_open_thread_gets_its_newest_entries(client, clinic):
    sign_in(client)
    watched = clinic.conversation(43)
    stream = events(client.get(f"/live?after={newest(clinic)}&watch={watched}", headers=HTML).response)
    until(stream, "clock")
    clinic.says(43, "my leg is swollen")

    # What was read for danger may show before the words do.
    threads = (found for name, found in stream if name == "thread")
    content = next(found for found in threads if "my leg is swollen" in found["items"])

    assert content["id"] == str(watched)
    assert content["spoken"] == "New text from Maria Delgado"


def test_a_page_that_slept_is_told_what_it_missed(client, clinic):
    sign_in(client)
    before = newest(clinic)
    clinic.says(43, "while you slept")

    stream = events(client.get(f"/live?after={before}", headers=HTML).response)

    assert "while you slept" in until(stream, "rows")["rows"][0]["html"]


def test_a_page_that_missed_too_much_loads_again(client, clinic, monkeypatch):
    from outreach.web.live import hub

    monkeypatch.setattr(hub, "MOST_CHANGES", 1)
    sign_in(client)

    stream = events(client.get("/live?after=0", headers=HTML).response)

    assert next(stream)[0] == "resync"


def test_what_is_pushed_says_nothing_about_who_is_looking(client, clinic):
    sign_in(client)
    watched = clinic.conversation(43)
    stream = events(client.get(f"/live?after=0&watch={watched}", headers=HTML).response)

    content = json.dumps([next(stream), next(stream)])

    assert "csrf" not in content
    assert make.NURSE not in content
    assert str(clinic.nurse_id) not in content


def test_another_teams_change_is_not_pushed(client, clinic, services):
    from outreach.staff import commands as staff

    with clinic.begin() as uow:
        other = staff.create_team(uow, name="Surgery", sender_id=clinic.sender_id, zone="America/New_York")
    sign_in(client)
    stream = events(client.get(f"/live?after={newest(clinic)}", headers=HTML).response)
    until(stream, "clock")
    ours, clinic.team_id = clinic.team_id, other
    clinic.conversation(61)
    clinic.team_id = ours
    clinic.says(43, "ours")

    content = next(found for name, found in stream if name == "rows" and found["rows"])

    assert content["team"] == str(ours)
    assert [row["id"] for row in content["rows"]] == [str(clinic.conversation(43))]


def test_following_live_is_on_the_record_once_an_hour(client, clinic):
    from sqlalchemy import text

    sign_in(client)
    for _ in range(2):
        next(events(client.get("/live?after=0", headers=HTML).response))

    with clinic.begin() as uow:
        found = uow.session.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'followed_live'")
        ).scalar_one()
    assert found == 1


@pytest.mark.parametrize("word", ["", "soon", "-1", "9" * 30])
def test_a_number_that_is_none_is_refused(client, clinic, word):
    sign_in(client)

    assert client.get(f"/live?after={word}", headers=HTML).status_code == 422


def test_a_late_commit_is_not_missed(client, clinic, services):
    """Numbers are given before the commit: a slow transaction's change shows up after higher ones."""
    sign_in(client)
    henry = clinic.conversation(62)
    stream = events(client.get(f"/live?after={newest(clinic)}", headers=HTML).response)
    until(stream, "clock")
    from outreach.conversations import commands

    with clinic.begin() as slow:
        commands.note(slow, conversation_id=henry, staff_id=clinic.nurse_id, body="slow")
        slow.session.flush()
        clinic.says(43, "quick")
        first = next(found for name, found in stream if name == "rows" and found["rows"])
    later = (row["id"] for name, found in stream if name == "rows" for row in found["rows"])

    assert first["rows"][0]["id"] == str(clinic.conversation(43))
    assert str(henry) in later


def test_each_page_gets_changes_in_the_language_it_speaks(client, clinic, app):
    spanish = app.test_client()
    sign_in(client)
    sign_in(spanish)
    asks = {**HTML, "Accept-Language": "es"}
    watched = clinic.conversation(43)
    address = f"/live?after={newest(clinic)}&watch={watched}"
    ours, theirs = (
        events(client.get(address, headers=HTML).response),
        events(spanish.get(address, headers=asks).response),
    )
    until(ours, "clock")
    until(theirs, "clock")
    clinic.says(43, "my leg is swollen")

    assert until(ours, "thread")["spoken"] == "New text from Maria Delgado"
    assert until(theirs, "thread")["spoken"] == "Mensaje nuevo de Maria Delgado"


def test_only_languages_somebody_reads_are_drawn(client, clinic, app, monkeypatch):
    from outreach.web import languages

    drawn = []
    hub = app.extensions["live"]
    render = hub._team
    monkeypatch.setattr(hub, "_team", lambda *args: drawn.append(languages.spoken()) or render(*args))
    sign_in(client)
    stream = events(client.get(f"/live?after={newest(clinic)}", headers=HTML).response)
    until(stream, "clock")
    drawn.clear()
    clinic.says(43, "my leg is swollen")
    next(found for name, found in stream if name == "rows" and found["rows"])

    assert set(drawn) == {"en"}
