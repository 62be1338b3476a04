"""What a planned text says that somebody of ours will do, though no task tells anybody to do it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Step, Words
from outreach.programs.rules.lint.findings import Finding, Path, Subject

_WHO = (
    r"(?:we|someone|somebody|(?:a|an|our|the|your|one of our) (?:[a-z-]+ ){0,2}?"
    r"(?:nurses?|staff|teams?|members?|doctors?|providers?|care managers?|coordinators?|workers?|pharmacists?"
    r"|clinic|aides?|midwife|midwives|therapists?))"
)
_ACTS = r"(?:call|phone|ring|visit|come|stop by|drop by|pick you up|meet|check in on|bring|reach out)"
WILL = {
    "en": re.compile(
        rf"\b{_WHO}(?: will|'ll| is going to| are going to)(?: (?:also|then|soon|always))? {_ACTS}\b"
        r"(?! you back (?:if|when)| if)|\b(?:expect|you will get|you'll get|look out for) (?:a|our|the) "
        r"(?:phone |home )?(?:call|visit)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"(?<!no )\b(?:le|lo|la) (?:vamos a|va a|van a) (?:llamar|visitar|recoger)\b"
        r"|(?<!no )\b(?:le|lo|la) (?:llamaremos|llamar[aá]n?|visitaremos|visitar[aá]n?|recoger[aá]n?)\b"
        r"|(?<!no )\b(?:le|lo|la) (?:llama|visita)(?:mos)? (?:una?|el|la|hoy|mañana|alguien|nuestr[oa])\b"
        r"|\b(?:recibir[aá]|espere) (?:una|nuestra|la) (?:llamada|visita)\b"
        r"|\b(?:alguien|una? enfermer[oa]|nuestr[oa] \w+) (?:le |lo |la )?(?:llama|visita)(?:r[aá])?\b",
        re.IGNORECASE,
    ),
}
"""A person calls or comes: in a text that no answer leads to, so that no escalation stands behind it."""
CONDITION = re.compile(
    r"\b(?:if|unless|when you (?:say|reply|answer|ask|text|write|tell)|in case|should you|si|en caso"
    r"|cuando (?:nos )?(?:diga|responda|escriba|pida))\b|\?",
    re.IGNORECASE,
)
"""What depends on an answer or a silence is looked at where that leads."""
NEAR = 7
"""Days from a text within which a task may stand that keeps its word. Ours: a week is what texts tell of."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check that somebody is told to do what planned texts promise."""
    program = subject.program
    for step in program.steps:
        if step.task or not step.days or _kept(program, step):
            continue
        for place, words in _said(program, step):
            for language, said in words.items():
                found = _promise(language, said)
                if found:
                    yield subject.finding(
                        "promise",
                        *place,
                        language,
                        what=Said("“%(words)s”: no task tells anybody to do that", words=found),
                        mend="Add a step with a `task` for it, or leave it out.",
                    )


def _kept(program: Program, step: Step) -> bool:
    """Return whether a person has a task near a text: a call, a visit, the contact after a stay."""
    tasks = [day for one in program.steps if one.task for day in one.days]
    if program.tcm and min(step.days) <= 2:
        return True
    return any(abs(day - task) <= NEAR for day in step.days for task in tasks)


def _said(program: Program, step: Step) -> Iterator[tuple[Path, Words]]:
    name = step.say or step.ask or ""
    if step.say in program.texts:
        yield ("texts", name), program.texts[name]
    elif step.ask in program.questions:
        yield ("questions", name, "text"), program.questions[name].text
    for number, variant in enumerate(program.variants):
        if variant.of == name:
            yield ("variants", number, "text"), variant.text


def _promise(language: str, said: str) -> str:
    pattern = WILL.get(language)
    for sentence in re.findall(r"[^.!?]*[.!?]*", said):
        found = pattern.search(sentence) if pattern else None
        if found and not CONDITION.search(sentence):
            return found.group(0)
    return ""
