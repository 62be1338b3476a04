"""What of ours the texts of one transaction have in common: senders, teams, who is there. Asked once each."""

from __future__ import annotations

from uuid import UUID

from outreach.escalations import queries as roster
from outreach.inbound.queries import Arrival
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.staff.queries import SenderView, TeamView


class Ours:
    """Our senders and teams, as they are in this transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._senders: dict[str, SenderView | None] = {}
        self._addressed: dict[UUID | None, tuple[UUID, tuple[UUID, ...]]] = {}
        self._teams: dict[UUID, TeamView] = {}
        self._staffed: dict[UUID, bool] = {}

    def sender_of(self, arrival: Arrival) -> SenderView | None:
        """Return the sender of ours a text was written to, None if it is none we know."""
        for address in filter(None, (arrival.service_sid, arrival.to)):
            if address not in self._senders:
                self._senders[address] = staff.sender_by_address(self._uow, address=address)
            if (found := self._senders[address]) is not None:
                return found
        return None

    def addressed(self, arrival: Arrival) -> tuple[UUID, tuple[UUID, ...]]:
        """Return the sender a text counts as written to, and the teams that text from it.

        A text to an address we don't know, or that no team uses, is the default team's.
        """
        sender = self.sender_of(arrival)
        sender_id = sender.id if sender else None
        if sender_id not in self._addressed:
            self._addressed[sender_id] = self._ask(sender_id)
        return self._addressed[sender_id]

    def team(self, team_id: UUID) -> TeamView:
        """Return a care team."""
        if team_id not in self._teams:
            self._teams[team_id] = staff.team(self._uow, team_id)
        return self._teams[team_id]

    def staffed(self, team_id: UUID) -> bool:
        """Say whether somebody of a team is there to answer now."""
        if team_id not in self._staffed:
            self._staffed[team_id] = roster.staffed(self._uow, team_id=team_id, at=self._uow.now)
        return self._staffed[team_id]

    def _ask(self, sender_id: UUID | None) -> tuple[UUID, tuple[UUID, ...]]:
        teams = staff.teams_of_sender(self._uow, sender_id) if sender_id is not None else ()
        if sender_id is None or not teams:
            default = staff.default_team(self._uow)
            return default.sender_id, (default.id,)
        return sender_id, teams
