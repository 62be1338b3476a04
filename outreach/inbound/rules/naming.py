"""Whom of the patients on one phone a text names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from uuid import UUID

_NOT = frozenset(("not", "no", "isnt", "aint"))


def named_in(said: str, names: Mapping[UUID, Iterable[str]]) -> frozenset[UUID]:
    """Return the patients whom a text names, by the name we use for them or their first name.

    "Not Walt" names somebody else: all of them may be meant. A name two of them have names both.
    """
    words = _words(said)
    named: set[UUID] = set()
    for patient_id, theirs in names.items():
        known = {word for name in theirs for word in _words(name)[:1]}
        places = [at for at, word in enumerate(words) if word.removesuffix("s") in known or word in known]
        if any(at and words[at - 1] in _NOT for at in places):
            return frozenset(names)
        if places:
            named.add(patient_id)
    return frozenset(named)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return re.findall(r"[^\W\d_]+", letters.replace("'", "").replace("’", ""))
