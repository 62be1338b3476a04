"""Quick values are what frozen dataclasses are, made for less."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from outreach.kernel.quick import quick


@quick
@dataclass(frozen=True, kw_only=True)
class Visit:
    place: str
    hours: int = 1
    notes: list[str] = field(default_factory=list)


def test_a_quick_value_has_its_defaults_and_a_list_of_its_own():
    one, other = Visit(place="here"), Visit(place="here", hours=2)
    one.notes.append("early")

    assert (one.hours, other.hours, other.notes) == (1, 2, [])
    assert dataclasses.replace(other, hours=1) == Visit(place="here")


def test_a_quick_value_is_frozen_and_takes_no_other_names():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Visit(place="here").hours = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        Visit(place="here", hour=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Visit()  # type: ignore[call-arg]
