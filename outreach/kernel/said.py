"""A sentence that remembers how it was made, so that whoever shows it can say it in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self


class Said(str):
    """A text in English, with its pattern and the values in it: `Said("Wait %(count)s s.", count=3)`."""

    pattern: str
    values: dict[str, object]

    def __new__(cls, pattern: str, **values: object) -> Self:
        """Make the text. A `%` of the text itself is written twice where there are values."""
        made = super().__new__(cls, pattern % values if values else pattern)
        made.pattern = pattern
        made.values = values
        return made

    @classmethod
    def together(cls, sentences: Iterable[str], between: str = " ") -> Self:
        """Return sentences as one text that can still be said in another language, each by itself."""
        each = (one if isinstance(one, Said) else Said(one) for one in sentences)
        named = {f"sentence_{number}": one for number, one in enumerate(each)}
        return cls(between.join(f"%({name})s" for name in named), **named)


def recognized(words: str, patterns: Iterable[str]) -> str:
    """Return words with the first pattern they were made from, and its values; as they are if by none."""
    for pattern in patterns:
        shape = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(pattern))
        if found := re.fullmatch(shape, words, re.DOTALL):
            return Said(pattern, **found.groupdict())
    return words
