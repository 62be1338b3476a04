"""The end of a thread as pages patch it in: the same for whoever looks, after an act or a live change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.web.inbox import display


def thread(uow: UnitOfWork, *, conversation_id: UUID, team_id: UUID) -> dict[str, Any]:
    """Return head, composer state and newest entries as fragments, with the version they show."""
    view = display.tail(uow, conversation_id=conversation_id, team_id=team_id)
    return {
        "id": str(conversation_id),
        "version": view.thread.version,
        "head": render_template("inbox/_head.html", view=view, now=uow.now),
        "state": render_template("inbox/_state.html", view=view, now=uow.now),
        "items": render_template("inbox/_items.html", view=view, now=uow.now),
        "spoken": display.spoken(view),
    }
