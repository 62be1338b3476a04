"""What the conversations domain tells those above it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.facts import Fact


@dataclass(frozen=True, kw_only=True)
class Answered(Fact):
    """A reply was taken as the answer to a question; `source_id` is the touchpoint the question came with."""

    prompt_id: UUID
    answer_id: UUID
    source_kind: str
    source_id: UUID

    @property
    def stream(self) -> str:
        """Answers to one planned contact keep their order."""
        return f"touchpoint:{self.source_id}"


@dataclass(frozen=True, kw_only=True)
class PromptExpired(Fact):
    """A question's time is over, or a newer one took its place; a late answer may still come."""

    prompt_id: UUID
    source_kind: str
    source_id: UUID
    state: str
    """superseded | expired"""

    @property
    def stream(self) -> str:
        """What happens to one planned contact keeps its order."""
        return f"touchpoint:{self.source_id}"
