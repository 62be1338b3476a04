"""What we text back by ourselves, from texts.yaml, in the patient's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml

from outreach.touchpoints.rules.wording import fill, in_language


@cache
def _all() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(
        (resources.files("outreach.inbound") / "texts.yaml").read_text(encoding="utf-8")
    )
    return found


def version() -> str:
    """Return the version of the texts, for the record."""
    return str(_all()["version"])


def safety_text(
    *, tier: str, topic: str, language: str, staffed: bool, fields: Mapping[str, str | None]
) -> tuple[str, str]:
    """Return what to text at once to somebody in danger, and the language it is in.

    `staffed` decides what it may say about who was told. `fields`: clinic, callback, emergency.
    """
    texts = _all()["safety"][tier]
    told, _ = in_language(_all()["told"]["staffed" if staffed else "closed"], language)
    template, used = in_language(texts.get(topic, texts["any"]), language)
    return fill(template, {**fields, "told": told}), used


def reply_text(key: str, *, language: str, fields: Mapping[str, str | None]) -> tuple[str, str]:
    """Return one of our own replies (help, opted_out) and the language it is in."""
    template, used = in_language(_all()["replies"][key], language)
    return fill(template, fields), used


def which_text(
    options: Sequence[tuple[str, str]], *, language: str, fields: Mapping[str, str | None]
) -> tuple[str, str]:
    """Return the question about whom an answer on a shared phone was; `options` are reply words and names."""
    parts = [
        reply_text("which_option", language=language, fields={"word": word, "name": name})[0]
        for word, name in options
    ]
    return reply_text("which_patient", language=language, fields={**fields, "options": ", ".join(parts)})
