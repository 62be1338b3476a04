"""Words that keep somebody from help they need at once: first a nurse, later 911, or not at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

_HELP = (
    r"(?:911|988|9-1-1|an ambulance|the ambulance|emergency (?:services|help|room|care)|the er\b|an er\b"
    r"|urgencias|emergencias?|una? ambulancia|la ambulancia)"
)
_US = r"(?:us|we|our|the|a|your|una?|la|el|nuestr[oa]|su)"
_OURS = (
    r"(?:nurses?|team|staff|clinic|doctors?|office|enfermer[oa]s?|equipo|cl[ií]nica|personal"
    r"|m[eé]dic[oa]s?|\{callback\}|\{clinic\})"
)
DELAYS = tuple(
    re.compile(one, re.IGNORECASE)
    for one in (
        (
            rf"\b(?:ask|check with|decide|tell you|say)\b[^.?!]{{0,30}}\b(?:if|whether|when) (?:you )?"
            rf"(?:should|need|must|can|have to|to)\b[^.?!]{{0,12}}{_HELP}"
        ),
        (
            rf"\b(?:pregunt|consult|decid|dig|dir|dice)\w*\b[^.?!]{{0,30}}\b(?:si|cu[aá]ndo) (?:debe"
            rf"|necesita|tiene que|hay que|puede)"
            rf"\b[^.?!]{{0,12}}{_HELP}"
        ),
        rf"{_HELP}\b[^.?!]{{0,20}}\b(?:once|after|when) you(?:'ve| have)? (?:talk|spoke|call|hear|ask)\w*",
        (
            rf"{_HELP}[^.?!]{{0,20}}\b(?:una vez que|despu[eé]s de|cuando) (?:usted )?(?:haya )?(?:habl"
            rf"|llam|pregunt)\w+"
        ),
        rf"\bgive it\b[^.?!]{{0,30}}{_HELP}",
        (
            rf"\b(?:give it|rest|lie down|wait|see if|see how)\b[^!]{{0,40}}"
            rf"\b(?:not better|no better|still|if not|if it (?:does not|doesn'?t))\b[^!]{{0,15}}{_HELP}"
        ),
        (
            rf"\b(?:descanse|acu[eé]stese|espere|vea si)\b[^!]{{0,40}}\b(?:sigue|si no|no mejora"
            rf"|todav[ií]a)\b[^!]{{0,20}}{_HELP}"
        ),
        rf"\b(?:call|try)\b[^.?!]{{0,20}}(?:\bus\b|{_OURS}) first\b[^!]{{0,25}}{_HELP}",
        rf"\bllame primero (?:al?|a la) (?!911)[^!]{{0,40}}{_HELP}",
        rf"\bbefore (?:you |they |anyone )?(?:call|dial|go|ring|phone|tr(?:y|ies))\w*\b[^.?!]{{0,25}}{_HELP}",
        rf"\bbefore (?:the |an? )?{_HELP}",
        rf"\b(?:antes de|antes que)\b[^.?!]{{0,30}}{_HELP}",
        rf"(?<!n't )(?<!not )(?<!never )(?<!can't )\b(?:wait|hold off|hold on)\b[^.?!]{{0,60}}{_HELP}",
        (
            rf"(?<!no )(?<!nunca )(?<!no nos )(?<!no me )\b(?:espere|aguarde|esper[ae]r"
            rf"|aguante)\b[^.?!]{{0,60}}{_HELP}"
        ),
        (
            rf"\b(?:do not|don'?t|never|avoid|no need to|need not|(?:don'?t|do not) (?:need|have) to)\s+"
            rf"(?:call(?:ing)?|dial|go to|ring|use|phone|(?:come|return|go)(?: back)? to)\s+{_HELP}"
        ),
        (
            rf"\bno (?:llame|marque|vaya|acuda|hace falta|necesita|tiene que"
            rf"|es necesario)\b[^.?!]{{0,20}}{_HELP}"
        ),
        rf"\b(?:instead of|rather than)\b[^.?!]{{0,20}}{_HELP}|\bnot {_HELP}",
        rf"\ben (?:vez|lugar) de\b[^.?!]{{0,20}}{_HELP}",
        (
            rf"{_HELP}\b[^.?!]{{0,20}}\b(?:only )?(?:after|once|when|as soon as|until"
            rf"|unless)\b[^.?!]{{0,20}}\b{_OURS}"
        ),
        rf"{_HELP}\b[^.?!]{{0,20}}\b(?:only if|unless|if) {_US}?\s?{_OURS}\b[^.?!]{{0,30}}",
        (
            rf"{_HELP}[^.?!]{{0,20}}\b(?:s[oó]lo|solamente|despu[eé]s de|cuando|hasta que|una vez que"
            rf"|a menos que|si)\b"
            rf"[^.?!]{{0,25}}\b{_OURS}"
        ),
        (
            rf"{_HELP}\b[^.?!]{{0,25}}\b(?:later|tomorrow|next day|in the morning|in an hour"
            rf"|in \d+ (?:minutes|hours)|after \d+"
            rf"|mañana|m[aá]s tarde|(?<! y )luego|en una hora|en \d+ (?:minutos|horas)|despu[eé]s)\b"
        ),
        (
            rf"\b(?:call|text|tell|ask|try|check with)\b[^.?!]{{0,20}}(?:\bus\b|\bwe\b"
            rf"|{_OURS})[^.?!]{{0,15}}\bfirst\b[^?!]{{0,40}}{_HELP}"
        ),
        (
            rf"\bfirst\b[^.?!]{{0,10}}\b(?:call|text|tell|ask|try)\b[^.?!]{{0,20}}(?:\bus\b"
            rf"|{_OURS})[^?!]{{0,40}}{_HELP}"
        ),
        (
            rf"\b(?:call|text|tell|ask|try)\b[^.?!]{{0,20}}(?:\bus\b|{_OURS})[^?!]{{0,12}}\b(?:then"
            rf"|and then|afterwards)\b[^.?!]{{0,20}}{_HELP}"
        ),
        (
            rf"\b(?:ll[aá]m|av[ií]s|habl|pregunt|escrib)\w*\b[^?!]{{0,40}}\bprimero\b(?! al 9)"
            rf"[^?!]{{0,40}}{_HELP}"
        ),
        (
            rf"\bprimero\b(?! al 9)[^.?!]{{0,10}}\b(?:ll[aá]m|av[ií]s|habl|pregunt|escrib|esper)"
            rf"[^?!]{{0,60}}{_HELP}"
        ),
        (
            rf"\b(?:ll[aá]m(?:e|enos|ar)|av[ií]s(?:e|enos)|pregunte|hable)\b[^?!]{{0,40}}\b(?:luego"
            rf"|despu[eé]s|y entonces)\b[^.?!]{{0,20}}{_HELP}"
        ),
        (
            rf"\bif {_US}\s?{_OURS}?\b[^.?!]{{0,15}}\b(?:do not|don'?t|does not|doesn'?t|has not"
            rf"|hasn'?t|have not|haven'?t)\b"
            rf"[^.?!]{{0,40}}{_HELP}"
        ),
        rf"\bsi no (?:le |nos )?(?:llam|contest|respond)\w+\b[^.?!]{{0,40}}{_HELP}",
    )
)
"""911 comes first: AHA and ASA public guidance, "call 911 at once; don't wait"."""
LAST_LINE = re.compile(r"¿?\bemergenc(?:y|ia)\s*[?:,]\s*(?:call|llame al)?\s*911", re.IGNORECASE)
NOT_HERE = re.compile(
    r"\b(?:in an )?emergency\s*[?:,]\s*(?:please )?(?:call|text|reply|write|tell|message)[^.?!]{0,12}"
    r"(?:\bus\b|\{callback\}|\bhere\b|\bback\b|\bto this)"
    r"|\bemergencia\s*[?:,]\s*(?:ll[aá]m|escrib|respond|mand|av[ií]s)\w*[^.?!]{0,14}(?:\bnos\b"
    r"|enos\b|\{callback\}|\baqu[ií]\b|\beste texto)",
    re.IGNORECASE,
)
"""Sends an emergency to a phone nobody may be at."""
WAITS = re.compile(
    r"(?<!n't )(?<!not )(?<!never )(?<!can't )\b(?:wait|lie down|take a nap|sleep on it|stay home"
    r"|see how it goes"
    r"|try to rest|rest first|get some rest)\b(?![^.!]{0,12}\?)"
    r"|(?<!no )(?<!nunca )\b(?:espere|aguarde|acu[eé]stese|descanse primero"
    r"|qu[eé]dese en casa)\b(?![^.!]{0,12}\?)",
    re.IGNORECASE,
)

FIRST = 'Say 911 first: "Call 911 now if ...".'
FIRST_ES = 'Say 911 first: "Llame al 911 ahora si ...".'


def check(subject: Subject) -> Iterator[Finding]:
    """Check that no text comes between somebody and help."""
    red = {
        then.say
        for question in subject.program.questions.values()
        for branch in question.branches()
        for then in branch.then
        if then.say and then.escalate == "red"
    }
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            place: Path = (*text.path, language)
            found = _delays(words)
            if not found and text.path[0] == "texts" and text.name in red and (waits := WAITS.search(words)):
                found = waits.group(0)
            if found:
                mend = FIRST_ES if language == "es" else FIRST
                yield subject.finding(
                    "danger",
                    *place,
                    what=Said("“%(words)s” keeps somebody in danger from getting help at once", words=found),
                    mend=mend,
                )


@functools.lru_cache(maxsize=4096)
def _delays(words: str) -> str:
    """Return the words that come between somebody and help, empty if there are none."""
    bare = LAST_LINE.sub(" ", words)
    delayed = (one.search(bare) for one in DELAYS)
    found = next(filter(None, delayed), None) or NOT_HERE.search(words)
    return found.group(0) if found else ""
