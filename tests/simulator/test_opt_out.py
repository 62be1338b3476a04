"""STOP, START and HELP, as the provider itself acts on them."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from outreach.simulator.keywords import keyword
from outreach.simulator.server import running
from tests.simulator.kit import (
    ACCOUNT,
    ANNA,
    BERT,
    OURS,
    POOLED,
    SERVICE,
    Application,
    Control,
    sdk,
    settings,
    until,
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("STOP", "STOP"),
        (" stop\n", "STOP"),
        ("StopAll", "STOP"),
        ("cancel", "STOP"),
        ("END", "STOP"),
        ("quit", "STOP"),
        ("revoke", "STOP"),
        ("OPTOUT", "STOP"),
        ("unsubscribe", "STOP"),
        ("yes", "START"),
        ("UNSTOP", "START"),
        ("info", "HELP"),
        # What the provider does not catch, so that the application has to.
        ("STOP PLEASE", None),
        ("opt out", None),
        ("stop.", None),
        ("ALTO", None),
        ("", None),
    ],
)
def test_only_one_exact_word_acts(body: str, expected: str | None) -> None:
    assert keyword(body) == expected


def test_after_stop_a_create_is_refused_until_start(
    client: Client, application: Application, control: Control
) -> None:
    control.send(ANNA, "stop", to=OURS)

    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=ANNA, from_=OURS, body="x")
    assert (caught.value.status, caught.value.code) == (400, 21610)
    assert len(control.texts(ANNA)) == 1
    assert client.messages.list(to=ANNA) == []
    assert application.at(f"/twilio/{ACCOUNT}/inbound")[0]["Body"] == "stop"
    assert control.get("blocks")["blocks"] == [{"sender": OURS, "phone": ANNA}]

    control.send(ANNA, "STOP", to=OURS)
    assert len(control.texts(ANNA)) == 1

    control.send(ANNA, "Start", to=OURS)
    assert len(control.texts(ANNA)) == 2
    client.messages.create(to=ANNA, from_=OURS, body="Welcome back")
    until(lambda: control.texts(ANNA)[-1] == "Welcome back")


def test_an_opt_out_binds_one_phone_and_one_sender(client: Client, control: Control) -> None:
    control.send(ANNA, "STOP", to=OURS)

    assert client.messages.create(to=BERT, from_=OURS, body="x").sid
    assert client.messages.create(to=ANNA, messaging_service_sid=SERVICE, body="x").sid


def test_an_opt_out_from_a_pool_binds_its_whole_service(
    client: Client, application: Application, control: Control
) -> None:
    control.send(ANNA, "STOP", to=POOLED)

    for sender in ({"from_": POOLED}, {"messaging_service_sid": SERVICE}):
        with pytest.raises(TwilioRestException) as caught:
            client.messages.create(to=ANNA, body="x", **sender)
        assert caught.value.code == 21610
    assert application.hits[0]["OptOutType"] == "STOP"


def test_a_yes_from_someone_who_never_stopped_gets_no_automatic_answer(control: Control) -> None:
    control.send(ANNA, "YES", to=OURS)

    assert control.texts(ANNA) == []


def test_help_is_answered_each_time(control: Control) -> None:
    control.send(ANNA, "help", to=OURS)
    control.send(ANNA, "HELP", to=OURS)

    assert len(control.texts(ANNA)) == 2


def test_a_service_may_find_out_only_later(application: Application) -> None:
    with running(settings(webhook_base=application.url, opt_out_at_create=False)) as here:
        client, control = sdk(here.url), Control(here.url)
        control.send(ANNA, "STOP", to=POOLED)

        created = client.messages.create(to=ANNA, messaging_service_sid=SERVICE, body="x")

        failed = until(lambda: (m := client.messages(created.sid).fetch()).status == "failed" and m)
        assert failed.error_code == 21610
        assert len(control.texts(ANNA)) == 1


def test_the_filter_can_be_switched_off_to_test_the_application_alone(
    client: Client, control: Control
) -> None:
    control.post("faults", stop_filter_off=1)
    control.send(ANNA, "STOP", to=OURS)

    client.messages.create(to=ANNA, from_=OURS, body="got through")

    until(lambda: control.texts(ANNA))
    assert control.texts(ANNA) == ["got through"]
    assert control.get("blocks")["blocks"] == []
