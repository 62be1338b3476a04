"""How rehearsals name moments and contacts."""

from __future__ import annotations

import pytest

from outreach.web.languages import speaking
from outreach.web.programs import told


@pytest.mark.parametrize(("language", "day"), [("en", "Mon, Nov 16, 10:05"), ("es", "lun 16 nov, 10:05")])
def test_a_moment_is_said_as_people_say_it(language: str, day: str) -> None:
    with speaking(language):
        assert told.when("2026-11-16 10:05").startswith(day)


def test_a_contact_has_its_name_and_day() -> None:
    with speaking("en"):
        assert told.subject("heart-failure/daily@3").endswith("Daily check, day 3")
        assert told.subject("reply") == "What followed an answer"


def test_a_side_of_a_difference_is_a_moment_and_words() -> None:
    with speaking("en"):
        assert told.shown("2026-11-16 10:05 Riverside: Hello") == (
            "Mon, Nov 16, 10:05 am",
            "Riverside: Hello",
        )
        assert told.shown(None) is None
