"""What may, must and need not be done: said in one language, lost or turned in the other."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Subject


class Sense(NamedTuple):
    """A sense as each language says it; a text has it in both or in neither."""

    en: re.Pattern[str]
    es: re.Pattern[str]
    strict: bool = True
    """Whether its loss alone is a finding; else only if the other language says the reverse."""
    against_en: re.Pattern[str] | None = None
    against_es: re.Pattern[str] | None = None


def _of(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


NOT_NEEDED = Sense(
    _of(
        r"\b(?:need not|needn'?t|(?:don'?t|do not|doesn'?t|does not) (?:need|have) (?:to\b|an?\b)"
        r"|no need\b|not (?:need|have) to"
        r"|not (?:required|necessary|needed)|optional)"
    ),
    _of(
        r"\b(?:no (?:tiene|tienes) que|no hay que|no (?:le )?hace falta|no necesita"
        r"|no es (?:necesario|obligatorio|preciso"
        r"|requerido)|no (?:está|esta) oblig\w+|no debe responder|opcional|no se requiere)"
    ),
)
NEEDED = Sense(
    _of(r"(?<!n't )(?<!not )(?<!no )\b(?:must(?! not)|have to|has to|need to|required to|be sure to)\b"),
    _of(
        r"(?<!no )\b(?:tiene que|hay que|debe(?! de)|deben|es (?:necesario|obligatorio)"
        r"|est[aá] oblig\w+|necesita (?=\w+r\b)"
        r"|aseg[uú]rese)"
    ),
    strict=False,
)
UNABLE = Sense(
    _of(r"\b(?:can'?t|cannot|can not|could not|couldn'?t|unable to|not able to)\b"),
    _of(
        r"\b(?:no\s+(?:me |se |le |lo |la )?(?:pued\w+|pud\w+|logr\w+|consig\w+|retien\w+"
        r"|alcanz\w+)|sin poder|incapaz|vomit\w+|le cuesta"
        r"|me cuesta|no la tengo|falta el aire|faltan?\b|urge\b|no\b)"
    ),
    strict=False,
    against_es=_of(r"(?<!no )(?<!no se )(?<!no me )\bpuede[ns]?\b"),
    against_en=_of(r"(?<!if )\byou can\b(?!'?t|not)"),
)
ONLY = Sense(
    _of(r"\b(?:only|just|nothing but|no more than|at most|one\b|single|alone)\b"),
    _of(r"\b(?:s[oó]lo|solamente|[uú]nicamente|nada m[aá]s|nom[aá]s|apenas|una? sol[ao]|m[aá]ximo|basta)\b"),
    strict=False,
)
EVEN_IF = Sense(
    _of(r"\beven (?:if|when|though)\b|\balthough\b|\bwhether or not\b|\bno matter\b"),
    _of(r"\b(?:aunque|incluso|a[uú]n (?:si|cuando)|aun\b|as[ií] se|por m[aá]s que|a pesar)\b"),
)
UNLESS = Sense(
    _of(
        r"\bunless\b|\bexcept\b|\bif you (?:do not|don'?t|can'?t|cannot)\b|\b(?:2|B) if (?:not"
        r"|you don'?t)\b|\bif not\b|\bwithout\b"
    ),
    _of(r"\ba menos que\b|\bsalvo\b|\bexcepto\b|\bsi (?:usted )?no\b|\bsin\b|\bno\b"),
    strict=False,
)
PARTS = tuple(
    (_of(rf"\b(?:{english})\b"), _of(rf"\b(?:{spanish})\b"))
    for english, spanish in (
        ("legs?", "piernas?"),
        ("arms?", "brazos?"),
        ("chest", "pecho|t[oó]rax"),
        ("head", "cabeza"),
        ("belly|stomach", "vientre|barriga|est[oó]mago|panza"),
        ("back(?= pain|ache)|lower back", "espalda"),
        ("foot|feet|soles?", "pies?|plantas?"),
        ("hands?", "manos?"),
        ("knees?", "rodillas?"),
        ("hips?", "caderas?"),
        ("cal(?:f|ves)", "pantorrillas?"),
        ("eyes?", "ojos?"),
        ("throat", "garganta"),
        ("face", "cara"),
    )
)
"""Parts of the body: one in place of another asks about something else."""
STRICT = (NOT_NEEDED, EVEN_IF)
ONLY_EN = re.compile(r"\bonly\b", re.IGNORECASE)
ONLY_ES = re.compile(r"\b(?:s[oó]lo|solamente|[uú]nicamente)\b", re.IGNORECASE)
UNLESS_EN = re.compile(r"\bunless\b", re.IGNORECASE)
UNLESS_ES = re.compile(r"\ba menos que\b|\bsalvo\b", re.IGNORECASE)
ORDERS_NOT_EN = re.compile(
    r"\b(?:do not|don'?t|never|must not|should not|shouldn'?t)\s+(?:ever\s+)?(?!have to|need to"
    r"|need\b|have\b|feel|know|hear)"
    r"([a-z]+)\b(?![^.!?]*\?)",
    re.IGNORECASE,
)
ORDERS_NOT_ES = re.compile(
    r"(?:^|[.!:;,] ?|\by |\bo )\s*(?:no|nunca|jam[aá]s)\s+(?:se |lo |la |los |las |le "
    r"|nos )?(?:\w+(?:e|en|a|an)(?:se|lo|la|los|las)?)\b"
    r"|\b(?:no|nunca) debe\b|\bevite\b",
    re.IGNORECASE,
)
NEGATED_EN = re.compile(
    r"\b(?:not|never|no|nothing|none|nobody|avoid|without|stop|until|unless|keep \w+ (?:off|away"
    r"|out))\b|n'?t\b",
    re.I,
)
NEGATED_ES = re.compile(
    r"\b(?:no|nunca|jam[aá]s|ni|sin|evit\w+|dej\w+|ning\w+|nadie|nada|pare|hasta|salvo)\b", re.I
)
OFFERED_NO = re.compile(
    r"(?<!\w)[1-9A-I] (?:(?:ahora )?no|not now|no [a-z]+|nunca|never|none|not once|ninguno)\b", re.IGNORECASE
)
WILL_NOT_EN = re.compile(r"\b(?:will not|won'?t|not going to|if you (?:do not|don'?t))\b", re.IGNORECASE)
WILL_NOT_ES = re.compile(
    r"\bno (?:le |lo |la |les |se )?(?:va|vamos|van|llam\w+|contact\w+)\b|(?<!\d )\bsi (?:usted )?no\b",
    re.IGNORECASE,
)
HALTS_ES = re.compile(r"\b(?:pare|suspenda|deje de (?:tomar|usar))\b", re.IGNORECASE)
HALTS_EN = re.compile(r"\b(?:stop|quit|pause|hold|do not|don'?t|no more)\b", re.IGNORECASE)
QUESTION = re.compile(r"[^.?!¿:]*\?")


def check(subject: Subject) -> Iterator[Finding]:
    """Compare what each language lets, bids and forbids."""
    for text in texts.all_texts(subject):
        english, words = text.words.get("en"), text.words.get("es")
        if english is None or words is None:
            continue
        turned = _turned(english, words)
        if turned:
            yield subject.finding(
                "translation",
                *text.path,
                "es",
                what=Said("“%(words)s” stands in one language; the other says something else", words=turned),
                mend="Say in both what may, must or need not be done.",
            )


@functools.lru_cache(maxsize=4096)
def _turned(english: str, words: str) -> str:
    """Return words of one language whose sense the other lost or turned, empty if there are none."""
    for sense in STRICT:
        said, told = sense.en.search(english), sense.es.search(words)
        if bool(said) != bool(told):
            return (said or told).group(0)  # type: ignore[union-attr]
    for one, other, both in ((ONLY_EN, ONLY, True), (UNLESS_EN, UNLESS, True)):
        said = one.search(english)
        if said and not other.es.search(words) and both:
            return said.group(0)
    for one, other in ((ONLY_ES, ONLY), (UNLESS_ES, UNLESS)):
        told = one.search(words)
        if told and not other.en.search(english):
            return told.group(0)
    return _modal(english, words) or _forbidden(english, words) or _part(english, words)


def _part(english: str, words: str) -> str:
    """Return a part of the body that stands in Spanish in place of another."""
    lost = [ours for ours, theirs in PARTS if ours.search(english) and not theirs.search(words)]
    added = [found for ours, theirs in PARTS if not ours.search(english) and (found := theirs.search(words))]
    return added[0].group(0) if lost and added else ""


def _modal(english: str, words: str) -> str:
    said, told = NEEDED.en.search(english), NEEDED.es.search(words)
    if told and not said and (NOT_NEEDED.en.search(english) or re.search(r"\b(?:may|can)\b", english, re.I)):
        return told.group(0)
    if said and not told and NOT_NEEDED.es.search(words):
        return said.group(0)
    unable, able = UNABLE.en.search(english), UNABLE.against_es.search(words)  # type: ignore[union-attr]
    bare = OFFERED_NO.sub(" ", words)
    if unable and able and not re.search(r"\bno (?:se |me |lo |la )?pued", bare, re.I) and not _can(english):
        return able.group(0)
    cant = re.search(r"\bno (?:se |me |lo |la )?puede\b", bare, re.I)
    if cant and _can(english) and not NEGATED_EN.search(OFFERED_NO.sub(" ", english)):
        return cant.group(0)
    return ""


def _can(english: str) -> bool:
    return bool(re.search(r"\bcan\b(?! not|'t)|\bmay\b|\bable to\b", english, re.I))


def _forbidden(english: str, words: str) -> str:
    """Find an order not to do something that the other language gives as an order to do it."""
    ours, theirs = OFFERED_NO.sub(" ", english), OFFERED_NO.sub(" ", words)
    refused, denied = WILL_NOT_EN.search(ours), WILL_NOT_ES.search(theirs)
    if refused and not NEGATED_ES.search(theirs):
        return refused.group(0)
    if denied and not NEGATED_EN.search(ours):
        return denied.group(0)
    halted = HALTS_ES.search(words)
    if halted and not HALTS_EN.search(english):
        return halted.group(0)
    said, told = (
        ORDERS_NOT_EN.search(QUESTION.sub(" ", ours)),
        ORDERS_NOT_ES.search(QUESTION.sub(" ", theirs)),
    )
    if said and not NEGATED_ES.search(theirs):
        return said.group(0)
    if told and not NEGATED_EN.search(ours):
        return told.group(0).strip(" .,:;!")
    return ""
