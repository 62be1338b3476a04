"""`outreach twilio setup` against the simulator: webhooks are set, read back, and a wrong one is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outreach.cli import doctor
from outreach.config import Settings
from outreach.simulator import server
from outreach.simulator.settings import ServiceSeed, SimulatorSettings
from outreach.twilio import setup
from outreach.twilio.gateway import connected_client

NUMBER = "+12025550100"
SERVICE = "MG" + "1" * 32


@pytest.fixture
def pointed(settings: Settings):
    simulated = SimulatorSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_tokens[0],
        numbers=(NUMBER, "+12025550102"),
        services=(ServiceSeed(sid=SERVICE, name="clinic", numbers=("+12025550102",)),),
    )
    with server.running(simulated) as running:
        yield replace(settings, twilio_api_base_url=running.url)


@pytest.mark.parametrize("address", [NUMBER, SERVICE])
def test_webhooks_are_set_and_read_back(pointed: Settings, address: str) -> None:
    before = setup.look(pointed, addresses=(address,))
    assert not all(one.right for one in before)

    setup.apply(pointed, addresses=(address,))

    after = setup.look(pointed, addresses=(address,))
    assert [one.setting for one in after if not one.right] == []
    assert {"inbound", "inbound method", "fallback", "status"} <= {one.setting for one in after}
    assert after[0].value.startswith(f"{pointed.public_url}/twilio/{pointed.twilio_account_sid}/inbound#rc=")


def test_a_number_that_is_not_ours_is_one_clear_error(pointed: Settings) -> None:
    with pytest.raises(setup.SetupRefused, match="sender is yours"):
        setup.apply(pointed, addresses=("+12025550199",))


def test_wrong_credentials_are_one_clear_error(pointed: Settings) -> None:
    with pytest.raises(setup.SetupRefused):
        setup.apply(replace(pointed, twilio_auth_tokens=("x" * 32,)), addresses=(NUMBER,))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status_callback": "https://elsewhere.example/"}, "status"),
        ({"use_inbound_webhook_on_number": True}, "inbound webhook on number"),
        ({"sticky_sender": False}, "sticky sender"),
    ],
)
def test_each_setting_of_a_service_that_somebody_changed_is_told(pointed: Settings, changes, told) -> None:
    setup.apply(pointed, addresses=(SERVICE,))
    connected_client(pointed).messaging.v1.services(SERVICE).update(**changes)

    found = setup.look(pointed, addresses=(SERVICE,))

    assert [one.setting for one in found if not one.right] == [told]


def test_a_service_without_numbers_is_told(pointed: Settings) -> None:
    setup.apply(pointed, addresses=(SERVICE,))
    [number] = connected_client(pointed).messaging.v1.services(SERVICE).phone_numbers.list()
    number.delete()

    found = setup.look(pointed, addresses=(SERVICE,))

    assert [one.setting for one in found if not one.right] == ["sender pool"]


def test_doctor_tells_of_each_sender(pointed: Settings, monkeypatch) -> None:
    setup.apply(pointed, addresses=(NUMBER,))

    found = {
        one.what.split(":")[0]: one.level
        for one in doctor._webhooks(pointed, (NUMBER, SERVICE, "+12025550199"))
    }

    assert found == {
        f"webhooks of {NUMBER}": "good",
        f"webhooks of {SERVICE}": "warn",
        "webhooks of +12025550199": "bad",
    }
    looked = setup.look
    real = replace(pointed, twilio_api_base_url="")
    monkeypatch.setattr(setup, "look", lambda _, addresses: looked(pointed, addresses=addresses))
    assert [one.level for one in doctor._webhooks(real, (SERVICE,))] == ["bad"]
