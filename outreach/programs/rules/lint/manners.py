"""How a text speaks to people: names written in, blame and threats, endearments, "tú"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

NAMED = re.compile(
    r"\b(?:Dr|Doctor|Nurse|Mrs|Mr|Ms|Miss|Dra|Sra|Sr|Srta|Señora?|Don|Doña|Doctora|Enfermer[oa])\.?"
    r" (?!Line)[A-Z][a-zé]+"
    r"|\b(?:[A-Z][a-z]+ )+(?:Hospital|Clinic|Medical Center|Health System|Health)\b|\bHospital [A-Z]\w+"
    r"|\bClínica [A-Z]\w+"
)
CAPITAL = re.compile(r"(?<=[a-záéíóúñ,;] )([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)\b(?!['’])")
"""A capital inside a sentence: the name of somebody, a place or a brand."""
CALLED = re.compile(
    r"^\s*(?:(?i:hi|hello|hey|dear|good (?:morning|day|evening)|hola|buen[oa]s (?:d[ií]as|tardes|noches)"
    r"|estimad[oa]|querid[oa]),?\s+)?([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)(?: [A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)?\s*[,:!]",
)
_COMMON = """i ok mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday mondays
tuesdays wednesdays thursdays fridays saturdays sundays january february march april may june july august
september
october november december english spanish medicare medicaid internet emergency emergencia yes no si sí call
llame
reply text stop help usted"""
CAPITALS_ALLOWED = frozenset(_COMMON.split())
_OPENERS = """thanks thank sorry good great well please hello hi hey welcome today now first next again last
remember reminder note morning afternoon evening hola gracias bien bueno buenas buenos hoy ahora
primero luego perdón perdon recuerde recordatorio aviso disculpe low high emergency emergencia also
and but so then still yes no ok okay if in for on at as to from by when while since after before
soon here there sure right fine noted all each si sí pues ya así mañana ayer tarde noche tomorrow
tonight yesterday monday tuesday wednesday thursday friday saturday sunday lunes martes miércoles
jueves viernes sábado domingo friend one two three just only once twice que baja alta por con una un
la el los las cada tras desde para como cuando"""
OPENERS = frozenset(_OPENERS.split())
"""Words a text may open with before a comma, and no names."""
UNFIT = re.compile(
    r"\b(?:wine|beer|whiskey|cigarettes?|honey|sweetie|sweetheart|dear|buddy|folks|lol|oops|omg|dude|darn"
    r"|damn"
    r"|vino tinto|cerveza|cariño|amig[oa]|mi amor|mi vida|mijit?[oa]|corazón de mi\w*)\b",
    re.IGNORECASE,
)
_BLAMES = (
    r"\bignor(?:ed|ing) (?:us|our)\b|\b(?:your|the) (?:own )?fault\b"
    r"|(?<!if )(?<!case )(?<!did )\byou (?:have )?(?:failed|neglected|refused|broke"
    r"|blew|wasted|forgot|messed|caused|brought this)\b|\bnon-?(?:complian|adheren)\w*|\bshame\b"
    r"|\bshameful\b|\bashamed\b"
    r"|\blet (?:us|me|your \w+|everyone|the team|yourself) down\b|\bdisappoint\w*|\bupset with you\b"
    r"|\bangry\b"
    r"|\b(?:careless|lazy|irresponsible|reckless|rude|stupid|foolish|stubborn|ungrateful|selfish)\w*\b"
    r"|\byou (?:should|could|ought to) have (?:\w+ed|come|told|known|been|kept|taken|gone|done|shown|let"
    r"|given|paid|thought|said)\b|\byou (?:shouldn't|should not) have\b"
    r"|(?<!do )(?<!did )\byou (?:never|always) (?:answer|reply|call|come|show|take|listen|follow|miss"
    r"|forget|ignore)\w*"
    r"|\b(?:did not|didn't|do not|don't) (?:even|bother|care)\b|\bnot even (?:answer|bother|call|reply)\w*"
    r"|\bwhy (?:did|do|have|are|were|would|can)(?: not|n't)? you\b|\bwhy (?:didn't|don't|haven't|aren't"
    r"|won't|can't) you\b"
    r"|\bwe (?:told|warned) you\b|\bwe asked you (?:already|before|again|so|many|twice)\b"
    r"|\bhow many times\b|\byet again\b"
    r"|\b(?:once again|again),? you (?:did|have|missed|failed|were)\b|\bno excuses?\b|\bwast(?:e|ed|ing"
    r"|es)\b[^.?!]{0,12}\btime\b"
    r"|\b(?:ought to|should) (?:be (?:ashamed|sorry)|know better|try harder)\b|\bknow better\b"
    r"|\btry harder\b|\byou (?:can|must|should|need to|have to) do better\b"
    r"|\bmake (?:an|more) effort\b|\bbad patient\b|\bdifficult patient\b|\blisten to us\b"
    r"|\btake (?:this|it|your \w+) seriously\b|\bif you (?:really |truly )?cared\b|\bno[- ]shows?\b"
    r"|\bregret\b|\bsorry for yourself\b|\bonly yourself\b|\bblame\w*\b|\bpunish\w*|\bscold\w*"
    r"|\bexcuse\b(?! us| me)"
)
_THREATS = (
    r"\b(?:a|late|no[- ]show|cancell?ation) fees?\b|\bfees?\b|\bcharged\b|\bpenalt\w+|\bfines?d? you\b"
    r"|\bfinal (?:notice|warning)\b|\blast (?:warning|chance|notice)\b|\bor else\b|\bdrop(?:ped)? (?:you"
    r"|from)\b"
    r"|\b(?:lose|losing) (?:your|the) (?:place|spot|slot|care|doctor|visit|service)\w*|\blose your\b"
    r"|\bwe (?:will|may|must|can|have to|won't|will not) (?:stop (?:helping|caring|treating|seeing)"
    r"|cancel your|close your|end your care"
    r"|report you|discharge you|refuse|treat you|see you (?:any|if)|help you (?:any|if))\w*"
    r"|\b(?:be|been|get) (?:removed|dropped|reported|discharged from (?:our|the) (?:practice|clinic)"
    r"|kicked|banned|cut off from)\b"
    r"|\byou (?:will|may|could) (?:die|end up|be sorry|pay for|suffer)\b|\bconsequences?\b"
    r"|\bno longer (?:be )?(?:see|treat|help|care|welcome)\w*"
)
_CULPA = (
    r"\bculpa\w*|\bmult(?:a|as|ado|ada|arle|aremos)\b|\ble cobr\w+|\bcargo por\b|\bpenaliz\w+"
    r"|\b[uú]ltim[oa] (?:aviso|advertencia|oportunidad)\b"
    r"|\bo si no\b|\bnos (?:ha |has )?(?:fall|decepcion|ignor|desobedec|hizo perder|hace perder)\w*"
    r"|\bfall[oó] (?:usted )?(?:otra vez|de nuevo|a su palabra)\b"
    r"|\bdecepcion\w*|\bdefraud\w*|\bverg[uü]enza\w*|\birresponsable\w*|\bdescuidad\w*|\bdescuido\b"
    r"|\bflojera\b|\bperezos\w*"
    r"|\bterc[oa]\b|\bgroser\w*|\bmaleducad\w*|\begoísta\w*|\bingrat\w*"
    r"|\b(?:usted )?(?:deber[ií]a haber\w*|(?:debi[oó]|ten[ií]a que) (?:avisar|llamar|venir|contestar"
    r"|responder|haber))\b"
    r"|\bni (?:siquiera|nos|se molest\w+|responde|contesta|llama|avisa)\b|\bno (?:hizo|hace|nos hizo"
    r"|nos hace) caso\b|\bno se moleste?\w*"
    r"|\bno (?:cumpli[oó]|cumple|ha cumplido)\b|\bincumpl\w+|\bno quiso\b|\bse neg[oó]\b"
    r"|\bse le olvid[oó] otra vez\b"
    r"|\bpor qu[eé] no (?:nos |se |la |lo |le )?(?:respond|contest|vin|lleg|llam|tom|avis|hac|hizo|cumpl"
    r"|ha )\w*|\bcu[aá]ntas veces\b"
    r"|\bya (?:le|se lo) (?:dijimos|advertimos|avisamos|pedimos)\b|\bse lo (?:dijimos|advertimos)\b"
    r"|\bnos hace perder\b|\bperder (?:el|nuestro) tiempo\b"
    r"|\bp[oó]rtese\b|\besfu[eé]rcese\b|\bponga (?:m[aá]s )?(?:de su parte|atenci[oó]n|empeño)\b"
    r"|\bpreste atenci[oó]n\b|\bt[oó]melo en serio\b"
    r"|\bexcusas?\b|\bcastig\w+|\bregañ\w+|\bmal paciente\b|\bse va a (?:arrepentir|morir)\b"
    r"|\bconsecuencias?\b|\bsi de verdad le import\w+"
    r"|\bperder[aá] (?:su|la|el)\b|\b(?:lo|la|le) (?:vamos a |van a )?(?:reportar|sacar|dar de baja"
    r"|denunciar)\w*|\bya no (?:le|lo|la) (?:vamos a )?(?:atend|ayud)\w*"
    r"|\bdejaremos de (?:atender|ayudar)\w*|\bnunca (?:contesta|responde|viene|hace|llama|avisa|toma)\b"
    r"|\bsiempre (?:falta|olvida|llega tarde)\b"
)
BLAMES = re.compile(f"{_BLAMES}|{_THREATS}|{_CULPA}", re.IGNORECASE)
"""Blame and threats keep people from answering and coming back."""
KIND = re.compile(
    r"\b(?:not|no need)\b[^.?!]{0,20}\b(?:your fault|blame\w*|ashamed)|n't [^.?!]{0,12}\b(?:blame|ashamed"
    r"|your fault)"
    r"|\b(?:no (?:es|fue|tiene|hay|se)|sin)\b[^.?!]{0,14}\b(?:culp\w+|verg[uü]enza)",
    re.IGNORECASE,
)
"""Says that nobody is to blame."""
FAMILIAR = re.compile(r"\b(?:tú|tus?|te|ti|contigo|tuy[oa]s?)\b", re.IGNORECASE)
"""Spanish for patients says "usted"."""


NAME_MEND = Said("Leave a medicine's name out; for a place or a person use {clinic}.")


def check(subject: Subject) -> Iterator[Finding]:
    """Check how every text speaks to people."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            yield from _tone(subject, (*text.path, language), language, words)
            if language in texts.LANGUAGES:
                yield from _names(subject, (*text.path, language), words)


def _names(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    called = _called(words)
    if called:
        yield subject.finding(
            "strange",
            *place,
            what=Said("“%(words)s” is written in: every patient would be called so", words=called),
            mend=Said("Write [{name}, ] in place of “%(words)s”.", words=called),
        )
        return
    named = NAMED.search(words)
    found = named.group(0) if named else _capital(words)
    if found:
        yield subject.finding(
            "strange",
            *place,
            what=Said("“%(words)s” names a medicine, somebody or a place", words=found),
            mend=NAME_MEND,
        )


def _called(words: str) -> str:
    """Return a name that a text begins with, where {name} belongs."""
    bare = re.sub(r"^\{clinic\}(?: here)?\s*:?\s*(?:\[[^\]]*\])?", "", words)
    found = CALLED.match(bare)
    name = found.group(1) if found else ""
    return name if name[:1].isupper() and name.lower() not in OPENERS else ""


def _capital(words: str) -> str:
    bare = re.sub(r"\[|\]", " ", re.sub(r"\{[a-z_]+\}", " . ", words))
    found = (match.group(1) for match in CAPITAL.finditer(bare))
    return next((one for one in found if one.lower() not in CAPITALS_ALLOWED), "")


def _tone(subject: Subject, place: Path, language: str, words: str) -> Iterator[Finding]:
    if unfit := UNFIT.search(words):
        yield subject.finding(
            "style",
            *place,
            what=Said("“%(words)s” has no place in a text to a patient", words=unfit.group(0)),
            mend="Say it kindly and plainly, or leave it out.",
        )
    if blames := BLAMES.search(KIND.sub(" ", words)):
        yield subject.finding(
            "style",
            *place,
            what=Said("“%(words)s” blames or threatens the patient", words=blames.group(0)),
            mend="Say what they can do now, without blame.",
        )
    if language == "es" and (familiar := FAMILIAR.search(words)):
        yield subject.finding(
            "style",
            *place,
            what=Said("“%(words)s” speaks to the patient as to a friend", words=familiar.group(0)),
            mend='Say "usted" and "su".',
        )
