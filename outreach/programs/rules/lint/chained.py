"""Reply words of a question that follows another follow-up: a doubled answer must not count for both."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Question
from outreach.programs.rules.lint.findings import Finding, Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Check the questions that answers lead to against those they come from."""
    program = subject.program
    planned = {step.ask for step in program.steps} | ({"activity"} if program.activities else set())
    for key, question in program.questions.items():
        for after in dict.fromkeys(_next(question)):
            follows = program.questions.get(after)
            shared = _shared(question, follows) if follows and key not in planned and after != key else ""
            if shared and after not in planned and not _leads_back(program, after, key):
                yield subject.finding(
                    "shared_word",
                    *("questions", after),
                    what=Said(
                        "“%(word)s” also answers “%(other)s”, from which it follows", word=shared, other=key
                    ),
                    mend="Use letters of its own (A and B, then C and D): the same answer may come twice.",
                )


def _next(question: Question) -> Iterator[str]:
    yield from (then.ask for branch in question.branches() for then in branch.then if then.ask)


def _shared(one: Question, other: Question | None) -> str:
    words = {option.word.upper() for option in one.options}
    return next((two.word for two in (other.options if other else ()) if two.word.upper() in words), "")


def _leads_back(program: Program, key: str, target: str) -> bool:
    """Return whether a question leads back to one: what never ends is told of elsewhere."""
    seen: set[str] = set()
    edge = {key}
    while edge:
        seen |= edge
        edge = {
            after for one in edge if one in program.questions for after in _next(program.questions[one])
        } - seen
    return target in seen
