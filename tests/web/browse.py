"""A real Chromium for the tests of pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web.make import NURSE, PASSWORD

SHOTS = Path(".screenshots")
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
AXE = Path("node_modules/axe-core/axe.min.js")
PATIENCE_MS = 120_000
"""How long Chromium may take to start, and a page to come: other tests may have the machine."""


@dataclass
class Pictures:
    """Whether pages are pictured, for people to look at: `pytest --pictures`. No test looks at them."""

    wanted: bool = False


PICTURES = Pictures()
PROFILES: list[BrowserContext] = []
"""Those of this process's Chromium that nobody uses now."""
SIZES = {1440: (1440, 900), 1024: (1024, 768), 390: (390, 844)}


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                # All is from one site: what it is kept apart from is not there, and costs processes.
                "--disable-site-isolation-trials",
            ],
            timeout=PATIENCE_MS,
        )  # fmt: skip
        yield browser
        PROFILES.clear()
        browser.close()


@contextmanager
def window(browser: Browser, *, width: int = 1440, scheme: str = "light") -> Iterator[Page]:
    """Open a window of somebody who was never here: nobody is signed in, no window is open beside it.

    Only what pages leave for ever, scripts and styles by their hash, is there from the windows before: a
    profile of its own for each would load and compile them anew, most of a test's time.
    """
    context = PROFILES.pop() if PROFILES else _profile(browser)
    try:
        page = context.new_page()
        show(page, width=width, scheme=scheme)
        yield page
    except BaseException:
        context.close()
        raise
    for one in context.pages[1:]:
        one.close()
    context.clear_cookies()
    PROFILES.append(context)


def _profile(browser: Browser) -> BrowserContext:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    context.new_page()  # never used: while it is open, Chromium ends nothing that the next window needs
    return context


@contextmanager
def signed_in(
    browser: Browser, url: str, *, email: str = NURSE, width: int = 1440, scheme: str = "light"
) -> Iterator[Page]:
    """A window of somebody's. What the browser complains about (scripts, policy) is in `complaints`."""
    with window(browser, width=width, scheme=scheme) as page:
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: page.complaints.append(said.text) if "Security Policy" in said.text else None,
        )
        page.goto(url + _post_sign_in(page.context, url, email))
        yield page


def _post_sign_in(context: BrowserContext, url: str, email: str) -> str:
    """Send the form of the sign-in page without looking at it; return where it leads to."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', context.request.get(f"{url}/login").text())
    assert token, "no form"
    answer = context.request.post(
        f"{url}/login",
        form={"csrf_token": token[1], "email": email, "password": PASSWORD},
        headers={"Referer": f"{url}/login"},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()
    return answer.headers["location"]


def sign_in(page: Page, url: str, *, email: str = NURSE, password: str = PASSWORD) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("Work email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def shoot(page: Page, name: str) -> None:
    """Picture a page if this run was asked for pictures; let it be drawn as it stands now in any case."""
    page.evaluate(DRAWN)
    if PICTURES.wanted:
        SHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")


def show(page: Page, *, width: int, scheme: str) -> None:
    """Make a window another, without loading the page anew."""
    wide, high = SIZES[width]
    if page.viewport_size != {"width": wide, "height": high}:
        page.set_viewport_size({"width": wide, "height": high})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def picture(page: Page, name: str) -> list[str]:
    """Take a picture of a page as it stands in every size and both schemes, the journey going on after it.

    Return where it is too wide, one line each. Without pictures one scheme is enough to see that.
    """
    found = []
    for width in SIZES:
        for scheme in ("light", "dark") if PICTURES.wanted else ("light",):
            show(page, width=width, scheme=scheme)
            shoot(page, f"{name}-{width}-{scheme}")
        if too_wide(page):
            found.append(f"{name} {width}: too wide")
    show(page, width=1440, scheme="light")
    return found


def too_wide(page: Page) -> bool:
    """Whether one would have to push the page sideways, or a part of it."""
    return bool(
        page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('#scroll, #rows, #context')]"
            ".some((one) => one.scrollWidth > one.clientWidth + 1)"
        )
    )


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds on the page as it stands, line by line: by every rule, unless some are named."""
    if page.evaluate("typeof axe === 'undefined'"):
        # By the debugging protocol, which the page's own security policy does not bind.
        page.evaluate(AXE.read_text() + ";0")
    found = page.evaluate(
        """async (rules) => (await axe.run(document, {
            resultTypes: ['violations'], ...(rules.length ? {runOnly: {type: 'rule', values: rules}} : {})
        })).violations""",
        list(rules),
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


COLORS, ROOM = ("color-contrast", "link-in-text-block"), ("target-size", "scrollable-region-focusable")
LOOKS: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (1440, "dark", COLORS),
    (1024, "dark", ROOM),
    (1024, "light", ()),
    (390, "light", (*COLORS, *ROOM)),
    (390, "dark", COLORS),
)
"""How a page is looked at after the first time, 1440 and light with every rule: by those that can find
something else at another size or in other colors. All are looked at for their width, and pictured."""


def look(page: Page, name: str, *, everywhere: bool = True) -> list[str]:
    """Look at a page as it stands in every size and both schemes; return what is wrong, one line each."""
    found = _looked(page, name, 1440, "light", None)
    if everywhere:
        for width, scheme, rules in LOOKS:
            found += _looked(page, name, width, scheme, rules)
        show(page, width=1440, scheme="light")
    return found


def _looked(page: Page, name: str, width: int, scheme: str, rules: tuple[str, ...] | None) -> list[str]:
    show(page, width=width, scheme=scheme)
    shoot(page, f"{name}-{width}-{scheme}")
    found = [] if rules == () else violations(page, rules or ())
    if too_wide(page):
        found.append("too wide")
    return [f"{name} {width} {scheme}: {one}" for one in found]
