"""What is asked together comes back as if it had been asked alone, in the columns' own types."""

from __future__ import annotations

from datetime import date

from outreach.consent import queries as consent
from outreach.escalations import queries as escalations
from outreach.kernel.asking import answer, ask
from outreach.services import Services
from outreach.staff import queries as staff
from outreach.staff.models import Holiday
from tests.inbound.desk import Desk


def test_asked_together_is_as_asked_alone(services: Services) -> None:
    desk = Desk(services)
    desk.asks(desk.patient())
    desk.says("3, my chest hurts")
    with desk.begin() as uow:
        talk = desk.thread()
        uow.session.add(Holiday(id=uow.new_id(), team_id=desk.team_id, day=date(2026, 3, 11), label="Snow"))
        asked = (
            staff.teams_among([desk.team_id]),
            consent.ledger_of(talk.phone_id),
            escalations.bands_in(talk.conversation_id),
            staff.members_of([]),
        )
        together = ask(uow, *asked)
        alone = [answer(uow, one) for one in asked]

        assert [together[one] for one in asked] == alone
        # What the session holds back is written first.
        assert date(2026, 3, 11) in together[asked[0]][0].holidays
        assert together[asked[2]] and not together[asked[3]]
