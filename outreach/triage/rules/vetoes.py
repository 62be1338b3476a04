"""What takes back an answer that was read in words (veto.yaml), compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach.triage.rules.patterns import BadLexicon


@dataclass(frozen=True, kw_only=True)
class Veto:
    """The lexicon, compiled."""

    company: frozenset[str]
    says: Mapping[str, re.Pattern[str]]


def compiled(content: Mapping[str, Any]) -> Veto:
    """Compile the lexicon. Raise BadLexicon naming what is no regular expression."""
    try:
        says = {
            name: re.compile(re.sub(r" ?\| ?", "|", str(source)))
            for name, source in content.items()
            if name not in ("company", "source", "date", "version")
        }
    except re.error as error:
        raise BadLexicon(f"veto.yaml: {error}") from error
    return Veto(company=frozenset(str(content["company"]).split()), says=says)
