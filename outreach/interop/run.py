"""A whole import: files to people, one transaction each, with a summary of what became of everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError

from outreach.audit import commands as audit
from outreach.interop import intake, quarantine
from outreach.interop.fhir import discharges
from outreach.interop.fhir.read import read_paths
from outreach.interop.fhir.records import Clinical, Person, Quarantined, Reading
from outreach.kernel import log
from outreach.kernel.errors import OutreachError
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import Actor

logger = log.get(__name__)
IMPORTER = Actor(kind="importer")
Progress = Callable[[float], None]
"""Told how many more bytes' worth of the work is done: half for reading, half for taking in."""


@dataclass(kw_only=True)
class Summary:
    """What an import did. Counts only: no name, no number, no file."""

    readings: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    discharged: int = 0
    late: int = 0
    """Went home more than a month ago: they join late what still runs."""
    without_plan: Counter[str] = field(default_factory=Counter)
    phones: Counter[str] = field(default_factory=Counter)
    unusable_phones: int = 0

    def add(self, taken: intake.Taken) -> None:
        """Count what became of one person."""
        self.counts += taken.counts
        self.quarantined += taken.quarantined
        self.phones[taken.phones] += 1
        self.unusable_phones += taken.unusable_phones
        if taken.late:
            self.late += 1
        elif taken.standing is None:
            self.discharged += 1
        else:
            self.without_plan[taken.standing] += 1


@dataclass(frozen=True, kw_only=True)
class Importer:
    """Takes FHIR files in. With `rebase`, each bundle's or folder's latest discharge is made today's."""

    transactions: Transactions
    terms: intake.Terms
    rebase: bool = False

    def run(self, paths: Iterable[Path], *, progress: Progress = lambda _: None) -> Summary:
        """Import files and folders. Raise NothingToRead; nothing that stands in a file raises."""
        summary = Summary()
        waiting: list[tuple[Reading, Person]] = []
        meter = _Meter(progress)
        for reading in read_paths(paths, progress=meter.read):
            waiting += self._reading(reading, summary, meter)
        for reading, person in waiting:
            self._last_chance(reading, person, summary)
        with self.transactions.begin(actor=IMPORTER) as uow:
            detail = {kind: count for (kind, state), count in summary.counts.items() if state != "same"}
            audit.record(uow, action="imported", subject_kind="import", detail=detail)
        logger.info("import_done", readings=summary.readings, quarantined=sum(summary.quarantined.values()))
        return summary

    def _reading(self, reading: Reading, summary: Summary, meter: _Meter) -> list[tuple[Reading, Person]]:
        if self.rebase:
            reading = discharges.rebase(reading, now=self.transactions.product_clock.now())
        summary.readings += 1
        summary.unused += Counter(reading.unused)
        summary.notes.update(reading.notes)
        self._keep(reading.quarantined, summary)
        waiting = []
        for person in reading.people:
            if not self._take_in(person, summary):
                waiting.append((reading, person))
            meter.taken_in(1 / len(reading.people))
        meter.next()
        return waiting

    def _take_in(self, person: Person, summary: Summary) -> bool:
        """Take in one person; False if nobody knows (yet) who it is."""
        try:
            with self.transactions.begin(actor=IMPORTER) as uow:
                taken = intake.take_in(uow, person=person, terms=self.terms)
        except intake.PatientUnknown:
            return False
        except OutreachError as error:
            self._keep([intake.refused_whole(person, str(error))], summary)
        except (DataError, IntegrityError) as error:
            logger.warning("import_refused_by_database", kind=type(error.orig).__name__)
            self._keep([intake.refused_whole(person, "was refused by the database")], summary)
        else:
            summary.add(taken)
        return True

    def _last_chance(self, reading: Reading, person: Person, summary: Summary) -> None:
        # The patient may have come in a later file than what is said of them.
        if not self._take_in(person, summary):
            reason = str(intake.PatientUnknown())
            self._keep([_orphan(reading, one, reason) for one in person.clinical], summary)

    def _keep(self, records: Iterable[Quarantined], summary: Summary) -> None:
        kept = list(records)
        if not kept:
            return
        with self.transactions.begin(actor=IMPORTER) as uow:
            quarantine.keep(uow, source="fhir", records=kept)
        summary.quarantined.update((one.resource_type or "unknown", one.reason) for one in kept)


class _Meter:
    """Shares the progress of a reading between its bytes and its people."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._bytes = 0

    def read(self, count: int) -> None:
        self._bytes += count
        self._tell(count / 2)

    def taken_in(self, share: float) -> None:
        self._tell(self._bytes * share / 2)

    def next(self) -> None:
        self._bytes = 0


def _orphan(reading: Reading, record: Clinical, reason: str) -> Quarantined:
    raw = reading.raw.get(record.key, "")
    return Quarantined(reading.name, "", record.key.resource_type, record.key.id, reason, raw)
