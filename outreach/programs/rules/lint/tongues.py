"""In which language a text is written: by the small words that no sentence can do without."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Subject

NAMES = {
    "en": Said("English"),
    "es": Said("Spanish"),
    "pt": Said("Portuguese"),
    "fr": Said("French"),
    "ht": Said("Haitian Creole"),
}
SMALL = {
    "en": """
the you your and we us is are was to if of this that here our do does did don't have has how what
when who not for with will can can't please it at on be or an from need thank call today now feel
""",
    "es": """
el la los las su sus usted y si sí de del que le les para al es son con por no una un en esta este
hoy nos se lo qué cómo está o a cuando más puede llame siente gracias tiene quiere ahora responda
""",
    "pt": """
o os à ao aos você vocês seu sua seus suas e se de da dos das na nos nas que para é são com
por não uma um em esta este hoje lhe está ou quando mais pode ligue obrigado obrigada tem quer
agora responda nosso nossa foi sente como sim uma enfermeira
""",
    "fr": """
le la les l vous votre vos et si de du des d que pour au aux est sont avec par ne pas n une un en ce
cette aujourd nous se où ou à quand plus pouvez appelez sentez merci avez voulez maintenant
répondez êtes qu oui non notre nos dernier message ceci
""",
    "ht": """
ou nou li yo mwen w m n ak pou nan sou si sa la se ki gen rele tanpri mèsi kijan jodi kounye pa
te ap pi vle reponn se denye mesaj oswa lè santi yon
""",
}
SETS = {code: frozenset(words.split()) for code, words in SMALL.items()}
AHEAD = 2
"""Small words by which a sentence must rather be another language's."""
LEAST = 3
"""Small words of another language before a text counts as written in it."""


def check(subject: Subject) -> Iterator[Finding]:
    """Find texts and labels written in another language than the one they stand under."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            other = other_than(words, language)
            if other:
                yield subject.finding(
                    "translation",
                    *text.path,
                    language,
                    what=Said(
                        "The %(language)s text is written in %(tongue)s",
                        language=language,
                        tongue=NAMES[other],
                    ),
                    mend=Said("Write it in %(tongue)s.", tongue=NAMES[language]),
                )


def other_than(words: str, language: str) -> str:
    """Return the language a text is rather written in; empty for its own, and for what can't be told."""
    if language not in texts.LANGUAGES:
        return ""
    plain = re.sub(r"\{[a-z_]+\}", " ", words)
    for part, ahead in ((plain, 1), *((one, AHEAD) for one in re.split(r"[.?!¿¡:]", plain))):
        counts = _counts(part)
        other = max((code for code in counts if code != language), key=lambda code: counts[code])
        if counts[other] >= LEAST and counts[other] >= counts[language] + ahead:
            return other
    return ""


def _counts(words: str) -> dict[str, int]:
    found = re.findall(r"[^\W\d_]+(?:['’]t\b)?", words.lower())
    return {code: sum(one in known for one in found) for code, known in SETS.items()}
