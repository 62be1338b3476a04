"""Programs for the walk through all pages: one in force, its draft, and somebody who had its first text."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources

from playwright.sync_api import Page

from outreach.programs import files
from outreach.programs.commands import releasing
from outreach.programs.commands.release import add_version
from tests import world
from tests.web import browse
from tests.web.make import Morning
from workers import due

FILE = (resources.files("outreach.programs") / "library" / "generic-medical.yaml").read_text(encoding="utf-8")


def pages(morning: Morning) -> dict[str, str]:
    """Fill a morning's programs; return the addresses of their pages by name."""
    with morning.begin() as uow:
        add_version(uow, files.read(FILE), shipped=True)
    ruth = morning.person(77, "Ruth Sample")
    with morning.begin() as uow:
        world.discharged(uow, patient_id=ruth, days_ago=0.05)
    morning.services.relay.drain(seconds=10)
    due.send(morning.services.transactions)
    with morning.begin() as uow:
        draft = releasing.propose(uow, source_text=_changed(), by_staff_id=morning.sam_id)
        today = uow.now.date()
    morning.clock.at += timedelta(minutes=1)
    at = f"programs/versions/{draft}"
    return {
        "program": at,
        "rehearsal": f"{at}/rehearsal?cohort=synthetic:100&days=1",
        "replay": f"{at}/replay?first={today - timedelta(days=1)}&last={today}",
    }


def cut(page: Page, name: str) -> list[str]:
    """Say which dots of a program's picture one would have to push a phone's page sideways for."""
    browse.show(page, width=390, scheme="light")
    dots = page.locator(".days-dot, .days-end").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect())"
    )
    browse.show(page, width=1440, scheme="light")
    if name == "program" and not dots:
        return [f"{name}: no picture"]
    return [f"{name}: {dot['x']:.0f} is cut" for dot in dots if not 0 <= dot["left"] <= dot["right"] <= 390]


def _changed() -> str:
    """Return the file with other words in its first text, reviewed."""
    text = FILE.replace("we check on you by text", "we ask how you are by text")
    return files.approve(files.read(text), language="es", translator="R. Vidal, CHI", dated=date(2026, 3, 1))
