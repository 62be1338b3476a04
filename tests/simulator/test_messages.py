"""The Messages API, spoken by the provider's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from outreach.simulator.server import Running, running
from tests.simulator.kit import (
    ACCOUNT,
    ANNA,
    BERT,
    OURS,
    POOLED,
    SERVICE,
    TOKEN,
    Control,
    sdk,
    settings,
    until,
)


def refusal(client: Client, **given: object) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(**given)
    return caught.value


def test_a_text_goes_from_queued_to_the_handset(client: Client, control: Control) -> None:
    created = client.messages.create(to=ANNA, from_=OURS, body="How are you today?")

    assert (created.status, created.direction, created.from_) == ("queued", "outbound-api", OURS)
    assert (created.num_segments, created.price, created.date_sent) == ("1", None, None)
    until(lambda: client.messages(created.sid).fetch().status == "delivered")
    assert control.texts(ANNA) == ["How are you today?"]
    fetched = client.messages(created.sid).fetch()
    assert fetched.body == "How are you today?"
    assert abs(fetched.date_sent - datetime.now(UTC)) < timedelta(seconds=10)


def test_a_service_accepts_first_and_chooses_its_number_later(client: Client, control: Control) -> None:
    created = client.messages.create(to=ANNA, messaging_service_sid=SERVICE, body="Hi")

    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    fetched = until(lambda: (m := client.messages(created.sid).fetch()).status == "delivered" and m)
    assert (fetched.from_, fetched.messaging_service_sid, fetched.num_segments) == (POOLED, SERVICE, "1")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"to": "", "from_": OURS, "body": "x"}, 400, 21604),
        ({"to": "12", "from_": OURS, "body": "x"}, 400, 21211),
        ({"to": "+12021550143", "from_": OURS, "body": "x"}, 400, 21211),
        ({"to": "+15005550001", "from_": OURS, "body": "x"}, 400, 21211),
        ({"to": "+15005550009", "from_": OURS, "body": "x"}, 400, 21614),
        ({"to": ANNA, "body": "x"}, 400, 21603),
        ({"to": ANNA, "from_": OURS}, 400, 21602),
        ({"to": ANNA, "from_": OURS, "body": "x" * 1601}, 400, 21617),
        ({"to": ANNA, "from_": BERT, "body": "x"}, 400, 21606),
        ({"to": OURS, "from_": OURS, "body": "x"}, 400, 21266),
        ({"to": ANNA, "messaging_service_sid": "MGwrong", "body": "x"}, 400, 21705),
        ({"to": ANNA, "messaging_service_sid": "MG" + "9" * 32, "body": "x"}, 400, 21701),
        ({"to": ANNA, "from_": OURS, "media_url": ["nonsense"]}, 400, 21620),
        ({"to": ANNA, "from_": OURS, "media_url": ["http://a.test/1"] * 11}, 400, 21623),
        ({"to": ANNA, "from_": OURS, "body": "x", "validity_period": 36001}, 400, 30045),
        ({"to": ANNA, "from_": OURS, "body": "x", "status_callback": "http://a_b.test/"}, 400, 21609),
        ({"to": ANNA, "from_": OURS, "body": "x", "content_retention": "discard"}, 400, 30029),
        ({"to": ANNA, "from_": OURS, "body": "x", "schedule_type": "fixed"}, 400, 35118),
    ],
)
def test_refuses_with_the_documented_code(
    client: Client, control: Control, given: dict[str, object], status: int, code: int
) -> None:
    error = refusal(client, **given)

    assert (error.status, error.code) == (status, code)
    assert control.get("stats")["messages"] == 0


@pytest.mark.parametrize(
    ("ahead", "code"), [(timedelta(seconds=60), 35115), (timedelta(days=36), 35117), (None, 35114)]
)
def test_scheduling_has_a_window(client: Client, ahead: timedelta | None, code: int) -> None:
    at = datetime.now(UTC) + ahead if ahead else "soon"

    error = refusal(
        client, to=ANNA, messaging_service_sid=SERVICE, body="x", schedule_type="fixed", send_at=at
    )

    assert error.code == code


def test_a_scheduled_text_can_be_canceled_and_a_sent_one_not(client: Client, control: Control) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    scheduled = client.messages.create(
        to=ANNA, messaging_service_sid=SERVICE, body="Later", schedule_type="fixed", send_at=at
    )
    sent = client.messages.create(to=ANNA, from_=OURS, body="Now")
    until(lambda: control.texts(ANNA) == ["Now"])

    assert scheduled.status == "scheduled"
    assert client.messages(scheduled.sid).update(status="canceled").status == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        client.messages(sent.sid).update(status="canceled")
    assert caught.value.code == 30409


def test_redacts_and_deletes_what_is_finished(client: Client, control: Control) -> None:
    created = client.messages.create(to=ANNA, from_=OURS, body="Private words")
    until(lambda: client.messages(created.sid).fetch().status == "delivered")

    with pytest.raises(TwilioRestException) as both:
        client.messages(created.sid).update(body="", status="canceled")
    assert both.value.code == 30400
    assert client.messages(created.sid).update(body="").body == ""
    assert client.messages(created.sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        client.messages(created.sid).fetch()
    assert (gone.value.status, gone.value.code) == (404, 20404)
    assert client.messages.list() == []
    assert control.texts(ANNA) == ["Private words"]


def test_what_is_on_its_way_can_be_neither_redacted_nor_deleted(client: Client, control: Control) -> None:
    control.post("faults", delivery_delay=30)
    created = client.messages.create(to=ANNA, from_=OURS, body="x")

    for change in (lambda: client.messages(created.sid).update(body=""), client.messages(created.sid).delete):
        with pytest.raises(TwilioRestException) as caught:
            change()
        assert caught.value.code == 20009


def test_lists_newest_first_with_filters_and_pages(client: Client) -> None:
    for number in range(7):
        client.messages.create(to=ANNA if number % 2 else BERT, from_=OURS, body=f"text {number}")

    until(lambda: all(message.status == "delivered" for message in client.messages.list()))
    assert [message.body for message in client.messages.list()] == [f"text {n}" for n in range(6, -1, -1)]
    assert [message.body for message in client.messages.list(to=ANNA)] == ["text 5", "text 3", "text 1"]
    assert len(client.messages.list(from_=OURS, to=BERT)) == 4
    assert len(client.messages.list(limit=3)) == 3
    assert [message.body for message in client.messages.stream(page_size=2)] == [
        f"text {n}" for n in range(6, -1, -1)
    ]


def test_pages_are_not_upset_by_what_comes_and_goes_between_them(client: Client) -> None:
    sids = [client.messages.create(to=ANNA, from_=OURS, body=str(number)).sid for number in range(6)]
    until(lambda: all(message.status == "delivered" for message in client.messages.list()))

    first = client.messages.page(page_size=3)
    shown = [message.body for message in first]
    client.messages.create(to=ANNA, from_=OURS, body="new")
    client.messages(sids[3]).delete()
    shown += [message.body for message in first.next_page()]

    assert shown == ["5", "4", "3", "2", "1", "0"]


def test_filters_by_the_time_of_sending(client: Client) -> None:
    client.messages.create(to=ANNA, from_=OURS, body="now")
    until(lambda: client.messages.list()[0].status == "delivered")
    now = datetime.now(UTC)

    def count(**given: object) -> int:
        return len(client.messages.list(**given))

    assert count(date_sent_after=now - timedelta(minutes=1)) == 1
    assert count(date_sent_after=now + timedelta(minutes=1)) == 0
    assert count(date_sent_before=now + timedelta(minutes=1)) == 1
    assert count(date_sent_before=now - timedelta(minutes=1)) == 0
    assert count(date_sent=now.date()) == 1
    assert count(date_sent=now.date() - timedelta(days=1)) == 0
    assert count(date_sent_after=now - timedelta(minutes=1), from_=OURS, to=ANNA) == 1


def test_the_list_lags_behind_and_a_fetch_does_not() -> None:
    with running(settings(list_lag_seconds=0.5)) as here:
        client = sdk(here.url)
        created = client.messages.create(to=ANNA, from_=OURS, body="x")

        assert client.messages(created.sid).fetch().sid == created.sid
        assert client.messages.list() == []
        assert until(client.messages.list)[0].sid == created.sid


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [
        (ACCOUNT, TOKEN, 200),
        ("SK" + "1" * 32, "secret-of-the-key", 200),
        (ACCOUNT, "wrong", 401),
        ("SK" + "2" * 32, "", 401),
    ],
)
def test_asks_for_credentials(simulator: Running, user: str, password: str, status: int) -> None:
    url = f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    answer = requests.get(url, auth=(user, password), timeout=5)

    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == 20003


def test_without_credentials_and_for_another_account_nothing_is_told(simulator: Running) -> None:
    url = f"{simulator.url}/2010-04-01/Accounts/"

    assert requests.get(f"{url}{ACCOUNT}/Messages.json", timeout=5).status_code == 401
    other = requests.get(f"{url}AC{'9' * 32}/Messages.json", auth=(ACCOUNT, TOKEN), timeout=5)
    assert (other.status_code, other.json()["code"]) == (404, 20404)
    assert requests.get(f"{url}{ACCOUNT}/Messages", auth=(ACCOUNT, TOKEN), timeout=5).status_code == 200


def test_an_outdated_text_is_not_sent(client: Client, control: Control) -> None:
    control.post("reset")
    requests.put(f"{control.url}/_sim/numbers/{OURS}", json={"segments_per_second": 0.5}, timeout=5)

    client.messages.create(to=ANNA, from_=OURS, body="first")
    late = client.messages.create(to=ANNA, from_=OURS, body="second", validity_period=1)

    done = until(lambda: (m := client.messages(late.sid).fetch()).status == "failed" and m)
    assert done.error_code == 30036
    assert control.texts(ANNA) == ["first"]


def test_a_number_sends_no_faster_than_its_segments(client: Client, control: Control) -> None:
    requests.put(f"{control.url}/_sim/numbers/{OURS}", json={"segments_per_second": 10}, timeout=5)

    for number in range(4):
        client.messages.create(to=ANNA, from_=OURS, body=str(number) * 161)

    until(lambda: len(control.texts(ANNA)) == 4)
    times = [datetime.fromisoformat(text["at"]) for text in control.get(f"phones/{ANNA}/texts")["texts"]]
    # Two segments each at ten a second: 0.2 s apart.
    assert times[-1] - times[0] >= timedelta(seconds=0.55)


def test_a_queue_of_more_than_ten_hours_takes_no_more(client: Client, control: Control) -> None:
    requests.put(f"{control.url}/_sim/numbers/{OURS}", json={"segments_per_second": 0.00002}, timeout=5)
    client.messages.create(to=ANNA, from_=OURS, body="x")

    assert refusal(client, to=ANNA, from_=OURS, body="y").code == 21611
