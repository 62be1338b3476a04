"""Reads answers in spoken Spanish that the words of a question's labels don't hold.

A clause is compared as it sounds, with courtesies taken out, with what may be said of the question's options
(spanish.yaml); for a question that names signs, with how somebody tells of them. What is plain is taken;
where the text says more, a person reads it too; where it may mean something else, it is taken for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.triage.rules import plainly
from outreach.triage.rules.answers import NOTHING, Found
from outreach.triage.rules.clauses import AND, TURNS, Cutter, Piece
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, OpenQuestion, Option
from outreach.triage.rules.sayings import Saying, Spanish, told_of

MOST_WORDS = 60
_DATED = frozenset(["better", "same", "worse", "fine_well", "so_so"])
_BARE = frozenset(
    ["plain_si", "plain_no", "call", "no_call", "need_nothing", "fine_well", "confirm", "none_of_it"]
)
_HAS, _HAS_NOT = frozenset(["lo tengo", "tengo fiebre"]), frozenset(["no", "ninguno", "sin fiebre"])


@dataclass(frozen=True, slots=True)
class Sense:
    """What one piece says of the question."""

    name: str
    option: Option
    piece: Piece
    how: str
    saying: Saying | None = None
    past: bool = False

    @property
    def calm(self) -> bool:
        """Whether it is an answer that calls nobody."""
        return self.saying.calm if self.saying is not None else self.name == "denied"


def settle(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, found: Found) -> Found:
    """Return what a text answers, by what was found in it and by what it says in spoken Spanish."""
    if not question.options or not 0 < len(encoded.tokens) <= MOST_WORDS or _is_left_alone(question, found):
        return found
    text = _Text(lexicon.spanish, encoded, question)
    wants = any(_WANTS_TO_KNOW.search(clause.raw) for clause in text.clauses)
    if not wants and plainly.knows_not(plainly.Told.of(lexicon, encoded)):
        return found
    if found.answer is None or text.misleads(found.answer):
        return _unread(text, found)
    return _checked(text, found, found.answer)


def _is_left_alone(question: OpenQuestion, found: Found) -> bool:
    """Say whether an answer was measured, or the question is about self-harm: other words are a person's."""
    grave = question.gravest is not None and question.gravest.topic == "self_harm"
    return grave or (found.answer is not None and found.answer.how == "number")


def _unread(text: _Text, found: Found) -> Found:
    """Return what a text says where nothing else was read in it, or what was read misleads."""
    if found.answer is None:
        chosen = text.chosen_first()
        if chosen is not None:
            return chosen
        if plainly.ASKED_BACK in found.problems and any(clause.asks for clause in text.clauses):
            return found
    said = text.said()
    return found if said.answer is None and found.answer is None and found.problems else said


def _checked(text: _Text, found: Found, answer: Answer) -> Found:
    """Return an answer that was read, unless the text says another one in spoken Spanish, or denies it."""
    unclear = Found(answer=None, used=found.used, problems=(plainly.AMBIGUOUS,))
    if text.contradicts(answer):
        return unclear
    said = text.said()
    if plainly.NOT_PLAIN in said.problems:
        return said
    if said.answer is None or said.answer.word == answer.word:
        return found
    surely = not said.problems and (answer.bare or text.denies(answer))
    return said if surely or said.answer.confidence >= _SURE else unclear


def is_spoken(encoded: Encoded) -> bool:
    """Say whether a text has words that only Spanish has."""
    return any(token.form in _SPANISH for token in encoded.tokens)


_SURE = 0.95
"""Confidence of what goes before a label: another time goes before "I can't"."""


class _Text:
    """One text beside one question."""

    def __init__(self, known: Spanish, encoded: Encoded, question: OpenQuestion) -> None:
        self.known, self.encoded, self.question = known, encoded, question
        self.cutter = Cutter(known, encoded)
        self.clauses = list(self.cutter.clauses())
        self.asked = known.asked(question) if self._option(_HAS) else {}
        self.offered = list(known.offered(question))

    def _option(self, labels: frozenset[str]) -> Option | None:
        for option in self.question.options:
            if any(label in labels for listed in option.labels.values() for label in listed):
                return option
        return None

    def chosen_first(self) -> Found | None:
        """Return the reply word a text begins with, where another question follows: "1 a que hora era?"."""
        first = self.encoded.tokens[0]
        option = next((one for one in self.question.options if one.word == first.form), None)
        rest = self.cutter.rest_from(1)
        if option is None or first.kind != "number" or not _ASKS_WHEN.match(rest):
            return None
        piece = Piece(first.form, first.form, 0, 1, False)
        return self._found(Sense("digit", option, piece, "says"), (), more=True)

    # what misleads

    def misleads(self, answer: Answer) -> bool:
        """Say whether a reply word or label that was found is a count, a date, or "rather"."""
        at = next((n for n, token in enumerate(self.encoded.tokens) if token.start >= answer.start), None)
        if at is None:
            return False
        token = self.encoded.tokens[at]
        rest = self.cutter.rest_from(at + 1)
        before = next(self.cutter.piece(max(0, at - 6), at, asks=False), None)
        if answer.how in ("digit", "word"):
            clock = before is not None and re.search(r"(?:^| )a las?$", before.raw)
            several = re.match(rf"o (?:{_NUMBERS})(?: |$)", rest) or (
                before is not None and before.raw.endswith(" o")
            )
            counted = token.kind == "number" and rest and self.known.parts["counted"].match(rest)
            return bool(clock or several or counted)
        if answer.how == "label" and self.known.ear.words(token.form) == ("mejor",):
            if before is not None and re.search(rf"{self.known.parts['wished'].pattern}$", before.raw):
                return True
            return bool(
                re.match(rf"{self.known.parts['rather'].pattern}(?![a-z%])", rest)
            ) and not _PARTS.match(rest)
        return False

    def contradicts(self, answer: Answer) -> bool:
        """Say whether a "no" stands beside a sign that was asked about: "B, but my chest ..."."""
        has = self._option(_HAS)
        if not self.asked or has is None or answer.word == has.word:
            return False
        return any(told.get("has") for told in map(self._signs, self._small()))

    def denies(self, answer: Answer) -> bool:
        """Say whether a denial stands right before a label: "no me faltan"."""
        at = next((n for n, token in enumerate(self.encoded.tokens) if token.start >= answer.start), 0)
        return answer.how == "label" and any(
            token.form in ("no", "ni") for token in self.encoded.tokens[max(0, at - 1) : at + 1]
        )

    def _small(self) -> list[Piece]:
        return [part for clause in self.clauses for part in self.cutter.parts(clause, TURNS)]

    # what it says

    def said(self) -> Found:
        """Return what the clauses of a text say of the question, a problem, or nothing."""
        senses: list[Sense] = []
        unread: list[Piece] = []
        for clause in self.clauses:
            self._hear(clause, senses, unread)
        if not senses:
            return NOTHING
        if any(sense.saying is not None and sense.saying.refuse for sense in senses):
            return Found(answer=None, problems=(plainly.NOT_PLAIN,))
        now = [sense for sense in senses if not sense.past]
        if not now:
            return NOTHING
        over = [sense for sense in now if sense.saying is not None and sense.saying.over]
        chosen = (over or now)[0]
        if not over and len({sense.option.word for sense in now}) > 1:
            return Found(answer=None, problems=(plainly.AMBIGUOUS,))
        if unread and all(sense.piece.left in ("no", "si", "nada", "bien") for sense in now):
            return NOTHING
        if chosen.calm and self._may_change(now, unread):
            return NOTHING
        more = bool(unread) or len(now) < len(senses) or any(sense.how == "holds" for sense in now)
        return self._found(chosen, now, more=more)

    def _found(self, chosen: Sense, now: Sequence[Sense], *, more: bool) -> Found:
        option = chosen.option
        used = frozenset(at for sense in now for at in range(sense.piece.first, sense.piece.last))
        if not more:
            used = frozenset(range(len(self.encoded.tokens)))
        start, end = self.encoded.where(chosen.piece.first, chosen.piece.last)
        over = chosen.saying is not None and chosen.saying.over
        answer = Answer(
            word=option.word,
            value=float(option.word) if option.word.isdigit() else None,
            how="label",
            confidence=_SURE if over else 0.9,
            means=option.means,
            tier=option.tier,
            start=start,
            end=end,
            bare=chosen.name in _BARE,
        )
        return Found(answer=answer, used=used, problems=(plainly.HEDGED,) if more else ())

    def _may_change(self, now: Sequence[Sense], unread: Sequence[Piece]) -> bool:
        """Say whether what was not understood may change an answer that calls nobody."""
        if not unread:
            return False
        apart = self.asked and any(sense.name in ("none_of_it", "denied") for sense in now)
        for piece in unread:
            if re.search(r"\d", piece.left) or piece.asks:
                return True
            if self.known.parts["troubles"].search(piece.left) and not (apart and not self._signs(piece)):
                return True
        return False

    def _hear(self, clause: Piece, senses: list[Sense], unread: list[Piece]) -> None:
        if not clause.left:
            return
        sign = self._sign_sense(clause) if self.asked else None
        sense = self._sense(clause)
        parts = self.cutter.parts(clause, TURNS)
        if sense is not None and not (len(parts) > 1 and sense.calm):
            senses.append(sense)
            return
        for part in parts:
            self._hear_part(part, senses, unread)
        if sign is not None and all(one.piece is not sign.piece for one in senses) and len(parts) == 1:
            return

    def _hear_part(self, part: Piece, senses: list[Sense], unread: list[Piece]) -> None:
        if not part.left or self._is_neutral(part):
            return
        found = self._sense(part) or (self._sign_sense(part) if self.asked else None)
        if found is not None:
            senses.append(found)
            return
        if self.asked and self._signs(part) and not part.asks:
            return
        smaller = self.cutter.parts(part, AND)
        heard = [self._sense(one) for one in smaller] if len(smaller) > 1 else []
        senses += [one for one in heard if one is not None]
        left = [one for one, got in zip(smaller, heard, strict=True) if got is None] if any(heard) else [part]
        unread += [one for one in left if one.left and not self._is_neutral(one)]

    def _is_neutral(self, piece: Piece) -> bool:
        return any(saying.neutral and saying.heard(piece.left) for saying, _ in self.offered)

    def _sense(self, piece: Piece) -> Sense | None:
        heard: list[Sense] = []
        for saying, option in self.offered:
            if option is None or (piece.asks and not saying.asks):
                continue
            how = saying.heard(piece.left)
            if how is not None:
                past = saying.name in _DATED and self._is_past(piece)
                heard.append(Sense(saying.name, option, piece, how, saying, past))
        if not heard:
            heard = self._dated(piece)
        whole = [one for one in heard if one.how == "says"] or heard
        if len({one.option.word for one in whole}) > 1:
            whole = [one for one in whole if one.saying is not None and one.saying.over] or []
        return whole[0] if whole else None

    def _dated(self, piece: Piece) -> list[Sense]:
        """Return what a piece says of a day gone by: "ayer peor"."""
        if not self._is_past(piece):
            return []
        left = " ".join(self.known.parts["past"].sub("", piece.left).split())
        return [
            Sense(saying.name, option, piece, "says", saying, True)
            for saying, option in self.offered
            if option is not None and saying.name in _DATED and left and saying.heard(left)
        ]

    def _is_past(self, piece: Piece) -> bool:
        parts = self.known.parts
        alone = parts["compared"].sub("", piece.raw)
        return bool(parts["past"].search(alone)) and not parts["today"].search(alone)

    # signs

    def _sign_sense(self, piece: Piece) -> Sense | None:
        has, has_not = self._option(_HAS), self._option(_HAS_NOT)
        if has is None or has_not is None or has is has_not or piece.asks:
            return None
        parts, told = self.known.parts, self._signs(piece)
        if parts["rest_asked"].search(told_of(self.question.asks)) and parts["rest_effort"].search(piece.raw):
            rests = any(parts["rest_denied"].search(one.raw) for one in self.clauses)
            return Sense("effort", has_not, piece, "holds") if rests else None
        if parts["asking"].search(piece.raw):
            return None
        if told.get("has"):
            past = self._is_past(piece)
            return Sense("sign", has, piece, "holds", past=past)
        denied = told.get("denied", set())
        every = (denied and denied >= set(self.asked)) or _NONE_OF_IT.search(piece.left)
        return Sense("denied", has_not, piece, "holds") if every else None

    def _signs(self, piece: Piece) -> dict[str, set[str]]:
        """Return which of the signs asked about a piece has, and which it denies."""
        found: dict[str, set[str]] = {}
        for name, told in self.asked.items():
            for match in told.finditer(piece.raw):
                state = self._state(piece.raw, match)
                if state is not None:
                    found.setdefault(state, set()).add(name)
        return found

    def _state(self, raw: str, match: re.Match[str]) -> str | None:
        before, after = raw[: match.start()], raw[match.end() :]
        if re.match(r" si(?: |$)(?! (?:me|tengo))", after):
            return "has"
        if re.match(r" no(?: |$)(?!(?:me|se|tengo|le|la|lo|e|ay|puedo|a|es) ?)", after) or _WELL.match(after):
            return "denied"
        if self.known.parts["stands"].search(raw):
            return "has"
        if self.known.parts["others"].search(before):
            return None
        return "denied" if self.known.parts["denies"].search(before) else "has"


_NUMBERS = r"\d+|dos|tres|kuatro|sinko|seys|seis|siete|o%o|nuebe|dies"
_NONE_OF_IT = re.compile(
    r"^(?:no )*(?:nada de eso|ningun[oa] de es[oa]s?)(?: |$)|(?:^| )ni (?:\S+ )+ni nada(?: |$)"
    r"|(?:^| )nada de eso$"
)
_WANTS_TO_KNOW = re.compile(r"(?:^| )(?:kisiera|kiero|kieren|kiere|para) saber(?: |$)")
_ASKS_WHEN = re.compile(
    r"(?:pero |y )?(?:a )?(?:ke ora|ke dia|donde|kuando|kon kien|kual direksion|ke direksion)(?: |$)"
)
_SPANISH = frozenset(
    re.findall(
        r"\w+",
        """el los las de que q k pero un una por con en es muy estoy toy para pa si ya lo le todo bien
        gracias mas cuando esta ayer hoy nada tengo soy mejor peor igual dios xq porque ni se al del
        su sus mis buenos buenas senora""",
    )
)
_WELL = re.compile(
    r" (?:(?:lo |la )?(?:tengo |esta |va |sigue |todo )*)(?:bien|limpi[oa]|normal|mejor|trankil[oa]|sek[oa])"
    r"(?: |$)"
)
_PARTS = re.compile(
    r"(?:el|la|los) (?:ayre|aire|respirasion|pe%o|dolor|pyerna|pierna|piernas|animo|asukar)\b"
)
