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
from typing import Any, TypeVar

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request

from outreach.kernel.said import Said

LANGUAGES: Mapping[str, str] = {"en": "English", "es": "Español"}
"""Code -> what its readers call it. The first is what the templates are written in."""
WRITTEN_IN = "en"
LOCALES = {"en": "en_US", "es": "es_US"}
CATALOGS = Path(__file__).parent / "catalogs"

IN_SCRIPTS = (
    "Here",
    "Lists",
    "Pages",
    "Find",
    "Find “{words}”",
    "A photo may have at most 5 MB. Make it smaller.",
    "A text waits for an answer",
    "An urgent text needs a person now",
    "Only photos can be sent: JPEG, PNG or GIF.",
    "now",
    "{count} days",
    "{count} done.",
    "{span} left",
    "{span} over",
    "Live",
    "Not live",
    "Saved.",
    "The server can't be reached. Try again in a moment.",
    "The server can't be reached. Nothing was sent; what you wrote is still here.",
    "That did not work. Nothing was changed.",
)
"""What static/js says by itself: each stands there as text("...")."""

_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)
Key = TypeVar("Key")


class Texts(Mapping[Key, str]):
    """A table of texts, each said in the language that is spoken when it is looked up."""

    def __init__(self, texts: Mapping[Key, str]) -> None:
        self._texts = texts

    def __getitem__(self, key: Key) -> str:
        return gettext(self._texts[key])

    def __iter__(self) -> Iterator[Key]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def spoken() -> str:
    """Return the code of the language that is being rendered."""
    if (said := _spoken.get()) is not None:
        return said
    if not has_request_context():
        return WRITTEN_IN
    if (known := g.get("language")) is not None:
        return str(known)
    if "me" not in g:  # refused before anybody looked who is asking
        return choose({}, request.accept_languages.best_match(LANGUAGES))
    g.language = choose(g.me.preferences if g.me else {}, request.accept_languages.best_match(LANGUAGES))
    return str(g.language)


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
    return _catalog(spoken()).gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that fits a count."""
    return _catalog(spoken()).ngettext(one, many, count)


def say(message: str, **values: object) -> str:
    """Return a text with its values filled in."""
    return gettext(message) % values


def say_many(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a text that fits a count, `%(num)s` in it."""
    return ngettext(one, many, num) % {"num": num, **values}


def translate(words: str) -> str:
    """Return what was said elsewhere in the language that is spoken, and what is `Said` within it, too.

    Other values are names, numbers and others' words: they stand as they are.
    """
    if not isinstance(words, Said) or not words.values:
        return gettext(words)
    values = {name: translate(one) if isinstance(one, Said) else one for name, one in words.values.items()}
    return gettext(words.pattern) % values


def later(message: str) -> str:
    """Mark a text for the catalogs where it is written, to be translated where it is shown."""
    return message


def in_scripts() -> Mapping[str, str]:
    """Return the texts of the scripts with their translations, empty while English is spoken."""
    return {} if spoken() == WRITTEN_IN else {text: gettext(text) for text in IN_SCRIPTS}


def locale() -> str:
    """Return the locale in which dates and times of a page are written."""
    return LOCALES[spoken()]


def choose(preferences: Mapping[str, Any], accepted: str | None) -> str:
    """Return the language for somebody: their own choice, else their browser's, else English."""
    chosen = preferences.get("language")
    return str(chosen) if chosen in LANGUAGES else accepted or WRITTEN_IN


def install(app: Flask) -> None:
    """Give an app's templates `_`, and its error pages the language of whoever asks."""
    app.extensions["translate"] = translate
    # For words that are no pattern: a `%` in a program's title is one.
    app.jinja_env.globals["translated"] = gettext
    app.jinja_env.globals["translate"] = translate
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


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
