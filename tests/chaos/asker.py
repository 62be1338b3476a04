"""A process that asks for texts on several threads: what is asked stands on its standard input."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from tests.messaging import make

THREADS = 8


def main() -> None:
    """Ask for everything at once."""
    given = json.load(sys.stdin)
    clinic = make.Clinic(team_id=UUID(given["team_id"]), sender_id=UUID(given["sender_id"]))
    services = bootstrap.build(Settings.from_env(), wake=wake.nobody)

    def ask(one: list[str]) -> None:
        phone_id, patient_id, number, kind = one
        who = make.Someone(patient_id=UUID(patient_id), phone_id=UUID(phone_id), number=number)
        with services.transactions.begin(actor=SYSTEM) as uow:
            commands.queue(uow, make.request(clinic, who, kind=kind))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, given["asked"]))


if __name__ == "__main__":
    main()
