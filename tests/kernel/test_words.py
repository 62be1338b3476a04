"""Words of encrypted texts as blind numbers: folded, keyed per team, cut short."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.kernel import words
from outreach.kernel.crypto import KeyRing, Vault

VAULT = Vault(ring=KeyRing({1: bytes(32)}), index_keys={1: bytes(range(32))})
OURS, THEIRS = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("I can't breathe, CAN’T walk", ["i", "cant", "breathe", "cant", "walk"]),
        ("¿Cómo está la HERIDA?", ["como", "esta", "la", "herida"]),
        ("120/80 at 7am", ["120", "80", "at", "7am"]),
        ("x" * 30, ["x" * 24]),
        ("👍 …", []),
    ],
)
def test_words_lose_case_accents_and_apostrophes(text: str, folded: list[str]) -> None:
    assert words.fold(text) == folded


def test_common_words_and_single_letters_are_not_looked_for() -> None:
    assert words.worth_finding("The bandage and the BANDAGE is a mess, y la herida") == [
        "bandage",
        "mess",
        "herida",
    ]
    assert len(words.worth_finding(" ".join(f"word{n}" for n in range(200)))) == words.MOST_WORDS


def test_names_are_found_by_how_their_parts_begin() -> None:
    assert words.name_beginnings(["Li Núñez"]) == ["li", "nun", "nune", "nunez"]
    assert words.begins(["Maria Delgado", "Mia"], ["del", "mi"])
    assert not words.begins(["Maria Delgado"], ["gado"])


def test_a_word_is_another_number_for_another_team_and_shares_it_with_others() -> None:
    ours, theirs = (words.team_key(VAULT, team) for team in (OURS, THEIRS))
    many = [f"word{number}" for number in range(20_000)]
    buckets = words.buckets(ours, "text", many)

    assert words.bucket(ours, "text", "fever") != words.bucket(theirs, "text", "fever")
    assert words.bucket(ours, "text", "fever") != words.bucket(ours, "name", "fever")
    assert all(-(1 << 31) <= bucket < 1 << 31 for bucket in buckets.values())
    assert len(set(buckets.values())) <= 1 << words.BITS
    assert len(many) / len(set(buckets.values())) > 2


def test_a_hit_shows_what_stands_around_it() -> None:
    said = " ".join(["so"] * 40) + " my Ankle's swollen today " + " ".join(["and"] * 80)

    pieces = words.around(said, {"ankles"})

    assert [piece for piece, hit in pieces if hit] == ["Ankle's"]
    assert pieces[0] == pieces[-1] == ("…", False)
    assert sum(len(piece) for piece, _ in pieces) < 180
