"""What gets lost: the words of a bracket whose field is empty, a second asking that doesn't ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Question
from outreach.programs.rules.lint import danger, texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.touchpoints.rules.wording import fields_of, fill

NEEDED = re.compile(r"\?|\b(?:911|988)\b|\b(?:STOP|HELP)\b|\{(?:clinic|callback|told|phrase)\}")
WORD = re.compile(r"[^\W\d_]{2,}")
MOST_WORDS = 3
"""A greeting has as many: "good morning, dear"."""
BRACKET = re.compile(r"\[[^\[\]]*\]")
ASKS_AGAIN = re.compile(
    r"\b(?:again|once more|send|text us|reply|number|digits?|figures?|otra vez|de nuevo|mande"
    r"|env[ií]e|escriba"
    r"|responda|cifras?|n[uú]meros?)\b",
    re.IGNORECASE,
)
AGAIN = re.compile(
    r"\b(?:again|once more|resend|re-?enter|look right|make sense|understand|read that|one number"
    r"|just the number"
    r"|only the number|otra vez|de nuevo|nuevamente|correct[oa]s?|entend\w+|una sola cifra|solo la cifra)\b",
    re.IGNORECASE,
)


def check(subject: Subject) -> Iterator[Finding]:
    """Check what is left of every text without its fields, and what is said when an answer can't be read."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            yield from _swallowed(subject, (*text.path, language), text.question, words)
    for key, question in subject.program.questions.items():
        if question.unclear in subject.program.texts:
            yield from _unclear(subject, key, question)
    yield from _silence(subject)


def _swallowed(subject: Subject, place: Path, question: Question | None, words: str) -> Iterator[Finding]:
    """Render a text with each bracketed field empty: what it needs must still stand."""
    for bracket in BRACKET.findall(words):
        for name in sorted(fields_of(bracket)):
            filled = fill(bracket, {one: "X" if one != name else None for one in fields_of(bracket)})
            if filled:
                continue
            bare = re.sub(r"\{[a-z_]+\}", " ", bracket)
            lost = NEEDED.search(bracket)
            offered = [
                one.word
                for one in (question.options if question else ())
                if re.search(rf"(?<!\w){re.escape(one.word)}(?!\w)", bare)
            ]
            if lost or offered or len(WORD.findall(bare)) > MOST_WORDS:
                yield subject.finding(
                    "field",
                    *place,
                    what=Said(
                        "Without {%(name)s} all of “%(words)s” is left out", name=name, words=bracket.strip()
                    ),
                    mend=Said("Close the bracket after the field: [{%(name)s}, ].", name=name),
                )


def _unclear(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find an unreadable answer that is answered as if it had been a good one."""
    name = str(question.unclear)
    program = subject.program
    asked_again = [AGAIN.search(words) and ASKS_AGAIN.search(words) for words in program.texts[name].values()]
    praised = next(
        (found for words in program.texts[name].values() if (found := danger.GLAD.search(words))), None
    )
    said = {
        then.say for one in program.questions.values() for branch in one.branches() for then in branch.then
    }
    said |= {step.say for step in program.steps}
    if praised or name in said or not all(asked_again):
        place: Path = ("questions", key, "unclear") if name in said else ("texts", name)
        yield subject.finding(
            "answer",
            *place,
            what=Said(
                "A value nobody can read is answered with “%(name)s”, which doesn't ask again", name=name
            ),
            mend="Give `unclear` a text of its own that asks for the number again.",
        )


def _silence(subject: Subject) -> Iterator[Finding]:
    """Find a silence that is answered with the thanks for an answer."""
    program = subject.program
    said = {
        then.say: key
        for key, question in program.questions.items()
        for branch in question.branches()
        for then in branch.then
        if then.say
    }
    if program.silence is not None and program.silence.say in said:
        yield subject.finding(
            "silence",
            "silence",
            what=Said(
                "Silence is answered with “%(say)s”, which also answers “%(key)s”",
                say=program.silence.say,
                key=said[program.silence.say],
            ),
            mend="Say that nobody answered and what happens now.",
        )
