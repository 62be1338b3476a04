from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.interop import quarantine
from outreach.interop.fhir.records import Quarantined

ANA = Quarantined(
    "Ana_Reyes.json", "line 3", "Encounter", "e1", "has no status", '{"id": "e1", "note": "Ana"}'
)


def test_a_record_is_kept_once_however_often_it_comes(begin):
    with begin() as uow:
        assert quarantine.keep(uow, source="fhir", records=[ANA, ANA]) == 1
    with begin() as uow:
        assert quarantine.keep(uow, source="fhir", records=[ANA]) == 0

    with begin() as uow:
        (held,) = quarantine.unsettled(uow)
    assert (held.record_kind, held.reason, held.where) == (
        "Encounter",
        "has no status",
        "Ana_Reyes.json: line 3",
    )
    assert held.raw == ANA.raw


def test_nothing_of_the_record_lies_open(begin, admin_engine):
    with begin() as uow:
        quarantine.keep(uow, source="fhir", records=[ANA])

    with admin_engine.connect() as connection:
        shown = str(connection.execute(text("SELECT quarantine::text FROM quarantine")).all())
    assert "Ana" not in shown
    assert b"Ana".hex() not in shown
    assert "has no status" in shown


def test_what_a_person_settled_stays_settled_when_it_comes_again(begin):
    with begin() as uow:
        quarantine.keep(uow, source="fhir", records=[ANA])
        (held,) = quarantine.unsettled(uow)
        quarantine.settle(uow, quarantine_id=held.id, staff_id=None)

    with begin() as uow:
        assert quarantine.keep(uow, source="fhir", records=[ANA]) == 0
        assert quarantine.unsettled(uow) == ()
        with pytest.raises(quarantine.NoSuchQuarantine):
            quarantine.settle(uow, quarantine_id=held.id, staff_id=None)
