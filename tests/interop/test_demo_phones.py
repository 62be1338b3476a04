from __future__ import annotations

import re

import pytest

from outreach.interop import demo_phones
from outreach.kernel import phone


def test_demo_phones_are_fictional_valid_and_all_different():
    taken: set[str] = set()

    for number in range(2_000):
        given = demo_phones.demo_phone(f"Patient/{number}", taken=taken)
        assert phone.parse(given.e164) == given
        assert re.fullmatch(r"\+1\d{3}55501\d\d", given.e164)
        assert given.e164 not in taken
        taken.add(given.e164)


def test_a_person_gets_the_same_number_again():
    assert demo_phones.demo_phone("Patient/1", taken=()) == demo_phones.demo_phone("Patient/1", taken=())


def test_running_out_is_said(monkeypatch):
    monkeypatch.setattr(demo_phones, "_areas", lambda: (202,))
    taken = {f"+1202555{line:04d}" for line in range(100, 200)}

    assert demo_phones.demo_phone("Patient/1", taken=taken - {"+12025550142"}).e164 == "+12025550142"
    with pytest.raises(demo_phones.NoDemoPhonesLeft):
        demo_phones.demo_phone("Patient/1", taken=taken)
