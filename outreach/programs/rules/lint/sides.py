"""Yes and no, more and less: what is offered, what answers are called and what follows, on one side."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Option, Question
from outreach.programs.rules.lint import meaning, offers, parity, texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

OFFERS_YES = re.compile(
    r"^(?:if (?:you|it|they|so|yes)\b(?!.*\b(?:not|don'?t|no|isn'?t|can'?t|won'?t|haven'?t)\b)|(?:yes"
    r"|i (?:do|did|have|can|am|will))\b(?! not)"
    r"|si (?:la|las|lo|los|le|quiere|tiene|puede|es|está|sí)\b(?! no)|(?:lo|la|los|las) (?:tengo|tomo"
    r"|quiero)\b)",
    re.IGNORECASE,
)
OFFERS_NO = re.compile(
    r"^(?:if (?:not|you (?:don'?t|do not|can'?t|cannot|haven'?t|didn'?t))|(?:no|not|none|never"
    r"|i (?:don'?t|do not|did not|didn'?t|can'?t))\b"
    r"|si (?:usted )?no\b|(?:ahora |ya )?no\b|nunca|ning[uú]n|sin\b)",
    re.IGNORECASE,
)
SAYS_NO = re.compile(
    r"^(?:no|none|nope|not|never|i (?:don'?t|dont|do not|can'?t|cant|didn'?t|didnt)|nothing|ahora no"
    r"|ya no|nunca|ning\w+"
    r"|me faltan?|no \w+.*|not \w+.*|sin \w+|missing)$",
    re.IGNORECASE,
)
SAYS_YES = re.compile(
    r"^(?:yes|yeah|yep|i (?:do|did|have|can|am|will)|si|sí|claro|(?:la|lo|las|los) (?:tengo|tomo|quiero"
    r"|hice)|tengo|quiero|yes please)$",
    re.IGNORECASE,
)
MEANS_NO = re.compile(
    r"^(?:no|not|none|never|missing|un\w+|cant|without)(?:_|$)|(?:^|_)(?:not|no)_", re.IGNORECASE
)
_OFTEN = """
none, never, not once, not at all, not now, nunca, ninguno, ninguna, jamás, ya no
some, some days, sometimes, once, one time, a few, at times, a little, a veces, una vez, algunos, poco
most, most days, often, a lot, more, muchas, varias, mucho, casi siempre, muchas veces
all, always, each day, every day, daily, all of it, all of them, all the time, siempre, todos, a diario
"""
HOW_OFTEN = tuple(frozenset(row.split(", ")) for row in _OFTEN.strip().splitlines())
HAVE = re.compile(
    r"\b(?:do you have|have you got|do you know|did you (?:get|fill|pick|eat|sleep|drink|exercise|walk"
    r"|take|go|keep)"
    r"|are you able|can you|is (?:someone|somebody|there someone) )(?![^?]*\b(?:pain|fever|trouble|bleed"
    r"|cough|swell|sick"
    r"|hard|chills|rash|headache|redness|fluid|nausea|problem|thoughts|worse|dizz|short|fall"
    r"|faint)\w*)[^?]*\?",
    re.IGNORECASE,
)
"""Asks for something that is good to have: who says no needs somebody."""
PLAIN_NO = frozenset(
    ("no", "none", "nope", "never", "i dont", "i don't", "not now", "ahora no", "ya no", "nunca")
)
NEGATIONS = frozenset(("not ", "no ", "i dont ", "i don't ", "cant ", "i cant "))


def check(subject: Subject) -> Iterator[Finding]:
    """Check each answer's words against one another and against the text that offers them."""
    for key, question in subject.program.questions.items():
        for number, option in enumerate(question.options):
            place: Path = ("questions", key, "options", number)
            yield from _both_ways(subject, place, question, option)
            yield from _unnamed(subject, place, question, option)
            yield from _of_another(subject, place, question, option)
            yield from _often(subject, place, option)
        yield from _needed(subject, question)
        yield from _told_by_another(subject, question)
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            if text.question and text.question.options and language in texts.LANGUAGES:
                yield from _offered(subject, (*text.path, language), text.question, language, words)


def _says(option: Option, language: str) -> int:
    """Return 1 for an answer whose labels all say yes, -1 for no, 0 for what is neither or mixed."""
    labels = [one.lower() for one in option.labels.get(language, ())]
    yes = any(SAYS_YES.match(one) for one in labels)
    no = any(SAYS_NO.match(one) for one in labels) or bool(MEANS_NO.match(option.means))
    return int(yes) - int(no)


def _offered(
    subject: Subject, place: Path, question: Question, language: str, words: str
) -> Iterator[Finding]:
    """Find "1 if you do" for an answer that is called "no"."""
    if parity.crossed(question, language):
        return
    for option, said in offers.offered_words(question, words):
        offered = int(bool(OFFERS_YES.match(said))) - int(bool(OFFERS_NO.match(said)))
        often = next((rank for rank, known in enumerate(HOW_OFTEN) if said in known), None)
        called = _rank(option, language)
        if said in {one.lower() for one in option.labels.get(language, ())}:
            continue
        if (offered and offered == -_says(option, language)) or (
            None not in (often, called) and (often == 0) != (called == 0)
        ):
            yield subject.finding(
                "reply_word",
                *place,
                what=Said(
                    "“%(word)s %(said)s” is offered, and the answer is “%(means)s”",
                    word=option.word,
                    said=said,
                    means=option.means,
                ),
                mend="Let the text, the labels and `means` of this answer say the same.",
            )


def _rank(option: Option, language: str) -> int | None:
    called = {one.lower() for one in option.labels.get(language, ())} | {option.means.replace("_", " ")}
    return next((rank for rank, known in enumerate(HOW_OFTEN) if called & known), None)


def _both_ways(subject: Subject, place: Path, question: Question, option: Option) -> Iterator[Finding]:
    """Find an answer that is called a thing and its contrary, "tengo" and "no tengo"."""
    for language, labels in option.labels.items():
        words = question.text.get(language, "")
        offered = {said for one, said in offers.offered_words(question, words) if one is option}
        known = {one.lower() for one in labels} - offered
        plain = next((one for one in known if any(f"{no}{one}" in known for no in NEGATIONS)), None)
        yes = next((one for one in known if SAYS_YES.match(one)), None)
        no = known & PLAIN_NO
        found = plain or (yes if no else None)
        if found:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said(
                    "“%(label)s” stands beside labels that say the contrary (%(language)s)",
                    label=found,
                    language=language,
                ),
                mend="Move the label to the answer it names.",
            )


def _unnamed(subject: Subject, place: Path, question: Question, option: Option) -> Iterator[Finding]:
    lacking = [one for one in texts.LANGUAGES if one in question.text and not option.labels.get(one)]
    if lacking:
        yield subject.finding(
            "answer",
            *place,
            what=Said(
                "“%(word)s” has no labels in %(language)s: who writes a word is not understood",
                word=option.word,
                language=", ".join(lacking),
            ),
            mend="Add `labels` with the words people use for this answer.",
        )


def _of_another(subject: Subject, place: Path, question: Question, option: Option) -> Iterator[Finding]:
    """Find a label that the text, or the meaning, gives to another answer."""
    if any(parity.crossed(question, language) for language in texts.LANGUAGES):
        return
    for language, labels in option.labels.items():
        offered = offers.offered_words(question, question.text.get(language, ""))
        given = {said: one for one, said in offered if said}
        if language == "en":
            given |= {one.means.replace("_", " "): one for one in question.options}
        wrong = next((one for one in labels if given.get(one.lower(), option) is not option), None)
        own = {said for said, one in given.items() if one is option}
        if wrong is not None and wrong.lower() not in own:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said(
                    "The %(language)s label “%(label)s” is what “%(other)s” is called",
                    language=language,
                    label=wrong,
                    other=given[wrong.lower()].word,
                ),
                mend="Move the label to the answer it names.",
            )


def _often(subject: Subject, place: Path, option: Option) -> Iterator[Finding]:
    """Find labels for how often, of which one means more than another; and good ones beside bad ones."""
    for language, labels in option.labels.items():
        ranks = {rank for one in labels for rank, known in enumerate(HOW_OFTEN) if one.lower() in known}
        moods = {
            rank
            for one in labels
            for rank, known in parity.LABELS.get(language, {}).items()
            if one.lower() in known
        }
        if len(ranks) > 1 or len(moods) > 1:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said(
                    "The %(language)s labels of “%(means)s” mean different things",
                    language=language,
                    means=option.means,
                ),
                mend="Move the label to the answer it names.",
            )


def _needed(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find help for those who have what is asked for, and none for those who lack it."""
    asks = re.sub(r"\[[^\]]*\]|\{[a-z_]+\}", " ", question.text.get("en", ""))
    if not HAVE.search(asks) or meaning.danger_of(asks)[0]:
        return
    yes = [one for one in question.options if _says(one, "en") > 0]
    no = [one for one in question.options if _says(one, "en") < 0]
    for place, one in meaning.branches(question):
        if one in yes and no and meaning.at_most(one) > max(meaning.at_most(other) for other in no):
            yield subject.finding(
                "answer",
                *place,
                what=Said("“%(means)s” raises an alarm, and who lacks it is only thanked", means=one.means),
                mend="Swap what follows the two answers.",
            )


def _told_by_another(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find an answer that staff are told of under another answer's name."""
    named = {one.means: one for one in question.options}
    for place, one in meaning.branches(question):
        for then in one.then:
            other = named.get(then.topic or "")
            if other is not None and other is not one and then.escalate:
                yield subject.finding(
                    "answer",
                    *place,
                    what=Said(
                        "“%(means)s” is told to staff as “%(topic)s”", means=one.means, topic=then.topic
                    ),
                    mend="Mend the topic: staff act on it.",
                )
