"""Says what is left of a text when all that was read is taken out, and whether that needs a person."""

from __future__ import annotations

from outreach.triage.rules import patterns
from outreach.triage.rules.draft import Draft
from outreach.triage.rules.lexicon import Hit
from outreach.triage.rules.meanings import Kind

_SIGNS = frozenset((patterns.COMMA, patterns.STOP))
_ENDS = frozenset((patterns.STOP, patterns.QUESTION))
_NUMBERS = frozenset((patterns.NUMBER, patterns.TIME))
_SHORT_TALK = 3
_SHORT_GREETING = 4
_FEW_WORDS = 8


def judge_talk(draft: Draft, hits: list[Hit]) -> float:
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
    if any(hit.rule.kind == "vague" for hit in hits):
        strange.append(patterns.UNKNOWN)  # "so so" tells of a state: nobody's small talk
    refuses = any(code in known.negators for code in rest)
    asks = patterns.QUESTION in codes or (codes[:1] in known.question_words and len(codes) > 2)
    polite = bool(talked) or (len(rest) <= _SHORT_TALK and not _NUMBERS.intersection(rest))
    if not strange and polite and not (refuses and len(codes) > 1) and (not asks or 0 in talked):
        return 0.9
    draft.note("not_understood", human=True)
    return 0.3


def leaves_a_remainder(draft: Draft, kind: Kind) -> bool:
    """Say whether a text says more than was read, and the rest isn't just polite."""
    if kind in (Kind.OPT_OUT, Kind.URGENT, Kind.WRONG_PERSON, Kind.RESCHEDULE, Kind.HELP, Kind.OPT_IN):
        return False
    codes, tokens, known = draft.encoded.codes, draft.encoded.tokens, draft.lexicon
    rest = [at for at in range(len(codes)) if at not in draft.used and codes[at] not in _SIGNS]
    strange = [at for at in rest if codes[at] not in known.benign and tokens[at].form not in known.around]
    if kind is Kind.ANSWER and _says_more_than_a_value(draft, rest):
        return True
    if _asks_more(draft) or any(codes[at] in known.substance for at in rest):
        return True
    return len(strange) > (0 if kind is Kind.ANSWER else _FEW_WORDS if kind is Kind.DECLINE else _SHORT_TALK)


def _asks_more(draft: Draft) -> bool:
    """Say whether a sentence that holds nothing we read is a question."""
    read_here = False
    for at, code in enumerate(draft.encoded.codes):
        read_here = read_here or (at in draft.used and code not in _ENDS)
        if code == patterns.QUESTION and not read_here:
            return True
        if code in _ENDS:
            read_here = False
    return False


def _says_more_than_a_value(draft: Draft, rest: list[int]) -> bool:
    """Say whether beside a value there is a yes, a no or any word that isn't about it or polite.

    "184 and yes I have my pills" answers two questions, and only one is bound. A yes before it is about it.
    """
    if draft.answer is None or draft.answer.word is not None:
        return False
    tokens, known = draft.encoded.tokens, draft.lexicon
    after = False
    for at, token in enumerate(tokens):
        after = after or token.kind == "number"
        word = draft.encoded.words[at]
        says_yes = after and (word,) in known.replies["strong_yes"] and word != "y"
        if draft.answer.start <= token.start and token.end <= draft.answer.end:
            after = True
            continue
        if says_yes or (word,) in known.replies["denials"]:
            return True
        plain = token.form in known.around or token.form in known.measure_words or word in known.measure_words
        if at in rest and token.kind == "word" and not plain and (word,) not in known.replies["beside_value"]:
            return True
    return False
