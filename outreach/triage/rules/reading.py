"""Reads one text: puts signs, wishes and answers in order of what matters, and says why."""

from __future__ import annotations

from dataclasses import dataclass, field

from outreach.triage.rules import (
    answers,
    context,
    keywords,
    language,
    lexicon,
    measures,
    patterns,
    suspicion,
    words,
)
from outreach.triage.rules.lexicon import Encoded, Hit, Lexicon
from outreach.triage.rules.meanings import (
    Answer,
    Finding,
    Kind,
    OpenQuestion,
    Option,
    QuestionKind,
    Reading,
    Span,
)

BAR = 0.7
"""A class read with less confidence than this goes to a person."""

# What acts first when several things are said in one text. Stopping and danger act always, both.
PRECEDENCE = (
    Kind.OPT_OUT, Kind.URGENT, Kind.WRONG_PERSON, Kind.ANSWER, Kind.OPT_IN, Kind.RESCHEDULE, Kind.DECLINE,
    Kind.CONFIRM, Kind.HELP,
)  # fmt: skip


@dataclass(slots=True)
class _Draft:
    """A reading being put together."""

    text: str
    lexicon: Lexicon
    folded: words.Folded
    encoded: Encoded
    kinds: dict[Kind, float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    alarmed: set[int] = field(default_factory=set)
    answer: Answer | None = None
    human: bool = False

    def see(self, kind: Kind, hit: Hit) -> None:
        """Note a rule that was seen, once for each place."""
        confidence = hit.rule.confidence
        if any(at in self.encoded.guessed for at in range(hit.start, hit.end)):
            confidence = round(confidence - 0.1, 3)
        self.kinds[kind] = max(confidence, self.kinds.get(kind, 0.0))
        self.used.update(range(hit.start, hit.end))
        start, end = self.encoded.where(hit.start, hit.end)
        span = Span(
            start=start, end=end, kind=kind.value, rule=hit.rule.id, text=self.text[start:end],
            topic=hit.rule.topic, tier=hit.rule.tier,
        )  # fmt: skip
        if not any(
            other.rule == span.rule and other.start <= start and end <= other.end for other in self.spans
        ):
            self.spans.append(span)

    def note(
        self, code: str, *, topic: str | None = None, rule: str | None = None, human: bool = False
    ) -> None:
        """Note a finding, and whether it calls for a person."""
        finding = Finding(code=code, topic=topic, rule=rule)
        if finding not in self.findings:
            self.findings.append(finding)
        self.human = self.human or human


def read(
    text: str,
    *,
    open_words: tuple[str, ...] = (),
    question: OpenQuestion | None = None,
    language_hint: str | None = None,
) -> Reading:
    """Read one text: what it asks us to act on, in which words, how sure, and whether a person must look.

    `question` is the question open to this phone; `open_words` names bare reply words when no more is known
    of it. Never raises, whatever the text; the same text, question and lexicon version always read the
    same.
    """
    known = lexicon.load()
    folded = words.fold(text)
    tokens = words.cut(folded)
    encoded = known.encode(tokens)
    draft = _Draft(text, known, folded, encoded)
    hits = _live(known.hits(encoded.codes))
    question = question or _bare(open_words)
    _read_signs(draft, hits)
    _read_values(draft, question)
    _read_wishes(draft, hits, question)
    if question is not None:
        _read_answer(draft, question)
    _read_again(draft)
    _read_appointment(draft, hits, question)
    spoken = language.identify(known, text, folded, tokens, language_hint)
    return _finish(draft, hits, spoken, too_long=len(text) > words.MAX_CHARS)


def _bare(open_words: tuple[str, ...]) -> OpenQuestion | None:
    return OpenQuestion(options=tuple(Option(word=word) for word in open_words)) if open_words else None


def _live(hits: list[Hit]) -> list[Hit]:
    """Drop what another rule takes back: "stop by at 3" is no stop, "dying to see you" no dying."""
    muters = [hit for hit in hits if hit.rule.mutes]
    if not muters:
        return hits
    # Rules named one by one go first: "not false" takes back the "no" that would take back the yes.
    named = [
        hit
        for hit in hits
        if not any(hit.rule.id in muter.rule.mutes and muter.overlaps(hit) for muter in muters)
    ]
    standing = [hit for hit in named if hit.rule.mutes]
    return [
        hit
        for hit in named
        if not any(hit.rule.kind in muter.rule.mutes and muter.overlaps(hit) for muter in standing)
    ]


def _read_signs(draft: _Draft, hits: list[Hit]) -> None:
    """Take every urgent sign that isn't taken back by what stands around it."""
    urgent = [hit for hit in hits if hit.rule.kind == Kind.URGENT]
    cues = context.cues_of(draft.lexicon)
    for hit in urgent:
        excuse = context.excuse(cues, draft.encoded.codes, hit)
        if excuse is None:
            draft.see(Kind.URGENT, hit)
            draft.alarmed.update(range(hit.start, hit.end))
        else:
            draft.note(excuse, topic=hit.rule.topic, rule=hit.rule.id, human=excuse != context.NEGATED)


def _read_values(draft: _Draft, question: OpenQuestion | None) -> None:
    """Take values that are dangerous whatever was asked, or that answer the question and are."""
    found = measures.find(draft.folded.text)
    kind = QuestionKind(question.kind) if question else None
    if kind is QuestionKind.BLOOD_PRESSURE and not found:
        found = measures.pairs(draft.folded.text)
    for one in found:
        if one.level == "impossible":
            draft.note("implausible", topic=one.name, human=True)
        elif one.level:
            _see_value(draft, one)


def _read_again(draft: _Draft) -> None:
    """Let the second reader look where no rule saw a danger.

    When it is sure the text is urgent; when it only doubts, a person looks. A sign that the text itself
    takes back ("no chest pain") needs more to be raised again.
    """
    if Kind.URGENT in draft.kinds or (draft.answer and not _leaves_a_remainder(draft, Kind.ANSWER)):
        return
    found = suspicion.load().suspect(draft.encoded)
    if found.sum < suspicion.DOUBTFUL:
        return
    draft.note("suspected", topic="other_danger", rule="second-reader", human=True)
    if found.sum < suspicion.SURE + (suspicion.TAKEN_BACK if len(draft.findings) > 1 else 0):
        return
    start, end = draft.encoded.where(found.start, found.end)
    draft.kinds[Kind.URGENT] = found.confidence
    draft.alarmed.update(range(found.start, found.end))
    draft.spans.append(
        Span(
            start=start, end=end, kind="urgent", rule="second-reader", text=draft.text[start:end],
            topic="other_danger", tier="ORANGE",
        )
    )  # fmt: skip


def _see_value(draft: _Draft, one: measures.Measure) -> None:
    start, end = draft.folded.original(one.start), draft.folded.original_end(one.end)
    topic = {"temperature": "fever", "pills": "overdose"}.get(one.name, f"{one.level}_value")
    rule = f"{one.name}-{one.level}"
    draft.kinds[Kind.URGENT] = max(0.95, draft.kinds.get(Kind.URGENT, 0.0))
    draft.spans.append(
        Span(
            start=start, end=end, kind="urgent", rule=rule, text=draft.text[start:end], topic=topic,
            tier=one.tier,
        )
    )  # fmt: skip


def _read_wishes(draft: _Draft, hits: list[Hit], question: OpenQuestion | None) -> None:
    """Take opt-out, opt-in, wrong person and help."""
    stops = [hit for hit in hits if hit.rule.kind == Kind.OPT_OUT]
    for kind in (Kind.OPT_OUT, Kind.OPT_IN, Kind.WRONG_PERSON, Kind.HELP):
        for hit in hits:
            # "don't call me again" asks for no call.
            if hit.rule.kind == kind and not (
                kind is Kind.HELP and any(hit.overlaps(stop) for stop in stops)
            ):
                draft.see(kind, hit)
    exact = {
        Kind.OPT_OUT: keywords.exact_opt_out(draft.text),
        Kind.OPT_IN: keywords.exact_opt_in(draft.text),
        Kind.HELP: keywords.exact_help(draft.text),
    }
    for kind, is_exact in exact.items():
        if is_exact:
            _see_keyword(draft, kind)
    if Kind.OPT_OUT in draft.kinds:
        draft.kinds.pop(Kind.OPT_IN, None)
        if keywords.is_ambiguous_opt_out(draft.text):
            _see_ambiguous(draft, question)


def _see_keyword(draft: _Draft, kind: Kind) -> None:
    draft.kinds[kind] = 1.0
    draft.used.update(range(len(draft.encoded.codes)))
    start, end = draft.encoded.where(0, len(draft.encoded.codes))
    draft.spans = [span for span in draft.spans if span.kind != kind]
    draft.spans.append(
        Span(start=start, end=end, kind=kind.value, rule=f"keyword-{kind.value}", text=draft.text[start:end])
    )


def _see_ambiguous(draft: _Draft, question: OpenQuestion | None) -> None:
    """A bare CANCEL may mean the visit.

    It opts out all the same (47 CFR 64.1200(a)(10)), and a person asks.
    """
    about_visit = question is not None and (
        question.about_appointment or any(o.means for o in question.options)
    )
    spanish = "cancelar" in draft.folded.text
    if about_visit or spanish:
        draft.note("ambiguous_cancel", human=True)
        draft.kinds[Kind.DECLINE] = 0.5


def _read_answer(draft: _Draft, question: OpenQuestion) -> None:
    """Take the answer to the open question, and what stands beside it."""
    if QuestionKind(question.kind) is QuestionKind.CHOICE:
        found = answers.read_choice(draft.lexicon, draft.encoded, question)
    else:
        found = answers.read_value(draft.encoded, draft.folded, question, draft.lexicon)
    for problem in found.problems:
        draft.note(problem, human=True)
    if found.answer is None and "ambiguous" not in found.problems:
        return
    draft.answer = found.answer
    draft.used.update(found.used)
    draft.kinds[Kind.ANSWER] = found.answer.confidence if found.answer else 0.4
    if found.answer and found.answer.end > found.answer.start:
        start, end = found.answer.start, found.answer.end
        draft.spans.append(
            Span(
                start=start, end=end, kind="answer", rule=f"answer-{found.answer.how}",
                text=draft.text[start:end],
            )
        )  # fmt: skip


def _read_appointment(draft: _Draft, hits: list[Hit], question: OpenQuestion | None) -> None:
    """Take another time, a no, or a yes:

    the first of these that is said, in this order, unless the "no" is but a word.
    """
    if Kind.OPT_OUT in draft.kinds:
        return
    said = {
        kind: [
            hit
            for hit in hits
            if hit.rule.kind == kind and not draft.alarmed.intersection(range(hit.start, hit.end))
        ]
        for kind in (Kind.RESCHEDULE, Kind.DECLINE, Kind.CONFIRM)
    }
    cues, codes = context.cues_of(draft.lexicon), draft.encoded.codes
    said[Kind.CONFIRM] = [hit for hit in said[Kind.CONFIRM] if not context.is_denied(cues, codes, hit)]
    if Kind.HELP in draft.kinds:
        said[Kind.DECLINE] = [hit for hit in said[Kind.DECLINE] if hit.rule.confidence >= 0.9]
    firm = [hit for hit in said[Kind.DECLINE] if hit.rule.confidence >= 0.9]
    for kind in (Kind.RESCHEDULE, Kind.DECLINE, Kind.CONFIRM):
        chosen = firm if kind is Kind.DECLINE and said[Kind.CONFIRM] and _confirms_first(said) else said[kind]
        if chosen:
            for hit in chosen:
                draft.see(kind, hit)
            _bind_meaning(draft, question, kind)
            return


def _confirms_first(said: dict[Kind, list[Hit]]) -> bool:
    return said[Kind.CONFIRM][0].start <= said[Kind.DECLINE][0].start if said[Kind.DECLINE] else True


def _bind_meaning(draft: _Draft, question: OpenQuestion | None, kind: Kind) -> None:
    if question is not None and draft.answer is None and Kind.ANSWER not in draft.kinds:
        draft.answer = answers.by_meaning(question, kind)


def _finish(draft: _Draft, hits: list[Hit], spoken: str, *, too_long: bool) -> Reading:
    order = [kind for kind in PRECEDENCE if kind in draft.kinds]
    if Kind.ANSWER in order:
        order = [kind for kind in order if kind not in (Kind.CONFIRM, Kind.DECLINE, Kind.HELP, Kind.OPT_IN)]
    kind = order[0] if order else Kind.OTHER
    confidence = draft.kinds.get(kind, 0.0)
    if too_long:
        draft.note("too_long", human=True)
    if not order:
        confidence = _judge_talk(draft, hits)
    elif _leaves_a_remainder(draft, kind):
        draft.note("remainder", human=True)
    human = (
        draft.human or confidence < BAR or any(one in _FOR_A_PERSON for one in order) or _asks_person(draft)
    )
    return Reading(
        kind=kind,
        also=tuple(order[1:]),
        spans=tuple(sorted(draft.spans, key=lambda span: (span.start, -span.end, span.rule))),
        language=spoken,
        confidence=confidence,
        lexicon_version=draft.lexicon.version,
        answer=draft.answer,
        needs_human=human,
        findings=tuple(draft.findings),
    )


_FOR_A_PERSON = frozenset({Kind.URGENT, Kind.WRONG_PERSON, Kind.RESCHEDULE})
_SIGNS = frozenset((patterns.COMMA, patterns.STOP))
_ENDS = frozenset((patterns.STOP, patterns.QUESTION))
_NUMBERS = frozenset((patterns.NUMBER, patterns.TIME))
_SHORT_TALK = 3
_SHORT_GREETING = 4
_FEW_WORDS = 8


def _asks_person(draft: _Draft) -> bool:
    """Say whether help is asked for in more than the bare keyword, which has an automatic reply."""
    return Kind.HELP in draft.kinds and not keywords.exact_help(draft.text)


def _judge_talk(draft: _Draft, hits: list[Hit]) -> float:
    """Say how sure we are that a text without a class needs nobody:

    it must be all small talk, and ask nothing.
    """
    codes, known = draft.encoded.codes, draft.lexicon
    calm = [
        hit
        for hit in hits
        if hit.rule.kind == "talk"
        and not known.negators
        & set(codes[max(0, hit.start - 1) : hit.start] + codes[hit.start + 1 : hit.end])
    ]
    talked = {at for hit in calm for at in range(hit.start, hit.end)}
    rest = [code for at, code in enumerate(codes) if at not in talked and code not in _SIGNS]
    strange = [code for code in rest if code not in known.benign and code not in _NUMBERS]
    if 0 in talked and len(codes) <= _SHORT_GREETING and strange == [patterns.UNKNOWN]:
        strange = []  # "bye Udo", "hey mate": one word we never heard, beside a greeting
    refuses = any(code in known.negators for code in rest)
    asks = patterns.QUESTION in codes or (codes[:1] in known.question_words and len(codes) > 2)
    polite = bool(talked) or (len(rest) <= _SHORT_TALK and not _NUMBERS.intersection(rest))
    if not strange and polite and not (refuses and len(codes) > 1) and (not asks or 0 in talked):
        return 0.9
    draft.note("not_understood", human=True)
    return 0.3


def _leaves_a_remainder(draft: _Draft, kind: Kind) -> bool:
    """Say whether a text says more than was read, and the rest isn't just polite."""
    if kind in (Kind.OPT_OUT, Kind.URGENT, Kind.WRONG_PERSON, Kind.RESCHEDULE, Kind.HELP, Kind.OPT_IN):
        return False
    codes, tokens, known = draft.encoded.codes, draft.encoded.tokens, draft.lexicon
    rest = [at for at in range(len(codes)) if at not in draft.used and codes[at] not in _SIGNS]
    strange = [at for at in rest if codes[at] not in known.benign and tokens[at].form not in known.around]
    if _asks_more(draft) or any(codes[at] in known.substance for at in rest):
        return True
    return len(strange) > (0 if kind is Kind.ANSWER else _FEW_WORDS if kind is Kind.DECLINE else _SHORT_TALK)


def _asks_more(draft: _Draft) -> bool:
    """Say whether a sentence that holds nothing we read is a question."""
    read_here = False
    for at, code in enumerate(draft.encoded.codes):
        read_here = read_here or (at in draft.used and code not in _ENDS)
        if code == patterns.QUESTION and not read_here:
            return True
        if code in _ENDS:
            read_here = False
    return False
