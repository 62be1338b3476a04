"""The bare words that act inside the webhook's transaction."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind, OpenQuestion, Option


@pytest.mark.parametrize(
    "text",
    [
        # Twilio's, the FCC's, Spanish, others'
        "STOP", "stopall", "Unsubscribe", "CANCEL", "end", "Quit", "REVOKE", "OptOut", "opt out", "opt-out",
        "ALTO", "parar", "Basta", "NO MÁS", "no mas", "cancelar", "baja", "停止", "退订",
        "dừng", "중지", "ARRÊT", "стоп",
        " Stop. ", "STOP!", "“stop”", "stop 🛑",
    ],
)  # fmt: skip
def test_exact_opt_out(text: str) -> None:
    assert rules.exact_opt_out(text)
    assert rules.read(text).kind is Kind.OPT_OUT


@pytest.mark.parametrize(
    "text",
    ["stop by at 3", "STOPPED", "cancel my 3pm", "the end", "", " ", "yes", "end of the week", "x" * 500],
)
def test_not_exactly_an_opt_out(text: str) -> None:
    assert not rules.exact_opt_out(text)


def test_opt_in_and_help_words() -> None:
    assert rules.exact_opt_in("Start")
    assert rules.exact_opt_in("UNSTOP")
    assert not rules.exact_opt_in("start taking it")
    assert rules.exact_help("help!")
    assert rules.exact_help("INFO")
    assert rules.exact_help("Ayuda")
    assert not rules.exact_help("help me")


def test_yes_answers_a_question_though_the_provider_takes_it_as_an_opt_in() -> None:
    assert not rules.exact_opt_in("YES")
    assert rules.lifts_provider_block("YES")
    assert rules.read("YES").kind is Kind.CONFIRM


def test_a_bare_cancel_beside_an_appointment_opts_out_and_has_a_person_ask() -> None:
    reminder = OpenQuestion(
        options=(Option(word="1", means=Kind.CONFIRM), Option(word="2", means=Kind.DECLINE)),
        about_appointment=True,
    )

    for text in ("CANCEL", "cancelar"):
        reading = rules.read(text, question=reminder)

        assert reading.kind is Kind.OPT_OUT
        assert Kind.DECLINE in reading.also
        assert reading.found("ambiguous_cancel")
        assert reading.needs_human
    assert not rules.read("CANCEL").needs_human
