"""What a text offers and promises: reply words that nothing answers, words that say another answer, times."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Option, Question
from outreach.programs.rules.lint import parity, texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

DIGIT_OFFER = re.compile(r"(?<![\w/,.-])([1-9])\s+(?=([^\W\d_]+))")
LETTER_OFFER = re.compile(r"(?<![\w'])([B-H])\s+(?=([^\W\d_]+))")
_COUNTED = """weeks week days day hours hour minutes minute times time months month texts text nights pounds
semanas semana horas hora minutos minuto veces vez meses mes textos noches libras or if to and o si y
of digits numbers cifras of pills pastillas"""
UNITS = frozenset(_COUNTED.split())
"""A figure before these counts something; it is no reply word."""
SOON = (
    r"(?:in|within)\s+(?:the\s+next\s+|about\s+|under\s+)?(?:an?|\d+|one|two|five|ten|fifteen|thirty)\s+"
    r"(?:minutes?|mins?|hours?|hrs?)|right\s+away|at\s+once|immediately|any\s?time|24/7"
    r"|day\s+(?:and|or)\s+night"
    r"|tonight|in\s+a\s+(?:moment|minute)|shortly|by\s+(?:noon|tonight|\d)"
)
PRONTO = (
    r"(?:en|dentro\s+de)\s+(?:menos\s+de\s+)?(?:una?|\d+|cinco|diez|quince|treinta)\s+(?:minutos?|horas?)"
    r"|enseguida|en\s+seguida|de\s+inmediato|inmediatamente|ahora\s+mismo|hoy\s+mismo"
    r"|a\s+cualquier\s+hora|24/7"
    r"|esta\s+noche|en\s+un\s+momento"
)
STAFF_ACTS = {
    "en": re.compile(
        rf"\b(?:we|nurse|doctor|team|member|someone|staff|clinic|provider)\b[^.?!]{{0,40}}"
        rf"\b(?:call|contact|reply|answer|text|reach|see|visit|help|be\s+there|come|get\s+back)\w*\b"
        rf"[^.?!]{{0,40}}\b(?:{SOON})",
        re.IGNORECASE,
    ),
    "es": re.compile(
        rf"\b(?:llam|contact|respond|contest|atend|escrib|vemos|visit|ayud)\w*\b[^.?!]{{0,40}}\b(?:{PRONTO})",
        re.IGNORECASE,
    ),
}
"""Somebody of ours will do something by a time nobody can keep when the clinic is closed."""
CERTAIN = re.compile(
    r"\b(?:you are (?:fine|safe|healed|cured)|nothing is wrong|no need to (?:worry|call|see)"
    r"|don'?t (?:call|go to)|guarantee\w*|we promise|you will be fine|there is no danger"
    r"|no se preocupe|le prometemos|garantiz\w*"
    r"|no hay peligro|no llame|no vaya)\b",
    re.IGNORECASE,
)
"""Reassurance no text can give, and words that keep somebody from calling."""
ORDER_MEND = Said(
    "Give the text the order of the answers, as in the other language; labels only if they are turned."
)


def check(subject: Subject) -> Iterator[Finding]:
    """Check what every text offers and promises."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            place: Path = (*text.path, language)
            yield from _promises(subject, place, language, words)
            if text.question is not None and text.question.options:
                yield from _unanswered(subject, place, text.question, words)
                yield from _swapped(subject, place, text.question, language, words)


def _promises(subject: Subject, place: Path, language: str, words: str) -> Iterator[Finding]:
    pattern = STAFF_ACTS.get(language)
    match = pattern.search(words) if pattern else None
    if match:
        yield subject.finding(
            "promise",
            *place,
            what=Said("Promises a time nobody keeps at night: “%(words)s”", words=match.group(0)),
            mend='Say "by the end of the next business day" or "as soon as the clinic is staffed".',
        )
    for certain in CERTAIN.finditer(words):
        yield subject.finding(
            "promise",
            *place,
            what=Said("“%(words)s” is more than a text can know", words=certain.group(0)),
            mend="Say what to watch for and whom to call.",
        )


def _unanswered(subject: Subject, place: Path, question: Question, words: str) -> Iterator[Finding]:
    """A reply word the text offers and no answer has."""
    known = {option.word.upper() for option in question.options}
    pattern = DIGIT_OFFER if any(word.isdigit() for word in known) else LETTER_OFFER
    for match in pattern.finditer(words):
        if match.group(1) not in known and match.group(2).lower() not in UNITS:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said("Offers “%(word)s”, which is no answer of the question", word=match.group(1)),
                mend="Add the answer, or leave it out of the text.",
            )


def _swapped(
    subject: Subject, place: Path, question: Question, language: str, words: str
) -> Iterator[Finding]:
    """A reply word followed by what another answer is called, unless the labels themselves are crossed."""
    if parity.crossed(question, language):
        return
    for option, said in offered_words(question, words):
        own = _names(option, language)
        other = next(
            (one for one in question.options if one is not option and said in _names(one, language)), None
        )
        if other is not None and said not in own:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said(
                    "“%(word)s %(said)s”: this is what “%(other)s” means (%(means)s)",
                    word=option.word,
                    said=said,
                    other=other.word,
                    means=other.means,
                ),
                mend=ORDER_MEND,
            )


def offered_words(question: Question, words: str) -> Iterator[tuple[Option, str]]:
    """List each offered reply word with the words that follow it, up to the next one."""
    if not question.options:
        return
    offered = "|".join(re.escape(option.word) for option in question.options)
    parts = re.split(rf"(?<![\w/])({offered})(?!\w)", words)
    by_word = {option.word: option for option in question.options}
    for word, after in zip(parts[1::2], parts[2::2], strict=False):
        said = re.split(r"[.,;:?¿!]", after)[0].strip().lower()
        yield by_word[word], re.sub(r"^(?:for|to|para|por)\s+(?:an?\s+|la\s+|una?\s+)?", "", said)


def _names(option: Option, language: str) -> set[str]:
    return {label.lower() for label in option.labels.get(language, ())} | {option.means.replace("_", " ")}
