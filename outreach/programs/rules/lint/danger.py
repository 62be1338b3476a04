"""Dangers that reach nobody, or too late, or are answered with the wrong words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import NUMBERS, Case, Option, Question, Then
from outreach.programs.rules.lint import meaning
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.programs.rules.lint.offers import offered_words

RED, ORANGE, YELLOW = 3, 2, 1
GO_NOW = re.compile(
    r"^(?:\s*(?:thank you|thanks|sorry to hear that|we are sorry|you are not alone|ok|okay)[.,!]?)*\s*"
    r"(?:please\s+)?(?:call|text|dial|go to|get to)\s+(?:or text\s+)?"
    r"(?:911|988|the (?:er|emergency room)|an emergency room|your nearest er)\b",
    re.IGNORECASE,
)
"""A text whose first words send the patient for help at once."""
IF_SO = re.compile(r"\bif (?:so|yes|you do|any of these),? (?:call|dial|go to|text) ", re.IGNORECASE)
GLAD = re.compile(
    r"\b(?:glad|great|good (?:to hear|news|job|work)|wonderful|excellent|well done|nice work|happy to hear"
    r"|keep it up|keep up|on track|looks? good|all good|where we want it|in (?:the|a good|your) range"
    r"|sounds good"
    r"|perfect|congrat\w*|nothing to worry|no worries|that is (?:normal|fine|good)"
    r"|nos alegra|qu[eé] bueno|que bien|qu[eé] bien|excelente|muy bien|va bien|felicidades|buena noticia"
    r"|perfecto|siga as[ií])\b",
    re.IGNORECASE,
)
LATER = re.compile(
    r"\bif (?:you|it|that|things)\b[^.?!]{0,12}\b(?:get|gets|feel|feels|change|changes)\b(?:\s+worse)?"
    r"|\bsi (?:algo|eso) cambia\b|\bsi (?:se siente|empeora)\b",
    re.IGNORECASE,
)
HELPED = re.compile(
    r"\{told\}|\{callback\}|\b(?:nurse|doctor|team|staff|someone|we|clinic)\b[^.?!]{0,30}\b(?:call"
    r"|contact|read|see)"
    r"|\bcall (?:911|988|us)\b(?<!\? call 911)",
    re.IGNORECASE,
)
"""What an answer that alarms somebody must be told: who was told, or whom to call."""
TOO_LATE = re.compile(
    r"\b(?:next|two|2|\d) business days?\b|\bjornada laboral\b|\bd[ií]as? h[aá]bil\w*\b|\btomorrow\b"
    r"|\bnext week\b",
    re.IGNORECASE,
)
SORRY = re.compile(r"\bsorry\b|\blo sent\w+", re.IGNORECASE)
TURNED = re.compile(
    r"\b(?:without (?:pain|trouble|help|problems?|fever)"
    r"|free of|able to|can you|okay|fine|well|gone|under control)\b",
    re.IGNORECASE,
)
PAIN_PILLS = re.compile(r"\bpain (?:pills?|medicines?|meds)\b", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    """Check what each answer that tells of danger leads to."""
    for key, question in subject.program.questions.items():
        yield from _signs(subject, question)
        yield from _order(subject, question)
        yield from _symptoms(subject, question)
        yield from _unmarked(subject, key, question)
        for place, branch in meaning.branches(question):
            yield from _ended(subject, place, branch)
            yield from _answered(subject, place, question, branch)
    yield from _rhythm(subject)
    yield from _silence(subject)


def _silence(subject: Subject) -> Iterator[Finding]:
    """Find a silence that is answered as if somebody had said they are well."""
    silence = subject.program.silence
    for words in subject.program.texts.get(silence.say, {}).values() if silence else ():
        found = GLAD.search(words)
        if found:
            yield subject.finding(
                "danger",
                "silence",
                what=Said("Silence is answered as if all were well: “%(words)s”", words=found.group(0)),
                mend="Say that nobody answered and what happens now.",
            )


def _symptoms(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find symptoms that are only acknowledged, and lacks that nobody hears of."""
    asks = PAIN_PILLS.sub(" ", meaning.BOILERPLATE.sub(" ", question.text.get("en", "")))
    symptom = meaning.SYMPTOM.search(asks) if not TURNED.search(asks) else None
    rarer = 0
    for place, one in meaning.branches(question):
        if not isinstance(one, Option):
            continue
        often = meaning.how_often(one)
        told = symptom and (meaning.is_yes(one) or often == 2)
        lacks = bool(meaning.names(one) & meaning.LACKS)
        less = bool(symptom and often and meaning.at_most(one) < rarer)
        if often is not None:
            rarer = max(rarer, meaning.at_most(one))
        grave = (bool(told) and not any(then.escalate for then in one.then)) or lacks
        if less or (grave and not meaning.leads_on(one) and not any(then.escalate for then in one.then)):
            yield subject.finding(
                "danger",
                *place,
                what=Said(
                    "“%(means)s” is only acknowledged, or raises less than a milder answer", means=one.means
                ),
                mend="Give it `escalate` and a `topic`, or `ask` more.",
            )


def _signs(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find answers that say there is a danger sign and raise less than it deserves."""
    text = question.text.get("en", "")
    due, sign = meaning.danger_of(text.split(" 1 ")[0].split(" A ")[0])
    if IF_SO.search(text):
        due, sign = RED, sign or "911"
    called = {option.word: said for option, said in offered_words(question, text)}
    for place, branch in meaning.branches(question):
        if not isinstance(branch, Option):
            continue
        wanted, named = (due, sign) if meaning.is_yes(branch) and not TURNED.search(text) else (0, "")
        own = meaning.danger_of(called.get(branch.word, "") + ". " + ". ".join(meaning.names(branch)))
        wanted, named = max((wanted, named), own)
        if meaning.surely(branch) < wanted:
            yield subject.finding(
                "danger",
                *place,
                what=Said(
                    "“%(means)s” tells of a danger (%(sign)s) and reaches %(found)s; it deserves %(due)s",
                    means=branch.means,
                    sign=named,
                    found=meaning.SPOKEN[meaning.surely(branch)],
                    due=meaning.SPOKEN[wanted],
                ),
                mend=Said("Give it `escalate: %(due)s` and a `topic`.", due=meaning.NAMES[wanted]),
            )


def _order(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find a worse answer that raises less than a better one, and "worse" that waits for days."""
    ranked = [
        (meaning.badness(one), place, one)
        for place, one in meaning.branches(question)
        if isinstance(one, Option)
    ]
    known = [(rank, place, one) for rank, place, one in ranked if rank is not None]
    for rank, place, one in known:
        better = max((meaning.at_most(other) for less, _, other in known if less < rank), default=0)
        wanted = max(better, ORANGE if rank == 2 and _is_health(question) else 0)
        if meaning.surely(one) < wanted and not _sends_now(subject, one):
            yield subject.finding(
                "danger",
                *place,
                what=Said(
                    "“%(means)s” reaches %(found)s; it is worse than the others and deserves %(due)s",
                    means=one.means,
                    found=meaning.SPOKEN[meaning.surely(one)],
                    due=meaning.SPOKEN[wanted],
                ),
                mend=Said("Give it `escalate: %(due)s` and a `topic`.", due=meaning.NAMES[wanted]),
            )
    yes = max((meaning.at_most(one) for _, _, one in ranked if meaning.is_yes(one)), default=None)
    for _, place, one in ranked:
        asks = question.text.get("en", "")
        crossed = yes is not None and meaning.is_no(one) and meaning.at_most(one) > max(yes, YELLOW)
        if crossed and not TURNED.search(asks) and meaning.danger_of(asks)[0]:
            yield subject.finding(
                "danger",
                *place,
                what="“No” raises an alarm, and “yes” doesn't",
                mend="Swap what follows the two answers.",
            )


def _sends_now(subject: Subject, branch: Option | Case) -> bool:
    """Return whether an answer sends for help without a red alarm, which is found by itself."""
    return any(
        then.say
        and meaning.TIERS.get(then.escalate, 0) < RED
        and _goes_now(meaning.said_by(subject.program, then)[1].get("en", ""))
        for then in branch.then
    )


def _goes_now(words: str) -> bool:
    return bool(GO_NOW.search(meaning.FIELD.sub(" ", words).strip(" .:")))


def _is_health(question: Question) -> bool:
    return question.clinical or meaning.danger_of(question.text.get("en", ""))[0] > 0


def _unmarked(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    if question.clinical:
        return
    grave = any(meaning.at_most(branch) >= ORANGE for branch in question.branches())
    worse = any(meaning.badness(one) == 2 for one in question.options)
    measured = question.kind in NUMBERS and question.kind != "number"
    if grave or worse or measured or meaning.danger_of(question.text.get("en", ""))[0]:
        yield subject.finding(
            "danger",
            *("questions", key),
            what=Said("“%(key)s” asks about somebody's health and isn't marked as clinical", key=key),
            mend="Add `clinical: true`: it is asked only when somebody is there for the answer.",
        )


def _ended(subject: Subject, place: Path, branch: Option | Case) -> Iterator[Finding]:
    """Find answers that end the program just when somebody needs it."""
    grave = isinstance(branch, Option) and meaning.badness(branch) == 2
    for then in branch.then:
        if then.stop and then.stop not in subject.program.stops and then.stop != "answered":
            yield subject.finding(
                "stops",
                *place,
                what=Said(
                    "Ends the program for “%(stop)s”, which is no reason under `stops`", stop=then.stop
                ),
                mend="Use `answered`, or one listed under `stops`.",
            )
        if then.stop and (grave or meaning.TIERS.get(then.escalate, 0) >= ORANGE):
            yield subject.finding(
                "danger",
                *place,
                what=Said("“%(means)s” ends the program: nobody asks again", means=branch.means),
                mend="Remove `stop`; whoever is worse must be asked on.",
            )


def _answered(subject: Subject, place: Path, question: Question, branch: Option | Case) -> Iterator[Finding]:
    rank = meaning.badness(branch) if isinstance(branch, Option) else None
    for number, then in enumerate(branch.then):
        here = (*place, "then", number)
        name, said = meaning.said_by(subject.program, then)
        tier = meaning.TIERS.get(then.escalate, 0)
        for words in said.values():
            bare = meaning.FIELD.sub(" ", words)
            if then.say and (tier or rank == 2):
                yield from _wrong_tone(subject, here, branch, name, bare, grave=tier >= ORANGE or rank == 2)
            if (rank == 0 or (isinstance(branch, Option) and meaning.is_no(branch))) and not tier:
                yield from _needless(subject, here, branch, name, bare, then)
        yield from _unhelped(subject, here, name, said.get("en", ""), then)
        yield from _crisis(subject, here, question, then)


def _wrong_tone(
    subject: Subject, here: Path, branch: Option | Case, name: str, words: str, *, grave: bool
) -> Iterator[Finding]:
    found = GLAD.search(words) or (LATER.search(words) if grave and not HELPED.search(words) else None)
    if found:
        yield subject.finding(
            "danger",
            *here,
            what=Said(
                "“%(means)s” is answered as if all were well: “%(words)s” (%(name)s)",
                means=branch.means,
                words=found.group(0),
                name=name,
            ),
            mend="Say who was told ({told}), whom to call ({callback}) and when to call 911.",
        )
    late = TOO_LATE.search(words) if grave else None
    if late:
        yield subject.finding(
            "danger",
            *here,
            what=Said("“%(means)s” is told to wait: “%(words)s”", means=branch.means, words=late.group(0)),
            mend='Say {told}, or "as soon as the clinic is staffed".',
        )


def _needless(
    subject: Subject, here: Path, branch: Option | Case, name: str, words: str, then: Then
) -> Iterator[Finding]:
    sorry = None if then.ask else SORRY.search(words)
    if sorry:
        yield subject.finding(
            "danger",
            *here,
            what=Said(
                "“%(means)s” is good news and is answered with “%(name)s”", means=branch.means, name=name
            ),
            mend="Give it a text that says thank you.",
        )


def _unhelped(subject: Subject, here: Path, name: str, words: str, then: Then) -> Iterator[Finding]:
    """Find a text that sends somebody for help while nobody hears, or an alarm whose text offers none."""
    tier = meaning.TIERS.get(then.escalate, 0)
    if then.say and tier < RED and _goes_now(words):
        yield subject.finding(
            "danger",
            *here,
            what=Said("“%(name)s” sends the patient for help at once, and no red alarm is raised", name=name),
            mend="Give the answer `escalate: red` and a `topic`.",
        )
    if then.say and tier >= ORANGE and not HELPED.search(words):
        yield subject.finding(
            "danger",
            *here,
            what=Said("“%(name)s” follows an alarm, and doesn't say who was told or whom to call", name=name),
            mend="Say {told} and {callback}.",
        )


def _crisis(subject: Subject, here: Path, question: Question, then: Then) -> Iterator[Finding]:
    """988 is the crisis line (47 CFR 52.200); a red answer about self-harm must name it."""
    name, said = meaning.said_by(subject.program, then)
    if not (meaning.asks_harm(question) and then.escalate == "red" and said):
        return
    if any("988" not in words for words in said.values()):
        yield subject.finding(
            "danger",
            *here,
            what=Said("“%(name)s” answers a thought of self-harm without the crisis line", name=name),
            mend='Say "Call or text 988 now, or 911" in each language.',
        )


def _rhythm(subject: Subject) -> Iterator[Finding]:
    """Find a rhythm that asks the sick less, not more."""
    for number, step in enumerate(subject.program.steps):
        question = subject.program.questions.get(step.ask or "")
        if step.adapt is None or question is None:
            continue
        for one in question.branches():
            rank = meaning.badness(one) if isinstance(one, Option) else None
            bad = rank == 2 or meaning.at_most(one) >= ORANGE
            good = rank == 0 and not meaning.at_most(one)
            wrong = (bad and one.means in step.adapt.stable) or (good and one.means in step.adapt.back)
            if wrong or (bad and one.means not in step.adapt.back):
                yield subject.finding(
                    "danger",
                    *("steps", number, "adapt"),
                    what=Said("With “%(means)s” the rhythm goes the wrong way", means=one.means),
                    mend="Put good answers under `stable`, those that alarm under `back`.",
                )
