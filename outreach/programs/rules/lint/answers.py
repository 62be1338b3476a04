"""What may be replied, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Case, Option, Question, Then
from outreach.programs.rules.lint.findings import Finding, Subject
from outreach.touchpoints.rules.wording import in_language
from outreach.triage.rules import keywords, lexicon
from outreach.triage.rules import words as spoken

ACTED_ON = frozenset(
    {
        *("STOP", "STOPALL", "END", "QUIT", "CANCEL", "UNSUBSCRIBE", "REVOKE", "OPTOUT"),
        *("YES", "START", "UNSTOP", "HELP", "INFO", "ALTO", "PARAR", "AYUDA"),
    }
)
"""Words Twilio or the law acts on (facts A10; 47 CFR 64.1200(a)(10)); never offered as replies."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check every question's answers."""
    for key, question in subject.program.questions.items():
        yield from _options(subject, key, question)
        yield from _cases(subject, key, question)
        for place, branch in _branches(question):
            yield from _thens(subject, ("questions", key, *place), branch)
    yield from _together(subject)
    yield from _loops(subject)


def followed(subject: Subject) -> frozenset[str]:
    """Return the questions asked at once after an answer."""
    return frozenset(
        then.ask
        for question in subject.program.questions.values()
        for branch in question.branches()
        for then in branch.then
        if then.ask
    )


def _branches(question: Question) -> list[tuple[tuple[str, int], Option | Case]]:
    listed: list[tuple[tuple[str, int], Option | Case]] = [
        (("options", number), one) for number, one in enumerate(question.options)
    ]
    return listed + [(("cases", number), one) for number, one in enumerate(question.cases)]


def _options(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    words: set[str] = set()
    means: set[str] = set()
    for number, option in enumerate(question.options):
        place = ("questions", key, "options", number)
        if option.word.upper() in ACTED_ON:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said("“%(word)s” is a word the phone company acts on", word=option.word),
                mend="Use a digit or letter.",
            )
        if not re.fullmatch(r"[1-9]|[A-I]", option.word):
            yield subject.finding(
                "reply_word",
                *place,
                what=Said("“%(word)s” is hard to type and to tell from talk", word=option.word),
                mend="Use 1-9 or A-I.",
            )
        if option.word.upper() in words:
            yield subject.finding(
                "reply_word",
                *place,
                what=Said("“%(word)s” stands for two answers", word=option.word),
                mend="Use another.",
            )
        if option.means in means:
            yield subject.finding(
                "answer",
                *place,
                what=Said("Two answers mean “%(means)s”", means=option.means),
                mend="Rename one.",
            )
        yield from _offered(subject, key, question, option)
        words.add(option.word.upper())
        means.add(option.means)
    yield from _labels(subject, key, question)


def _offered(subject: Subject, key: str, question: Question, option: Option) -> Iterator[Finding]:
    placed = [(("questions", key, "text"), question.text)] + [
        (("variants", number, "text"), one.text)
        for number, one in enumerate(subject.program.variants)
        if one.of == key
    ]
    for place, language in [(place, language) for place, words in placed for language in words]:
        words = in_language(dict(placed)[place], language)[0]
        if not re.search(rf"(?<!\w){re.escape(option.word)}(?!\w)", words):
            yield subject.finding(
                "reply_word",
                *place,
                language,
                what=Said(
                    "The %(language)s text doesn't offer “%(word)s”", language=language, word=option.word
                ),
                mend="Say every way to answer.",
            )


def _labels(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    taken: dict[tuple[str, str], str] = {}
    for number, option in enumerate(question.options):
        for language, labels in option.labels.items():
            for label in labels:
                other = taken.setdefault((language, label.lower()), option.word)
                if other != option.word:
                    yield subject.finding(
                        "answer",
                        *("questions", key, "options", number),
                        what=Said(
                            "“%(label)s” would mean both “%(other)s” and “%(word)s”",
                            label=label,
                            other=other,
                            word=option.word,
                        ),
                        mend="Leave it to one of them.",
                    )
                if _is_keyword(label):
                    yield subject.finding(
                        "reply_word",
                        *("questions", key, "options", number),
                        what=Said("“%(label)s” is an opt-out or help word, never an answer", label=label),
                        mend="Leave it out.",
                    )


def _is_keyword(label: str) -> bool:
    """Return whether a label is a word, in any language, that opts out, opts in or asks for help."""
    if label.upper() in ACTED_ON - {"YES"} or keywords.exact_opt_out(label) or keywords.exact_help(label):
        return True
    known = lexicon.load()
    hits = known.hits(known.encode(spoken.cut(spoken.fold(label))).codes)
    kinds = {str(hit.rule.kind) for hit in hits}
    return keywords.exact_opt_in(label) or ("opt_out" in kinds and "not_opt_out" not in kinds)


def _cases(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    if question.kind == "choice":
        return
    place = ("questions", key, "cases")
    if question.cases and question.cases[-1].when is not None:
        yield subject.finding(
            "answer", *place, what="Some values fall under no case", mend="End with a case without `when`."
        )
    for number, case in enumerate(question.cases[:-1]):
        if case.when is None:
            yield subject.finding(
                "unreachable",
                *place,
                number + 1,
                what="No value gets this far",
                mend="Move the case without `when` to the end.",
            )
    if question.lowest is not None and question.highest is not None and question.lowest >= question.highest:
        yield subject.finding(
            "answer", "questions", key, what="`lowest` is not below `highest`", mend="Swap them."
        )


def _thens(subject: Subject, place: tuple[str | int, ...], branch: Option | Case) -> Iterator[Finding]:
    if not branch.then:
        yield subject.finding(
            "answer",
            *place,
            what="Nothing follows this answer",
            mend="Say something: silence reads as a lost text.",
        )
    for number, then in enumerate(branch.then):
        here = (*place, "then", number)
        if then.when is None and number < len(branch.then) - 1:
            yield subject.finding(
                "unreachable",
                *here,
                what="What comes after this never happens",
                mend="Move the one without `when` to the end.",
            )
        yield from _then(subject, here, then)
    if branch.then and all(then.when is not None for then in branch.then):
        yield subject.finding(
            "answer",
            *place,
            what="Nothing follows if no condition holds",
            mend="End with one without `when`.",
        )


def _then(subject: Subject, here: tuple[str | int, ...], then: Then) -> Iterator[Finding]:
    if then.say and then.ask:
        yield subject.finding(
            "unreachable",
            *here,
            what=Said("“%(say)s” is never sent: a question follows", say=then.say),
            mend="Put its words into the question.",
        )
    if not (then.say or then.ask):
        yield subject.finding("answer", *here, what="The patient hears nothing back", mend="Add `say`.")
    if then.escalate and not then.topic:
        yield subject.finding(
            "answer", *here, what="An escalation without a topic", mend="Say in a word what it is about."
        )
    asked = subject.program.questions.get(then.ask or "")
    words = subject.program.texts.get(then.say or "") or (asked.text if asked else None)
    place = ("texts", then.say) if then.say else ("questions", str(then.ask), "text")
    for language, text in (words or {}).items():
        if then.escalate == "red" and "911" not in text:
            yield subject.finding(
                "emergency",
                *place,
                language,
                what="A red answer whose text names no 911",
                mend='Say when to call 911, as in "Call 911 now if you feel very sick".',
            )
    if then.escalate in ("orange", "yellow") and then.say and not _says_what_happens(words):
        yield subject.finding(
            "callback",
            *here,
            what="Nobody can be reached from the text that follows",
            mend="Add {callback} or 911.",
        )


def _says_what_happens(words: object) -> bool:
    return isinstance(words, dict) and all("{callback}" in text or "911" in text for text in words.values())


def _together(subject: Subject) -> Iterator[Finding]:
    """A follow-up and a planned question can wait for answers together: they must not share reply words."""
    later = followed(subject)
    planned = {step.ask for step in subject.program.steps if step.ask} | (
        {"activity"} if subject.program.activities else set()
    )
    first = {
        option.word.upper(): key
        for key, question in subject.program.questions.items()
        if key in planned
        for option in question.options
    }
    for key in sorted(later - planned):
        question = subject.program.questions.get(key)
        for option in question.options if question else ():
            if option.word.upper() in first:
                yield subject.finding(
                    "shared_word",
                    *("questions", key),
                    what=Said(
                        "“%(word)s” also answers “%(other)s”, which may be open",
                        word=option.word,
                        other=first[option.word.upper()],
                    ),
                    mend="Use letters (A, B) in questions that follow answers.",
                )


def _returns(asks: Mapping[str, set[str]], first: str | None, key: str) -> bool:
    """Return whether a question that is asked next leads back to one."""
    seen: set[str] = set()
    edge = {first} if first else set()
    while edge:
        seen |= edge
        edge = {after for one in edge for after in asks.get(one, set())} - seen
    return key in seen


def _is_circle(asks: Mapping[str, set[str]], key: str, other: str) -> bool:
    return _returns(asks, key, other) and _returns(asks, other, key)


def _loops(subject: Subject) -> Iterator[Finding]:
    asks = {
        key: {then.ask for branch in question.branches() for then in branch.then if then.ask}
        for key, question in subject.program.questions.items()
    }
    told: set[str] = set()
    for key in reversed(asks):
        if key not in told and any(_returns(asks, after, key) for after in asks[key]):
            told |= {one for one in asks if _is_circle(asks, key, one)}
            kind = "options" if subject.program.questions[key].options else "cases"
            back = (number for number, branch in enumerate(subject.program.questions[key].branches())
                    if any(_returns(asks, then.ask, key) for then in branch.then))  # fmt: skip
            yield subject.finding(
                "endless",
                *("questions", key, kind, next(back)),
                what=Said("“%(key)s” leads back to itself: it never ends", key=key),
                mend="Let one answer end it.",
            )
