"""What answers mean to a clinician: how grave they are, what they lead to, which signs are asked about."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Case, Option, Program, Question, Then, Words
from outreach.triage.rules import lexicon, words
from outreach.triage.rules.meanings import Kind

TIERS = {None: 0, "yellow": 1, "orange": 2, "red": 3}
NAMES = ("nobody", "yellow", "orange", "red")
SPOKEN = (Said("nobody"), Said("yellow"), Said("orange"), Said("red"))
GOOD = frozenset(
    [
        "better",
        "much better",
        "fine",
        "good",
        "great",
        "well",
        "im fine",
        "i am fine",
        "all good",
        "no problem",
    ]
)
MIDDLE = frozenset(["same", "the same", "no change", "so so", "okay", "ok", "about the same"])
WORSE = frozenset(["worse", "much worse", "feel worse", "i feel worse", "a lot worse", "getting worse"])
YES = frozenset(("yes", "yeah", "i do", "i have", "i am", "it is"))
NO = frozenset(("no", "none", "nope", "not"))
BOILERPLATE = re.compile(
    r"\bemergency\?\s*(?:call\s*)?(?:911)?|\bif it is an emergency,? call 911(?: now)?"
    r"|\bif (?:so|yes|you do),? call 911(?: now)?|\b(?:call|text)(?: or text)? (?:988|911)\b[^.?!]*",
    re.IGNORECASE,
)
FIELD = re.compile(r"\[[^\]]*\]|\{[a-z_]+\}:?")
SELF_HARM = re.compile(
    r"\b(?:hurt|harm|kill|cut|end)\w*\s+(?:yourself|myself|your life|your own life)\b|\bself[- ]harm\b"
    r"|\bsuicid\w*"
    r"|\b(?:better off dead|want to die|wish you were dead|be dead|not want to live"
    r"|no longer want to live)\b",
    re.IGNORECASE,
)
"""Columbia protocol, questions 1 and 2 (https://cssrs.columbia.edu), in plain words."""
HARM = "self_harm"
SIGNS = re.compile(
    r"\b(?:(?P<RED>chest (?:pain|pressure|tightness|hurt\w*)|pressure in your chest"
    r"|(?:trouble|hard|difficulty|hard time|problems?) (?:to )?breath\w*|short(?:ness)? of breath"
    r"|can'?t breathe|gasp\w*"
    r"|fac\w+ droop\w*|slurred|one side (?:weak|numb)|weak(?:ness)? on one side|trouble speaking"
    r"|seizures?|blue lips|lips turn\w* blue|pass(?:ed|ing)? out|black out|blacked out|cough\w* (?:up )?blood"
    r"|vomit\w* blood|throw\w* up blood|bleed\w* (?:that )?(?:won'?t|does not|doesn'?t|will not) stop"
    r"|bleed\w* through|soak\w* (?:a|one|through)|heavy bleeding|bleed\w* a lot|thick blood clots"
    r"|throat (?:is )?(?:closing|swell\w*)|swollen (?:tongue|throat)|worst headache"
    r"|baby (?:stopped|not) (?:moving|breathing))"
    r"|(?P<ORANGE>calf (?:pain|sore|swell\w*|hurt\w*)|calf (?:is )?(?:sore|swollen|red)"
    r"|confus\w+|black stools?|bloody stools?|blood in your (?:stools?|urine|pee)"
    r"|vision (?:change\w*|loss)|blurr\w+ vision|see(?:ing)? spots|bad headache|pus\b|stitches open\w*))\b",
    re.IGNORECASE,
)
"""AHA warning signs of a heart attack; ASA BE FAST; CDC "Hear Her" (cdc.gov/hearher/maternal-warning-signs):
the signs of triage/lexicons/urgent.yaml, as a question words them."""
SYMPTOM = re.compile(
    r"\b(?:fever|chills|pain|hurt\w*|sore|swell\w*|swollen|redness|fluid|bleed\w*|blood|vomit\w*"
    r"|throw\w* up|nausea"
    r"|cough\w*|dizz\w*|faint\w*|shaky|sweaty|headache|rash|numb\w*|weak\w*|breath\w*|feel down|sad|hopeless"
    r"|without hope|afraid|enjoy things|fall|fell|fallen|confus\w*|diarrhea|short of food)\b",
    re.IGNORECASE,
)
RARELY = frozenset(["none", "never", "no", "not once", "not at all"])
AT_TIMES = frozenset(["once", "one time", "some", "some days", "sometimes", "a few", "at times", "a little"])
OFTEN = frozenset(
    ["more", "a lot", "most", "most days", "often", "each", "each day", "every day", "all the time", "many"]
)
LACKS = frozenset(["missing", "cant get", "cant get it", "ran out", "out of it", "not ready", "unable"])
TO_MINE = (
    (re.compile(r"\b(?:do|did|have|are) you\b", re.IGNORECASE), "i have"),
    (re.compile(r"\byour(?:self)?\b", re.IGNORECASE), "my"),
    (re.compile(r"\byou\b", re.IGNORECASE), "i"),
)
UNSAID = frozenset(("call_911",))
"""What a text that names 911 itself looks like to the reader of replies."""


def names(option: Option, language: str = "en") -> set[str]:
    """Return all that an answer is called."""
    return {option.means.replace("_", " ").lower()} | {one.lower() for one in option.labels.get(language, ())}


def badness(option: Option) -> int | None:
    """Return 0 for well, 1 for the same, 2 for worse, None for what is no such thing."""
    called = names(option)
    if called & WORSE or option.means in ("bad", "very_bad"):
        return 2
    if called & MIDDLE:
        return 1
    return 0 if called & GOOD and not called & NO else None


def how_often(option: Option) -> int | None:
    """Return 0 for never, 1 for at times, 2 for often, None for what is no such thing."""
    called = names(option)
    return next((rank for rank, known in enumerate((RARELY, AT_TIMES, OFTEN)) if called & known), None)


def leads_on(branch: Option | Case) -> bool:
    """Return whether an answer always leads to a person or another question."""
    return bool(branch.then) and all(then.escalate or then.ask for then in branch.then)


def is_yes(option: Option) -> bool:
    """Return whether an answer says yes."""
    return bool(names(option) & YES) and not names(option) & NO


def is_no(option: Option) -> bool:
    """Return whether an answer says no."""
    return bool(names(option) & NO)


def surely(branch: Option | Case) -> int:
    """Return the tier an answer leads to whatever was said before; 0 is nobody's."""
    return min((TIERS.get(then.escalate, 0) for then in branch.then), default=0)


def at_most(branch: Option | Case) -> int:
    """Return the highest tier an answer can lead to."""
    return max((TIERS.get(then.escalate, 0) for then in branch.then), default=0)


@functools.lru_cache(maxsize=4096)
def danger_of(text: str) -> tuple[int, str]:
    """Return the tier that the signs an English text asks about deserve, and what they are; 0 is none."""
    plain = BOILERPLATE.sub(" ", FIELD.sub(" ", text))
    if found := SELF_HARM.search(plain):
        return TIERS["red"], found.group(0)
    mine = plain
    for pattern, instead in TO_MINE:
        mine = pattern.sub(instead, mine)
    told = [(TIERS[str(one.lastgroup).lower()], one.group(0)) for one in SIGNS.finditer(plain)]
    known = lexicon.load()
    for hit in known.hits(known.encode(words.cut(words.fold(mine))).codes):
        topic = str(hit.rule.topic or "")
        if hit.rule.kind == Kind.URGENT and topic not in UNSAID and str(hit.rule.tier).lower() in TIERS:
            told.append((TIERS[str(hit.rule.tier).lower()], topic.replace("_", " ")))
    return max(told, key=lambda one: one[0], default=(0, ""))


def asks_harm(question: Question) -> bool:
    """Return whether a question is about harming oneself."""
    return bool(SELF_HARM.search(question.text.get("en", "")))


def said_by(program: Program, then: Then) -> tuple[str, Words]:
    """Return the name and words of what a patient reads after an answer."""
    if then.say:
        return then.say, program.texts.get(then.say, {})
    asked = program.questions.get(then.ask or "")
    return (asked.key, asked.text) if asked else ("", {})


def branches(question: Question) -> Iterator[tuple[tuple[str | int, ...], Option | Case]]:
    """List every way an answer can go, with its place."""
    kind = "options" if question.options else "cases"
    for number, branch in enumerate(question.branches()):
        yield ("questions", question.key, kind, number), branch
