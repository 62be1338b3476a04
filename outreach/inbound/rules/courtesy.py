"""Thanks, greetings and hearts need nobody, whatever else waits; "who is this?" is only a question."""

from __future__ import annotations

import re
import unicodedata

from outreach.inbound.rules.letters import plain
from outreach.triage.rules.meanings import Kind, Reading

_EN = """
thanks thank thankyou thx ty you u so much very a lot all hi hello hey good morning afternoon
evening night day have nice great one god bless bye goodbye welcome appreciate it i for checking in
on me the best dear team
"""
_ES = """
gracias muchas muchisimas mil por todo hola buenos buenas dias tardes noches adios dios le les los
las bendiga bendiciones muy amable amables de nada que tenga buen dia saludos igualmente
"""
SECOND_READER = "second-reader"
COURTEOUS = frozenset(f"{_EN} {_ES}".split())
_FILLERS = "you u so much very a lot all have one i for on me the team it por todo le les los las que"
_BETWEEN = frozenset(_FILLERS.split())
"""By themselves these thank nobody: "for me" may answer what was asked."""
SIGNS = frozenset("🙏❤♥💕💙💚💛💜😊🙂😀😃😄😁🤗💐🌹😘🥰☺")


def is_courtesy(said: str) -> bool:
    """Return whether a text is nothing but thanks or a greeting, in English or Spanish."""
    letters = _plain(said)
    words = re.findall(r"[^\W\d_]+", letters)
    others = [one for one in letters if unicodedata.category(one) in ("So", "Nd")]
    says_it = bool(others) or not _BETWEEN.issuperset(words)
    return says_it and COURTEOUS.issuperset(words) and SIGNS.issuperset(others)


_ASKS_WHO = re.compile(r"(?:(?:and|y|de|con) )?(?:who|quien)")


def asks_who(reading: Reading, said: str) -> bool:
    """Return whether a text asks who we are and says nothing else of being a wrong person.

    A patient whose phone doesn't know our number asks that, too: their number is not taken from them for it.
    What the second reader suspects of the whole text is no statement of theirs.
    """
    told = [span for span in reading.spans if span.kind == Kind.WRONG_PERSON and span.rule != SECOND_READER]
    return bool(told) and all(_ASKS_WHO.match(_plain(said[span.start : span.end])) for span in told)


def _plain(said: str) -> str:
    return plain(said.strip(" ¿"))
