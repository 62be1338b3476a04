"""Every page, dialog, menu, error and empty state in Chromium: by axe, in each size and scheme, pictured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outreach import web
from outreach.staff import commands as staff
from tests.web import browse, rehearsed
from tests.web.make import NURSE, PASSWORD

pytestmark = pytest.mark.browser
THREADS = {
    "thread": "Maria Delgado",
    "urgent": "Walter Nkemelu",
    "stopped": "Theo Brandt",
    "unknown": "(202) 555-0147",
    "failed": "June Park",
}
STATES = {
    "empty": "inbox?view=snoozed",
    "missing": "inbox/NOBODY",
    "refused": "admin",
    "wrong": "inbox?view=all&owner=everybody",
    "nothing-fits": "inbox?view=all&language=zh",
}
NO_PAGES = (
    "/", "/metrics", "/healthz", "/readyz", "/live", "/session", "/static/<path:filename>",
    "/figures/days.csv", "/figures/escalations.csv", "/readings/export.<any(csv, json):kind>",
    "/inbox/rows", "/inbox/filters", "/inbox/many", "/inbox/present", "/inbox/saved/counts",
    *(
        f"/inbox/<uuid:conversation_id>/{part}"
        for part in (
            "details", "draft/photo", "identifiers", "later", "number", "photos/<uuid:media_id>", "programs",
            "quick-replies", "told", "warning",
        )
    ),
)  # fmt: skip
"""What answers with a part of a page, a file, or words for machines."""
ELSEWHERE = {
    "/login": "signed out, at the end of the walk",
    "/inbox/<uuid:conversation_id>": "each of THREADS",
    "/inbox/<uuid:conversation_id>/about": "test_at_work",
    "/inbox/<uuid:conversation_id>/print": "test_at_work",
    "/why/<uuid:subject_id>": "test_at_work",
    "/admin": "by somebody who may, in test_at_work",
    "/programs/versions/<uuid:version_id>": "rehearsed",
    "/programs/versions/<uuid:version_id>/rehearsal": "rehearsed",
    "/programs/versions/<uuid:version_id>/replay": "rehearsed",
}
DIALOGS = {
    "shortcuts": lambda page: page.keyboard.press("?"),
    "palette": lambda page: page.keyboard.press("Control+k"),
    "assign": lambda page: page.keyboard.press("a"),
    "snooze": lambda page: page.keyboard.press("s"),
    "close": lambda page: page.keyboard.press("e"),
    "resolve": lambda page: page.get_by_role("button", name="Resolve").click(),
    "overrule": lambda page: page.get_by_role("button", name="Overrule").click(),
    "details": lambda page: page.get_by_role("button", name="Correct details").click(),
    "enroll": lambda page: page.get_by_role("button", name="Enroll").click(),
    "number": lambda page: page.get_by_role("button", name="This number").click(),
    "warning": lambda page: page.get_by_role("button", name="Record a choice").click(),
    "later": lambda page: page.get_by_role("button", name="Send later").click(),
    "mark": lambda page: [
        page.get_by_role("button", name=name).press("Enter") for name in ("Read wrong?", "What is it?")
    ],
}
MENUS_IN = {"layout.html", "_head.html", "_queue.html", "_many.html", "_about.html"}
"""All of these stand on a thread's page, and are found there; that of a program in test_at_work."""
OPEN = "dialog[open], [popover]:popover-open, .menu[open] > .menu-panel"
TEMPLATES = Path(web.__file__).parent / "templates"


def opened(browser, site, **options):
    return browse.signed_in(browser, site.url, **options)


def row(page, name):
    return page.locator(".row", has_text=name)


def pages_of(site, team_id):
    """Every page there is, by name: whoever makes a new one finds it looked at, or says what it is."""
    rules = {rule.rule for rule in site.app.url_map.iter_rules() if "GET" in rule.methods}
    assert rules >= {*NO_PAGES, *ELSEWHERE}
    return {
        re.sub(r"/?<[^>]*>/?", "-", rule).strip("/").replace("/", "-"): re.sub(
            "<uuid:team_id>", str(team_id), rule
        )
        for rule in sorted(rules - {*NO_PAGES, *ELSEWHERE})
    }


def test_every_thread_is_accessible_and_fits_in_every_size_and_scheme(browser, site):
    """Each page is loaded once: all of axe's rules first, then in other sizes and colors those that can
    find something else there.
    """
    found: list[str] = []
    with opened(browser, site) as page:
        for name, thread in THREADS.items():
            page.goto(f"{site.url}/inbox?view=all")
            row(page, thread).click()
            page.locator(".thread-head", has_text=thread).wait_for()
            page.locator("#about .facts").wait_for()
            found += browse.look(page, name, everywhere=name in ("thread", "urgent"))
    assert found == []
    assert not page.complaints, page.complaints


def test_every_page_is_accessible_and_fits_in_every_size_and_scheme(browser, site):
    found: list[str] = []
    m = site.morning
    with opened(browser, site) as page:
        for name, address in STATES.items():
            page.goto(f"{site.url}/{address}".replace("NOBODY", str(m.nurse_id)))
            found += browse.look(page, name, everywhere=name in ("missing", "empty"))
        for name, address in pages_of(site, m.team_id).items():
            page.goto(f"{site.url}{address}")
            found += browse.look(page, name)
        page.context.clear_cookies()
        page.goto(f"{site.url}/login?ended=1")
        found += browse.look(page, "login")
        page.get_by_label("Work email").fill(NURSE)
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").wait_for()
        found += browse.look(page, "login-refused", everywhere=False)
    assert found == []
    assert not page.complaints, page.complaints


def test_every_page_of_a_program_is_accessible_and_fits_in_every_size_and_scheme(browser, site):
    found: list[str] = []
    with opened(browser, site) as page:
        for name, address in {"programs-some": "programs", **rehearsed.pages(site.morning)}.items():
            page.goto(f"{site.url}/{address}")
            found += browse.look(page, name) + rehearsed.cut(page, name)
    assert found == []
    assert not page.complaints, page.complaints


def test_every_page_of_a_team_that_has_just_begun_is_accessible_on_a_phone(browser, site):
    found: list[str] = []
    m = site.morning
    with m.begin() as uow:
        team = staff.create_team(uow, name="Surgery", sender_id=m.sender_id, zone="America/New_York")
        tara = staff.add_staff(uow, email="tara@riverside.example", name="Tara", password=PASSWORD)
        staff.join_team(uow, staff_id=tara, team_id=team, role="lead")
    with opened(browser, site, email="tara@riverside.example", width=390) as page:
        for name, address in pages_of(site, team).items():
            page.goto(f"{site.url}{address}")
            browse.shoot(page, f"begun-{name}-390-light")
            found += [f"{name}: {one}" for one in browse.violations(page)]
            found += [f"{name}: too wide"] if browse.too_wide(page) else []
    assert found == []
    assert not page.complaints, page.complaints


def test_no_dialog_or_menu_is_left_out():
    kinds = {
        "dialog": r"<dialog[^>]*>",
        "popover": r"<[^>]*\bpopover\b[^>]*>",
        "menu": r'<details class="menu[ "]',
    }
    found: dict[str, list[str]] = {kind: [] for kind in kinds}
    for path in sorted(TEMPLATES.rglob("*.html")):
        for kind, pattern in kinds.items():
            found[kind] += re.findall(pattern, path.read_text())
            if kind == "menu" and re.search(pattern, path.read_text()):
                assert path.name in MENUS_IN
    shown = found["dialog"] + found["popover"]
    named = {re.search(r'(?:id|aria-labelledby)="(.+?)(?:-title)?"', one)[1] for one in shown}

    assert named == {*DIALOGS, "idle"}


def test_every_dialog_is_accessible_and_fits(browser, site):
    found: list[str] = []

    def looked(page, name, **options):
        page.locator(OPEN).first.wait_for()
        found.extend(browse.look(page, f"dialog-{name}", **options))
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.evaluate("document.querySelectorAll('dialog[open]').forEach((one) => one.close())")

    with opened(browser, site) as page:
        row(page, THREADS["urgent"]).click()
        page.locator("#about .facts").wait_for()
        for name, opens in DIALOGS.items():
            opens(page)
            looked(page, name, everywhere=name in ("palette", "resolve", "warning"))
    assert found == []
    assert not page.complaints, page.complaints


def test_every_menu_is_accessible_and_fits(browser, site):
    found: list[str] = []
    with opened(browser, site) as page:
        row(page, THREADS["urgent"]).click()
        page.locator("#about .facts").wait_for()
        page.keyboard.press("x")
        page.locator("#many details").first.wait_for()
        menus = page.locator("details.menu")
        for width in (1440, 390):
            browse.show(page, width=width, scheme="light")
            for place in range(menus.count()):
                summary = menus.nth(place).locator("> summary")
                if not summary.is_visible():
                    continue
                summary.click()
                page.locator(OPEN).first.wait_for()
                page.locator("#filter-panel .quiet", has_text="Loading").wait_for(state="hidden")
                for scheme, rules in (("light", ()), ("dark", browse.COLORS)):
                    browse.show(page, width=width, scheme=scheme)
                    browse.shoot(page, f"menu-{place}-{width}-{scheme}")
                    found += [f"menu {place} {width}: {one}" for one in browse.violations(page, rules)]
                browse.show(page, width=width, scheme="light")
                found += [f"menu {place} {width}: too wide"] if browse.too_wide(page) else []
                summary.click()
    assert found == []
    assert not page.complaints, page.complaints
