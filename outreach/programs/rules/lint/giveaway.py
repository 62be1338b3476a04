"""What gives an illness away without naming it: a place, a doctor or a pill for a part of the body."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

_PARTS = (
    r"(?:heart|cardiac|kidneys?|renal|lungs?|pulmonary|liver|brain|memory|pain|sleep|wound|stroke|cancer"
    r"|bone|skin"
    r"|eye|blood|breast|bowel|colon|gut|stomach|sugar|diabetic|weight[- ]?loss|eating disorder|drug"
    r"|alcohol|recovery|sober"
    r"|mood|mental|nerve|joint|hip|knee|spine|back|foot|birth\w*|baby|newborn|mother'?s?|mothers|moms?"
    r"|women'?s"
    r"|men'?s health|prostate|bladder|transplant|oxygen|breathing|asthma|chest|fall|falls|tb|aids|hiv|std"
    r"|sexual health"
    r"|family planning|fertility|surgery|surgical|operation|addiction|dialysis|chemo\w*|infusion|allergy"
    r"|thyroid"
    r"|burn|trauma|seizure|spinal|vascular|hormone|geriatric|palliative|hospice|behaviou?r\w*|psych\w*|crisis"
    r"|grief|abuse|smoking|quit[- ]smoking|bariatric|obesity|arthritis|pressure)"
)
_PLACES = (
    r"(?:clinic|cent(?:er|re)|doctor|specialist|nurse|team|unit|ward|program(?:me)?|class|group|institute"
    r"|department|practice|floor|service|rehab|coach|therapist|patients?|surgeon|lab|hospital|wing|office)"
)
_ORGANS = (
    r"(?:heart|kidneys?|lungs?|liver|brain|prostate|breasts?|womb|uterus|bladder|colon|bowels?|thyroid"
    r"|pancreas|spleen"
    r"|arter(?:y|ies)|veins?|blood|sugar|memory|nerves?|bones?|immune system)"
)
_OF_THEM = (
    r"(?:problems?|conditions?|diseases?|troubles?|illness|issues?|attack|failure|medicines?|meds?|pills?"
    r"|tests?|scans?"
    r"|visits?|appointments?|treatments?|monitor|diet|check(?:-?up)?s?|disorder|biops\w+|results?|numbers?)"
)
_PARTES = (
    r"(?:coraz[oó]n|riñon(?:es)?|riñ[oó]n|pulm[oó]n(?:es)?|h[ií]gado|cerebro|memoria|dolor|sueño|heridas?"
    r"|c[aá]ncer"
    r"|huesos?|piel|ojos?|vista|sangre|mamas?|senos?|est[oó]mago|az[uú]car|peso|adicci\w+|drogas|[aá]nimo"
    r"|nervios"
    r"|caderas?|rodillas?|columna|espalda|pies?|parto|beb[eé]s?|mam[aá]s|madres|la mujer|mujeres"
    r"|pr[oó]stata|vejiga"
    r"|trasplantes?|ox[ií]geno|ca[ií]das|vih|sida|cirug[ií]as?|operaci[oó]n|quimio\w*|alergias?|tiroides"
    r"|presi[oó]n"
    r"|asma|respiraci[oó]n|infusi[oó]n|quemados|derrames?|maternidad|fumar)"
)
_LUGARES = (
    r"(?:cl[ií]nica|centro|consulta|consultorio|doctora?|m[eé]dic[oa]|especialista|enfermera|equipo"
    r"|unidad|programa"
    r"|grupo|clase|[aá]rea|piso|departamento|servicio|terapeuta|pacientes?|hospital|sala|cirujan[oa])"
)
_DE_ELLO = (
    r"(?:problemas?|enfermedad|condici[oó]n|mal|medicinas?|medicamentos?|pastillas?|pruebas?|ex[aá]men(?:es)?"
    r"|citas?|visitas?|tratamiento|dieta|control|ataque|an[aá]lisis|an[aá]lisis|trastorno)"
)
PLACE = re.compile(
    rf"\b{_PARTS}[- ](?:care |health |failure |disease )?{_PLACES}\b"
    rf"|\b{_ORGANS} {_OF_THEM}\b(?<!blood pressure)|\bfor your {_ORGANS}\b(?! pressure)"
    rf"|\byour (?:new |bad |weak |sick |failing )(?:heart|kidney|lungs?|liver|hip|knee|baby)\b"
    rf"|\b{_LUGARES} (?:de(?:l| la| los| las)?|para (?:el|la|los|las)) {_PARTES}\b"
    rf"|\b{_DE_ELLO} (?:de(?:l| la| los| las)?|para (?:el|la|los|las|su)|al"
    rf"|en el) {_PARTES}\b(?<!para el dolor)"
    r"|\bsu (?:nuev[oa]) (?:coraz[oó]n|riñ[oó]n|cadera|rodilla|beb[eé])\b",
    re.IGNORECASE,
)
"""A specialty or organ beside a place, a person or a thing: 45 CFR 164.514(b)(2) leaves no such inference."""
BIRTH = re.compile(
    r"\b(?:bab(?:y|ies)(?:'s)?|newborns?|infants?|little one|breast[- ]?fe\w+|breast milk|nursing bra"
    r"|diapers?|crib"
    r"|deliver(?:y|ed) (?:room|your|a|the)|gave birth|giv(?:e|ing) birth|labor (?:room|and)|new (?:mom"
    r"|mother|parent)s?"
    r"|mommy|mom|motherhood|your (?:son|daughter)|pediatric\w*|c-section|maternal|womb|trimester|midwi\w+"
    r"|doula"
    r"|beb[eé]s|bebé|(?:el|la|su|un|una) bebe|reci[eé]n nacid\w+|amamant\w+|lactancia|pecho al niño"
    r"|pañal\w*|cuna"
    r"|dio a luz|parto|partera|mam[aá]|maternal|ser madre|pediatra)\b",
    re.IGNORECASE,
)
"""Tells that somebody gave birth; "strange" says it in programs about anything else."""
OF_ILLS = re.compile(
    r"\b(?:your|the) (?:surgery|operation|stroke|heart attack|seizures?|overdose|relapse|drinking"
    r"|drug use|sobriety"
    r"|miscarriage|delivery|biopsy|tumou?r|diagnosis|illness|disease|disorder|mental \w+|psych\w*"
    r"|chemo\w*|dialysis"
    r"|transplant|amputation|infection|fracture|dementia|memory loss|panic)\b"
    r"|\b(?:su|la|el) (?:operaci[oó]n de|derrame|ataque al|sobredosis|reca[ií]da|tumor|diagn[oó]stico"
    r"|trasplante"
    r"|quimio\w*|di[aá]lisis|p[eé]rdida de memoria)\b|\bsu (?:enfermedad|infecci[oó]n|fractura|aborto"
    r"|p[aá]nico)\b",
    re.IGNORECASE,
)
TAKEN_OUT = re.compile(r"\bback pain\b|\bchest pain\b|\bblood pressure\b", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    """Check what every text gives away."""
    born = subject.program.anchor == "birth" or "birth" in subject.program.audience
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            place: Path = (*text.path, language)
            plain = TAKEN_OUT.sub(" ", re.sub(r"\{[a-z_]+\}", " ", words))
            if any(True for _ in texts.private_words(words)):
                continue
            found = PLACE.search(plain) or OF_ILLS.search(plain) or (BIRTH.search(plain) if born else None)
            if found:
                yield subject.finding(
                    "private",
                    *place,
                    what=Said(
                        "“%(words)s” tells whoever reads the phone what the patient has", words=found.group(0)
                    ),
                    mend="Say it without naming the illness, drug, test, specialty or person's data.",
                )
