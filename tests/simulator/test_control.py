"""The control calls, what they refuse, and what outlives a restart."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from twilio.rest import Client

from outreach.simulator.app import create_app
from outreach.simulator.journal import JournalTaken
from outreach.simulator.server import Running, running
from tests.simulator.kit import ACCOUNT, ANNA, BERT, OURS, TOKEN, Application, Control, sdk, settings, until


def put(url: str, **body: object) -> requests.Response:
    return requests.put(url, json=body, timeout=5)


def test_phones_have_names(simulator: Running, control: Control, client: Client) -> None:
    put(f"{simulator.url}/_sim/phones/{ANNA}", label="Anna Example")
    client.messages.create(to=ANNA, from_=OURS, body="Hi")
    until(lambda: control.texts(ANNA))

    phone = control.get("phones")["phones"][0]
    assert (phone["e164"], phone["label"], phone["texts"], phone["last"]) == (ANNA, "Anna Example", 1, "Hi")


def test_a_text_sent_twice_shows_twice(client: Client, control: Control) -> None:
    for _ in range(2):
        client.messages.create(to=ANNA, from_=OURS, body="Doubled?")

    until(lambda: control.texts(ANNA) == ["Doubled?", "Doubled?"])
    texts = control.get(f"phones/{ANNA}/texts")["texts"]
    assert texts[0]["sid"] != texts[1]["sid"]
    assert texts[0]["from"] == OURS
    assert [text["body"] for text in control.get("texts")["phones"][ANNA]] == ["Doubled?", "Doubled?"]


def test_remembers_every_url_of_the_provider_in_both_directions(
    client: Client, control: Control, application: Application
) -> None:
    client.messages.create(to=ANNA, from_=OURS, body="x", status_callback=f"{application.url}/s?m=1#rc=2")
    client.messages.list(from_=OURS)
    until(lambda: len(application.hits) == 3)

    def seen() -> set[tuple[str, str, int]]:
        found = control.get("requests")["requests"]
        return {(item["direction"], item["url"], item["status"]) for item in found}

    assert until(lambda: ("out", f"{application.url}/s?m=1#rc=2", 200) in seen())
    listing = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert ("in", listing, 201) in seen()
    assert ("in", f"{listing}?From=%2B12025550100", 200) in seen()
    assert not any("_sim" in url for _, url, _ in seen())


def test_reset_forgets_all_but_the_settings(client: Client, control: Control) -> None:
    client.messages.create(to=ANNA, from_=OURS, body="x")
    control.send(BERT, "STOP", to=OURS)
    control.post("faults", rate_429=0.5)

    control.post("reset")

    assert control.get("phones")["phones"] == []
    assert control.get("blocks")["blocks"] == []
    assert control.get("faults")["rate_429"] == 0
    assert control.get("requests")["requests"] == []
    assert client.messages.list() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "phones/12", {"label": "x"}),
        ("PUT", f"phones/{ANNA}", {"label": 3}),
        ("PUT", f"phones/{ANNA}", ["label"]),
        ("POST", f"phones/{ANNA}/send", {"body": ""}),
        ("POST", f"phones/{ANNA}/send", {"body": 7}),
        ("POST", f"phones/{ANNA}/send", {"body": "x", "to": BERT}),
        ("POST", f"phones/{ANNA}/send", {"body": "x", "wait": "soon"}),
        ("POST", f"phones/{ANNA}/send", {"body": "x", "media": [{"base64": "?"}]}),
        ("PUT", f"numbers/{OURS}", {"segments_per_second": 0}),
        ("PUT", "clock", {"now": "tomorrow"}),
        ("PUT", "clock", {"now": "2026-01-01", "speed": -1}),
    ],
)
def test_calls_that_make_no_sense_say_why(control: Control, method: str, path: str, body: object) -> None:
    answer = requests.request(method, f"{control.url}/_sim/{path}", json=body, timeout=5)

    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 20


def test_other_machines_and_foreign_pages_get_nothing(simulator: Running) -> None:
    url = f"{simulator.url}/_sim/phones"

    assert requests.get(url, headers={"Host": "evil.test"}, timeout=5).status_code == 403
    assert requests.get(url, headers={"Origin": "http://evil.test"}, timeout=5).status_code == 403
    assert requests.get(url, headers={"Origin": simulator.url}, timeout=5).status_code == 200
    assert (
        requests.post(f"{simulator.url}/_sim/reset", headers={"Origin": "null"}, timeout=5).status_code == 403
    )
    form = requests.post(f"{simulator.url}/_sim/phones/{ANNA}/send", data={"body": "x"}, timeout=5)
    assert form.status_code == 415


def test_another_address_is_refused() -> None:
    app = create_app(settings())
    with app.test_client() as web:
        for path in ("/", "/_sim/phones", "/_sim/health"):
            far = web.get(path, environ_base={"REMOTE_ADDR": "10.0.0.7"})
            assert far.status_code == 403
        assert web.get("/_sim/health", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200
    app.extensions["simulator"].close()


def test_a_mistake_of_ours_is_told_without_words_or_numbers(
    simulator: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(simulator.world.store, "label", lambda *_: 1 / 0)

    answer = put(f"{simulator.url}/_sim/phones/{ANNA}", label="Anna Example")

    assert answer.status_code == 500
    told = caplog.text
    assert "ZeroDivisionError" in told
    assert ANNA not in told
    assert "Anna" not in told


@pytest.mark.parametrize(
    "body", ["'; DROP TABLE x; --", "<script>alert(1)</script>", "{{7*7}}", "a\u0000b\u202e"]
)
def test_hostile_words_pass_through_unchanged(
    control: Control, application: Application, client: Client, body: str
) -> None:
    control.send(ANNA, body)
    client.messages.create(to=BERT, from_=OURS, body=body)

    assert application.hits[0]["Body"] == body
    until(lambda: control.texts(BERT) == [body])


def test_1600_emoji_are_one_text_of_many_parts(client: Client, control: Control) -> None:
    created = client.messages.create(to=ANNA, from_=OURS, body="👍" * 1600)

    assert created.num_segments == "49"
    until(lambda: control.texts(ANNA) == ["👍" * 1600])


def test_phones_remember_over_a_restart(tmp_path: Path, application: Application) -> None:
    kept = settings(data_dir=tmp_path, webhook_base=application.url)
    with running(kept) as here:
        client, control = sdk(here.url), Control(here.url)
        put(f"{here.url}/_sim/phones/{ANNA}", label="Anna Example")
        first = client.messages.create(to=ANNA, from_=OURS, body="Before")
        until(lambda: client.messages(first.sid).fetch().status == "delivered")
        photo = control.send(ANNA, "A photo", media=[{"content_type": "image/png", "base64": "iVBORw=="}])
        control.send(BERT, "STOP", to=OURS)
        deleted = client.messages(first.sid).delete()
        number = client.incoming_phone_numbers.list(phone_number=OURS)[0]
        number.update(status_callback="https://a.test/s")

    with running(kept) as here:
        client, control = sdk(here.url), Control(here.url)
        assert deleted
        assert control.texts(ANNA) == ["Before"]
        assert control.get("phones")["phones"][0]["label"] == "Anna Example"
        assert {m.sid for m in client.messages.list(to=OURS)} >= {photo["sid"]}
        assert first.sid not in {m.sid for m in client.messages.list()}
        assert client.messages(photo["sid"]).media.list()[0].content_type == "image/png"
        assert control.get("blocks")["blocks"] == [{"sender": OURS, "phone": BERT}]
        assert client.incoming_phone_numbers(number.sid).fetch().status_callback == "https://a.test/s"
    assert stat.S_IMODE((tmp_path / "simulator.jsonl").stat().st_mode) == 0o600


def test_what_was_on_its_way_arrives_after_a_restart(tmp_path: Path) -> None:
    with running(settings(data_dir=tmp_path)) as here:
        requests.put(f"{here.url}/_sim/numbers/{OURS}", json={"segments_per_second": 0.01}, timeout=5)
        for body in ("first", "second"):
            sdk(here.url).messages.create(to=ANNA, from_=OURS, body=body)
        until(lambda: Control(here.url).texts(ANNA) == ["first"])

    # A line torn by a power cut must not take the rest with it.
    with (tmp_path / "simulator.jsonl").open("a") as journal:
        journal.write('{"kind":"text","val')
    with running(settings(data_dir=tmp_path)) as here:
        until(lambda: len(Control(here.url).texts(ANNA)) > 1)
        assert Control(here.url).texts(ANNA) == ["first", "second"]


def test_two_simulators_cannot_share_a_memory(tmp_path: Path) -> None:
    kept = settings(data_dir=tmp_path)
    with running(kept) as here:
        sdk(here.url).messages.create(to=ANNA, from_=OURS, body="x")
        port = int(here.url.rsplit(":", 1)[1])

        with pytest.raises(JournalTaken), running(kept):
            pass
        with pytest.raises(OSError, match="in use"), running(kept, port=port):
            pass
        until(lambda: Control(here.url).texts(ANNA) == ["x"])

    with running(kept) as here:
        assert Control(here.url).texts(ANNA) == ["x"]


def test_a_text_already_sent_lands_after_a_restart(tmp_path: Path) -> None:
    with running(settings(data_dir=tmp_path)) as here:
        Control(here.url).post("faults", delivery_delay=60)
        created = sdk(here.url).messages.create(to=ANNA, from_=OURS, body="x")
        until(lambda: sdk(here.url).messages(created.sid).fetch().status == "sent")

    with running(settings(data_dir=tmp_path)) as here:
        until(lambda: Control(here.url).texts(ANNA) == ["x"])
        assert until(lambda: sdk(here.url).messages(created.sid).fetch().status == "delivered")


def test_the_phones_show_the_time_they_are_told(simulator: Running, control: Control) -> None:
    put(f"{simulator.url}/_sim/clock", now="2030-01-01T09:00:00Z", speed=1440)

    control.send(ANNA, "Hi")

    row = control.get(f"phones/{ANNA}/thread")["thread"][0]
    assert row["shown_at"].startswith("2030-01-01T")
    assert control.get("health")["speed"] == 1440


@pytest.mark.servers
def test_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"account_sid": ACCOUNT, "auth_token": TOKEN}))
    command = [sys.executable, "-m", "outreach.simulator", "--port", str(port)]
    command += ["--credentials-file", str(credentials), "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _health(url), within=20)
        taken = subprocess.run(command, capture_output=True, text=True, timeout=20)
        assert (taken.returncode, "Choose another --port" in taken.stderr) == (1, True)
        sdk(url).messages.create(to=ANNA, from_=OURS, body="Hi")
        until(lambda: Control(url).texts(ANNA) == ["Hi"])
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=10)[0]
    assert (process.returncode, time.monotonic() - began < 3) == (0, True)
    assert ANNA not in output
    assert (tmp_path / "data" / "simulator.jsonl").exists()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def _health(url: str) -> bool:
    try:
        return requests.get(f"{url}/_sim/health", timeout=1).ok
    except requests.ConnectionError:
        return False
