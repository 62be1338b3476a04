"""Texts in the wrong row: a translation that fits another text better than its own, or lost half of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import combinations

from outreach.kernel.said import Said
from outreach.programs.rules.lint import parity, texts
from outreach.programs.rules.lint.findings import Finding, Subject

_IDEAS = r"""
thank|gracias
sorry|lo sent|lamenta
glad|good to hear|well done|alegra|muy bien|qué bueno|felici
not heard|haven't heard|no hemos sabido|no nos ha
last|termina|últim
nurse|enfermer
team member|someone|staff|alguien|equipo|personal|nuestr
business day|jornada|día hábil|laborable
staffed|turno|abr(?:a|imos)
breath|respir|aire
chest|pecho
fever|fiebre
chills|temblores|escalofr
cough|tos
leg|swell|pierna|hincha
calf|pantorrilla
headache|cabeza
vision|see spots|ve mal|vista|ver bien
belly|vientre|barriga
bleed|blood(?! pressure)|sangr
faint|desmay
shaky|sweaty|temblor|sudor
confus|mente
pain|hurt|sore|duele|dolor
weight|pounds|scale|peso|libras|balanza
pressure|numbers|reading|cifra|lectura|aparato|presi
medicine|pills|medicin|pastilla|receta
visit|appointment|cita|visita
ride|lleve|llegar|transporte
food|eat|comida|comer
home|house|casa
power|heat|water|luz|gas|agua
help|ayud
juice|candy|jugo|dulce
feet|soles|pies|planta
walk|exercise|camin|mover
rest|sit down|descans|siéntese
high|up\b|alt[ao]|subid
low\b|baj[ao]
in (?:the )?range|where we want|va bien|en rango
not look right|parece[n]? correct|no se entiende
again|otra vez|de nuevo
worse|peor|empeora
better|mejor
own words|palabras
photo|foto
rugs|cords|alfombra|cable
sheet|hoja
mood|hope|down or|enjoy|triste|esperanza|disfrut
hurting yourself|hacerse daño
not alone|a solas
each day|daily|every day|a diario|diario
a week|weeks|semana
months|\bmes
book|agend|otra hora|para una cita
elsewhere|otro lugar
all right|de acuerdo
note it|anotar
won't ask|no preguntamos
text us|respond|escrib
wait|espere
minutes|minutos
morning|mañana
today|hoy
now|ahora
redness|fluid|roj[oa]|herida
cut|heridas?|ampolla
number|cifra
question|pregunta
changes|cambia
last day|hasta el final
"""
IDEAS = tuple(re.compile(rf"(?:{row})", re.IGNORECASE) for row in _IDEAS.strip().splitlines())
"""One idea a row, in English and Spanish: what a text talks of, as far as a word tells."""
BOILERPLATE = re.compile(
    r"emergency\??,? (?:call )?911|emergencia\W*(?:llame al )?911|stop (?:to end|para salir)"
    r"|help (?:for help|para ayuda)"
    r"|help: ayuda|\{clinic\}(?: here)?:?|\[[^\]]*\]",
    re.IGNORECASE,
)
CLEAR = 2
"""So many ideas more must fit when two rows are changed."""
SHORTEST, LONGEST = 0.55, 1.9
"""How long a translation is beside its English, in words; ours have 0.7 to 1.3."""
ENOUGH_WORDS = 9


def check(subject: Subject) -> Iterator[Finding]:
    """Check that each translation stands in the row of its English."""
    pairs = [
        (text, text.words["en"], text.words["es"])
        for text in texts.all_texts(subject)
        if "en" in text.words and "es" in text.words
    ]
    crossed = set()
    for (one, english, spanish), (other, ours, theirs) in combinations(pairs, 2):
        if english != ours and spanish != theirs and _gain(english, spanish, ours, theirs) >= CLEAR:
            crossed |= {(one.path, other.name), (other.path, one.name)}
    for path, name in sorted(crossed, key=str):
        yield subject.finding(
            "translation",
            *path,
            "es",
            what=Said("This translation fits “%(name)s”, and that one fits this text", name=name),
            mend="Change the two translations.",
        )
    for text, english, spanish in pairs:
        yield from _shorter(subject, text, english, spanish)


@functools.lru_cache(maxsize=4096)
def ideas(words: str) -> frozenset[object]:
    """Return what a text talks of: ideas, fields and figures."""
    plain = BOILERPLATE.sub(" ", words)
    fields = set(re.findall(r"\{[a-z]+\}", plain)) - {"{callback}"}
    found = {number for number, idea in enumerate(IDEAS) if idea.search(plain)}
    return frozenset((*found, *fields, *parity.figures(plain)))


def _fit(english: str, spanish: str) -> int:
    """Return the ideas both have, less those only one has."""
    return 2 * len(ideas(english) & ideas(spanish)) - len(ideas(english) ^ ideas(spanish))


def _gain(english: str, spanish: str, ours: str, theirs: str) -> int:
    """Return by how much two pairs fit better when their translations are changed, in ideas."""
    kept = _fit(english, spanish) + _fit(ours, theirs)
    return (_fit(english, theirs) + _fit(ours, spanish) - kept) // 2


def _shorter(subject: Subject, text: texts.Text, english: str, spanish: str) -> Iterator[Finding]:
    many, few = len(english.split()), len(spanish.split())
    if max(many, few) >= ENOUGH_WORDS and not SHORTEST <= few / many <= LONGEST:
        language = "es" if few < many else "en"
        yield subject.finding(
            "translation",
            *text.path,
            language,
            what=Said(
                "The %(language)s text has %(few)s words, the other one %(many)s",
                language=language,
                few=min(few, many),
                many=max(few, many),
            ),
            mend="Look for a sentence that was lost.",
        )
