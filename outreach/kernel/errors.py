"""The base of every error we raise on purpose."""

from __future__ import annotations

import inspect


class OutreachError(Exception):
    """Something went wrong."""

    said: str
    """The message; a `Said` keeps what it was made of."""

    def __init__(self, message: str | None = None) -> None:
        self.said = message or inspect.cleandoc(type(self).__doc__ or "").replace("\n", " ")
        super().__init__(self.said)


class NotFound(OutreachError):
    """There is no such record, or it is not yours to see."""


class NotAllowed(OutreachError):
    """Your role does not allow this. Ask an administrator of your care team."""


class Invalid(OutreachError):
    """The values given can't be used."""


class Conflict(OutreachError):
    """Somebody changed this in the meantime. Look at it again, then repeat what you meant to do."""
