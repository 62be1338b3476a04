"""Turns the relay until it is told to stop, as a worker does."""

from __future__ import annotations

import time

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel import log

log.configure(level=40)
services = bootstrap.build(Settings.from_env(), wake=wake.nobody)
while True:
    if services.relay.drain(seconds=5) == 0:
        time.sleep(0.02)
