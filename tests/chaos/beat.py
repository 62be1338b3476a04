"""The real Celery beat with shorter intervals for what a minute is too long for here."""

from __future__ import annotations

import sys

from workers.pulse import app

OFTENER = {"reconcile": 1.0, "sweep_inbound": 2.0, "climb_ladders": 1.0, "housekeeping": 2.0}


def main() -> None:
    """Poke until killed. The folder given keeps the schedule."""
    for name, seconds in OFTENER.items():
        app.conf.beat_schedule[name]["schedule"] = seconds
    app.start(["beat", "--schedule", f"{sys.argv[1]}/schedule", "--pidfile", "", "--loglevel", "WARNING"])


if __name__ == "__main__":
    main()
