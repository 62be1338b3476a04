"""A telephone number, checked once and never shown by accident."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers

from outreach.kernel.errors import OutreachError


class NotAPhone(OutreachError):
    """This is not a telephone number we can text. Give it with area code, like (202) 555-0143."""


@dataclass(frozen=True)
class Phone:
    """A number in E.164. Its text form hides all but the last two digits, so that logs stay clean."""

    e164: str

    def __str__(self) -> str:
        return f"phone ending {self.e164[-2:]}"

    __repr__ = __str__

    @property
    def national(self) -> str:
        """The number as people in its country write it, for staff who may see it."""
        parsed = phonenumbers.parse(self.e164, None)
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def parse(raw: str, *, region: str = "US") -> Phone:
    """Return the number in E.164 form, or raise NotAPhone if it is not valid for its region."""
    try:
        parsed = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone from error
    if not phonenumbers.is_valid_number(parsed) or parsed.extension:
        raise NotAPhone
    return Phone(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def from_provider(raw: str) -> Phone:
    """Return the number exactly as the provider gave it: short codes and odd senders are kept as they are.

    Raise NotAPhone if it is empty or too long to be an address at all.
    """
    value = raw.strip()
    if not value or len(value) > 64:
        raise NotAPhone
    return Phone(value)
