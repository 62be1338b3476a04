"""A contact whose time has come: sent through the one door out, merged with others, held, or let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, func, select

from outreach.consent.queries import Destination
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import queries as roster
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Anchor, AskHuman, Deferred, Queued, Suppressed, TextRequest
from outreach.patients import commands as phones
from outreach.patients import queries as patients
from outreach.policy import commands as policy
from outreach.policy.rules import Facts
from outreach.staff import queries as staff
from outreach.touchpoints.commands.going import destination, went_to
from outreach.touchpoints.commands.plans import WAITING, hold, nobody_to_text, settle, skip, task
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import asking, together
from outreach.touchpoints.rules.timing import local_moment
from outreach.touchpoints.rules.wording import Composed


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A due contact, locked for this transaction."""

    id: UUID
    patient_id: UUID
    team_id: UUID
    source_kind: str
    source_id: UUID
    step: str
    occurrence: int
    anchor_version: int
    local_day: date
    due_at: datetime
    not_after: datetime
    why: dict[str, Any]


class Shown(Protocol):
    """A contact, as far as whoever planned it needs to know it afterwards."""

    @property
    def source_kind(self) -> str:
        """program | activity | appointment | refill"""
        ...

    @property
    def why(self) -> Mapping[str, Any]:
        """Where it comes from."""
        ...

    @property
    def state(self) -> str:
        """planned | held | sent | answered | skipped | suppressed | expired"""
        ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who stands behind a kind of contact."""

    compose: Callable[[UnitOfWork, Claimed], Composed | str]
    """Returns what is said, or the reason why nothing is."""
    settled: Callable[[UnitOfWork, Shown], None] | None = None
    """Told when a contact has had its turn."""


def take_turn(uow: UnitOfWork, *, touchpoint_id: UUID, sources: Mapping[str, Source]) -> Mapping[UUID, str]:
    """Send, merge, hold or let go a due contact and whatever else is due for the same patient.

    Return the new state of each that had its turn; nothing if it was not due any more. A companion whose
    words can't be found is left for its own turn, where that is told.
    """
    first = claim(uow, touchpoint_id=touchpoint_id)
    if first is None:
        _tell(uow, sources, uow.session.get(Touchpoint, touchpoint_id))
        return {}
    claimed = [first, *_companions(uow, first)]
    ready = []
    for one in claimed:
        try:
            composed = sources[one.source_kind].compose(uow, one)
        except OutreachError:
            if one is first:
                raise
            continue
        if isinstance(composed, str):
            skip(uow, touchpoint_id=one.id, reason=composed)
        else:
            ready.append((one, composed))
    send(uow, ready=ready)
    rows = [uow.session.get_one(Touchpoint, one.id) for one in claimed]
    for row in rows:
        _tell(uow, sources, row)
    return {row.id: row.state for row in rows}


def _tell(uow: UnitOfWork, sources: Mapping[str, Source], row: Touchpoint | None) -> None:
    told = None if row is None else sources[row.source_kind].settled
    if told is not None and row is not None:
        told(uow, row)


def claim(uow: UnitOfWork, *, touchpoint_id: UUID) -> Claimed | None:
    """Lock a due contact for this transaction; None if it is no longer due or another worker has it.

    One whose time has passed is let go here, with its reason.
    """
    row = uow.session.scalars(_due(uow).where(Touchpoint.id == touchpoint_id)).first()
    return None if row is None else _claimed(uow, row)


def _companions(uow: UnitOfWork, first: Claimed) -> list[Claimed]:
    """Claim what else is due for this patient: it may go in the same text."""
    rows = uow.session.scalars(
        _due(uow)
        .where(
            Touchpoint.patient_id == first.patient_id,
            Touchpoint.team_id == first.team_id,
            Touchpoint.id != first.id,
        )
        .order_by(Touchpoint.due_at, Touchpoint.id)
    ).all()
    return [found for row in rows if (found := _claimed(uow, row)) is not None]


def _due(uow: UnitOfWork) -> Select[Touchpoint]:
    return (
        select(Touchpoint)
        .where(Touchpoint.state.in_(WAITING), Touchpoint.due_at <= uow.now)
        .with_for_update(skip_locked=True, key_share=True)
    )


def _claimed(uow: UnitOfWork, row: Touchpoint) -> Claimed | None:
    # A session forgets rows that nobody holds: it would read this locked one again at each step of its turn.
    uow.session.info.setdefault("claimed", []).append(row)
    if row.not_after <= uow.now:
        settle(uow, row, state="expired", reason="too_late")
        return None
    return Claimed(
        id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
        step=row.step,
        occurrence=row.occurrence,
        anchor_version=row.anchor_version,
        local_day=row.local_day,
        due_at=row.due_at,
        not_after=row.not_after,
        why=row.why,
    )


def send(uow: UnitOfWork, *, ready: Sequence[tuple[Claimed, Composed]]) -> None:
    """Ask for contacts of one patient to be sent, as few texts as will do, and store what came of each."""
    if not ready:
        return
    team = staff.team(uow, team_id=ready[0][0].team_id)
    by_phone: dict[UUID, list[tuple[Claimed, Composed, Destination]]] = {}
    for one, composed in ready:
        to = destination(uow, one, topic=composed.topic, purpose=composed.purpose)
        if to is None:
            nobody_to_text(uow, uow.session.get_one(Touchpoint, one.id))
        else:
            by_phone.setdefault(to.phone_id, []).append((one, composed, to))
    # The phones before the conversations, as everybody takes them: a text that comes in meanwhile has one.
    phones.lock_phones(uow, phone_ids=by_phone)
    for phone_id, theirs in sorted(by_phone.items(), key=lambda found: found[0].bytes):
        together.take_turns(
            [_ready(one, composed) for one, composed, _ in theirs],
            _Door(
                uow=uow,
                phone_id=phone_id,
                sender_id=team.sender_id,
                claimed={one.id: one for one, _, _ in theirs},
                to={one.id: to for one, _, to in theirs},
            ),
        )


def _ready(one: Claimed, composed: Composed) -> together.Ready:
    return together.Ready(
        id=one.id,
        key=f"{one.source_kind}:{one.step}:{one.occurrence:04d}:{one.id}",
        source_kind=one.source_kind,
        patient=str(one.patient_id),
        due_at=one.due_at,
        not_after=one.not_after,
        composed=composed,
    )


@dataclass(kw_only=True)
class _Door:
    """The way out to one phone, as `together` needs it: the database and the one door of messaging."""

    uow: UnitOfWork
    phone_id: UUID
    sender_id: UUID
    claimed: Mapping[UUID, Claimed]
    to: Mapping[UUID, Destination]

    @property
    def now(self) -> datetime:
        """Product time."""
        return self.uow.now

    @cached_property
    def _talked_until(self) -> datetime | None:
        return talk.talk_hold(self.uow, phone_id=self.phone_id)

    @cached_property
    def _zone(self) -> str | None:
        """All that is claimed together is for one patient."""
        patient_id = next(iter(self.claimed.values())).patient_id
        return patients.contact_facts(self.uow, patient_id=patient_id).zone

    def live(self) -> list[asking.Live]:
        """Return the questions that are being waited for on this phone."""
        return [
            asking.Live(
                id=one.prompt_id,
                kind=str(one.question.get("kind", "choice")),
                words=tuple(str(option["word"]) for option in one.question.get("options", ())),
                opened_at=one.opened_at,
                expires_at=one.expires_at,
                is_open=one.state == "open",
            )
            for one in talk.awaited(self.uow, phone_id=self.phone_id, sender_id=self.sender_id)
        ]

    def facts(self, one: together.Ready, *, merge_into: str | None = None) -> Facts:
        """Return what policy may know of a contact now."""
        request = self._request(one, one.composed, conversation_id=None)
        return messaging.facts_of(self.uow, request, merge_into=merge_into)

    def soonest(self, taking: Sequence[together.Ready]) -> datetime | None:
        """Return when the next of this patient's contacts is due, none of those that have their turn now."""
        any_of_them = self.claimed[taking[0].id]
        return self.uow.session.scalar(
            select(func.min(Touchpoint.due_at)).where(
                Touchpoint.patient_id == any_of_them.patient_id,
                Touchpoint.team_id == any_of_them.team_id,
                Touchpoint.state.in_(WAITING),
                Touchpoint.id.not_in([one.id for one in taking]),
            )
        )

    def hold(self, one: together.Ready, *, until: datetime, reason: str) -> None:
        """Let a contact wait, or go if it can't wait so long."""
        hold(self.uow, self._row(one), until=until, reason=reason)

    def send(self, bundle: together.Bundle) -> None:
        """Ask for a text to be sent, and store what came of every contact in it."""
        uow, lead = self.uow, self.claimed[bundle.lead.id]
        conversation_id = conversations.ensure(
            uow, phone_id=self.phone_id, team_id=lead.team_id, patient_id=lead.patient_id
        )
        riding = [(one, self._keep_receipt(one, into=bundle.lead)) for one in bundle.riders]
        request = self._request(bundle.lead, bundle.composed, conversation_id=conversation_id)
        if riding:
            whole = (bundle.lead, *bundle.riders)
            parts = tuple((f"touchpoint:{one.id}", "touchpoint", one.id) for one in whole)
            anchors = tuple(one for part in whole for one in _anchors(self.claimed[part.id]))
            request = replace(request, parts=parts, anchors=anchors)
        outcome = messaging.queue(uow, request)
        said = bundle.composed.text
        _record(uow, self._row(bundle.lead), outcome, said=said, chose=self._chose(bundle.lead))
        if not isinstance(outcome, Queued):
            return
        for one, decision_id in riding:
            row = self._row(one)
            outcome = replace(outcome, decision_id=decision_id)
            _record(uow, row, outcome, said=said, chose=self._chose(one))
        if bundle.asks is not None:
            self._open(bundle.asks, bundle.composed, outcome.message_id)

    def _chose(self, one: together.Ready) -> dict[str, str]:
        """Return which words and which phone were chosen, as they are kept with the contact."""
        return {**one.composed.chose, **went_to(self.to[one.id], one.composed.topic)}

    def _keep_receipt(self, one: together.Ready, *, into: together.Ready) -> UUID:
        stored = policy.decide(
            self.uow,
            subject_kind="touchpoint",
            subject_id=one.id,
            phone_id=self.phone_id,
            facts=self.facts(one, merge_into=str(into.id)),
        )
        return stored.id

    def _open(self, one: together.Ready, composed: Composed, message_id: UUID) -> None:
        if composed.question is None:
            return
        asked = self.claimed[one.id]
        conversations.open_prompt(
            self.uow,
            phone_id=self.phone_id,
            sender_id=self.sender_id,
            patient_id=asked.patient_id,
            source_kind=asked.source_kind,
            source_id=asked.id,
            message_id=message_id,
            question=composed.question,
            expires_at=asking.expires_at(
                due_at=one.due_at, now=self.uow.now, hours=composed.question_lasts_hours
            ),
            over=one.over,
        )

    def _row(self, one: together.Ready) -> Touchpoint:
        return self.uow.session.get_one(Touchpoint, one.id)

    def _request(
        self, one: together.Ready, composed: Composed, *, conversation_id: UUID | None
    ) -> TextRequest:
        uow, claimed = self.uow, self.claimed[one.id]
        staffed = roster.staffed(uow, team_id=claimed.team_id, at=uow.now) if composed.needs_staff else None
        return TextRequest(
            phone_id=self.phone_id,
            sender_id=self.sender_id,
            team_id=claimed.team_id,
            body=composed.text,
            author_kind=composed.kind,
            about_patient=claimed.patient_id,
            purpose=composed.purpose,
            kind=composed.kind,
            source_kind="touchpoint",
            source_id=claimed.id,
            key=f"touchpoint:{claimed.id}",
            language=composed.language,
            not_after=claimed.not_after,
            planned_for=local_moment(claimed.local_day, time.min, self._zone),
            conversation_id=conversation_id,
            hold_until=self._talked_until,
            staffed=staffed,
            staffed_from=roster.staffed_from(uow, team_id=claimed.team_id, at=uow.now)
            if staffed is False
            else None,
            needs_staff=composed.needs_staff,
            free=composed.free,
            cadence_reserved=composed.cadence_reserved,
            program=composed.program,
            anchors=_anchors(claimed),
        )


def _anchors(claimed: Claimed) -> tuple[Anchor, ...]:
    """Return which version of the record the words speak of, where they name its day or hour."""
    if claimed.source_kind not in ("appointment", "refill"):
        return ()
    return (Anchor(kind=claimed.source_kind, id=claimed.source_id, version=claimed.anchor_version),)


def _record(
    uow: UnitOfWork,
    row: Touchpoint,
    outcome: Queued | Deferred | Suppressed | AskHuman,
    *,
    said: str,
    chose: Mapping[str, str],
) -> str:
    row.decision_id = outcome.decision_id
    if isinstance(outcome, Deferred):
        return hold(uow, row, until=outcome.until, reason="deferred")
    if isinstance(outcome, Suppressed):
        return settle(uow, row, state="suppressed", reason=outcome.reason)
    if isinstance(outcome, AskHuman):
        task(uow, row, kind="other")
        return settle(uow, row, state="suppressed", reason=outcome.reason)
    row.message_id = outcome.message_id
    row.text_enc = uow.vault.seal("touchpoint.text", row.id, said)
    row.why = {**row.why, **chose}
    return settle(uow, row, state="sent", reason=None)
