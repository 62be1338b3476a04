"""What we text back by ourselves, from texts.yaml, in the patient's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

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
    *,
    tier: str,
    topic: str,
    language: str,
    staffed: bool,
    fields: Mapping[str, str | None],
    paged: bool = True,
) -> tuple[str, str]:
    """Return what to text at once to somebody in danger, and the language it is in.

    `staffed` and `paged` decide what it may say about who was told: nobody was alerted whom no page reached,
    though the text stands in the inbox of whoever is there. `fields`: clinic, callback, emergency.
    """
    texts = _all()["safety"][tier]
    told, _ = in_language(_all()["told"][_told(staffed=staffed, paged=paged)], language)
    template, used = in_language(texts.get(topic, texts["any"]), language)
    return fill(template, {**fields, "told": told}), used


def _told(*, staffed: bool, paged: bool) -> str:
    if not staffed:
        return "closed"
    return "staffed" if paged else "unpaged"


def reply_text(key: str, *, language: str, fields: Mapping[str, str | None]) -> tuple[str, str]:
    """Return one of our own replies (help, opted_out) and the language it is in."""
    template, used = in_language(_all()["replies"][key], language)
    return fill(template, fields), used


def opening(moment: datetime | None, *, zone: str, language: str) -> str | None:
    """Return when somebody is there again as patients read it: "Monday 8:00 am"; None if nobody knows."""
    if moment is None:
        return None
    local = moment.astimezone(ZoneInfo(zone))
    days, _ = in_language(_all()["days"], language)
    half = "am" if local.hour < 12 else "pm"
    return f"{days[local.weekday()]} {local.hour % 12 or 12}:{local.minute:02d} {half}"


def which_text(
    options: Sequence[tuple[str, str]], *, language: str, fields: Mapping[str, str | None]
) -> tuple[str, str]:
    """Return the question about whom an answer on a shared phone was; `options` are reply words and names."""
    parts = [
        reply_text("which_option", language=language, fields={"word": word, "name": name})[0]
        for word, name in options
    ]
    return reply_text("which_patient", language=language, fields={**fields, "options": ", ".join(parts)})
