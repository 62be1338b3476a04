"""The language a page speaks: English as it stands in the templates, others by a gettext catalog each.

A person's own choice goes first, then what their browser asks for. What is pushed live is rendered outside a
request, once for each language that somebody reads.
"""

from __future__ import annotations

import gettext as standard
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, request

LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""Code -> what its readers call it. The first is what the templates are written in."""
WRITTEN_IN = "en"
CATALOGS = Path(__file__).parent / "catalogs"

_spoken: ContextVar[str] = ContextVar("spoken", default=WRITTEN_IN)


def spoken() -> str:
    """Return the code of the language that is being rendered."""
    return _spoken.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Render what is inside in a language."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(message: str) -> str:
    """Return a text in the language that is spoken; a text no catalog knows stays English."""
    return _catalog(spoken()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that fits a count."""
    return _catalog(spoken()).ngettext(one, many, count)


def later(message: str) -> str:
    """Mark a text for the catalogs where it is written, to be translated where it is shown."""
    return message


def choose(preferences: Mapping[str, Any], accepted: str | None) -> str:
    """Return the language for somebody: their own choice, else their browser's, else English."""
    chosen = preferences.get("language")
    return str(chosen) if chosen in LANGUAGES else accepted or WRITTEN_IN


def install(app: Flask) -> None:
    """Give an app's templates `_` and choose a language at the start of each request."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.before_request(_listen)


def _listen() -> None:
    # Set anew for every request: a thread serves many, and a context variable outlives each of them.
    who = g.get("me")
    _spoken.set(choose(who.preferences if who else {}, request.accept_languages.best_match(LANGUAGES)))


@cache
def _catalog(language: str) -> standard.NullTranslations:
    if language == WRITTEN_IN:
        return standard.NullTranslations()
    with (CATALOGS / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return standard.GNUTranslations(compiled)
