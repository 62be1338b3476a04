"""The linter looks at hundreds of files here that differ by a line: what it finds in a text is kept."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from outreach.programs.rules import lint
from outreach.programs.rules.lint import texts


class Remembering:
    """A pattern that looks through each text once. It finds what it would find each time."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._all = functools.cache(lambda *asked: tuple(pattern.finditer(*asked)))
        self.search = functools.cache(pattern.search)

    def finditer(self, *asked: Any) -> Iterator[re.Match[str]]:
        return iter(self._all(*asked))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)


@pytest.fixture(scope="module", autouse=True)
def _each_text_is_looked_through_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith(f"{lint.__name__}."):
                for key, value in list(vars(module).items()):
                    if isinstance(value, re.Pattern):
                        patch.setattr(module, key, Remembering(value))
        found = functools.cache(lambda words, look=texts.private_words: tuple(look(words)))
        patch.setattr(texts, "private_words", lambda words: iter(found(words)))
        yield
