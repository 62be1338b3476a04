"""A real Chromium for the tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.make import NURSE, PASSWORD

SHOTS = Path(".screenshots")
AXE = Path("node_modules/axe-core/axe.min.js")
SIZES = {1440: (1440, 900), 1024: (1024, 768), 390: (390, 844)}


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def signed_in(
    browser: Browser, url: str, *, email: str = NURSE, width: int = 1440, scheme: str = "light"
) -> Iterator[Page]:
    """A window of somebody's. What the browser complains about (scripts, policy) is in `complaints`."""
    wide, high = SIZES[width]
    context = browser.new_context(
        viewport={"width": wide, "height": high}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console",
        lambda said: page.complaints.append(said.text) if "Security Policy" in said.text else None,
    )
    sign_in(page, url, email=email)
    yield page
    context.close()


def sign_in(page: Page, url: str, *, email: str = NURSE, password: str = PASSWORD) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Work email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/inbox*")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: every rule, one line for each element."""
    # By the debugging protocol, which the page's own security policy does not bind.
    page.evaluate(AXE.read_text() + ";0")
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
