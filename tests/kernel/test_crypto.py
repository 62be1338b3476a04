"""Encrypted columns: what was sealed opens in its own place only."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel import crypto
from outreach.kernel.crypto import KeyRing, UnableToDecrypt, Vault

ROW = UUID(int=7)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def vault(*keys: tuple[int, bytes]) -> Vault:
    return Vault(ring=KeyRing(dict(keys)), index_keys={1: b"i" * 32})


@given(st.text(max_size=2000))
def test_any_text_comes_back(words: str) -> None:
    box = vault((1, OLD))

    blob = box.seal("message.body", ROW, words)

    assert box.open("message.body", ROW, blob) == words


@pytest.mark.parametrize(("column", "row"), [("message.body", UUID(int=8)), ("note.body", ROW)])
def test_a_value_moved_to_another_row_or_column_does_not_open(column: str, row: UUID) -> None:
    box = vault((1, OLD))
    blob = box.seal("message.body", ROW, "words")

    with pytest.raises(UnableToDecrypt):
        box.open(column, row, blob)


def test_no_altered_byte_goes_unnoticed() -> None:
    box = vault((1, OLD))
    blob = box.seal("message.body", ROW, "words")

    for place in range(len(blob)):
        altered = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(UnableToDecrypt):
            box.open("message.body", ROW, altered)


def test_after_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    before, after = vault((1, OLD)), vault((2, NEW), (1, OLD))
    blob = before.seal("message.body", ROW, "words")

    fresh = after.seal("message.body", ROW, "words")

    assert after.open("message.body", ROW, blob) == "words"
    assert (crypto.key_id_of(blob), crypto.key_id_of(fresh)) == (1, 2)
    with pytest.raises(UnableToDecrypt):
        before.open("message.body", ROW, fresh)


def test_the_blind_index_depends_on_its_key_purpose_and_value_alone() -> None:
    one, two = vault((1, OLD)), vault((2, NEW))

    assert one.index("phone", "+12025550143") == two.index("phone", "+12025550143")
    assert one.index("phone", "+12025550143") != one.index("identifier", "+12025550143")
    assert one.index("phone", "+12025550143") != one.index("phone", "+12025550144")


def test_keys_never_show() -> None:
    assert "\\x00\\x01" not in repr(vault((1, OLD)))
    assert repr(OLD) not in repr(vault((1, OLD)))
