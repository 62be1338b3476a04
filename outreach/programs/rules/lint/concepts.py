"""Medicines, operations and organs by the words everybody uses for them, the same in both languages.

Each row is one thing: what English calls it ~ what Spanish does. Found in one language and not in the other
would mean that half of the patients are less private.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

_PILLS = (
    r"(?:pills?|tablets?|tabs|capsules?|meds?|medicines?|medications?|patch(?:es)?|shots?|injections?|drops"
    r"|sprays?|creams?|pumps?|syrups?|drugs?|treatments?|refills?)"
)
_PASTILLAS = (
    r"(?:pastill(?:it)?as?|p[ií]ldoras?|tabletas?|c[aá]psulas?|medicinas?|medicamentos?|remedios?|parches?"
    r"|parchos?|inyecci[oó]n(?:es)?|gotas|sprays?|cremas?|jarabes?|bombas?|drogas?|tratamientos?)"
)
_FOR = r"""
water|fluid|swelling ~ orinar|agua|líquidos?|hinchazón|retención
heart ~ corazón
(?:blood[- ])?pressure|bp ~ presión(?: alta| arterial)?
(?:blood[- ])?sugar|diabetes ~ azúcar|diabetes
cholesterol ~ colesterol
sleep(?:ing)? ~ dormir|sueño
nerves?|anxiety|calming ~ nervios|ansiedad|calmar\w*
mood ~ ánimo|humor
thyroid ~ tiroides
breathing|lungs?|asthma ~ respirar|respiración|pulm(?:ón|ones)|asma
kidneys? ~ riñ(?:ón|ones)
liver ~ hígado
blood|clots? ~ sangre|coágulos?
iron ~ hierro
birth control ~ no embarazarse|anticonceptiv\w+
hormone ~ hormonas?|hormonal(?:es)?
allergy|allergies ~ alergias?
seizures? ~ convulsi\w+|ataques
nausea ~ náuseas?|vómitos?
stomach|ulcers? ~ estómago|úlceras?
memory ~ memoria
infections? ~ infecci\w+
gout ~ gota
weight[- ]loss ~ bajar de peso|adelgazar
drinking|cravings ~ dejar (?:de beber|la bebida)
"""
_ALONE = r"""
blood[- ]thin\w+|thin(?:s|ner)? (?:your|the) blood ~ adelgaz\w+ (?:de |para )?(?:la |su )?sangre|anticoag\w+
puffers? ~ inhalador\w*|bombita
nebuli[sz]er\w*|breathing machines? ~ nebuliza\w*|máquina (?:de|para) respirar
pain ?killers?|pain (?:pumps?|patch(?:es)?|shots?) ~ analgésic\w+|calmantes?|parches? (?:de|para el) dolor
steroids? ~ esteroides?|cortisona
nitro\w* ~ nitroglicer\w+
beta[- ]?blockers?|ace inhibitors? ~ beta ?bloque\w+
sedatives?|tranquili[sz]ers? ~ sedantes?|tranquilizantes?
laxatives?|stool softeners? ~ laxantes?
narcotics? ~ narcóticos?
anti(?:virals?|fungals?|psychotics?|depressants?) ~ anti(?:viral|micótic|psicótic|depresiv)\w*
contracepti\w+|birth control ~ anticoncepti\w+
home oxygen|oxygen (?:tank|machine|at home|tube)s? ~ oxígeno en casa|(?:tanque|máquina|tubo)s? de oxígeno
new (?:knee|hip|shoulder|joint|heart|kidney|liver|lungs?|valve) ~ NUEVOS
JOINTS (?:replace\w+|surger\w+|operations?|repairs?|procedures?|fusion) ~ OPERADOS
(?:replaced?|operat\w+ on|fixed) your JOINTS ~ (?:operaron|cambiaron|arreglaron) (?:de )?ELLOS
artificial JOINTS|prosthe\w+ ~ prótesis
your (?:bad |other |operated )?(?:knee|hip) ~ su (?:otra |mala )?(?:rodilla|cadera)\b
drinking problem|problem drink\w+ ~ problema (?:de beber|con la bebida)|tomar mucho
your drinking|heavy drinking ~ (?:la|su) bebida|forma de beber
drug use|using drugs|your use of drugs ~ (?:uso|consumo) de drogas|usar drogas
rehab|detox\w* ~ rehabilit\w+|desintox\w+
sober|sobriety|relaps\w+ ~ sobri[oa]|sobriedad|reca(?:ída|yó|er)\w*
panic (?:attacks?|disorder) ~ (?:ataques?|crisis) de pánico|trastorno de pánico
mental (?:illness|health|state) ~ salud mental|enfermedad mental|estado mental
eating disorder ~ trastorno (?:de la )?alimenta\w+
high blood pressure ~ presión (?:arterial )?alta\b(?=[^?]*$)
high (?:blood )?sugar ~ azúcar (?:muy )?alt[oa]
weak heart ~ corazón (?:débil|enfermo)
heart (?:problems?|trouble|condition) ~ (?:mal|problemas?) (?:del|en el) corazón
lung (?:problems?|disease|trouble) ~ mal de los pulmones|problemas? (?:de|en) los pulmones
kidney (?:problems?|disease|trouble|stones?) ~ (?:mal|problemas?|piedras) (?:de|en) (?:los|el) riñ\w+
memory loss|losing your memory ~ pérdida de (?:la )?memoria
terminal|end of life|palliat\w+ ~ fin de la vida|paliativ\w+
weight[- ]loss surgery|gastric ~ cirugía para (?:bajar|perder)|gástric\w+
hysterectomy|your uterus|your womb ~ su útero|matriz
sexual\w* ~ sexual\w*
"""
_JOINTS = (
    r"(?:knees?|hips?|shoulders?|joints?|spine|spinal|back|valves?|hernia|gall ?bladder|disc"
    r"|disk|ankle|heart)"
)
_ELLOS = (
    r"(?:la |el |los |las |su |sus )?(?:rodillas?|caderas?|hombros?|articulaci\w+|columna|espalda"
    r"|v[aá]lvulas?"
    r"|hernia|ves[ií]cula|disco|tobillo|coraz[oó]n)"
)
_OPERADOS = (
    rf"(?:cambio|reemplazo|remplazo|operaci[oó]n|cirug[ií]a|reparaci[oó]n|arreglo|procedimiento|fusi[oó]n)"
    rf" (?:de(?:l)?|en) {_ELLOS}|(?:oper|reemplaz|cambi)aron (?:de )?{_ELLOS}"
)
_NUEVOS = (
    r"(?:rodilla|cadera|articulaci[oó]n|v[aá]lvula|h[ií]gado|riñ[oó]n|coraz[oó]n|hombro) nuev[oa]"
    r"|nuev[oa] (?:rodilla|cadera|articulaci[oó]n|v[aá]lvula|h[ií]gado|riñ[oó]n|coraz[oó]n|hombro)"
)
_MADE_OF = {"JOINTS": _JOINTS, "OPERADOS": _OPERADOS, "NUEVOS": _NUEVOS, "ELLOS": _ELLOS}
_ACCENTS = str.maketrans({"á": "[aá]", "é": "[eé]", "í": "[ií]", "ó": "[oó]", "ú": "[uú]"})


def _rows(table: str) -> list[tuple[str, str]]:
    rows = [row.partition(" ~ ")[::2] for row in table.strip().splitlines()]
    return [(_made(english), _made(spanish.translate(_ACCENTS))) for english, spanish in rows]


def _made(words: str) -> str:
    for name, parts in _MADE_OF.items():
        words = words.replace(name, parts)
    return words


_FOR_EN = "|".join(english for english, _ in _rows(_FOR))
_FOR_ES = "|".join(spanish for _, spanish in _rows(_FOR))
SAYS = {
    "en": re.compile(
        rf"\b(?:{_FOR_EN})[- ]{_PILLS}\b"
        rf"|\b{_PILLS} (?:you take )?(?:for|to help(?: with)?|to lower|to control|that help) "
        rf"(?:you |your |the |with )*(?:{_FOR_EN})\b"
        rf"|\b(?:{'|'.join(english for english, _ in _rows(_ALONE))})\b",
        re.IGNORECASE,
    ),
    "es": re.compile(
        rf"\b{_PASTILLAS} (?:que toma )?(?:de(?:l)?|para|contra|que ayudan? (?:a|con)) (?:controlar |bajar )?"
        rf"(?:el |la |los |las |su |sus )?(?:{_FOR_ES})\b"
        rf"|\b(?:{'|'.join(spanish for _, spanish in _rows(_ALONE))})\b",
        re.IGNORECASE,
    ),
}
"""45 CFR 164.514(b)(2): what a stranger could infer from a text on somebody's phone."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check what every text gives away in everyday words."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            pattern, place = SAYS.get(language), (*text.path, language)
            found = pattern.search(re.sub(r"\{[a-z_]+\}", " ", words)) if pattern else None
            if found and not any(True for _ in texts.private_words(words)):
                yield _finding(subject, place, found.group(0))


def _finding(subject: Subject, place: Path, words: str) -> Finding:
    return subject.finding(
        "private",
        *place,
        what=Said("“%(words)s” tells whoever reads the phone what the patient has", words=words),
        mend="Say it without naming the illness, drug, test, specialty or person's data.",
    )
