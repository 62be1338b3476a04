"""`outreach twilio setup` against the simulator: webhooks are set, read back, and a wrong one is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outreach.config import Settings
from outreach.simulator import server
from outreach.simulator.settings import ServiceSeed, SimulatorSettings
from outreach.twilio import setup

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
    assert [(one.setting, one.right) for one in after] == [("inbound", True), ("fallback", True)]
    assert after[0].value.startswith(f"{pointed.public_url}/twilio/{pointed.twilio_account_sid}/inbound#rc=")


def test_a_number_that_is_not_ours_is_one_clear_error(pointed: Settings) -> None:
    with pytest.raises(setup.SetupRefused, match="sender is yours"):
        setup.apply(pointed, addresses=("+12025550199",))


def test_wrong_credentials_are_one_clear_error(pointed: Settings) -> None:
    with pytest.raises(setup.SetupRefused):
        setup.apply(replace(pointed, twilio_auth_tokens=("x" * 32,)), addresses=(NUMBER,))
