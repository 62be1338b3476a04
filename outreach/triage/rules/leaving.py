"""Weighs a wish to leave where an answer may call somebody at once."""

from __future__ import annotations

from outreach.triage.rules import keywords, plainly
from outreach.triage.rules.draft import Draft
from outreach.triage.rules.meanings import Kind, OpenQuestion

_SELF_HARM = "self_harm"


def weigh(draft: Draft, question: OpenQuestion) -> None:
    """Let nobody drop out unseen where an answer may call somebody at once.

    "I don't want to talk about that" is no wish for fewer texts where self-harm was asked about, nor is "they
    cut it off on the 5th" where that was the question: only a keyword is one then.
    """
    if Kind.OPT_OUT not in draft.kinds:
        return
    red = [one for one in question.options if one.tier == "red"]
    if red:
        draft.note("opt_out_unanswered", human=True)
    if keywords.exact_opt_out(draft.text):
        return
    about_cuts = "cut off" in question.wording
    told = [one for one in draft.spans if one.kind == Kind.OPT_OUT]
    if any(one.topic == _SELF_HARM for one in red) or (
        about_cuts and told and all("cut" in one.text.casefold() for one in told)
    ):
        draft.kinds.pop(Kind.OPT_OUT)
        draft.spans = [one for one in draft.spans if one.kind != Kind.OPT_OUT]
        draft.note(plainly.NOT_PLAIN, human=True)
