"""Telephone numbers for people without one, for trying real files on the simulator.

555-0100 to 555-0199 belong to nobody in any North American area code (ATIS-0300115, 555 line numbers kept for
fiction).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Container

import phonenumbers

from outreach.kernel import phone
from outreach.kernel.errors import OutreachError

_LINES = 100


class NoDemoPhonesLeft(OutreachError):
    """All numbers kept for fiction are in use. Import fewer people with demo phones."""


def demo_phone(person: str, *, taken: Container[str]) -> phone.Phone:
    """Return a fictional number for this person that is not in `taken` (E.164): the same one whenever it is
    free.

    Raises NoDemoPhonesLeft when all of them are taken.
    """
    areas = _areas()
    size = len(areas) * _LINES
    start = int.from_bytes(hashlib.sha256(person.encode("utf-8", "replace")).digest()[:8])
    for step in range(size):
        area, line = divmod((start + step) % size, _LINES)
        e164 = f"+1{areas[area]}55501{line:02d}"
        if e164 not in taken:
            return phone.Phone(e164)
    raise NoDemoPhonesLeft


@functools.cache
def _areas() -> tuple[int, ...]:
    return tuple(area for area in range(200, 1000) if _is_geographic(area))


def _is_geographic(area: int) -> bool:
    number = phonenumbers.PhoneNumber(country_code=1, national_number=area * 10**7 + 5_550_100)
    kind = phonenumbers.number_type(number)
    in_states = phonenumbers.is_valid_number_for_region(number, "US")
    return bool(in_states and kind == phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
