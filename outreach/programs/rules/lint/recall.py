"""What a text says of earlier answers, against the condition it hangs on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Words
from outreach.programs.rules.lint import parity
from outreach.programs.rules.lint.findings import Finding, Path, Subject

WITHIN = re.compile(r"days_ago\s*(<=|<|==)\s*(\d+)")
_SPOKEN = """
0 earlier today|this morning|this afternoon|a few hours ago|just now|hace (?:poco|un rato)|esta mañana
1 yesterday|last night|the day before|one day ago|a day ago|ayer|anoche|hace un d[ií]a|el d[ií]a anterior
2 (?:two|2|a couple of) days ago|the last (?:two|2) days|antier|anteayer|hace (?:dos|2) d[ií]as
3 (?:three|3|a few) days ago|the last (?:three|3) days|hace (?:tres|3) d[ií]as|hace unos d[ií]as
7 last week|this week|a week ago|the (?:past|last) (?:week|7 days|seven days)|in a week
7 la semana pasada|esta semana|hace una semana|en una semana
14 (?:two|2) weeks ago|the (?:past|last) (?:two|2) weeks|hace (?:dos|2) semanas
31 last month|this month|a month ago|el mes pasado|este mes|hace un mes
"""
TIMES = tuple(
    (int(row.split(" ", 1)[0]), re.compile(rf"\b(?:{row.split(' ', 1)[1]})\b", re.IGNORECASE))
    for row in _SPOKEN.strip().splitlines()
)
"""Words for a time, and how many days ago it is at most."""
TOLD_US = re.compile(
    r"\byou (?:said|told|wrote|texted|answered|replied|reported|felt|had|were|sent|did not|didn't|missed"
    r"|gave)\b"
    r"|\byour (?:last )?(?:answer|reply)\b|\b(?:nos |me )?(?:dijo|cont[oó]"
    r"|escribi[oó]|respondi[oó]"
    r"|contest[oó]|sinti[oó]|mand[oó]|tuvo|estaba|inform[oó])\b|\bsu respuesta\b",
    re.IGNORECASE,
)
SAID = re.compile(
    r"\b(?:you (?:said|told us|answered|replied|felt|were|wrote)(?: that)?(?: you (?:were|are|feel"
    r"|felt))?|nos dijo(?: que)?"
    r"|dijo(?: que)?|respondi[oó]|se sinti[oó]|contest[oó])(?:\s+(?:que )?(?:estaba"
    r"|se sent[ií]a))?:?\s+[“\"']?"
    r"([a-záéíóúñ]+)",
    re.IGNORECASE,
)
MEANS = re.compile(r'means == "([^"]*)"')


def check(subject: Subject) -> Iterator[Finding]:
    """Check every text that is said on a condition about earlier answers."""
    for place, expression, words in _hanging(subject.program):
        if "earlier" in expression and "!earlier" not in expression:
            yield from _when(subject, place, expression, words)
            yield from _what(subject, place, expression, words)
    for key, question in subject.program.questions.items():
        for number, case in enumerate(question.cases):
            yield from _named(subject, ("questions", key, "cases", number), case.means, case.when or "")


def _hanging(program: Program) -> Iterator[tuple[Path, str, Words]]:
    """List each condition with the words that are said because of it."""
    for number, variant in enumerate(program.variants):
        yield ("variants", number, "when"), variant.when, variant.text
    for number, step in enumerate(program.steps):
        asked = program.questions.get(step.ask or "")
        yield (
            ("steps", number),
            step.when or "",
            asked.text if asked else program.texts.get(step.say or "", {}),
        )
    for key, question in program.questions.items():
        kind = "options" if question.options else "cases"
        for number, branch in enumerate(question.branches()):
            for then in branch.then:
                asked = program.questions.get(then.ask or "")
                words = program.texts.get(then.say or "", asked.text if asked else {})
                yield ("questions", key, kind, number), then.when or "", words


def _when(subject: Subject, place: Path, expression: str, said: Words) -> Iterator[Finding]:
    """Find "yesterday" for answers that may be a week old."""
    windows = [int(days) - (sign == "<") for sign, days in WITHIN.findall(expression)]
    oldest = max(windows) if windows else None
    for words in said.values():
        parts = [one for one in re.split(r"[.!]", words) if TOLD_US.search(one)]
        for days, pattern in TIMES:
            found = next((match for one in parts if (match := pattern.search(one))), None)
            if found and (oldest is None or oldest > max(days, 1)):
                yield subject.finding(
                    "told",
                    *place,
                    what=Said("Says “%(words)s”, and holds for older answers too", words=found.group(0)),
                    mend=Said("Write days_ago <= %(days)s, or say it without a day.", days=max(days, 1)),
                )
                return


def _what(subject: Subject, place: Path, expression: str, said: Words) -> Iterator[Finding]:
    """Find "you said better" on a condition that looks for "worse"."""
    wanted = {_rank(one) for one in MEANS.findall(expression)} - {None}
    for language, words in said.items():
        match = SAID.search(words)
        rank = _rank(match.group(1), language) if match else None
        if match and rank is not None and wanted and rank not in wanted:
            yield subject.finding(
                "told",
                *place,
                what=Said("“%(words)s” isn't the answer this condition looks for", words=match.group(0)),
                mend="Mend the words or the condition.",
            )
            return


def _rank(word: str, language: str = "en") -> int | None:
    known = parity.LABELS.get(language, {})
    return next((rank for rank, labels in known.items() if word.lower() in labels), None)


SPAN = re.compile(r"(?:^|_)(?:(\d+)_?)?(day|days|week|weeks|month)(?:_|$)")


def _named(subject: Subject, place: Path, means: str, expression: str) -> Iterator[Finding]:
    """Find a case named after a span that its window isn't."""
    match, windows = SPAN.search(means), WITHIN.findall(expression)
    if not match or len(windows) != 1:
        return
    days = int(match.group(1) or 1) * {"d": 1, "w": 7, "m": 30}[match.group(2)[0]]
    looked = int(windows[0][1]) - (windows[0][0] == "<")
    if looked not in (days, days - 1, days + 1):
        yield subject.finding(
            "condition",
            *place,
            what=Said("“%(means)s” looks back %(days)s days", means=means, days=looked),
            mend="Mend `days_ago`, or the name.",
        )
