"""Words as they go out."""

from __future__ import annotations

import pytest

from outreach.messaging.rules import request


@pytest.mark.parametrize(
    ("given_body", "sent"),
    [
        ("It’s 5 o’clock…", "It's 5 o'clock..."),
        ("nul\x00l and bell\x07", "null and bell"),
        ("  padded \n", "padded"),
        ("'; DROP TABLE message;--", "'; DROP TABLE message;--"),
        ("<script>{{7*7}}</script>", "<script>{{7*7}}</script>"),
        ("a\u200bb", "ab"),
    ],
)
def test_words_go_out_as_they_were_approved(given_body: str, sent: str) -> None:
    assert request.wording(given_body).body == sent


def test_an_empty_or_endless_text_is_refused() -> None:
    with pytest.raises(request.TextEmpty):
        request.wording(" \u200b\x00 ")
    with pytest.raises(request.TextTooLong):
        request.wording("x" * 1601)
    assert request.wording("😀" * 1600).count.segments > 40
