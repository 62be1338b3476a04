"""Promises of a cure and of safety, which no text can keep, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import offers, texts
from outreach.programs.rules.lint.findings import Finding, Subject

_WELL = (
    r"(?:well|cured|healed|healthy|fine|better|ok(?:ay)?|all right|alright|strong|safe|good as new"
    r"|back to (?:normal|yourself)|recovered|free of|pain[- ]free|yourself again|on your feet|perfect)"
)
_FULLY = (
    r"(?:(?:all|so|very|soon|completely|fully|totally|perfectly|quite|much|surely|certainly"
    r"|definitely|just|as"
    r"|feel|be|get|feeling|getting|100%) )*"
)
_BIEN = (
    r"(?:bien|mejor|san[oa]|curad[oa]|como nuev[oa]|perfect[oa]|perfectamente|recuperad[oa]|fuera de peligro"
    r"|a salvo|sin dolor)"
)
_DEL_TODO = r"(?:(?:del todo|completamente|totalmente|muy|pronto|ya|por completo|much[oa]) )*"
_WILL = r"(?:will|'ll|are going to|is going to|'re going to)"
SAYS = {
    "en": re.compile(
        rf"\byou ?{_WILL} {_FULLY}{_WELL}\b"
        rf"|\b(?:will|'ll|going to) (?:surely |soon |fully |completely |all )?(?:heal|cure|fix|recover"
        rf"|clear up"
        rf"|go away|disappear|pass soon|be (?:all )?(?:over|gone))\b"
        rf"|\b(?:won'?t|will (?:not|never)|not going to|never going to|never) (?:ever )?(?:come back|return"
        rf"|happen (?:again|to you)|get (?:sick|worse|ill)|be (?:sick|ill)|have (?:this|it"
        rf"|any problems?) again)\b"
        r"|\bnothing (?:bad |else |can |will |is going to |could )+(?:happen|go wrong)\b"
        r"|\bnothing (?:to (?:worry|fear|be afraid)|can hurt)\b"
        r"|\b(?:everything|it|all|things)(?: will|'ll| is going to| are going to) (?:all )?(?:be"
        r"|turn out|work out|go)"
        r" (?:just |all )?(?:fine|ok(?:ay)?|well|right|alright|good|better)\b"
        r"|\b(?:full|complete|fast|quick|sure) recovery\b|\bas good as new\b|\bgone for good\b|\bcured?\b"
        r"|\b(?:no|without any|zero) (?:risk|danger)\b|\b(?:completely|totally|perfectly|100%) safe\b"
        r"|\b(?:always|surely) works?\b|\bout of danger\b|\bthe worst is over\b|\byou (?:can't"
        r"|cannot) go wrong\b"
        r"|\b(?:you(?:'re| are)) (?:all |completely |fully |totally )?(?:cured|healed|healthy"
        r"|well) (?:now|again)\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        rf"\b(?:va a|vas a|pronto) (?:estar|quedar|quedarse|sentirse|ponerse) {_DEL_TODO}{_BIEN}\b"
        rf"|\b(?:estar|quedar|se sentir|se pondr)[aá] {_DEL_TODO}{_BIEN}\b"
        r"|\b(?:se )?(?:va|van) a (?:curar|sanar|recuperar|mejorar|aliviar|componer)(?:se)?\b"
        r"|\b(?:se )?(?:curar|sanar|recuperar|mejorar|aliviar)[aá]\b"
        r"|\bnada (?:malo |grave )?(?:le )?(?:va a pasar|pasar[aá]|puede pasar)"
        r"|\bno (?:le )?(?:va a pasar|pasar[aá]|puede pasar)(?:le)? nada\b"
        r"|\bno (?:le )?(?:va|van) a (?:volver|regresar|repetir|dar otra vez|empeorar|enfermar)\w*"
        r"|\b(?:no|nunca|jam[aá]s) (?:se |le )?(?:volver|regresar|repetir|empeorar|enfermar)[aá]n?\b"
        r"|\btodo (?:va a (?:salir|estar|ir|quedar)|saldr[aá]|estar[aá]|ir[aá]) (?:muy )?(?:bien"
        r"|mejor|perfecto)\b"
        r"|\bse le (?:va a (?:quitar|pasar)|quitar[aá]|pasar[aá])\b|\b(?:curad|sanad)[oa]\b|\bcomo nuev[oa]\b"
        r"|\b(?:sin|no hay|no tiene|no corre) (?:ning[uú]n )?(?:riesgo|peligro)\b|\bfuera de peligro\b"
        r"|\b(?:nada|no hay) (?:que|de qu[eé]) (?:temer|preocuparse)\b|\blo peor ya pas[oó]\b"
        r"|\brecuperaci[oó]n (?:total|completa|segura|r[aá]pida)\b|\bsiempre funciona\b|\b(?:le|lo"
        r"|la) cura(?:r[aá])?\b",
        re.IGNORECASE,
    ),
}
CONDITION = re.compile(
    r"\b(?:if|until|when|once|so that|si|hasta que|cuando|para que)\b[^.?!]*", re.IGNORECASE
)
"""What would be so is no promise."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check that no text promises that somebody gets well or stays safe."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            pattern = SAYS.get(language)
            plain = re.sub(r"[^.?!]*\?", " ", CONDITION.sub(" ", words))
            found = pattern.search(plain) if pattern and not offers.CERTAIN.search(words) else None
            if found:
                yield subject.finding(
                    "promise",
                    *text.path,
                    language,
                    what=Said("“%(words)s” is more than a text can know", words=found.group(0)),
                    mend="Say what to watch for and whom to call.",
                )
