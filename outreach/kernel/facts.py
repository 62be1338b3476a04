"""Facts: what happened, told upwards through the outbox. Past tense, frozen, ids only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from outreach.kernel.errors import OutreachError


class UnknownFact(OutreachError):
    """The outbox holds a fact this release does not know. Run the release that wrote it, or park it."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened. Subclasses hold ids and enumerations, never words, names or phones."""

    name: ClassVar[str] = ""
    known: ClassVar[dict[str, type[Fact]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.__name__
        Fact.known[cls.__name__] = cls

    @property
    def stream(self) -> str:
        """The queue in which this fact keeps its order, like "conversation:<id>"."""
        raise NotImplementedStream(type(self).__name__)

    def payload(self) -> dict[str, Any]:
        """Return the fact as JSON values, its name under "fact"."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"fact": self.name} | {key: _plain(value) for key, value in values.items()}

    @classmethod
    def load(cls, payload: dict[str, Any]) -> Fact:
        """Return the fact a payload was made from. Raise UnknownFact for a name nobody declared."""
        found = Fact.known.get(str(payload.get("fact")))
        if found is None:
            raise UnknownFact
        return found._from(payload)

    @classmethod
    def _from(cls, payload: dict[str, Any]) -> Self:
        hints = {field.name: str(field.type) for field in dataclasses.fields(cls)}
        return cls(**{key: _typed(hints[key], value) for key, value in payload.items() if key in hints})


class NotImplementedStream(OutreachError):
    """A fact class does not say which stream keeps it in order."""


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _typed(hint: str, value: Any) -> Any:
    return UUID(value) if value is not None and "UUID" in hint else value
