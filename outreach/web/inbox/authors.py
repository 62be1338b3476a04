"""What automated texts are by: the program's title, or what a reminder is about."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from uuid import UUID

from flask import current_app

from outreach.conversations.queries import Bubble, Item
from outreach.kernel.asking import Question
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.touchpoints import queries as touchpoints
from outreach.web import labels, words
from outreach.web.languages import gettext

TITLES_LAST_SECONDS = 60.0
"""Titles change when a version is released: a minute later every thread shows the new one."""


def kinds(items: Iterable[Item]) -> Question[dict[UUID, str]]:
    """Return the question what the reminders among some texts are about, for `names`."""
    return touchpoints.kinds_of([one.source_id for one in _texts(items) if one.author_kind == "reminder"])


def names(uow: UnitOfWork, items: Iterable[Item], known: Mapping[UUID, str]) -> Mapping[UUID, str]:
    """Return by message who an automated text is by. Titles are looked up once a minute."""
    texts = _texts(items)
    found = {
        one.id: labels.REMINDERS.get(known.get(one.source_id, ""), words.AUTHORS["reminder"])
        for one in texts
        if one.author_kind == "reminder"
    }
    of_programs = [one for one in texts if one.program and one.author_kind != "reminder"]
    titles = _titles(uow, {str(one.program) for one in of_programs})
    return found | {
        one.id: gettext(titles[str(one.program)]) for one in of_programs if str(one.program) in titles
    }


def _texts(items: Iterable[Item]) -> list[Bubble]:
    return [one for one in items if isinstance(one, Bubble) and one.source_kind == "touchpoint"]


def _titles(uow: UnitOfWork, wanted: set[str]) -> Mapping[str, str]:
    if not wanted:
        return {}
    kept: Mapping[str, str]
    kept, until = current_app.extensions.get("program_titles", ({}, 0.0))
    if time.monotonic() >= until or not wanted <= kept.keys():
        kept = programs.titles(uow)
        current_app.extensions["program_titles"] = (kept, time.monotonic() + TITLES_LAST_SECONDS)
    return kept
