"""Reads one text: puts signs, wishes and answers in order of what matters, and says why."""

from __future__ import annotations

from dataclasses import replace

from outreach.triage.rules import (
    answers,
    context,
    keywords,
    language,
    learned,
    leaving,
    lexicon,
    measures,
    meters,
    numerals,
    patterns,
    plainly,
    remainder,
    restated,
    second,
    spanish,
    values,
    veto,
    words,
)
from outreach.triage.rules.draft import Draft
from outreach.triage.rules.lexicon import Hit
from outreach.triage.rules.meanings import (
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
    draft = Draft(text, known, folded, encoded, numerals.figures(folded))
    hits = _live(known.hits(encoded.codes))
    question = question or _bare(open_words)
    _read_denials(draft, hits)
    _read_signs(draft, hits)
    _read_values(draft, question)
    _read_wishes(draft, hits, question)
    problems: tuple[str, ...] = ()
    if question is not None:
        problems = _read_answer(draft, question)
    weighed = second.look_again(draft)
    for problem in problems:
        draft.note(problem, human=True)
    _read_appointment(draft, hits, question)
    second.settle(draft, weighed)
    if question is not None:
        leaving.weigh(draft, question)
        _read_doubt(draft, question)
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


def _read_denials(draft: Draft, hits: list[Hit]) -> None:
    """Note which wishes the text denies ("don't cancel", "don't stop these"), so that nobody reads them
    into it, and which of its complaints are mild.
    """
    for hit in hits:
        kind = _DENIALS.get(hit.rule.kind)
        if hit.rule.kind == _MILD:
            draft.note(_MILD, human=True)
        if kind is not None:
            draft.denied.add(kind)
        if hit.rule.kind.startswith("denied"):
            draft.denied_at.update(range(hit.start, hit.end))


def _read_signs(draft: Draft, hits: list[Hit]) -> None:
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


def _read_values(draft: Draft, question: OpenQuestion | None) -> None:
    """Take values that are dangerous whatever was asked, or that answer the question and are."""
    said = draft.figures
    asked = question is not None and QuestionKind(question.kind) is QuestionKind.GLUCOSE
    found = [*measures.find(said.text), *meters.find(draft.text, said, asked=asked)]
    for one in found:
        _see_value(draft, one, said.original(one.start), said.original_end(one.end))
    if not found and _NUMBERS.intersection(draft.encoded.codes):
        _read_misspelled_values(draft)


def _read_misspelled_values(draft: Draft) -> None:
    """Take values whose names had to be spelled first: "sugr 38"."""
    ends: list[int] = []
    for word in draft.encoded.words:
        ends.append((ends[-1] + 1 if ends else 0) + len(word))
    for one in measures.find(" ".join(draft.encoded.words)):
        first = next(at for at, end in enumerate(ends) if end > one.start)
        _see_value(draft, one, *draft.encoded.where(first, first + 1))


def _see_value(draft: Draft, one: measures.Measure, start: int, end: int) -> None:
    if one.level == "impossible":
        draft.note("implausible", topic=one.name, human=True)
    if one.level is None or one.level == "impossible":
        return
    topic = {"temperature": "fever", "pills": "overdose"}.get(one.name, f"{one.level}_value")
    rule = f"{one.name}-{one.level}"
    if any(span.rule == rule and span.start < end and start < span.end for span in draft.spans):
        return
    draft.kinds[Kind.URGENT] = max(0.95, draft.kinds.get(Kind.URGENT, 0.0))
    draft.spans.append(
        Span(
            start=start, end=end, kind="urgent", rule=rule, text=draft.text[start:end], topic=topic,
            tier=one.tier,
        )
    )  # fmt: skip


def _read_wishes(draft: Draft, hits: list[Hit], question: OpenQuestion | None) -> None:
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


def _see_keyword(draft: Draft, kind: Kind) -> None:
    draft.kinds[kind] = 1.0
    draft.used.update(range(len(draft.encoded.codes)))
    start, end = draft.encoded.where(0, len(draft.encoded.codes))
    draft.spans = [span for span in draft.spans if span.kind != kind]
    draft.spans.append(
        Span(start=start, end=end, kind=kind.value, rule=f"keyword-{kind.value}", text=draft.text[start:end])
    )


def _see_ambiguous(draft: Draft, question: OpenQuestion | None) -> None:
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


def _read_answer(draft: Draft, question: OpenQuestion) -> tuple[str, ...]:
    """Take the answer to the open question, and what stands beside it; return the problems of a value.

    Where more is told than a value they are noted after the second reader looked: to it a finding is a sign
    that was taken back.
    """
    is_choice = QuestionKind(question.kind) is QuestionKind.CHOICE
    if is_choice:
        found = answers.read_choice(draft.lexicon, draft.encoded, question, denied=draft.denied_at)
        found = spanish.settle(draft.lexicon, draft.encoded, question, found)
        if not spanish.is_spoken(draft.encoded):
            found = restated.settle(draft.lexicon, draft.encoded, question, found)
        found = veto.settle(draft.lexicon, draft.encoded, question, found)
        found = learned.settle(draft.lexicon, draft.encoded, question, found)
    else:
        found = values.read_value(draft.encoded, draft.figures, question, draft.lexicon)
        found = veto.settle_value(draft.encoded, found)
    for one in found.dangers:
        _see_value(draft, one, one.start, one.end)
    if not is_choice and values.is_untold(draft.encoded, draft.lexicon, question, found) and not draft.kinds:
        draft.note("incomplete", human=True)
    later = () if is_choice or not values.strange(draft.encoded, draft.lexicon) else found.problems
    for problem in found.problems if not later else ():
        draft.note(problem, human=True)
    draft.leans = found.leans
    draft.unclear = found.answer is None and not _UNCLEAR.isdisjoint(found.problems)
    if found.answer is None and "ambiguous" not in found.problems:
        return later
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
    return later


def _read_doubt(draft: Draft, question: OpenQuestion) -> None:
    """Take a doubtful answer to a question of life for a danger: "idk sometimes" is no "no".

    About self-harm anything that is neither a plain answer, a question nor another wish counts, and as the
    gravest answer would; elsewhere a doubt calls one tier lower.
    """
    grave = question.gravest or draft.leans
    if grave is None or draft.answer is not None or not _is_doubtful(draft, about=grave.topic):
        return
    tier = "RED" if grave.topic == _ALWAYS_DOUBTED else "ORANGE"
    if Kind.URGENT in draft.kinds and any(span.tier in (tier, "RED") for span in draft.spans):
        return
    draft.kinds[Kind.URGENT] = max(0.8, draft.kinds.get(Kind.URGENT, 0.0))
    start, end = draft.encoded.where(0, len(draft.encoded.codes))
    draft.spans.append(
        Span(
            start=start, end=end, kind="urgent", rule="doubtful-answer", text=draft.text[start:end],
            topic=grave.topic, tier=tier,
        )
    )  # fmt: skip


def _is_doubtful(draft: Draft, *, about: str | None) -> bool:
    codes = {finding.code for finding in draft.findings}
    if plainly.ASKED_BACK in codes:
        return False
    if codes & {plainly.UNSURE, plainly.AMBIGUOUS}:
        return True
    short = 0 < len(draft.encoded.codes) <= _SHORT_ANSWER
    if not short or draft.kinds.keys() - _MAY_BE_DOUBTS:
        return False
    told = plainly.Told.of(draft.lexicon, draft.encoded)
    if plainly.knows_not(told) or plainly.hedges(told) or told.places("not_yet"):
        return True
    speaks = patterns.QUESTION not in draft.encoded.codes and not plainly.asks(told)
    return about == _ALWAYS_DOUBTED and speaks and not plainly.is_polite(told)


def _read_appointment(draft: Draft, hits: list[Hit], question: OpenQuestion | None) -> None:
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


def _bind_meaning(draft: Draft, question: OpenQuestion | None, kind: Kind) -> None:
    if question is not None and draft.answer is None and not draft.unclear and Kind.ANSWER not in draft.kinds:
        draft.answer = answers.by_meaning(question, kind)
        if draft.answer and learned.confirms(draft.lexicon, draft.encoded, question, str(draft.answer.word)):
            draft.answer = replace(draft.answer, bare=False, how=learned.HOW, confidence=learned.SURE)


def _finish(draft: Draft, hits: list[Hit], spoken: str, *, too_long: bool) -> Reading:
    order = [kind for kind in PRECEDENCE if kind in draft.kinds]
    if Kind.ANSWER in order:
        order = [kind for kind in order if kind not in (Kind.CONFIRM, Kind.DECLINE, Kind.HELP, Kind.OPT_IN)]
    kind = order[0] if order else Kind.OTHER
    confidence = draft.kinds.get(kind, 0.0)
    if too_long:
        draft.note("too_long", human=True)
    if _only_denies(draft):
        draft.note("denied", human=True)
    if not order:
        confidence = remainder.judge_talk(draft, hits)
    elif remainder.leaves_a_remainder(draft, kind):
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


def _only_denies(draft: Draft) -> bool:
    """Say whether "don't cancel" or "don't stop" is said, and not what they want instead."""
    said = {Kind.CONFIRM, Kind.RESCHEDULE, Kind.DECLINE, Kind.ANSWER} & draft.kinds.keys()
    return Kind.OPT_OUT in draft.denied or (Kind.DECLINE in draft.denied and not said)


_UNCLEAR = frozenset((plainly.UNSURE, plainly.ASKED_BACK, plainly.NOT_PLAIN))
_MAY_BE_DOUBTS = frozenset((Kind.DECLINE, Kind.CONFIRM, Kind.ANSWER, Kind.URGENT, Kind.RESCHEDULE))
_ALWAYS_DOUBTED = "self_harm"
_SHORT_ANSWER = 10
_MILD = "mild"
"""A complaint that tells of no danger by itself (no bowel movement for days): its reader needs more."""
_DENIALS = {
    "denied_opt_out": Kind.OPT_OUT, "denied_decline": Kind.DECLINE, "denied_reschedule": Kind.RESCHEDULE,
    "denied_confirm": Kind.CONFIRM, "theirs_reschedule": Kind.RESCHEDULE,
}  # fmt: skip
_FOR_A_PERSON = frozenset({Kind.URGENT, Kind.WRONG_PERSON, Kind.RESCHEDULE})


_NUMBERS = frozenset((patterns.NUMBER, patterns.TIME))


def _asks_person(draft: Draft) -> bool:
    """Say whether help is asked for in more than the bare keyword, which has an automatic reply."""
    return Kind.HELP in draft.kinds and not keywords.exact_help(draft.text)
