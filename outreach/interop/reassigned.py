"""Numbers that may have been given to somebody else: questions for the FCC's database, and its answers.

The Reassigned Numbers Database is asked with a number and the date on which we knew whose it was, and says
"yes" (switched off on that day or later, so perhaps somebody else's now), "no" or "no data" (FCC DA 21-1649).
It is asked with files, by whoever has an account there: nothing of ours speaks to it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.audit import commands as audit
from outreach.consent import commands as consent
from outreach.escalations import commands as escalations
from outreach.kernel import phone
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people

COUNTRY = "+1"
ANSWERS = {"yes": "yes", "no": "no", "no data": "no data", "no_data": "no data", "nodata": "no data"}

# The day from which we know whose a number is: when it was given to us, or staff found it to be right.
KNOWN_SINCE = """GREATEST(
    COALESCE((SELECT h.since FROM phone_holder h WHERE h.phone_id = f.id AND h.epoch = f.epoch),
        f.created_at),
    COALESCE((SELECT max(e.at) FROM consent_event e WHERE e.phone_id = f.id AND e.epoch = f.epoch
        AND e.kind = 'right_person'), f.created_at))"""
UNASKED = text(
    f"""
    SELECT f.id, f.e164_enc, {KNOWN_SINCE} AS since FROM phone f
    WHERE f.state = 'usable' AND COALESCE(f.verified_at, f.created_at) <= :before
        AND EXISTS (SELECT FROM patient_phone l WHERE l.phone_id = f.id AND l.ended_at IS NULL)
    ORDER BY f.id
    """  # noqa: S608 - constants of our own
)
SINCE = text(f"SELECT {KNOWN_SINCE} FROM phone f WHERE f.id = :phone_id")  # noqa: S608 - as above


class UnreadableAnswers(OutreachError):
    """This file can't be read. Each line must be: number, date as 2026-11-22, and yes, no or no data."""

    def __init__(self, line: int) -> None:
        super().__init__(f"Line {line} can't be read. Write: number, date as 2026-11-22, yes, no or no data.")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the database says of one number."""

    number: phone.Phone
    asked: date
    said: str
    """yes | no | no data"""


def questions(uow: UnitOfWork, *, older_than: timedelta) -> Iterator[tuple[str, str]]:
    """Yield number (ten digits) and date for each number nobody has asked about for that long; leaves a line.

    Numbers outside the North American plan are left out: the database has none of them.
    """
    rows = uow.session.execute(UNASKED, {"before": uow.now - older_than}).all()
    asked = 0
    for row in rows:
        number = uow.vault.open("phone.e164", row.id, row.e164_enc)
        if number.startswith(COUNTRY):
            asked += 1
            yield number.removeprefix(COUNTRY), row.since.date().isoformat()
    audit.record(uow, action="numbers_exported", subject_kind="deployment", detail={"numbers": asked})


def read(lines: Iterable[str]) -> list[Answer]:
    """Read answers; a first line that names its columns is left out. Raise UnreadableAnswers."""
    found = []
    for place, row in enumerate(csv.reader(lines), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (place == 1 and not any(cell.isdigit() for cell in cells[0])):
            continue
        found.append(_answer(place, cells))
    return found


def _answer(place: int, cells: list[str]) -> Answer:
    try:
        number, asked, said = phone.parse(cells[0]), date.fromisoformat(cells[1]), ANSWERS[cells[2].lower()]
    except (phone.NotAPhone, ValueError, KeyError, IndexError):
        raise UnreadableAnswers(place) from None
    return Answer(number=number, asked=asked, said=said)


def take_in(uow: UnitOfWork, answer: Answer) -> str:
    """Do what an answer asks for; return what that was: quarantined | confirmed | no data | known | not ours.

    "yes" puts the number into quarantine, notes the disclosure and gives staff the task to find the right
    one. A "yes" about an earlier time than we know its holder from changes nothing ("known").
    """
    phone_id = people.find_phone(uow, phone=answer.number)
    if phone_id is None:
        return "not ours"
    if answer.said == "no data":
        return answer.said
    if answer.said == "no":
        patients.verify_phone(uow, phone_id=phone_id)
        return "confirmed"
    since = uow.session.scalar(SINCE, {"phone_id": phone_id})
    if since is None or answer.asked < since.date():
        return "known"
    return "quarantined" if _quarantine(uow, phone_id, answer) else "known"


def _quarantine(uow: UnitOfWork, phone_id: UUID, answer: Answer) -> bool:
    holders = people.holders(uow, phone_id=phone_id)
    evidence = f"Reassigned Numbers Database: switched off on or after {answer.asked.isoformat()}"
    if not consent.wrong_person(uow, phone_id=phone_id, how="database", evidence=evidence):
        return False
    for holder in holders:
        escalations.add_task(
            uow,
            team_id=holder.team_id,
            kind="wrong_person",
            source_kind="reassigned",
            # A quarantine is new each time, should one have been lifted meanwhile.
            source_id=uow.new_id(),
            patient_id=holder.patient_id,
        )
    return True


def take_in_all(uow: UnitOfWork, answers: Iterable[Answer]) -> Counter[str]:
    """Take in answers and return how many came to what; leaves a line."""
    counts = Counter(take_in(uow, answer) for answer in answers)
    audit.record(uow, action="numbers_answered", subject_kind="deployment", detail=dict(counts))
    return counts
