"""The pages in a real Chromium: journeys, keyboard, accessibility, and pictures to look at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from outreach import web
from outreach.staff import commands as staff
from tests.web import browse, rehearsed
from tests.web.make import NURSE, OTHER_NURSE, PASSWORD

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
MENUS = {"account": ".account > summary", "lists": ".view-more > summary", "filter": "#filter > summary"}
MANY, OF_A_COURSE = 4, 1
"""Menus for many conversations at once; and that of a program beside a thread, opened in test_at_work."""
OPEN = "dialog[open], [popover]:popover-open, .menu[open] > .menu-panel"
TEMPLATES = Path(web.__file__).parent / "templates"


@pytest.fixture
def page(browser, site):
    with opened(browser, site) as found:
        yield found


def opened(browser, site, **options):
    return browse.signed_in(browser, site.url, **options)


def row(page, name):
    return page.locator(".row", has_text=name)


def test_a_nurse_reads_and_answers(page, site):
    row(page, "Henry Osei").click()
    expect(page.get_by_role("heading", name="Henry Osei", level=2)).to_be_visible()

    page.get_by_label("Your text or note").fill("We can ask the pharmacy for a cheaper one.")
    expect(page.locator("#measure")).to_contain_text("1 segment")
    page.get_by_role("button", name="Send", exact=True).click()

    bubble = page.locator(".item.us").last
    expect(bubble).to_contain_text("We can ask the pharmacy")
    expect(bubble).to_contain_text("Waiting to send")
    expect(page.get_by_label("Your text or note")).to_have_value("")
    bubble.get_by_role("button", name="Undo").click()
    expect(page.locator(".item.us").last).to_contain_text("Taken back")


def test_what_happens_elsewhere_shows_without_reloading(browser, page, site):
    row(page, "Henry Osei").click()
    expect(page.locator("#live-dot[data-state=on]")).to_be_visible()

    site.morning.says(45, "I still have no pills")

    expect(page.locator(".item.them").last).to_contain_text("I still have no pills", timeout=3000)
    expect(row(page, "Henry Osei")).to_contain_text("I still have no pills")
    expect(page.locator("#spoken")).to_have_text("New text from Henry Osei")

    with opened(browser, site, email=OTHER_NURSE) as sam:
        row(sam, "Henry Osei").click()
        sam.get_by_role("button", name="Take it").click()
        expect(sam.locator(".owner-name")).to_contain_text("Sam K.")
    expect(page.locator(".owner-name")).to_contain_text("Sam K.", timeout=3000)


def test_a_new_conversation_comes_into_the_list_and_a_danger_to_its_top(page, site):
    expect(page.locator('[data-count="unassigned"]').first).to_have_text("4")

    site.morning.says(70, "Is anybody there?")

    expect(row(page, "Is anybody there?")).to_be_visible(timeout=3000)
    expect(page.locator('[data-count="unassigned"]').first).to_have_text("5")
    expect(page.locator(".row").last).to_contain_text("Is anybody there?")

    site.morning.says(70, "I can't breathe")

    expect(page.locator(".row").nth(1)).to_contain_text("I can't breathe", timeout=3000)
    shown = page.locator(".row").evaluate_all("rows => rows.map((one) => one.id)")
    page.reload()
    assert page.locator(".row").evaluate_all("rows => rows.map((one) => one.id)") == shown


def test_two_people_answer_at_once_and_nothing_is_lost(browser, page, site):
    page.route("**/live?*", lambda route: route.abort())
    page.reload()
    row(page, "Henry Osei").click()
    page.get_by_label("Your text or note").fill("Mine was first")
    site.morning.says(45, "One more thing")

    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator(".notice.danger")).to_contain_text("new text came in")
    expect(page.get_by_label("Your text or note")).to_have_value("Mine was first")


def test_the_banner_says_that_live_updates_are_down(page, site):
    page.route("**/live?*", lambda route: route.abort())
    page.reload()

    expect(page.locator("#offline")).to_be_visible(timeout=15000)
    page.unroute("**/live?*")
    expect(page.locator("#offline")).to_be_hidden(timeout=40000)


def test_everything_by_keyboard(page, site):
    for name in ("Walter Nkemelu", "Dolores Ibarra", "Henry Osei"):
        page.keyboard.press("j")
        expect(page.locator(".row.selected")).to_contain_text(name)
    page.keyboard.press("n")
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.type("Called the pharmacy")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-band")).to_contain_text("Called the pharmacy")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Handled by phone")).to_be_visible()
    page.get_by_role("button", name="Handled by phone").press("Enter")
    expect(page.locator(".thread-head")).to_contain_text("Closed: Handled by phone")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_who_moves_on_at_once_finds_a_note_again_as_a_note(page, site):
    row(page, "Henry Osei").click()
    expect(page.get_by_role("heading", name="Henry Osei", level=2)).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Sounded drunk on the phone")
    row(page, "Dolores Ibarra").click()
    expect(page.get_by_role("heading", name="Dolores Ibarra", level=2)).to_be_visible()
    expect(page.locator("#body")).to_have_value("")

    row(page, "Henry Osei").click()

    expect(page.locator("#body")).to_have_value("Sounded drunk on the phone")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()


def test_an_escalation_is_taken_and_resolved(page, site):
    page.goto(f"{site.url}/escalations")
    page.get_by_role("link", name="Open Walter").click()
    page.get_by_role("button", name="I have it").click()
    expect(page.locator(".urgent")).to_contain_text("Nora Hart has it")

    page.get_by_role("button", name="Resolve").click()
    dialog = page.get_by_role("dialog", name="How did it end?")
    dialog.get_by_label("Outcome").select_option("reached_patient")
    dialog.get_by_label("What was done").fill("Called him; his wife drives him in.")
    dialog.get_by_role("button", name="Resolve").click()

    expect(page.locator(".urgent")).to_have_count(0)
    expect(page.locator(".kind-band")).to_contain_text("Resolved")


def test_a_reading_is_marked_and_its_escalation_overruled(page, site):
    row(page, "Walter Nkemelu").click()
    page.get_by_role("button", name="Read wrong?").press("Enter")
    page.get_by_role("button", name="What is it?").click()
    dialog = page.get_by_role("dialog", name="What is this text?")
    dialog.get_by_label("It should have been read as").select_option("answer")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".marked")).to_contain_text("Answers the question")

    page.get_by_role("button", name="Overrule").click()
    dialog = page.get_by_role("dialog", name="Was there nothing to escalate?")
    dialog.get_by_label("How do you know?").fill("He told me on the phone that he sang.")
    dialog.get_by_role("button", name="Overrule").click()
    expect(page.locator(".kind-band")).to_contain_text("Overruled")

    page.get_by_role("button", name="Open it again").click()
    expect(page.locator(".urgent")).to_contain_text("Nora Hart has it")


def test_a_phone_that_opted_out_takes_notes_only(page, site):
    page.goto(f"{site.url}/inbox?view=all")
    row(page, "Theo Brandt").click()

    expect(page.locator("#composer-state")).to_contain_text("They wrote STOP")
    expect(page.get_by_role("radio", name="Text")).to_be_disabled()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()


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
    shown = found["dialog"] + found["popover"]
    named = {re.search(r'(?:id|aria-labelledby)="(.+?)(?:-title)?"', one)[1] for one in shown}

    assert named == {*DIALOGS, "idle"}
    assert len(found["menu"]) == len(MENUS) + MANY + OF_A_COURSE


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
        for name, summary in MENUS.items():
            page.locator(summary).click()
            page.locator(OPEN).first.wait_for()
            found += browse.look(page, f"menu-{name}", everywhere=name == "filter")
            page.keyboard.press("Escape")
        page.keyboard.press("x")
        page.locator("#many details").first.wait_for()
        for place in range(MANY):
            page.locator("#many summary").nth(place).click()
            found += browse.look(page, f"menu-many-{place}", everywhere=place == MANY - 1)
    assert found == []
    assert not page.complaints, page.complaints


def test_the_pages_fit_and_are_accessible_in_spanish(browser, site):
    found: dict[str, list[str]] = {}
    with opened(browser, site, width=390) as page:

        def look(name):
            browse.shoot(page, f"es-{name}")
            found.update({name: problems} if (problems := browse.violations(page)) else {})
            assert not browse.too_wide(page), name

        page.goto(f"{site.url}/account")
        page.get_by_label("Language").select_option(label="Español")
        page.locator('form[action="/account/language"] button').click()
        expect(page.get_by_role("heading", name="Sus ajustes")).to_be_visible()
        look("account")
        page.goto(f"{site.url}/inbox?view=all")
        look("inbox")
        row(page, THREADS["urgent"]).click()
        page.locator(".thread-head", has_text=THREADS["urgent"]).wait_for()
        look("urgent")
        for name in ("escalations", "tasks/calls", "team", "record"):
            page.goto(f"{site.url}/{name}")
            look(name.replace("/", "-"))
    assert found == {}
    assert not page.complaints, page.complaints
