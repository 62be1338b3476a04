"""One slip, one finding: what only follows from another is left out, so that the mend it names is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from outreach.programs.rules.lint.findings import Finding, Path, Subject

LINE, TEXT, QUESTION, AUDIENCE, FILE = "line", "text", "question", "audience", "file"


class Follows(NamedTuple):
    """What needn't be said, where something else has been said of the same thing."""

    what: str
    """Part of the pattern of the finding to leave out."""
    where: str
    """Both on one LINE, of one TEXT in any language, of one QUESTION, of `audience`, or both in the FILE."""
    of: str
    """Part of the pattern of the finding it follows from."""
    of_rule: str = ""
    value: str = ""
    """Name of a value both must share."""


ONE_ONLY = "stands in one of en and"
FIELD_MISSING, FIELD_ELSEWHERE = "is missing in %(language)s", "stands in one language, and not in"
SHORTHAND = "is a clinician's word"
PARTLY = "is dangerous and only leads to"
RED_ALARM = "for help at once, and no red alarm"
TONGUE = "text is written in"
NOBODY = "Nobody is in the audience"
FOLLOWING = (
    Follows(ONE_ONLY, TEXT, "", of_rule="contact"),
    Follows("is no emergency or crisis number", LINE, "Holds a phone number"),
    Follows(FIELD_MISSING, TEXT, "Holds a phone number"),
    Follows(FIELD_MISSING, TEXT, "Doesn't say first who writes"),
    Follows(FIELD_MISSING, TEXT, "Unknown field"),
    Follows(FIELD_MISSING, TEXT, "An unclosed bracket"),
    Follows(FIELD_MISSING, TEXT, "has no number to call"),
    Follows(FIELD_ELSEWHERE, TEXT, "Doesn't say first who writes"),
    Follows(FIELD_ELSEWHERE, TEXT, "Unknown field"),
    Follows(FIELD_ELSEWHERE, TEXT, "An unclosed bracket"),
    Follows(ONE_ONLY, TEXT, "Asks for "),
    Follows(ONE_ONLY, TEXT, "looks like a code or number"),
    Follows(ONE_ONLY, TEXT, "The example "),
    Follows(SHORTHAND, LINE, "as a reply, which the phone company"),
    Follows(SHORTHAND, LINE, "", of_rule="private"),
    Follows(
        "is hard to type and to tell from talk", LINE, "is a word the phone company acts on", value="word"
    ),
    Follows("the other says something else", LINE, TONGUE),
    Follows("Asks two things", LINE, TONGUE),
    Follows("words, the other one", LINE, TONGUE),
    Follows("names a medicine, somebody or a place", LINE, TONGUE),
    Follows("is called", QUESTION, "this is what"),
    Follows("is offered, and the answer is", QUESTION, "this is what"),
    Follows("is offered, and the answer is", LINE, "Letters outside GSM-7"),
    Follows(PARTLY, QUESTION, "No value falls under"),
    Follows(PARTLY, QUESTION, "wants both figures, and either"),
    Follows("and its values are on the other side", QUESTION, "alarms at a loss of weight"),
    Follows("No answer means", LINE, "has no answer"),
    Follows("There is no question", LINE, "There is no fact"),
    Follows(RED_ALARM, LINE, "it deserves"),
    Follows(RED_ALARM, LINE, "deserves %(due)s"),
    Follows("is only acknowledged, or raises less", LINE, "it deserves %(due)s"),
    Follows("is only acknowledged; nobody hears", LINE, "deserves %(due)s"),
    Follows("if its question stays unanswered", LINE, "deserves %(due)s"),
    Follows("the rhythm goes the wrong way", LINE, "is no answer of"),
    Follows("and holds for older answers too", LINE, "There is no fact"),
    Follows("and holds for older answers too", LINE, "and is compared with"),
    Follows("Doesn't leave out whoever is marked", LINE, "and is compared with"),
    Follows("and nobody here was", FILE, "Nobody is in the audience"),
    Follows("and nobody here was", FILE, "and is compared with"),
    Follows("takes out everybody whom", LINE, "Everybody is left out"),
    Follows("than a milder pair of answers", LINE, "has no answer"),
    Follows("the rhythm goes the wrong way", LINE, "An answer is both stable and not"),
    Follows(NOBODY, AUDIENCE, "never matches: these facts are in lower case"),
    Follows(NOBODY, AUDIENCE, "is no code of a system"),
    Follows(NOBODY, AUDIENCE, "No patient's record says"),
    Follows(NOBODY, AUDIENCE, "Nobody's `patient.literacy` is"),
    Follows(NOBODY, AUDIENCE, "and is compared with"),
    Follows(NOBODY, AUDIENCE, "There is no fact"),
    Follows(NOBODY, AUDIENCE, "side by side without parentheses"),
    Follows("can't be judged", AUDIENCE, "and is compared with"),
    Follows("can't be judged", AUDIENCE, "There is no fact"),
    Follows("can't be judged", AUDIENCE, "asks a text, and"),
    Follows("can't be judged", LINE, "and is compared with"),
    Follows("can't be judged", LINE, "There is no fact"),
    Follows("can't be judged", LINE, "is known in `audience` and `exclude` only"),
    Follows("can't be judged", LINE, "asks a text, and"),
)


def once(subject: Subject, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings without those that only follow from another one."""
    places = _places(subject)
    return tuple(
        one
        for one in found
        if not any(
            rule.what in _pattern(one) and any(_is_cause(rule, one, other, places) for other in found)
            for rule in FOLLOWING
        )
    )


def _is_cause(rule: Follows, one: Finding, other: Finding, places: dict[str, dict[int, Path]]) -> bool:
    if other is one or rule.of not in _pattern(other) or rule.what in _pattern(other):
        return False
    if rule.of_rule and other.rule != rule.of_rule:
        return False
    if rule.value and _values(one).get(rule.value) != _values(other).get(rule.value):
        return False
    if rule.where in (LINE, FILE):
        return rule.where == FILE or one.line == other.line
    mine, theirs = places[rule.where].get(one.line), places[rule.where].get(other.line)
    return mine is not None and mine == theirs


def _pattern(one: Finding) -> str:
    return str(getattr(one.what, "pattern", one.what))


def _values(one: Finding) -> dict[str, object]:
    return dict(getattr(one.what, "values", {}))


def _places(subject: Subject) -> dict[str, dict[int, Path]]:
    """Return which text, question and condition each line belongs to."""
    found: dict[str, dict[int, Path]] = {TEXT: {}, QUESTION: {}, AUDIENCE: {}}
    for path, line in subject.lines.items():
        if path[:1] in (("audience",), ("exclude",)):
            found[AUDIENCE][line] = path[:1]
        if path[:1] == ("questions",) and len(path) > 1:
            found[QUESTION].setdefault(line, path[:2])
        if (path[:1] == ("texts",) and len(path) > 1) or path[2:3] == ("text",):
            found[TEXT][line] = path[:2]
    return found | {QUESTION: {**_said_after(subject), **found[QUESTION]}}


def _said_after(subject: Subject) -> dict[int, Path]:
    """Return the questions whose answers the lines of texts follow."""
    after = {
        then.say: ("questions", key)
        for key, question in subject.program.questions.items()
        for branch in question.branches()
        for then in branch.then
        if then.say
    }
    return {
        line: after[str(path[1])]
        for path, line in subject.lines.items()
        if path[:1] == ("texts",) and len(path) > 1 and path[1] in after
    }
