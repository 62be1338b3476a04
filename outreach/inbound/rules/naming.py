"""Whom of the patients on one phone a text names, and whom it is about; a text without its names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from outreach.inbound.rules.letters import without_apostrophes

_NOT = frozenset(("not", "no", "isnt", "aint"))
_INTRODUCE = r"(?:this is|its|it is|im|i am|soy|habla|le habla|aqui|aca|con)"
_ABOUT = r"(?:for|about|thats|that is|para|de|es de|es para|sobre|from)"
_DOING = """said says told took takes gave gives brought brings drove drives picked picks helped helps
called calls asked asks came comes went made makes and y dijo dice llevo lleva trajo dio da
ayudo ayuda llamo me"""
_OF_OTHERS = "|".join(_DOING.split())
"""What a name does that is not asked about: "Luis drove me"."""
_MEASURED = "sugar|pressure|weight|reading|breathing|pain|bp|temp|azucar|presion|peso|dolor"
_LEADS = r"(?:(?:hi|hello|hey|ok|okay|so|well|and|yes|yeah|hola|buenas|buenos dias|y|no) )*"
_ABOUT_THEM = (
    rf"(?:^|[.,;:!?] ?){_LEADS}NAMEs?(?: (?!(?:{_OF_OTHERS})\b)[a-z]+\b| ?[,:;-] ?\w| ?[.!]?$)",
    rf"\bNAMEs (?:{_MEASURED})\b",
    r"\bNAME \d+\b",
    rf"\b{_ABOUT} NAME(?: \w+)? ?[.!]?$",
    r"\d ?[,-]? ?(?:\w+ ){0,2}NAME ?[.!]?$",
)
"""How a text says whom it is about, with the name for NAME."""


def named_in(said: str, names: Mapping[UUID, Iterable[str]]) -> frozenset[UUID]:
    """Return the patients whom a text names, by the name we use for them or their first name.

    "Not Walt" names somebody else: all of them may be meant. A name two of them have names both.
    """
    words = _plain(said).split()
    named: set[UUID] = set()
    for patient_id, theirs in names.items():
        known = _known(theirs)
        places = [at for at, word in enumerate(words) if word.removesuffix("s") in known or word in known]
        if any(at and words[at - 1] in _NOT for at in places):
            return frozenset(names)
        if places:
            named.add(patient_id)
    return frozenset(named)


def about_whom(said: str, names: Mapping[UUID, Iterable[str]]) -> UUID | None:
    """Return the one patient whom a text is about, by how it names them: "Luis 2", "176 thats ana".

    Who only writes ("its Luis, Ana's sugar was 131") is not meant where somebody else is. A name that only
    stands in it ("Luis drove me") says nothing.
    """
    plain = _plain(said, signs=True)
    spoken: set[UUID] = set()
    writing: set[UUID] = set()
    others: set[UUID] = set()
    for patient_id, theirs in names.items():
        one = "|".join(map(re.escape, sorted(_known(theirs))))
        if not one:
            continue
        told = re.sub(rf"\bnot (?:{one})\b", " ", plain)
        writes = rf"\b{_INTRODUCE} (?:{one})\b|\b(?:{one}) (?:here|aqui)\b"
        if _is_about(told, one):
            spoken.add(patient_id)
        elif re.search(writes, told):
            writing.add(patient_id)
        if re.search(rf"\b(?:{one})s?\b", re.sub(writes, " ", told)):
            others.add(patient_id)
    if len(others) > 1:
        return None
    found = spoken or writing
    return next(iter(found)) if len(found) == 1 else None


def _is_about(told: str, one: str) -> bool:
    return any(re.search(pattern.replace("NAME", f"(?:{one})"), told) for pattern in _ABOUT_THEM)


def without_names(said: str, names: Iterable[str], *, is_word: Callable[[str], bool]) -> str:
    """Return a text in which the people of this phone are "she", or nothing where they are only called.

    Every other letter keeps its place. A name that is a word as well ("Grace", "Dolores") stays.
    """
    for name in sorted(_known(names)):
        if is_word(name):
            continue
        pattern = rf"(?<!\w){_accents(re.escape(name))}(?P<s>['’]?s)?(?!\w)"
        said = re.sub(pattern, _stand_in, said, flags=re.IGNORECASE)
    return said


_ALIKE = {"a": "aáàâä", "e": "eéèê", "i": "iíï", "o": "oóö", "u": "uúü", "n": "nñ", "c": "cç"}


def _accents(letters: str) -> str:
    return re.sub(r"(?<!\\)[a-z]", lambda one: f"[{_ALIKE.get(one[0], one[0])}]", letters)


def _stand_in(match: re.Match[str]) -> str:
    size, after = len(match[0]), match.string[match.end() :].lstrip().split(" ", 1)[0]
    follows = _plain(after)
    owns = bool(match["s"]) and follows.isalpha() and follows not in _VERBS
    pronoun = "her" if owns else "she" if follows in _VERBS else ""
    return (pronoun if len(pronoun) <= size else "he" if pronoun else "").ljust(size)


_VERBING = """is was has had needs feels felt got did does doesnt didnt wants weighs weighed will can cant
cannot wont isnt hasnt took still esta sigue tiene necesita quiere pesa amanecio anda puede
va tomo"""
_VERBS = frozenset(_VERBING.split())


def _known(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in _plain(name).split()[:1]}


def _plain(text: str, *, signs: bool = False) -> str:
    """Return a text in small letters without accents and apostrophes, and its signs and figures if wanted."""
    letters = without_apostrophes(text)
    return " ".join(re.findall(r"[^\W_]+|[.,;:!?-]" if signs else r"[^\W\d_]+", letters))
