"""Where a text sends the patient: to a number that isn't there, to nobody, everybody to 911."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Then
from outreach.programs.rules.lint import meaning, texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

_CLINIC = (
    r"(?:clinic|office|nurses?|care team|team|number|line|desk|staff|doctor|hospital|center|practice|unit)"
)
_CLINICA = (
    r"(?:cl[ií]nica|consultorio|oficina|enfermer[oa]|equipo|n[uú]mero|centro|m[eé]dic[oa]|doctora?"
    r"|hospital|unidad"
    r"|personal|l[ií]nea)"
)
CALL_US = re.compile(
    rf"(?<!will )(?<!to )(?<!can't )\b(?:call|phone|ring|dial|telephone|give) (?:us\b|our\b|(?:the|your"
    rf"|this|that|a)"
    rf" (?:\w+ )?{_CLINIC}\b)(?! (?:will|may|can|called|is|at 988))"
    rf"|\b(?:you can|please|may) (?:still )?(?:call|reach|phone) us\b"
    rf"|\b(?:ll[aá]menos|llam[ae]rnos|cont[aá]ctenos|comun[ií]quese con (?:nosotros|\w+))\b"
    rf"|\bllame (?:a nosotros|a(?:l| la| su| nuestr[oa]| este| ese| esta) (?:\w+ )?{_CLINICA})\b"
    rf"|\bmarque(?:nos)? (?:a(?:l| nuestro)) {_CLINICA}\b",
    re.IGNORECASE,
)
"""Says to call us; without {callback} nobody knows where."""
HOLLOW = re.compile(
    r"\b(?:call|text|phone|reach|contact) us (?:at|on)\s*(?:[.,;:?!]|$|or\b)"
    r"|\b(?:call|dial) (?:or|at)\b(?!\s*(?:9|\{|text))|(?:^|[.?!] |: )(?:please )?call\s*(?:[.?!]|$)"
    r"|\bllame al?\s*(?:[.,;?!]|$|o\b)|\bmarque (?:al|el)\s*(?:[.,;?!]|$|o\b)"
    r"|\bpuede llamar(?:nos)? al?\s*(?:[.,;?!]|$)|\b(?:at|or|and|the|to|al|o|y|el)\s*(?:[.?!]|$)|\?\s*[.,;]",
    re.IGNORECASE,
)
"""A sentence that stops where a number or word stood."""
LEADS = re.compile(
    r"(?:\bquestions|\bneed (?:us|help|a (?:hand|visit|ride))(?: sooner)?|\bsooner|\bfeel(?:ing)? sick"
    r"|\bgetting worse"
    r"|\bcan'?t wait|\bworried|preguntas|le urge|se siente mal|empeora|necesita (?:ayuda|cita)|dudas)\s*\?\s*"
    r"(?P<rest>[^?]*)",
    re.IGNORECASE,
)
WAY = re.compile(
    r"\{callback\}|\b(?:911|988)\b|\b(?:text|reply|call|tell|llame|responda|escriba|mande|diga)\b", re.I
)
BARE = re.compile(r"^\W*(?:please |por favor )?(?:call|dial|llame al|marque(?: el)?) 911\W*$", re.IGNORECASE)
NAMES = re.compile(r"(?<!\{)\b(?:callback|(?<![\w,'’] )told|clinic name)\b(?!\})", re.IGNORECASE)
HAPPENS = {
    "en": re.compile(
        r"\{told\}|\{phrase\}|\b(?:contact|call|reach|read|note|talk|visit|see|help|look|check|asked"
        r"|review|be in touch"
        r"|pass|let|tell|get back|follow|answer)\w*\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        r"\{told\}|\{phrase\}|llam|contact|comunic|\ble(?:e|en|emos)\b|anot|avis|habl|visit|ayud|revis"
        r"|respond|escrib|dir[eé]"
        r"|atend|pasar|vemos|ver[aá]",
        re.IGNORECASE,
    ),
}
"""Somebody does something: what a text after an alarm must say."""
AFTER = re.compile(
    r"need us sooner\?|emergency\?\s*(?:call )?911|text us[^.?!]*|call (?:us|\{callback\}|911)[^.?!]*"
    r"|questions\?"
    r"|¿le urge\?|¿emergencia\?|emergencia:\s*911|llame al [^.?!]*|responda a este texto",
    re.IGNORECASE,
)
STAFFED = re.compile(
    r"as soon as (?:the clinic|our (?:team|clinic)|we) (?:is|are|opens?)\b|\bcuando abramos|en cuanto abra",
    re.IGNORECASE,
)
"""Said of what a nurse does with the next shift; yellow is done by the end of the next business day."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check where every text sends the patient, and what it says will happen."""
    red = _of_tier(subject.program, "red")
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            place: Path = (*text.path, language)
            yield from _nowhere(subject, place, words)
            if text.name not in red and language in texts.LANGUAGES:
                yield from _everybody(subject, place, words)
        yield from _parity(subject, text)
    for question in subject.program.questions.values():
        for place, branch in meaning.branches(question):
            for number, then in enumerate(branch.then):
                yield from _promised(subject, (*place, "then", number), then)


def _of_tier(program: Program, tier: str) -> set[str]:
    branches = [one for question in program.questions.values() for one in question.branches()]
    return {then.say or "" for one in branches for then in one.then if then.escalate == tier}


def _nowhere(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    """Find a call to nowhere: no number, or a sentence that breaks off."""
    plain = re.sub(r"\{(?!callback)[a-z_]+\}", "X", words)
    sent = CALL_US.search(plain)
    broken = HOLLOW.search(re.sub(r"\[[^\]]*\]", " ", plain).strip())
    hollow = next((one for one in LEADS.finditer(plain) if not WAY.search(one.group("rest"))), None)
    named = NAMES.search(words)
    if named or broken or hollow:
        found = (named or broken or hollow).group(0).strip()  # type: ignore[union-attr]
        yield subject.finding(
            "callback",
            *place,
            what=Said("“%(words)s” breaks off: a number or word is missing there", words=found),
            mend="Write {callback} there, or leave the sentence out.",
        )
    elif sent and "{callback}" not in words:
        yield subject.finding(
            "callback",
            *place,
            what=Said("“%(words)s” names no number to call", words=sent.group(0)),
            mend="Write {callback} after it.",
        )


def _everybody(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    """Find a bare "Call 911" in a text that isn't for those in danger."""
    before = ""
    for sentence in re.findall(r"[^.?!]*[.?!]*", words):
        if BARE.match(sentence) and not before.rstrip().endswith("?"):
            yield subject.finding(
                "danger",
                *place,
                what=Said("“%(words)s” sends everybody to 911", words=sentence.strip()),
                mend='Say for whom: "Emergency? Call 911".',
            )
            return
        before = sentence or before


def _parity(subject: Subject, text: texts.Text) -> Iterator[Finding]:
    english, spanish = text.words.get("en", ""), text.words.get("es", "")
    if english and spanish and ("{callback}" in english) != ("{callback}" in spanish):
        language = "es" if "{callback}" in english else "en"
        yield subject.finding(
            "callback",
            *text.path,
            language,
            what=Said("{callback} is missing in %(language)s", language=language),
            mend="Write {callback} in both languages, or in neither.",
        )


def _promised(subject: Subject, here: Path, then: Then) -> Iterator[Finding]:
    """Find a text after an alarm that doesn't say what happens, or says it of another tier."""
    name, said = meaning.said_by(subject.program, then)
    if then.escalate is None or not then.say:
        return
    for language, words in said.items():
        happens = HAPPENS.get(language)
        if happens and not happens.search(AFTER.sub(" ", words)):
            yield subject.finding(
                "promise",
                *("texts", name, language),
                what=Said("“%(name)s” follows an alarm, and doesn't say what happens now", name=name),
                mend="Say who will contact them and by when, or {told}.",
            )
        early = STAFFED.search(words) if then.escalate == "yellow" else None
        if early:
            yield subject.finding(
                "promise",
                *here,
                what=Said(
                    "“%(words)s” is said, and yellow waits for the next business day", words=early.group(0)
                ),
                mend="Use `escalate: orange`, or a text that says the next business day.",
            )
            return
