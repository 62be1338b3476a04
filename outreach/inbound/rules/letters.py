"""A text in plain letters, for rules that look at its words."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return a text in small letters without accents; signs, figures and emoji stay."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in spread if not unicodedata.combining(one))


def without_apostrophes(text: str) -> str:
    """Return a text in plain letters, "don't" as "dont"."""
    return plain(text.replace("'", "").replace("’", ""))
