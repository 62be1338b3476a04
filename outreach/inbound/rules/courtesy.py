"""Thanks, greetings and hearts: what needs nobody even while a question waits for its answer."""

from __future__ import annotations

import re
import unicodedata

_EN = """
thanks thank thankyou thx ty you u so much very a lot all hi hello hey good morning afternoon
evening night day have nice great one god bless bye goodbye welcome appreciate it i for checking in
on me the best dear team
"""
_ES = """
gracias muchas muchisimas mil por todo hola buenos buenas dias tardes noches adios dios le les los
las bendiga bendiciones muy amable amables de nada que tenga buen dia saludos igualmente
"""
COURTEOUS = frozenset(f"{_EN} {_ES}".split())
SIGNS = frozenset("🙏❤♥💕💙💚💛💜😊🙂😀😃😄😁🤗💐🌹😘🥰☺")


def is_courtesy(said: str) -> bool:
    """Return whether a text is nothing but thanks or a greeting, in English or Spanish."""
    plain = unicodedata.normalize("NFKD", said.casefold())
    words = re.findall(r"[^\W\d_]+", "".join(one for one in plain if not unicodedata.combining(one)))
    others = [one for one in plain if unicodedata.category(one) in ("So", "Nd")]
    return bool(words or others) and COURTEOUS.issuperset(words) and SIGNS.issuperset(others)
