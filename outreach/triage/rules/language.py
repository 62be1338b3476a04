"""Tells English from Spanish from anything else, in texts of a few words.

Votes of common words decide, then the letters and endings of words nobody listed. No model: of those tried,
one was right but spent nearly all the time a reading may take, the other was fast and wrong on texts of one
word.
"""

from __future__ import annotations

import re

from outreach.triage.rules.lexicon import Lexicon, load
from outreach.triage.rules.words import Folded, Token

ENGLISH = "en"
SPANISH = "es"
OTHER = "other"
UNKNOWN = "und"

_SPANISH_MARKS = re.compile(r"[ñÑ¿¡áéíóúÁÉÍÓÚ]")
_OTHER_MARKS = re.compile(r"[çÇãõêâôîûàèùœßäöåøæțșğşıłżźćńěščřžťďůűő]")
_SPANISH_ENDING = re.compile(
    r"(?:cion|ciones|ando|iendo|mente|dad|ito|ita|itos|itas|arme|erme|irme|arlo|arla|aron|ieron|aba|aban|amos|emos|oso|osa|ado|ada|ido|ida)$"
)
_ENGLISH_ENDING = re.compile(r"(?:ing|tion|ness|ight|ould|ough|ck|sh|th|ly|ed|ee|oo[a-z]|wh[a-z]+|ful|less)$")
_ENGLISH_LETTERS = re.compile(r"^(?:wh|th|sh|kn|wr)|w|k(?!il)|oo|ee|gh|ck|tt|ff|pp|sh|th")


_NAMED = """will mark may joy hope grace faith rose rosa pilar dolores consuelo angel jesus mercedes paz
luz sol cruz bill pat rich sue art gene don frank dean drew chase guy jack june april august
summer dawn eve iris ivy violet olive ruby pearl amber crystal charity patience prudence
norma alma amparo socorro esperanza milagros nieves blanca clara linda bella victoria gloria
gracia salvador domingo max miles lane wade grant pierce chance hunter tanner soledad
remedios rob bob nick sandy penny ginger candy sunny stormy major earl duke king prince bo
jo mo al ed von van"""
_WORDS_TOO = frozenset(_NAMED.split())
"""Names that are words, too: left where they stand."""


def is_word(form: str) -> bool:
    """Say whether a form in small letters is a word besides a name: "grace" is, "tanisha" isn't."""
    if form in _WORDS_TOO:
        return True
    known = load()
    if form not in known.alphabet.codes and form not in known.language_votes:
        return False
    names = known.alphabet.members("name")
    return known.alphabet.codes.get(form, "") not in names


def identify(lexicon: Lexicon, text: str, folded: Folded, tokens: list[Token], hint: str | None) -> str:
    """Name the language of a text: `en`, `es`, `other`, or the hint (else `und`) when nothing in it tells."""
    words = [token.form for token in tokens if token.kind == "word"]
    if not words:
        return _hint(hint)
    foreign = sum(1 for word in words if not word.isascii())
    if foreign * 2 > len(words):
        return OTHER
    english, spanish, known = _votes(lexicon, words)
    if not folded.text.isascii() or not text.isascii():
        spanish += 2.0 * len(_SPANISH_MARKS.findall(text[:400]))
        if _OTHER_MARKS.search(text) and known * 2 < len(words):
            return OTHER
    return _decide(english, spanish, known, len(words), hint)


def _votes(lexicon: Lexicon, words: list[str]) -> tuple[float, float, int]:
    english = spanish = 0.0
    known = 0
    for word in words[:80]:
        vote = lexicon.language_votes.get(word) or lexicon.language_votes.get(word.replace("'", ""))
        if vote:
            english += vote.get(ENGLISH, 0.0)
            spanish += vote.get(SPANISH, 0.0)
            known += 1
        elif len(word) > 3:
            english += 0.6 * (_ENGLISH_ENDING.search(word) is not None) + 0.4 * (
                _ENGLISH_LETTERS.search(word) is not None
            )
            spanish += 0.8 * (_SPANISH_ENDING.search(word) is not None) + 0.3 * (word[-1] in "ao")
    return english, spanish, known


def _decide(english: float, spanish: float, known: int, count: int, hint: str | None) -> str:
    if known == 0 and count >= 4 and max(english, spanish) < 1.5:
        return OTHER
    if english == spanish:
        return _hint(hint)
    if abs(english - spanish) < 0.5 and hint in (ENGLISH, SPANISH):
        return hint
    return ENGLISH if english > spanish else SPANISH


def _hint(hint: str | None) -> str:
    """Name the language we were told, when it is one we read."""
    short = (hint or "").lower()[:2]
    return short if short in (ENGLISH, SPANISH) else UNKNOWN
