"""Words by ear and by thumb: which word a typed form stands for, and which forms are words of their own."""

from __future__ import annotations

import pytest

from outreach.triage.rules import lexicon, words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("abuot the smae", "about the same"),
        ("everythin is fien", "everything is fine"),
        ("sumtimes", "sometimes"),
        ("sumbody call me", "somebody call me"),
        ("beter todya", "better today"),
        ("prescripshun", "prescription"),
        ("mutch better", "much better"),
        ("hav som", "have some"),
        ("form here", "form here"),
        ("clam", "clam"),
    ],
)
def test_a_slip_leads_to_the_word_that_was_meant(typed: str, meant: str) -> None:
    known = lexicon.load()

    assert " ".join(known.encode(words.cut(words.fold(typed))).words) == meant
