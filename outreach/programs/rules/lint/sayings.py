"""What no text may say: a dose, a diagnosis, shorthand, a lure, another program's talk, two questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import offers, texts
from outreach.programs.rules.lint.findings import Finding, Path, Subject

PILLS = r"(?:pills?|tablets?|tabs?|capsules?|doses?|puffs?|drops|medicines?|meds|medications?|insulin|shots?)"
PASTILLAS = (
    r"(?:pastillas?|p[ií]ldoras?|tabletas?|c[aá]psulas?|dosis|gotas|medicinas?|medicamentos?|inyecci\w+)"
)
HOW_MANY = (
    r"(?:two|three|four|half|double|twice|extra|another|an? extra|one more|one extra|more|less|fewer"
    r"|\d+(?:\.\d+)?"
    r"|dos|tres|cuatro|media|doble|otra|una m[aá]s|m[aá]s|menos|un extra)"
)
DOSE = re.compile(
    rf"(?<!\bI )(?<!you )(?<!to )(?<!Yo )\b(?:take|use|try"
    rf"|tome)\s+(?:up to\s+)?{HOW_MANY}\b(?:\s+\w+){{0,3}}?\s+(?:{PILLS}|{PASTILLAS})\b"
    rf"|(?<!\bI )(?<!not )(?<!n't )(?<!never )\b(?:double|skip|halve|split|increase|raise|lower|reduce"
    rf"|cut|change|stop|hold|quit)\s+(?:up\s+(?:on\s+)?)?"
    rf"(?:taking\s+|using\s+)?(?:back on\s+)?(?:your|the|a|one|all|any|this|that"
    rf"|half)\s+(?:\w+\s+){{0,3}}?{PILLS}\b"
    rf"|(?<!not )(?<!n't )(?<!never )\b(?:stop|start|restart|quit|keep from|do not|don'?t"
    rf"|resume)\s+(?:taking|take|using)\s+(?:your|the|it|them|any|all)\b"
    rf"|\b(?:deje de (?:tomar|usar)|suspenda|salte|duplique|aumente|suba|baje|reduzca|no tome"
    rf"|empiece a tomar)\s+"
    rf"(?:su|sus|la|las|el|los|una?|esta)\b(?:\s+\w+){{0,2}}?\s*{PASTILLAS}?"
    r"|\b\d+(?:\.\d+)?\s?(?:mg|mcg|ml|cc|milligrams?|miligramos?|units|unidades|tablets|puffs)\b"
    r"|\btake (?:an? |your )?(?:tylenol|ibuprofen|advil|motrin|aleve|acetaminophen|pain ?killer|antacid"
    r"|laxative|water pill)\w*"
    rf"|(?<!\bI )(?<!you )(?<!to )\b(?:take|use|add)\b[^.?!]{{0,30}}\b(?:one|two|extra|another|\d)"
    rf"(?: (?:more|extra))? {PILLS}\b"
    rf"|(?<!no )\b(?:tome|t[oó]mese|use|agregue|a[ñn]ada|beba)\b[^.?!]{{0,30}}\b(?:una?|dos|tres"
    rf"|media|otra|otro|\d+|m[aá]s)"
    rf"\s+(?:\w+\s+)?{PASTILLAS}\b(?:\s*(?:extra|m[aá]s|adicional\w*))?"
    rf"|(?<!no )\b(?:tome|t[oó]mese|use)\b[^.?!]{{0,30}}{PASTILLAS}\s+(?:extra|m[aá]s|adicional\w*"
    rf"|de m[aá]s|doble)\b"
    r"|\btome (?:un |una )?(?:tylenol|ibuprofeno|paracetamol|acetaminof\w+|laxante|antibi\w+)",
    re.IGNORECASE,
)
"""An order about medicine is a prescriber's (ISMP; 21 CFR 801.109 for what needs one), never a text's."""
MUCH_WATER = re.compile(
    r"\b(?:drink|have|get)\s+(?:lots|plenty|a lot|as much|more|extra|(?:at least )?\d+|eight|ten"
    r"|six)\b[^.?!]{0,24}"
    r"\b(?:water|fluids?|liquids?)|\b(?:push|force) fluids\b"
    r"|\b(?:tome|beba)\s+(?:mucha|muchos|m[aá]s|bastante|\d+|ocho|diez)\b[^.?!]{0,24}\b(?:agua"
    r"|l[ií]quidos?|vasos)"
    r"|\b(?:eat|use|add) (?:more|extra) salt\b|\bsalty (?:food|snack|broth)\w*|\b(?:coma|use) m[aá]s sal\b",
    re.IGNORECASE,
)
"""Fluid and salt are limited in heart failure and kidney failure (AHA/ACC/HFSA guideline 2022)."""
ANY_WATER = re.compile(
    r"\bdrink (?:some )?(?:water|fluids)\b|\b(?:tome|beba) (?:agua|l[ií]quidos?)\b", re.IGNORECASE
)
HOLDS_WATER = re.compile(
    r"I50|I11\.0|I13|84114007|heart failure|N18|N17|kidney|renal|cirrhosis|ascites", re.IGNORECASE
)
TOLD_ILL = re.compile(
    r"\b(?:it |this |that )?(?:sounds|looks|seems|appears)(?: to be| like)? (?:like )?(?:you|your|the|an?"
    r"|it)\b"
    r"|\byou (?:may|might|could|probably|likely|must|do|don'?t|do not)\s+(?:just\s+|only\s+)?(?:have"
    r"|be having|be getting)"
    r"\s+(?!a (?:visit|question|ride)|any question|to\b|all\b|what\b|your\b)\w+"
    r"|\b(?:your|the) \w+ (?:is|are|looks|seems) (?:\w+ )?(?:infected|broken|torn|failing|blocked|clotted"
    r"|inflamed)\b"
    r"|\b(?:this|that|it) is (?:just|only|probably|likely|a sign of|caused by|normal|not serious)\b"
    r"|\bnot serious\b|\bmeans (?:that )?(?:you|your) (?:have|heart|lungs|kidneys|wound)\b|\bno infection\b"
    r"|\binfected\b|\binfectad[oa]\b|\bparece (?:que|una?|infec\w+|estar)\b|\b(?:es|son) (?:solo|s[oó]lo"
    r"|probablemente)\b"
    r"|\b(?:puede|debe|podr[ií]a) (?:ser|tener) una?\b|\bno es (?:grave|nada)\b|\bes normal\b",
    re.IGNORECASE,
)
SHORT = re.compile(
    r"\b(?:SOB|DOE|LE|BID|TID|QID|QD|QOD|PRN|PO|NPO|HTN|CHF|HF|DM|DVT|PE|UTI|BP|HR|RR|BG|BS|FSBS|BM|SpO2"
    r"|ROM|PT|OT|POD"
    r"|ADLs?|PCP|OTC|LOC|CP|HA|N/V|N/V/D|IV|IM|SQ|SL|EtOH|DME|HHA|SNF|RX|DX|HX|SX|TX|FX|WNL|ASAP|EOD|COB"
    r"|ETA)\b"
    r"|(?-i:\b[A-Z]{2,5}\b(?<!STOP)(?<!HELP)(?<!SSN)(?<!DOB)(?<!MRN)(?<!HIV)(?<!ICU)(?<!OK)(?<!ER)(?<!US)(?<!TV)(?<!AM)(?<!PM)(?<!TTY)(?<!MD))"
    r"|\b(?:s/p|c/o|w/o|w/|f/u|d/c|h/o|y/o|r/o|b/c|q\d+h|q ?day|qhs|hx|rx|dx|sx|prn|bid|tid|qid|npo)(?![\w])"
    r"|\b(?:edema|dyspnea|dyspneic|febrile|afebrile|ambulat\w+|emesis|syncope|presyncope|nocturia"
    r"|orthopnea|erythema"
    r"|erythematous|purulent|drainage|pruritus|distal|bilateral|lesions?|pyrexia|analges\w+|hypoglyc\w+"
    r"|hyperglyc\w+"
    r"|hypotens\w+|tachycard\w+|palpitations?|anticoag\w+|lochia|fundus|vitals|sputum|exudate|diaphor\w+"
    r"|paresthes\w+"
    r"|void(?:ed|ing)?|micturition|contraindicat\w+|exacerbat\w+|titrat\w+|adheren\w+|complian\w+|malaise"
    r"|dysuria|hematuria"
    r"|systolic|diastolic|disnea|pirexia|eritema|s[ií]ncope|diaforesis|purulent[oa]|exudado|hipogluc\w+"
    r"|hipergluc\w+"
    r"|sist[oó]lica|diast[oó]lica|edemas?|em[eé]sis|astenia|prurito|cefalea)\b",
    re.IGNORECASE,
)
"""Joint Commission "Do Not Use" list; CDC "Everyday Words for Public Health Communication"; charts."""
SHORT_ALLOWED = frozenset(
    (
        "us",
        "ha",
        "pe",
        "he",
        "or",
        "ot",
        "le",
        "im",
        "po",
        "dm",
        "rr",
        "hr",
        "sl",
        "sq",
        "asap",
        "bs",
        "cp",
        "pt",
    )
)
"""Letters that are words too: flagged in capitals only."""
WAYS_OUT = frozenset(
    ("SALIR", "BAJA", "FIN", "PARE", "PARAR", "ALTO", "SALGA", "LEAVE", "EXIT", "QUIT", "END", "OUT")
)
"""Words an author may take for STOP: what is wrong with them is said of the first text."""
LURE = re.compile(
    r"\b(?:win|winner|won(?!')|prize|raffle|gift ?cards?|gift|reward\w*|coupon|discount|voucher|bonus"
    r"|cash|promo\w*|sweepstakes"
    r"|limited[- ]time|special offer|free (?:trial|gift|money|offer|sample|\w+ kit)|earn \w+|sponsor\w*"
    r"|buy|order now"
    r"|shop|on sale|subscribe|follow us|review us|rate us|refer a friend|like us|donat\w+|click)\b"
    r"|\d+ ?% off|\$\s?\d+"
    r"|\b(?:premio|rifa|sorteo|regalo|tarjeta de regalo|descuento|oferta|cup[oó]n|bono|gratis|gane|ganar"
    r"|compre|patrocin\w+"
    r"|recompensa|donaci\w+|s[ií]ganos)\b",
    re.IGNORECASE,
)
"""CTIA Messaging Principles 5.1; marketing needs a consent of its own (47 CFR 64.1200(f)(13),
45 CFR 164.508(a)(3))."""
SOON_CALL = re.compile(
    r"\b(?:will|going to|'ll)\s+(?:call|text|phone|contact|see|visit|reach)\b[^.?!]{0,30}"
    r"\b(?:today|tomorrow|this (?:morning|afternoon|evening)|within (?:\d+|a|an|one|two) (?:hours?|days?)"
    r"|by \d)"
    r"|\b(?:llama|llamar|llamamos|contacta|contactar|visita|visitar)\w*\b[^.?!]{0,30}\b(?:hoy|mañana"
    r"|esta tarde|antes de las)\b",
    re.IGNORECASE,
)
ASIDE = re.compile(
    r"[^.?!:]*(?:emergency|emergencia|questions?|preguntas|sooner|urge|worse|empeora|doing fine|todo bien"
    r"|need a|necesita)"
    r"\s*\?",
    re.IGNORECASE,
)
ALSO_ASKS = re.compile(
    r"\b(?:and|also)\s+(?:do|did|are|have|was|were|can|could|will|would|how|what|when)\s+(?:you|your|is"
    r"|are)\b[^.]*\?",
    re.IGNORECASE,
)
LEAST_WORDS = 2


class Talk(NamedTuple):
    """Words of one kind of program, and for whom they are."""

    of: str
    words: re.Pattern[str]
    fits: Callable[[Program], bool]


def _has(*parts: str) -> Callable[[Program], bool]:
    wanted = re.compile("|".join(parts), re.IGNORECASE)
    return lambda program: bool(
        wanted.search(f"{program.audience} {program.anchor} {program.title} {program.key}")
    )


def _asks(kind: str, *titles: str) -> Callable[[Program], bool]:
    also = _has(*titles)
    return lambda program: also(program) or any(one.kind == kind for one in program.questions.values())


TALKS = (
    Talk(
        Said("giving birth"),
        re.compile(r"\b(?:bab(?:y|ies)|newborn|infant|breast ?feed\w*|nursing bra|diaper\w*|c-section"
        r"|beb[eé]s|bebé|(?:el|la|su|un|una) bebe"
                   r"|reci[eé]n nacid\w+|amamant\w+|lactancia|pañal\w*)\b", re.I),
        _has("birth", "pregnan", "matern", "O1", "newborn", "neonat", "pediatr", "Z38", "infant"),
    ),
    Talk(
        Said("an operation"),
        re.compile(r"\b(?:your (?:wound|stitches|staples|cast|crutches|new (?:hip|knee|joint)|knee|hip"
        r"|dressing)|operation"
                   r"|where (?:they|we) cut|su (?:herida|rodilla|cadera|yeso|venda\w*)|puntos de sutura"
                   r"|muletas|operaci[oó]n)\b", re.I),
        _has("procedure", "surg", "operat", "replacement", "fractur", "wound", "T81", "injur", "cesar"),
    ),
    Talk(
        Said("weighing"),
        re.compile(r"\b(?:your weight|weigh yourself|step on (?:the|your) scale|in pounds|su peso"
        r"|p[eé]sese|en libras)\b", re.I),
        _asks("weight", "heart failure", "I50", "obes", "kidney", "bariatric", "newborn"),
    ),
    Talk(
        Said("blood pressure"),
        re.compile(r"\b(?:blood pressure|pressure cuff|your cuff|presi[oó]n arterial|su presi[oó]n)\b"
        r"|\b1\d\d/[6-9]\d\b", re.I),
        _asks("blood_pressure", "hypertens", "blood pressure", "I10", "eclampsia"),
    ),
    Talk(
        Said("low sugar"),
        re.compile(r"\b(?:your sugar|sugar (?:level|reading)|test strips?|su az[uú]car|tiras reactivas"
        r"|your reading|juice|jugo)\b", re.I),
        _asks("glucose", "diabet", "E1[01]", "hypoglyc"),
    ),
    Talk(
        Said("a missed visit"),
        re.compile(r"\b(?:we missed you|you missed (?:your|a|an|the)|missed (?:visit|appointment)"
        r"|sorry (?:we|you) missed"
                   r"|did not (?:come|make it|see you)|didn'?t (?:come|make it|see you)|no le vimos"
                   r"|no vino|falt[oó] a"
                   r"|perdi[oó] su cita)\b", re.I),
        lambda program: program.anchor == "missed_appointment",
    ),
    Talk(
        Said("a stay or visit that is over"),
        re.compile(r"\b(?:since you (?:went|came|got) home|since you left|left the hospital"
        r"|after your (?:stay|hospital)|your hospital stay"
                   r"|since your (?:stay|discharge|visit)|welcome home|desde que (?:sali[oó]|lleg[oó])"
                   r"|su estancia|tras su estancia)\b", re.I),
        lambda program: program.anchor in ("discharge", "birth"),
    ),
    Talk(
        Said("an operation to come"),
        re.compile(r"\b(?:before your (?:procedure|operation)|day of your (?:procedure|operation)"
        r"|your (?:procedure|operation) is"
                   r"|antes de su (?:procedimiento|operaci[oó]n)|su (?:procedimiento"
                   r"|operaci[oó]n) es)\b", re.I),
        lambda program: program.anchor == "procedure",
    ),
    Talk(
        Said("medicine that runs out"),
        re.compile(r"\b(?:(?:is|are|will be|almost|about to) run(?:ning)? (?:out|low)|refill is due"
        r"|se le (?:acaba|termina))\b", re.I),
        lambda program: program.anchor == "run_out" or "supply" in program.audience,
    ),
)  # fmt: skip
ANCHORED = frozenset(
    ("a missed visit", "an operation to come", "a stay or visit that is over", "medicine that runs out")
)


def check(subject: Subject) -> Iterator[Finding]:
    """Check the words of every text."""
    for text in texts.all_texts(subject):
        for language, words in text.words.items():
            place: Path = (*text.path, language)
            yield from _advice(subject, place, words)
            yield from _shorthand(subject, place, words)
            yield from _lures(subject, place, words)
            if text.question is not None and text.question.kind == "choice":
                yield from _doubled(subject, place, words)
            for talk in TALKS:
                yield from _strange(subject, place, talk, words)


def _advice(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    for match in DOSE.finditer(re.sub(r"[^.?!]*\?", " ", words)):
        yield subject.finding(
            "advice",
            *place,
            what=Said("“%(words)s” orders medicine, which only a prescriber may", words=match.group(0)),
            mend="Leave it out; let a nurse call, or refer to the sheet they were given.",
        )
    holds = HOLDS_WATER.search(subject.program.audience)
    water = MUCH_WATER.search(words) or (ANY_WATER.search(words) if holds else None)
    if water:
        yield subject.finding(
            "advice",
            *place,
            what=Said("“%(words)s” harms those who must limit water or salt", words=water.group(0)),
            mend="Leave it out; how much to drink is the care plan's.",
        )
    for match in TOLD_ILL.finditer(words):
        yield subject.finding(
            "advice",
            *place,
            what=Said("“%(words)s” tells a diagnosis, which no text can know", words=match.group(0)),
            mend="Say who was told and what to do, not what it is.",
        )
    acts = offers.STAFF_ACTS.get(str(place[-1]))
    for match in SOON_CALL.finditer(words) if not (acts and acts.search(words)) else ():
        yield subject.finding(
            "promise",
            *place,
            what=Said("“%(words)s” is a promise that nobody keeps at night", words=match.group(0)),
            mend='Say "by the end of the next business day" or "as soon as the clinic is staffed".',
        )


def _shorthand(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    plain = re.sub(r"\{[a-z_]+\}", " ", words)
    for one in dict.fromkeys(match.group(0) for match in SHORT.finditer(plain)):
        if (one.lower() in SHORT_ALLOWED and not one.isupper()) or one in WAYS_OUT:
            continue
        yield subject.finding(
            "shorthand",
            *place,
            what=Said("“%(word)s” is a clinician's word; patients don't know it", word=one),
            mend="Write it out in everyday words.",
        )


def _lures(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    found = LURE.search(words)
    if found:
        yield subject.finding(
            "lure",
            *place,
            what=Said(
                "“%(words)s” is marketing or a lure, and needs a consent of its own", words=found.group(0)
            ),
            mend="Leave it out of care texts.",
        )


def _doubled(subject: Subject, place: Path, words: str) -> Iterator[Finding]:
    plain = ASIDE.sub(" ", re.sub(r"\[[^\]]*\]|\{[a-z_]+\}:?", " ", words))
    asked = [
        one for one in re.findall(r"[^.?!]*\?", plain) if len(re.findall(r"[^\W\d_]{2,}", one)) >= LEAST_WORDS
    ]
    if len(asked) > 1 or ALSO_ASKS.search(plain):
        yield subject.finding(
            "two_questions",
            *place,
            what="Asks two things, and one answer can't say to which it belongs",
            mend="Ask one thing; let another question follow.",
        )


def _strange(subject: Subject, place: Path, talk: Talk, words: str) -> Iterator[Finding]:
    found = talk.words.search(words)
    if found is None or talk.fits(subject.program):
        return
    yield subject.finding(
        "strange",
        *(("anchor",) if talk.of in ANCHORED else place),
        what=Said(
            "“%(words)s” belongs to a program about %(of)s, and this one isn't",
            words=found.group(0),
            of=talk.of,
        ),
        mend="Mend the words, or `anchor` and `audience`.",
    )
