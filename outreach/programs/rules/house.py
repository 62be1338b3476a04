"""What every program may say without a text of its own: who was told, and what stands for a question."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from outreach.programs.rules.definition import Words
from outreach.touchpoints.rules.wording import in_language

TOLD = "{told}"
"""Field of a text: who has heard of the answer, as far as that is true."""
_PREFIX = "unasked:"


@cache
def _all() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(
        (resources.files("outreach.programs") / "texts.yaml").read_text(encoding="utf-8")
    )
    return found


def told(*, staffed: bool, paged: bool, language: str) -> str:
    """Return who has heard of an answer: alerted is only who is there and can be paged."""
    which = "closed" if not staffed else "staffed" if paged else "unpaged"
    return in_language(_all()["told"][which], language)[0]


def every_told() -> tuple[str, ...]:
    """Return all that {told} may become."""
    return tuple(str(words) for found in _all()["told"].values() for words in found.values())


def unasked(tier: str) -> str:
    """Return the key of the text said in place of a question that can't be asked any more."""
    return f"{_PREFIX}{tier}"


def words(key: str) -> Words | None:
    """Return one of our own texts by its key, None if it is a program's."""
    if not key.startswith(_PREFIX):
        return None
    found: Words = _all()["unasked"][key.removeprefix(_PREFIX)]
    return found
