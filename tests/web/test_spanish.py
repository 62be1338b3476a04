"""Every page read in Spanish: no text of the catalog is left in English, to be read or to be read out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import text

from outreach.programs.commands.release import install_library
from scripts import catalog
from tests.web.forms import HTML, post, sign_in

SILENT = frozenset({"script", "style", "code", "kbd", "textarea"})
EMPTY = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "col", "use", "path"})
READ_OUT = ("title", "aria-label", "placeholder", "alt", "aria-description")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
MOST = 90
FEWEST = 45
"""Pages of different shape that the walk must have seen, so that it stays a walk."""


class Said(HTMLParser):
    """Reads what a page says to eyes and ears, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.leads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in EMPTY:
            self.around.append((tag, values))
        if not self.others_words():
            self.texts += [values[name] or "" for name in READ_OUT if name in values]
            self.texts += [
                value for name, value in attrs if name.startswith("data-") and " " in (value or "")
            ]
        self.leads += [values[name] or "" for name in ("href", "hx-get", "data-hx-get") if name in values]

    def handle_endtag(self, tag: str) -> None:
        while self.around and self.around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.others_words() and not any(tag in SILENT for tag, _ in self.around):
            self.texts.append(re.sub(r"\s+", " ", data).strip())

    def others_words(self) -> bool:
        """Say whether this is English on purpose: a source, a patient's text."""
        return next((one["lang"] for _, one in reversed(self.around) if "lang" in one), "es") != "es"


@pytest.fixture(scope="module")
def english():
    """What must not stand on a page: texts whose Spanish is another, patterns with values included."""
    exact, shapes = set(), []
    for one in catalog.read("es"):
        for said, translated in zip(catalog.forms(one.id), catalog.forms(one.string), strict=True):
            if not said or said == translated:
                continue
            bare = re.sub(r"%\(\w+\)s|\{\w+\}", "", said)
            if bare == said:
                exact.add(said)
            elif re.search(r"[a-z]{3,}\W+[a-z]{2,}", bare):
                shapes.append(re.sub(r"%\\\(\w+\\\)s|\\\{\w+\\\}", ".+", re.escape(said)))
    return exact, re.compile("|".join(shapes))


def test_no_page_says_in_english_what_it_can_say_in_spanish(client, morning, english):
    with morning.begin() as uow:
        uow.session.execute(text("UPDATE staff SET is_admin = true WHERE id = :id"), {"id": morning.nurse_id})
        install_library(uow)
    sign_in(client)
    post(client, "/account/language", {"language": "es"})
    exact, shapes = english
    rules = client.application.url_map.iter_rules()
    leads = ["/inbox", *(rule.rule for rule in rules if "GET" in rule.methods and not rule.arguments)]
    seen: dict[str, str] = {}
    left: dict[str, set[str]] = {}
    while leads and len(seen) < MOST:
        lead = leads.pop(0).partition("#")[0]
        shape = re.sub(r"=[^&]*", "=", ID.sub("ID", lead))
        if shape in seen or not lead.startswith("/") or lead.startswith(("/static", "/live", "/log", "//")):
            continue
        seen[shape] = lead
        page = client.get(lead, headers=HTML)
        assert page.status_code < 500, lead
        if page.mimetype == "text/html" and page.status_code < 300:
            said = Said()
            said.feed(page.text)
            leads += said.leads
            found = {one for one in said.texts if one in exact or shapes.fullmatch(one)}
            left |= {shape: found} if found else {}

    assert left == {}
    assert len(seen) > FEWEST, sorted(seen)
