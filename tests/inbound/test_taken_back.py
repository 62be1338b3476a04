"""What takes an answer back, and what only sounds like it."""

from __future__ import annotations

import pytest

from outreach.inbound.rules import corrections


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("oops I meant 1", "1"),
        ("wait no 2, I'm out", "2 im out"),
        ("perdon 8", "8"),
        ("2 not 1", "2"),
        ("1 no wait 3", "3"),
        ("sorry meant at 3", "at 3"),
    ],
)
def test_what_is_said_instead_is_found(text: str, says: str) -> None:
    found = corrections.find(text)

    assert found is not None
    assert found.says == says


@pytest.mark.parametrize(
    "text", ["a las 2 verdad?", "it's at 3 right?", "sorry, at 2", "y a la una?", "better", "2"]
)
def test_an_hour_of_the_clock_takes_nothing_back(text: str) -> None:
    assert corrections.find(text) is None
