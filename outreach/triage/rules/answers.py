"""Reads what a text chooses of the question that is open: digits, words, places, labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from outreach.triage.rules import fevers, paraphrases, plainly, words
from outreach.triage.rules.asked import Asked, Candidate
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, Kind, OpenQuestion, Option
from outreach.triage.rules.measures import Measure
from outreach.triage.rules.spelling import is_slip

_UNITS = """days day weeks week hours hour hrs hr minutes minute mins min months month years year pills pill
times time pm am mg ml pounds lbs lb kg miles blocks people kids tablets tablet doses dose p a oclock percent
pad pads liner liners towels nights night nites pillow pillows puff puffs shot shots egg eggs strips inhaler
inhalers bottle bottles refills bucks dollars stairs flights cans beers drinks sodas visits
noches noche almohada almohadas toallas dias semanas horas hora minutos meses anos pastillas pastilla veces
vez libras kilos personas doctors appointments cups glasses steps"""
UNITS_AFTER = frozenset(_UNITS.split())
_INTRODUCES = frozenset(
    [
        "option",
        "number",
        "answer",
        "opcion",
        "numero",
        "respuesta",
        "#",
        "choice",
        "choose",
        "pick",
        "say",
        "elijo",
        "escojo",
        "reply",
    ]
)
_OWNS = frozenset(["my", "mi", "mis", "his", "her", "our", "have", "has", "had", "tengo", "took", "these"])
_OF = frozenset(["of", "de"])
_STILL = frozenset(["more", "mas", "other", "full", "whole", "good", "bad"])
"""Between a number and what it counts: "2 more days"."""
_LITTLE_WORDS = frozenset(["a", "y", "o", "i"])


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was read as an answer, which words it used, and what a person should look at."""

    answer: Answer | None
    used: frozenset[int] = frozenset()
    problems: tuple[str, ...] = ()
    dangers: tuple[Measure, ...] = ()
    """Values among what was told that are dangerous, at their places in the text as it came."""
    leans: Option | None = None
    """The option that calls somebody at once, where a doubtful text names it: "not sure, maybe worse"."""


NOTHING = Found(answer=None)
_REPLY = 2
"""Words of a bare reply word: "one", "the one"; "all but one" is none."""


def read_choice(
    lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, *, denied: Collection[int] = ()
) -> Found:
    """Find the one option a text chooses plainly; more than one, one that isn't offered or none that is plain
    is a problem for a person. Labels among the words at `denied` ("don't cancel") choose nothing.
    """
    offered = {words.fold(option.word).text.strip(): option for option in question.options}
    measured = fevers.read(lexicon, encoded, question)
    if measured is not None:
        return _measured(encoded, measured)
    asked = Asked(question, offered, plainly.Told.of(lexicon, encoded))
    listed = list(_listed(lexicon, encoded, offered)) or list(_by_place(lexicon, encoded, question.options))
    labeled = [
        one
        for one in _labeled(lexicon, encoded, question.options)
        if not any(at in denied for at in range(one.first, one.last)) and not asked.is_idle(one)
    ]
    spelled_out = len(encoded.words) > _REPLY and all(one.how == "word" for one in listed)
    said = paraphrases.read(lexicon.paraphrases, encoded, question) if spelled_out or not listed else None
    if listed and said is not None and not said.alone:
        said = None
    if said is not None and not any(at in denied for at in range(said.first, said.last)):
        found = _in_other_words(encoded, asked, said, labeled)
        if found is not None:
            return found
    if not listed and not labeled:
        labeled = list(_slipped(lexicon, encoded, question.options))
    if not listed and not labeled:
        return _not_offered(lexicon, encoded, offered)
    used = frozenset(at for found in (*listed, *labeled) for at in range(found.first, found.last))
    problem = "ambiguous" if labeled and _is_part(encoded) else asked.problem(listed, labeled)
    if problem is not None:
        leans = asked.leans((*listed, *labeled)) if problem == plainly.UNSURE else None
        return Found(answer=None, used=used, problems=(problem,), leans=leans)
    chosen = (listed or [one for one in labeled if asked.is_plain(one)])[0]
    problems = (plainly.HEDGED,) if asked.is_qualified(chosen) else ()
    answer = _answer(encoded, chosen, offered[chosen.word])
    same = [one for one in labeled if one.word == chosen.word]
    bare = chosen.how == "label" and all(plainly.is_polar(asked.told, (one.first, one.last)) for one in same)
    return Found(answer=replace(answer, bare=bare), used=used, problems=problems)


def _in_other_words(
    encoded: Encoded, asked: Asked, said: paraphrases.Said, labeled: Sequence[Candidate]
) -> Found | None:
    """Take what is said in other words than the labels; None where the rest of the text may change it."""
    used = frozenset(range(len(encoded.tokens)) if said.alone else range(said.first, said.last))
    if "question" in asked.told.kinds and plainly.asks_back(asked.told, said.first):
        return Found(answer=None, used=used, problems=(plainly.ASKED_BACK,))
    if said.option is None or plainly.knows_not(asked.told):
        return Found(answer=None, used=used, problems=(plainly.AMBIGUOUS,))
    word = words.fold(said.option.word).text.strip()
    if not said.alone and _may_change(asked, said, word, labeled):
        return None
    chosen = Candidate(word, "label", said.first, said.last, 0.9)
    answer = replace(_answer(encoded, chosen, said.option), bare=said.names <= _BARE)
    return Found(answer=answer, used=used, problems=(plainly.HEDGED,) if said.pressing or said.more else ())


def _may_change(asked: Asked, said: paraphrases.Said, word: str, labeled: Sequence[Candidate]) -> bool:
    """Say whether what else is said may make it another answer, or one that only seems good."""
    told = asked.told
    apart = [one for one in labeled if one.word != word and not said.first <= one.first < said.last]
    if any(asked.is_plain(one) and not plainly.is_filler(told, (one.first, one.last)) for one in apart):
        return True
    if not said.calm:
        return False
    return (
        plainly.complains(told)
        or plainly.hedges(told)
        or any(not said.first <= at < said.last for at, _ in told.places("calls"))
        or "question" in told.kinds
        or any(told.has("excepts", one) for one in told.words)
        or any(told.has("denials", one) for one in told.words[said.last :])
    )


_BARE = frozenset(("yes", "plain_yes", "no", "fine", "no_call", "call", "confirm", "none"))
"""Sayings that may answer any question: after a colleague's own text a person reads them."""


def _measured(encoded: Encoded, measured: fevers.Measured) -> Found:
    """Take a temperature for the answer to whether there is a fever, or leave it to a person."""
    used = frozenset(at for at, token in enumerate(encoded.tokens) if token.kind in ("number", "mark"))
    if measured.option is None:
        return Found(answer=None, used=used, problems=(plainly.AMBIGUOUS,))
    where = encoded.where(measured.at, measured.at + 1)
    answer = Answer.choosing(measured.option, how="number", confidence=0.9, where=where)
    return Found(answer=answer, used=used | measured.used)


def _answer(encoded: Encoded, found: Candidate, option: Option) -> Answer:
    start, end = encoded.where(found.first, found.last)
    value = float(found.word) if found.word.isdigit() else None
    return Answer(
        word=option.word,
        value=value,
        how=found.how,
        confidence=found.confidence,
        means=option.means,
        tier=option.tier,
        start=start,
        end=end,
    )


def _listed(lexicon: Lexicon, encoded: Encoded, offered: dict[str, Option]) -> Iterator[Candidate]:
    """List the reply words that stand where an answer stands: alone, first, or introduced."""
    tokens = encoded.tokens
    alone = _nothing_else(lexicon, encoded)
    for at, token in enumerate(tokens):
        number = _as_number(lexicon, token, alone=alone)
        word = number if number in offered else token.form if token.form in offered else None
        if word is None or not _stands_as_answer(lexicon, encoded, at):
            continue
        exact = token.kind == "number" or token.form in offered
        yield Candidate(
            word, "digit" if token.kind == "number" else "word", at, at + 1, 1.0 if exact else 0.9
        )


def _as_number(lexicon: Lexicon, token: words.Token, *, alone: bool) -> str | None:
    if token.kind == "number":
        return str(int(token.form)) if token.form.isdigit() else None
    if token.form in lexicon.alone_only and not alone:
        return None
    return lexicon.number_words.get(token.form)


def _nothing_else(lexicon: Lexicon, encoded: Encoded) -> bool:
    """Say whether a text holds one word besides courtesies: "to, please" is a 2, "its for me" no 4."""
    said = [token.form for token in encoded.tokens if token.kind in ("word", "number")]
    return sum((one,) not in lexicon.replies["polite"] and one not in _INTRODUCES for one in said) <= 1


def _all_around(lexicon: Lexicon, encoded: Encoded) -> bool:
    """Say whether a text holds at most one thing besides words that surround an answer."""
    rest = [
        one
        for one in encoded.tokens
        if one.kind in ("word", "number")
        and not (one.form in lexicon.around and one.form not in lexicon.number_words)
    ]
    return len(rest) <= 1


def _stands_as_answer(lexicon: Lexicon, encoded: Encoded, at: int) -> bool:
    tokens = encoded.tokens
    if at + 1 < len(tokens) and tokens[at + 1].form in UNITS_AFTER:
        return False
    if at + 2 < len(tokens) and tokens[at + 1].form in _STILL and tokens[at + 2].form in UNITS_AFTER:
        return False
    if tokens[at].form in _LITTLE_WORDS and not _by_itself(lexicon, tokens, at):
        return False
    if tokens[at].form in _LITTLE_WORDS and _is_article(lexicon, tokens, at):
        return False
    if at and tokens[at - 1].form in _OWNS and at + 1 < len(tokens) and tokens[at + 1].kind == "word":
        return False
    before = [token for token in tokens[:at] if token.kind in ("word", "number", "other", "mark")]
    if not before or before[-1].form in _INTRODUCES:
        return True
    if all(_says_nothing(lexicon, token) for token in before):
        return True
    return at == len(tokens) - 1 and tokens[at - 1].kind in ("soft", "stop")


def _is_article(lexicon: Lexicon, tokens: Sequence[words.Token], at: int) -> bool:
    """Say whether "a" belongs to the word after it: "a little bit"."""
    if at + 1 >= len(tokens) or tokens[at + 1].kind != "word" or len(tokens[at + 1].form) == 1:
        return False
    after = (tokens[at + 1].form,)
    said = ("place_after", "strong_yes", "strong_no", "polite", "so")
    return not any(after in lexicon.replies[name] for name in said)


def _by_itself(lexicon: Lexicon, tokens: Sequence[words.Token], at: int) -> bool:
    """Say whether a letter that is a word too ("a friend is with me") can only be the reply word."""
    if at == 0 and len(tokens) > 1 and tokens[1].kind != "word":
        return True
    others = (token for place, token in enumerate(tokens) if place != at)
    return not any(
        one.kind == "word" and len(one.form) > 1 and not _says_nothing(lexicon, one) for one in others
    )


def _says_nothing(lexicon: Lexicon, token: words.Token) -> bool:
    if (
        token.form in lexicon.around
        or token.form in lexicon.or_words
        or token.kind in ("other", "mark", "number")
    ):
        return True
    return (token.form,) in lexicon.replies["openers"] or _as_number(lexicon, token, alone=False) is not None


def _by_place(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[Candidate]:
    """List options named by their place: "the second one", "la ultima"."""
    for at, token in enumerate(encoded.tokens):
        place = lexicon.ordinals.get(token.form)
        if token.form in lexicon.last_words:
            place = len(options)
        after = encoded.tokens[at + 1] if at + 1 < len(encoded.tokens) else None
        if after is not None and after.kind == "word" and (after.form,) not in lexicon.replies["place_after"]:
            continue  # "last night", "second dose"
        if place and place <= len(options) and _stands_as_answer(lexicon, encoded, at):
            yield Candidate(words.fold(options[place - 1].word).text.strip(), "position", at, at + 1, 0.9)


def _labeled(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[Candidate]:
    """List options whose label, or a word that means the same, is in the text."""
    found: list[Candidate] = []
    for option in options:
        for phrase in lexicon.label_phrases(option):
            found.extend(_places(lexicon, encoded, phrase, words.fold(option.word).text.strip()))
    longest = [one for one in found if not any(_covers(other, one) for other in found)]
    yield from (one for one in longest if not _denied(lexicon, encoded, one))


def _is_part(encoded: Encoded) -> bool:
    """Say whether a part of a whole is told ("I have 1 of 3"): no label says that."""
    kinds = ["of" if token.form in _OF else token.kind for token in encoded.tokens]
    return any(kinds[at : at + 3] == ["number", "of", "number"] for at in range(len(kinds) - 2))


def _slipped(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[Candidate]:
    """List options whose label stands alone, with one slip in it that makes no word of its own."""
    if not _all_around(lexicon, encoded):
        return
    for at, token in enumerate(encoded.tokens):
        form = token.form
        if token.kind != "word" or form in lexicon.alphabet.codes or form in lexicon.around:
            continue
        if form in lexicon.guarded:
            continue
        for option in options:
            if any(len(one) == 1 and is_slip(form, one[0]) for one in lexicon.label_phrases(option)):
                yield Candidate(words.fold(option.word).text.strip(), "label", at, at + 1, 0.8)


def _places(lexicon: Lexicon, encoded: Encoded, phrase: tuple[str, ...], word: str) -> Iterator[Candidate]:
    seen = encoded.words
    for at in range(len(seen) - len(phrase) + 1):
        little = len(phrase) == 1 and encoded.tokens[at].form in _LITTLE_WORDS
        if tuple(seen[at : at + len(phrase)]) == phrase and (
            not little or _by_itself(lexicon, encoded.tokens, at)
        ):
            yield Candidate(word, "label", at, at + len(phrase), 0.9)


def _covers(other: Candidate, one: Candidate) -> bool:
    return (
        other.first <= one.first
        and one.last <= other.last
        and other.last - other.first > one.last - one.first
    )


def _denied(lexicon: Lexicon, encoded: Encoded, one: Candidate) -> bool:
    if one.first == 0 or one.last - one.first > 1:
        return False
    begins = one.first > 1 and (encoded.words[one.first - 1],) in lexicon.replies["begins"]
    denials = ("not", "dont", "isnt", "arent", "havent", "no", "doesnt", "didnt", "never")
    seen = encoded.words
    if seen[one.first] in ("no", "not"):
        return False
    before = seen[max(0, one.first - 2) : one.first]
    if begins and before[0] == "no":
        return False  # "no I moved"
    return any(word in denials for word in before)


def _not_offered(lexicon: Lexicon, encoded: Encoded, offered: dict[str, Option]) -> Found:
    """Say that a lone number was sent that the question doesn't offer."""
    numbers = [t for t in encoded.tokens if t.kind == "number"]
    if numbers and _all_around(lexicon, encoded) and all(word.isdigit() for word in offered):
        return Found(answer=None, problems=("not_an_option",))
    return NOTHING


def by_meaning(question: OpenQuestion, kind: Kind) -> Answer | None:
    """Find the option that means what a text said in its own words ("I'll be there" chooses the one that
    confirms).
    """
    meant = [option for option in question.options if option.means is kind]
    if len(meant) != 1:
        return None
    bare = kind in (Kind.CONFIRM, Kind.DECLINE)
    return Answer(word=meant[0].word, how="meaning", confidence=0.85, means=kind, bare=bare)
