"""Who we are to the provider: an account, and what signs in to it."""

from __future__ import annotations

from outreach.config import BadSetting, Settings


class NoAccount(BadSetting):
    """Set TWILIO_ACCOUNT_SID, and either TWILIO_API_KEY and TWILIO_API_SECRET or TWILIO_AUTH_TOKEN."""


def sign_in(settings: Settings) -> tuple[str, str]:
    """Return user and password of a deployment's account. Raise NoAccount."""
    account = settings.twilio_account_sid
    key, secret = settings.twilio_api_key, settings.twilio_api_secret
    if key and secret:
        user, password = key, secret
    else:
        user, password = account, next(iter(settings.twilio_auth_tokens), "")
    if not (account and password):
        raise NoAccount
    return user, password
