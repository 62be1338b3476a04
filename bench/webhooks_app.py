"""The provider's webhooks alone, as an application for a real web server."""

from __future__ import annotations

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel import log
from outreach.twilio import webhooks

log.configure(level=30)
app = webhooks.application(bootstrap.build(Settings.from_env(), wake=wake.nobody))
