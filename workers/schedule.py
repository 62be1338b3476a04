"""The beat table: how often each kind of work is looked for, whether or not anybody poked."""

from __future__ import annotations

from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, 5.0)}}
    for name, seconds in {
        "relay_facts": 1.0,
        "deliver": 1.0,
        "send_due": 1.0,
        "reconcile": 5.0,
        "sweep_inbound": 60.0,
        "climb_ladders": 5.0,
        "seal_record": 60.0,
        "housekeeping": 15.0,
    }.items()
}
