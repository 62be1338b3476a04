"""The provider's webhooks alone, as an application for a real web server."""

from __future__ import annotations

from flask import Flask

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel import log
from outreach.twilio import webhooks

log.configure(level=30)
app = Flask("webhooks")
app.register_blueprint(webhooks.blueprint(bootstrap.build(Settings.from_env(), wake=wake.nobody)))
