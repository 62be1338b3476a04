"""Reads what a text chooses of the question that is open: digits, words, places, labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from outreach.triage.rules import fevers, plainly, words
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
_YES_OR_NO = 2


@dataclass(frozen=True, slots=True)
class _Candidate:
    word: str
    how: str
    first: int
    last: int
    confidence: float


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
    asked = _Asked(question, offered, plainly.Told.of(lexicon, encoded))
    listed = list(_listed(lexicon, encoded, offered)) or list(_by_place(lexicon, encoded, question.options))
    labeled = [
        one
        for one in _labeled(lexicon, encoded, question.options)
        if not any(at in denied for at in range(one.first, one.last)) and not asked.is_idle(one)
    ]
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
    bare = chosen.how == "label" and plainly.is_polar(asked.told, (chosen.first, chosen.last))
    return Found(answer=replace(answer, bare=bare), used=used, problems=problems)


def _measured(encoded: Encoded, measured: fevers.Measured) -> Found:
    """Take a temperature for the answer to whether there is a fever, or leave it to a person."""
    used = frozenset(at for at, token in enumerate(encoded.tokens) if token.kind in ("number", "mark"))
    if measured.option is None:
        return Found(answer=None, used=used, problems=(plainly.AMBIGUOUS,))
    start, end = encoded.where(measured.at, measured.at + 1)
    option = measured.option
    answer = Answer(
        word=option.word,
        how="number",
        confidence=0.9,
        means=option.means,
        tier=option.tier,
        topic=option.topic,
        start=start,
        end=end,
    )
    return Found(answer=answer, used=used | measured.used)


@dataclass(frozen=True)
class _Asked:
    """A question, what it offers, and a text that may answer it."""

    question: OpenQuestion
    offered: dict[str, Option]
    told: plainly.Told

    def is_idle(self, one: _Candidate) -> bool:
        """Say whether a label only stands in a word of politeness: "no problem"."""
        return plainly.inside(self.told.places("idioms"), one.first)

    def leans(self, found: Sequence[_Candidate]) -> Option | None:
        """Return the option among those named that calls somebody at once, sooner than any other would."""
        named = (self.offered[one.word] for one in found)
        pressing = (one for one in named if one.tier in ("red", "orange") and self.question.calls_most(one))
        return next(pressing, None)

    def is_plain(self, one: _Candidate) -> bool:
        """Say whether a label is what its clause says."""
        certain = self.question.calls_most(self.offered[one.word])
        return plainly.is_plain(self.told, (one.first, one.last), certain=certain)

    def is_qualified(self, chosen: _Candidate) -> bool:
        """Say whether a person should weigh what stands around a choice: "I think", "last night"."""
        yes_or_no = len(self.question.options) == _YES_OR_NO and plainly.hedges(self.told)
        guesses = chosen.how == "label" and bool(self.told.places("guesses"))
        return yes_or_no or guesses or bool(self.told.places("past"))

    def problem(self, listed: Sequence[_Candidate], labeled: Sequence[_Candidate]) -> str | None:
        """Say why a text that holds reply words or labels is no plain answer, None if it is one."""
        if all(plainly.asks_back(self.told, one.first) for one in listed or labeled):
            return plainly.ASKED_BACK
        if plainly.knows_not(self.told):
            return plainly.UNSURE
        return self._problem_of_words(listed, labeled) if listed else self._problem_of_labels(labeled)

    def _problem_of_words(self, listed: Sequence[_Candidate], labeled: Sequence[_Candidate]) -> str | None:
        """Look for another choice beside a reply word: "ok then B" is none, "1, no" is."""
        chosen = {one.word for one in listed}
        others = [one for one in labeled if not plainly.is_filler(self.told, (one.first, one.last))]
        if self.question.calls_most(self.offered[listed[0].word]):
            others = [one for one in others if self.is_plain(one)]
        grave = self.question.gravest
        if grave is not None and self.offered[listed[0].word] is not grave and plainly.hedges(self.told):
            return plainly.UNSURE
        agreeing = {one.word for one in others}
        return plainly.AMBIGUOUS if len(chosen) > 1 or (agreeing and not chosen <= agreeing) else None

    def _problem_of_labels(self, labeled: Sequence[_Candidate]) -> str | None:
        places = [(one.first, one.last) for one in labeled]
        if all(plainly.is_polar(self.told, place) for place in places) and plainly.hedges(self.told):
            return plainly.UNSURE
        if plainly.says_both(self.told, [place for place in places if place[1] - place[0] > 1]):
            return plainly.AMBIGUOUS
        plain = {one.word for one in labeled if self.is_plain(one)}
        polar = {one.word for one in labeled if plainly.is_polar(self.told, (one.first, one.last))}
        if plain and len(plain | polar) > 1:
            return plainly.AMBIGUOUS
        if not plain:
            several = len({one.word for one in labeled}) > 1
            return plainly.AMBIGUOUS if several else plainly.NOT_PLAIN
        return plainly.NOT_PLAIN if self._is_qualified_away(labeled, self.offered[plain.pop()]) else None

    def _is_qualified_away(self, labeled: Sequence[_Candidate], option: Option) -> bool:
        """Say whether a label that calls nobody at once is followed by a "but", or is about calls."""
        if option.tier or not any(one.tier for one in self.question.options):
            return False
        last = max(one.last for one in labeled)
        if any(self.told.has("excepts", word) for word in self.told.words[last:]):
            return True
        mine = [(one.first, one.last) for one in labeled if self.is_plain(one)]
        return any(not plainly.inside(mine, at) for at, _ in self.told.places("calls"))


def _answer(encoded: Encoded, found: _Candidate, option: Option) -> Answer:
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


def _listed(lexicon: Lexicon, encoded: Encoded, offered: dict[str, Option]) -> Iterator[_Candidate]:
    """List the reply words that stand where an answer stands: alone, first, or introduced."""
    tokens = encoded.tokens
    alone = _all_around(lexicon, encoded)
    for at, token in enumerate(tokens):
        number = _as_number(lexicon, token, alone=alone)
        word = number if number in offered else token.form if token.form in offered else None
        if word is None or not _stands_as_answer(lexicon, encoded, at, alone=alone):
            continue
        exact = token.kind == "number" or token.form in offered
        yield _Candidate(
            word, "digit" if token.kind == "number" else "word", at, at + 1, 1.0 if exact else 0.9
        )


def _as_number(lexicon: Lexicon, token: words.Token, *, alone: bool) -> str | None:
    if token.kind == "number":
        return str(int(token.form)) if token.form.isdigit() else None
    if token.form in lexicon.alone_only and not alone:
        return None
    return lexicon.number_words.get(token.form)


def _all_around(lexicon: Lexicon, encoded: Encoded) -> bool:
    """Say whether a text holds at most one thing besides words that surround an answer."""
    rest = [
        t
        for t in encoded.tokens
        if t.kind
        in (
            "word",
            "number",
        )
        and not (t.form in lexicon.around and t.form not in lexicon.number_words)
    ]
    return len(rest) <= 1


def _stands_as_answer(lexicon: Lexicon, encoded: Encoded, at: int, *, alone: bool) -> bool:
    tokens = encoded.tokens
    if at + 1 < len(tokens) and tokens[at + 1].form in UNITS_AFTER:
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


def _by_place(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options named by their place: "the second one", "la ultima"."""
    for at, token in enumerate(encoded.tokens):
        place = lexicon.ordinals.get(token.form)
        if token.form in lexicon.last_words:
            place = len(options)
        after = encoded.tokens[at + 1] if at + 1 < len(encoded.tokens) else None
        if after is not None and after.kind == "word" and (after.form,) not in lexicon.replies["place_after"]:
            continue  # "last night", "second dose"
        if place and place <= len(options) and _stands_as_answer(lexicon, encoded, at, alone=False):
            yield _Candidate(words.fold(options[place - 1].word).text.strip(), "position", at, at + 1, 0.9)


def _labeled(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options whose label, or a word that means the same, is in the text."""
    found: list[_Candidate] = []
    for option in options:
        for phrase in lexicon.label_phrases(option):
            found.extend(_places(lexicon, encoded, phrase, words.fold(option.word).text.strip()))
    longest = [one for one in found if not any(_covers(other, one) for other in found)]
    yield from (one for one in longest if not _denied(lexicon, encoded, one))


def _is_part(encoded: Encoded) -> bool:
    """Say whether a part of a whole is told ("I have 1 of 3"): no label says that."""
    kinds = ["of" if token.form in _OF else token.kind for token in encoded.tokens]
    return any(kinds[at : at + 3] == ["number", "of", "number"] for at in range(len(kinds) - 2))


def _slipped(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options whose label stands alone, with one slip in it that makes no word of its own."""
    if not _all_around(lexicon, encoded):
        return
    for at, token in enumerate(encoded.tokens):
        form = token.form
        if token.kind != "word" or form in lexicon.alphabet.codes or form in lexicon.around:
            continue
        if form in lexicon.guarded_words():
            continue
        for option in options:
            if any(len(one) == 1 and is_slip(form, one[0]) for one in lexicon.label_phrases(option)):
                yield _Candidate(words.fold(option.word).text.strip(), "label", at, at + 1, 0.8)


def _places(lexicon: Lexicon, encoded: Encoded, phrase: tuple[str, ...], word: str) -> Iterator[_Candidate]:
    seen = lexicon.plain_words(encoded)
    for at in range(len(seen) - len(phrase) + 1):
        little = len(phrase) == 1 and encoded.tokens[at].form in _LITTLE_WORDS
        if tuple(seen[at : at + len(phrase)]) == phrase and (
            not little or _by_itself(lexicon, encoded.tokens, at)
        ):
            yield _Candidate(word, "label", at, at + len(phrase), 0.9)


def _covers(other: _Candidate, one: _Candidate) -> bool:
    return (
        other.first <= one.first
        and one.last <= other.last
        and other.last - other.first > one.last - one.first
    )


def _denied(lexicon: Lexicon, encoded: Encoded, one: _Candidate) -> bool:
    if one.first == 0 or one.last - one.first > 1:
        return False
    begins = one.first > 1 and (lexicon.plain_words(encoded)[one.first - 1],) in lexicon.replies["begins"]
    denials = ("not", "dont", "isnt", "arent", "havent", "no", "doesnt", "didnt", "never")
    seen = lexicon.plain_words(encoded)
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
