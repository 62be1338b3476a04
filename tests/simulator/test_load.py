"""Many threads at once: nothing lost, nothing doubled, nothing invented."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests
from twilio.base.exceptions import TwilioException

from outreach.simulator.server import Running, running
from tests.simulator.kit import OURS, Application, Control, sdk, settings, until

PHONES = [f"+120255501{number:02d}" for number in range(40, 60)]


def test_each_accepted_text_arrives_exactly_once(simulator: Running, application: Application) -> None:
    def send(number: int) -> str:
        return str(
            sdk(simulator.url)
            .messages.create(
                to=PHONES[number % 20],
                from_=OURS,
                body=f"text {number}",
                status_callback=f"{application.url}/s?m={number}",
            )
            .sid
        )

    with ThreadPoolExecutor(8) as pool:
        sids = list(pool.map(send, range(200)))

    control = Control(simulator.url)
    until(lambda: control.get("stats").get("delivered") == 200, within=20)
    arrived = [text["sid"] for texts in control.get("texts")["phones"].values() for text in texts]
    assert Counter(arrived) == Counter(sids)
    until(lambda: len(application.hits) == 600, within=20)
    told = Counter(hit["MessageSid"] for hit in application.hits)
    assert told == dict.fromkeys(sids, 3)


def test_one_seed_breaks_the_same_sends_whatever_the_threads_do() -> None:
    def run(threads: int, seed: int) -> tuple[set[tuple[str, int]], list[tuple[str, ...]]]:
        with running(settings(seed=seed)) as here:
            control = Control(here.url)
            control.post("faults", rate_429=0.2, error_500_after_accept=0.2, error_500_before=0.1)

            def send(phone: str) -> set[tuple[str, int]]:
                client, broken = sdk(here.url), set()
                for nth in range(8):
                    try:
                        client.messages.create(to=phone, from_=OURS, body=str(nth))
                    except TwilioException:
                        broken.add((phone, nth))
                return broken

            with ThreadPoolExecutor(threads) as pool:
                broken = set().union(*pool.map(send, PHONES[:10]))
            until(lambda: control.get("stats")["on_the_way"] == 0)
            return broken, [tuple(sorted(control.texts(phone))) for phone in PHONES[:10]]

    first = run(1, seed=3)
    assert run(8, seed=3) == first
    assert run(1, seed=4) != first
    assert 10 < len(first[0]) < 60


def test_bad_http_gets_an_answer_and_harms_nobody(simulator: Running) -> None:
    url = f"{simulator.url}/_sim/health"

    def chunks():
        yield b"a"

    assert requests.post(url, data=chunks(), timeout=5).status_code == 411
    assert requests.post(url, headers={"Content-Length": "x"}, timeout=5).status_code == 411
    assert requests.post(url, headers={"Content-Length": str(10**9)}, timeout=5).status_code == 413
    assert requests.request("TRACE", url, timeout=5).status_code == 501
    assert requests.head(url, timeout=5).status_code == 200
    with requests.Session() as session:
        assert [session.get(url, timeout=5).status_code for _ in range(3)] == [200, 200, 200]
