"""What is missing at the first start is one clear line, and what the environment names is not asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from outreach import config
from outreach.cli import doctor
from outreach.config import BadSetting
from outreach.staff import queries

FLAGS = (
    *("--organization", "Riverside Clinic", "--short-name", "Riverside", "--team", "Transitions"),
    *("--callback", "(202) 555-0100", "--admin-email", "ana@riverside.example", "--admin-name", "Ana Ruiz"),
    *("--admin-password", "four green wheelbarrows", "--zone", "America/New_York", "--basis", "opt_in"),
)


def test_init_takes_the_sender_of_the_environment_and_a_pager(outreach, begin) -> None:
    done = outreach("init", *FLAGS, "--admin-pager", "+12025550143")

    assert done.exit_code == 0, done.output
    with begin() as uow:
        assert [one.address for one in queries.senders(uow)] == ["+12025550100"]
        assert queries.organization(uow).settings == {"basis": {"care": "opt_in", "reminders": "opt_in"}}
        assert [one.level for one in doctor._paging(uow)] == ["warn"]


def test_an_api_key_alone_checks_no_webhook(settings) -> None:
    keyed = replace(settings, twilio_auth_tokens=(), twilio_api_key="SK1", twilio_api_secret="s")

    with pytest.raises(BadSetting, match="TWILIO_AUTH_TOKEN is not set"):
        keyed.must_check_webhooks()
    replace(keyed, sign_webhooks_with_shared_keys={"KX": "s"}).must_check_webhooks()
    replace(keyed, twilio_account_sid="").must_check_webhooks()


def test_web_does_not_start_without_the_token(outreach, settings, monkeypatch) -> None:
    given = {
        "OUTREACH_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
        "OUTREACH_REDIS_URL": settings.redis_url,
        "OUTREACH_PUBLIC_URL": "https://riverside.example",
        "OUTREACH_SECRET_KEY": "s" * 32,
        "OUTREACH_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_API_KEY": "SK1",
        "TWILIO_API_SECRET": "s",
    }
    monkeypatch.setattr(config, "given", lambda: given)

    done = outreach("web", "--port", "1")

    assert (done.exit_code, "TWILIO_AUTH_TOKEN is not set" in done.output) == (2, True)


def test_doctor_says_that_webhooks_cant_be_checked(services, settings) -> None:
    class Silent:
        def list_received(self, **_):
            return ()

    keyed = replace(settings, twilio_auth_tokens=(), twilio_api_key="SK1", twilio_api_secret="s")
    found = list(doctor._provider(replace(services, settings=keyed, gateway=Silent())))

    assert [one.level for one in found] == ["bad", "good"]
    assert "TWILIO_AUTH_TOKEN" in found[0].what
