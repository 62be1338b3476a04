"""The same text in each language: its figures, its phone numbers, and words that turn its meaning."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Option, Question
from outreach.programs.rules.lint import meaning, texts
from outreach.programs.rules.lint.findings import Finding, Subject

_COUNTED = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30)
_ENGLISH = "three four five six seven eight nine ten eleven twelve fifteen twenty thirty"
_SPANISH = "tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta"
SPELLED = {
    word: figure
    for words in (_ENGLISH, _SPANISH)
    for word, figure in zip(words.split(), _COUNTED, strict=True)
}
SAME_SPAN = (("un mes", "30"), ("1 mes", "30"), ("a month", "30"), ("one month", "30"), ("1 month", "30"))
FIGURE = re.compile(r"\d+(?:[.,/:]\d+)*")
NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(SPELLED)})\b", re.IGNORECASE)
SPANISH_LINE = re.compile(r"\bmarque (?:el )?2\b", re.IGNORECASE)
"""988 answers in Spanish after "2" (988lifeline.org): a figure that English has none of."""
COUNTS = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(?:minutes?|minutos?|hours?|horas?|mins?|pounds?|libras?|degrees?|grados?"
    r"|cups?|glasses|vasos?|tazas?)\b",
    re.IGNORECASE,
)
CALLED = re.compile(
    r"\b(?:call|dial|llame|marque|emergency\?|emergencia[?:])(?:\s+or text)?(?:\s+al)?(?:\s+call"
    r"|\s*¿?llame al)?\s+"
    r"(\d{3,4})\b|\b(?:call or text|text|or|o(?: al)?)\s+(\d{3})\b(?!\s*(?:pounds|libras|days|d[ií]as"
    r"|steps|minutes))"
    r"|\b(?:emergency|emergencia)[^.]{0,12}?\s(\d{3})\b",
    re.IGNORECASE,
)
EMERGENCY = re.compile(
    r"\b(?:emergency|emergencia)\b\W*(?:call|llame al|then|marque)?\W*988\b", re.IGNORECASE
)
KNOWN_LINES = frozenset(("911", "988", "211", "711"))
"""47 U.S.C. 251(e)(3) and (4); 211 and 711: FCC N11 codes."""
_PAIRS = r"""
before ~ antes ~ after ~ después|despues|tras|luego de
more ~ más|mas ~ less|fewer ~ menos
morning ~ mañanas? ~ night|evening|bedtime|afternoon ~ noches?|tardes?
went up|is up|rose|gained? ~ subido|subió|aumentad[oa]|aumentó ~ went down|fell|lost ~ bajado|bajó|perdido
high|higher ~ alt[oa]s? ~ low|lower ~ baj[oa]s?
better ~ mejor|mejores|mejora ~ worse ~ peor|peores|empeora
with ~ con ~ without ~ sin
left (?:leg|arm|side) ~ izquierd[oa] ~ right (?:leg|arm|side) ~ derech[oa]
no pain|no fever ~ sin (?:dolor|fiebre) ~ with (?:pain|fever) ~ con (?:dolor|fiebre)
weeks? ~ semanas? ~ months? ~ mes|meses
today|tonight ~ hoy|esta noche ~ tomorrow ~ (?<!cada )(?<!la )(?<!esta )(?<!de )mañana
always ~ siempre ~ never ~ nunca|jamás
yesterday ~ ayer ~ tomorrow ~ mañana
today|this morning|now ~ hoy|ahora|esta mañana ~ yesterday|last night ~ ayer|anoche
days?|daily ~ diario|días?|dias? ~ weeks?|weekly ~ semanas?|semanal
hours? ~ horas? ~ minutes? ~ minutos?
pounds?|lbs? ~ libras? ~ kilo\w*|kgs? ~ kilo\w*|kgs?
hot|warm ~ caliente|tibi[oa] ~ cold|ice ~ frí[oa]|hielo
increase|raise ~ aument\w+|suba ~ reduce|lower|cut ~ reduzca|baje
start (?:to|taking|using) ~ empiece|comience ~ stop (?:to|taking|using) ~ deje de|pare de
open ~ abiert[oa]s?|abrimos ~ closed ~ cerrad[oa]s?
upper ~ alta|de arriba ~ lower ~ baja|de abajo
"""
OPPOSITES = tuple(
    tuple(rf"\b(?:{words})\b" for words in row.split(" ~ ")) for row in _PAIRS.strip().splitlines()
)
"""Words that turn a sentence round: English and Spanish of the one, English and Spanish of the other."""
FORBIDS = {
    "en": re.compile(r"\b(?:do not|don'?t|never|avoid|must not)\s+(?:take|drink|eat|call|wait|use|go"
    r"|drive|skip|lift|walk|stand|get|let|put|rub|wash)\b", re.I),
    "es": re.compile(r"\b(?:no|nunca|evite)\s+(?:se\s+)?(?:tome|beba|coma|llame|espere|use|vaya"
    r"|maneje|salte|levante|camine|moje|ponga|frote|lave|tomar|beber|comer|usar|manejar)\b", re.I),
}  # fmt: skip
LABELS = {
    "en": {0: meaning.GOOD, 1: meaning.MIDDLE, 2: meaning.WORSE},
    "es": {
        0: frozenset(("mejor", "bien", "muy bien", "mucho mejor", "estoy bien", "todo bien")),
        1: frozenset(("igual", "lo mismo", "regular", "más o menos", "mas o menos")),
        2: frozenset(("peor", "mal", "muy mal", "me siento peor", "mucho peor")),
    },
}
SIDES = {
    "yes": frozenset(("yes", "yeah", "i do", "i have", "si", "sí", "lo tengo")),
    "no": frozenset(("no", "none", "nope", "nunca", "ninguno", "ninguna")),
}


def check(subject: Subject) -> Iterator[Finding]:
    """Compare each text's languages, and each answer's labels."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            yield from _numbers_to_call(subject, (*text.path, language), words)
        english = text.words.get("en")
        for language, words in text.words.items():
            if language != "en" and english is not None:
                yield from _figures(subject, text, language, english, words)
                yield from _polarity(subject, text, language, english, words)
    for question in subject.program.questions.values():
        yield from _labels(subject, question)


def figures(words: str) -> list[str]:
    """Return the figures of a text, those in words too."""
    plain = SPANISH_LINE.sub(" ", re.sub(r"\{[a-z_]+\}", " ", words))
    for said, figure in SAME_SPAN:
        plain = re.sub(rf"\b{said}\b", figure, plain, flags=re.IGNORECASE)
    plain = NUMBER_WORD.sub(lambda match: str(SPELLED[match.group(0).lower()]), plain)
    return [one.replace(",", ".") for one in FIGURE.findall(plain)]


def _figures(
    subject: Subject, text: texts.Text, language: str, english: str, words: str
) -> Iterator[Finding]:
    offered = {option.word for option in text.question.options} if text.question else set()
    ours, theirs = figures(english), figures(words)
    extra = [one for one in theirs if one not in ours and one not in offered]
    counted = [one for one in figures(" ".join(COUNTS.findall(english))) if one not in theirs]
    left = counted + [one for one in ours if one in ("988",) and one not in theirs]
    left += [one for one in ours if "/" in one and one not in theirs]
    if unlike := ", ".join(sorted({*extra, *left})):
        yield subject.finding(
            "translation",
            *text.path,
            language,
            what=Said(
                "%(figure)s stands in one of en and %(language)s only", figure=unlike, language=language
            ),
            mend="Say the same figures in both.",
        )


@functools.lru_cache(maxsize=4096)
def _turned(english: str, words: str) -> tuple[tuple[str, str], ...]:
    """Return each word of one side with the opposite that stands in its place."""
    found = []
    for one, uno, other, otro in OPPOSITES:
        for here, there, turned, opposite in ((one, uno, other, otro), (other, otro, one, uno)):
            said, other_side = re.search(here, english, re.I), re.search(opposite, words, re.I)
            if not said or not other_side:
                continue
            if not re.search(turned, english, re.I) and not re.search(there, words, re.I):
                found.append((said.group(0), other_side.group(0)))
    return tuple(found)


def _polarity(
    subject: Subject, text: texts.Text, language: str, english: str, words: str
) -> Iterator[Finding]:
    if language != "es":
        return
    for said, found in _turned(english, words):
        yield subject.finding(
            "translation",
            *text.path,
            language,
            what=Said("English says “%(said)s”, this says “%(found)s”", said=said, found=found),
            mend="Translate it anew: it says the opposite.",
        )
    ours, theirs = FORBIDS["en"].search(english), FORBIDS["es"].search(words)
    negated = re.search(r"\b(?:not|never|no|avoid|without|stop)\b|n't\b", english, re.I)
    denied = re.search(r"\b(?:no|nunca|ni|sin|evite|deje|ning\w+|pare)\b", words, re.I)
    if (ours and not denied) or (theirs and not negated):
        yield subject.finding(
            "translation",
            *text.path,
            language,
            what="One language says not to, the other doesn't",
            mend="Translate it anew: it says the opposite.",
        )


def _numbers_to_call(subject: Subject, place: tuple[str | int, ...], words: str) -> Iterator[Finding]:
    for match in CALLED.finditer(words):
        figure = next(one for one in match.groups() if one)
        if figure not in KNOWN_LINES and not _is_value(words, match.end()):
            yield subject.finding(
                "contact",
                *place,
                what=Said("%(figure)s is no emergency or crisis number", figure=figure),
                mend="911 is the emergency number, 988 the crisis line.",
            )
    if EMERGENCY.search(words):
        yield subject.finding(
            "contact",
            *place,
            what="988 is the crisis line, not the emergency number",
            mend="911 is the emergency number, 988 the crisis line.",
        )


def _is_value(words: str, end: int) -> bool:
    return bool(re.match(r"\s*(?:pounds|libras|days|steps|pasos|mg|minutes|minutos|to\b|a\b|/)", words[end:]))


def _labels(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find labels that stand with another answer than their own."""
    for number, option in enumerate(question.options):
        for language, labels in option.labels.items():
            wrong = next((one for one in labels if _is_crossed(option, language, one.lower())), None)
            if wrong is not None:
                yield subject.finding(
                    "reply_word",
                    *("questions", question.key, "options", number),
                    what=Said(
                        "The %(language)s label “%(label)s” stands with “%(means)s”",
                        language=language,
                        label=wrong,
                        means=option.means,
                    ),
                    mend="Move the label to the answer it names.",
                )


def crossed(question: Question, language: str) -> bool:
    """Return whether some label of a question stands with another answer than its own."""
    return any(_is_crossed(option, language, label.lower()) for option in question.options
               for label in option.labels.get(language, ()))  # fmt: skip


def _is_crossed(option: Option, language: str, label: str) -> bool:
    means = option.means.replace("_", " ")
    rank = next((rank for rank, known in LABELS["en"].items() if means in known), None)
    said = next((rank for rank, known in LABELS.get(language, {}).items() if label in known), None)
    if rank is not None and said is not None and rank != said:
        return True
    english = {one.lower() for one in option.labels.get("en", ())} | {means}
    says_yes, says_no = bool(english & SIDES["yes"]), bool(english & SIDES["no"])
    if means in SIDES:
        says_yes, says_no = means == "yes", means == "no"
    return (label in SIDES["no"] and says_yes and not says_no) or (
        label in SIDES["yes"] and says_no and not says_yes
    )
