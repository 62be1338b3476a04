"""What we answer by ourselves to a text that waits for a person while nobody is there: once a night."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.escalations import queries as roster
from outreach.escalations.rules import next_staffed
from outreach.inbound import rules
from outreach.inbound.commands.origin import Here
from outreach.inbound.commands.ours import Ours
from outreach.inbound.rules import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging

OF_USE_FOR = timedelta(minutes=30)
"""An answer that nobody is there helps now or not at all."""


def after_hours_reply(
    uow: UnitOfWork,
    ours: Ours,
    here: Here,
    plan: rules.Plan,
    *,
    conversation_id: UUID,
    language: str,
    talking: bool,
) -> None:
    """Say that nobody reads texts now, when somebody will, and what to do in an emergency.

    Nothing is said twice in one closed stretch of hours, nor where something else was just answered, nor
    while a colleague is talking with them, nor if the team has switched it off.
    """
    if talking or not rules.waits_in_silence(plan) or not here.team.answers_after_hours:
        return
    if ours.staffed(here.team.id):
        return
    hours = roster.hours(uow, team_id=here.team.id, since=uow.now)
    comes = next_staffed(hours, at=uow.now)
    opens = comes if comes > uow.now else None
    night = opens.isoformat() if opens else str(uow.now.astimezone(ZoneInfo(here.team.zone)).date())
    body, used = _words(here, language, words.opening(opens, zone=here.team.zone, language=language))
    messaging.queue(
        uow,
        here.answer(
            body,
            author_kind="system",
            kind="reply",
            source_kind="inbound",
            source_id=here.arrival.receipt_id,
            key=f"after_hours:{here.team.id}:{here.phone_id}:{night}",
            language=used,
            free=True,
            conversation_id=conversation_id,
            not_after=here.arrival.received_at + OF_USE_FOR,
        ),
    )


def _words(here: Here, language: str, opens: str | None) -> tuple[str, str]:
    own = here.team.after_hours.get(language)
    if own:
        return str(own), language
    return rules.reply_text("after_hours", language=language, fields={**here.fields, "opens": opens})
