"""Takes back an answer whose words may mean something else than its option.

A digit that counts something is no reply word. A label is one only if nothing else that matters stands in its
clause: a wish, a day gone by, somebody else, or a word that nobody has read leave it to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from outreach.triage.rules import cores, plainly, words
from outreach.triage.rules.answers import UNITS_AFTER, Found
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, Kind, OpenQuestion, Option
from outreach.triage.rules.patterns import UNKNOWN

_CUTS = frozenset(["soft", "stop", "question"])
_TURNS = frozenset(["but", "pero", "aunque", "because", "porque", "cause", "cuz", "so", "y", "and", "n"])
_BREAKS = frozenset(["still", "period", "punto", "just"])
_STATES = frozenset(["better", "same", "worse", "fever", "fine", "so so"])
_WISHES = frozenset(
    ["call me", "book", "medicines", "medicine", "appointment", "something else", "need help", "please call"]
)
_STEM = 5
_LITTLE = 2
_SELF_HARM = "self_harm"


def settle(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, found: Found) -> Found:
    """Return what was found, without its answer where the text may mean something else."""
    answer = found.answer
    if answer is None or answer.how not in ("digit", "word", "label", "meaning") or len(encoded.words) < 2:
        return found
    option = next((one for one in question.options if one.word == answer.word), None)
    if option is None or option.means is Kind.RESCHEDULE:
        return found
    text = _Text(lexicon, encoded, question, option, answer)
    doubted = text.counts() if answer.how == "digit" else text.may_differ()
    return replace(found, answer=None, problems=(plainly.AMBIGUOUS,)) if doubted else found


def settle_value(encoded: Encoded, found: Found) -> Found:
    """Return what was found, without a value that is cut short, or a day's that has gone by.

    "Doscientos xnce" is no two hundred; "yesterday 145/90, didn't do today yet" tells nothing of today.
    """
    answer = found.answer
    if answer is None or answer.how != "number" or answer.end <= answer.start:
        return found
    inside = [
        at for at, one in enumerate(encoded.tokens) if answer.start < one.end and one.start < answer.end
    ]
    after = inside[-1] + 1 if inside else len(encoded.tokens)
    cut = (
        after < len(encoded.tokens)
        and encoded.tokens[after - 1].kind == encoded.tokens[after].kind == "word"
        and encoded.codes[after] == UNKNOWN
        and encoded.tokens[after].form not in _CALLED
    )
    line = " ".join(word.replace("'", "") for word in encoded.words)
    if cut or (_GONE_BY.search(line) and _NOT_TODAY.search(line)):
        return replace(found, answer=None, problems=("incomplete",))
    return found


_CALLED_WORDS = """mija mijo mijita mijito mami papi nena nene hun hon honey hunny sweetie baby maam dear doc
seno corazon linda lindo amor jefa jefe mana mano comadre compadre"""
_CALLED = frozenset(_CALLED_WORDS.split())
"""What people call whom they write to: no part of a number."""
_GONE_BY = re.compile(r"\b(?:yesterday|last night|ayer|anoche|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b")
_NOT_TODAY = re.compile(
    r"\b(?:didnt|havent|have not|did not|not|no (?:me |la |lo )?he|aun no|todavia no|no) (?:\w+ ){0,4}"
    r"(?:today|yet|hoy|todavia)\b"
    r"|\b(?:today|hoy) (?:\w+ )?(?:not yet|no|aun no|todavia no)\b|\bnot yet\b"
)


@lru_cache(maxsize=512)
def _stems(asked: str) -> frozenset[str]:
    return frozenset(
        one[:_STEM]
        for one in re.findall(r"[a-z]+", words.fold(_ABOUT.sub("", asked)).text)
        if len(one) > _LITTLE
    )


_ABOUT = re.compile(
    r"\[.*?\]|\{.*?\}|STOP.*|(?:¿)?(?:Emergenc|Questions|Preguntas|You need not|No tiene que).*"
)


class _Text:
    """One text, and what was taken for its answer."""

    def __init__(
        self, lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, option: Option, answer: Answer
    ) -> None:
        self.lexicon, self.encoded, self.question = lexicon, encoded, question
        self.option, self.answer = option, answer
        self.says, self.company = lexicon.veto.says, lexicon.veto.company
        self.kinds = ["soft" if token.form == "-" else token.kind for token in encoded.tokens]
        self.first, self.last = self._place()
        self.start, self.end = self._around(self.first, self.last)
        self.told = plainly.Told.of(lexicon, encoded)
        self.labels = cores.labels_of(option)
        self.presses = option.tier is not None and question.calls_most(option)
        phrase = encoded.words[self.first : self.last]
        self.is_label = answer.how in ("label", "word") and phrase in lexicon.label_phrases(option)
        self.polar = self.is_label and plainly.is_polar(self.told, (self.first, self.last))
        self.clause, self.whole = self._line(self.start, self.end), self._line(0, len(self.kinds))
        self.others = list(self._others())

    def _around(self, start: int, end: int) -> tuple[int, int]:
        while start and self.kinds[start - 1] not in _CUTS:
            start -= 1
        while end < len(self.kinds) and self.kinds[end] not in _CUTS:
            end += 1
        return start, end

    def _others(self) -> Iterable[tuple[int, int]]:
        start = 0
        for at in range(len(self.kinds) + 1):
            if at == len(self.kinds) or self.kinds[at] in _CUTS:
                if at > start and not start <= self.start < at:
                    yield start, at
                start = at + 1

    def _place(self) -> tuple[int, int]:
        inside = [
            at
            for at, token in enumerate(self.encoded.tokens)
            if token.start >= self.answer.start and token.end <= self.answer.end
        ]
        return (inside[0], inside[-1] + 1) if inside else (0, len(self.encoded.tokens))

    # digits

    def counts(self) -> bool:
        """Say whether a digit counts what follows it: "1 block and then I sit", "2 of them"."""
        at = self.last
        if at >= len(self.kinds) or self.kinds[at] != "word" or self.kinds[self.first] != "number":
            return False
        after = self.encoded.words[at]
        if after in ("of", "de") and at + 1 < len(self.kinds):
            return True
        return not (after in _TURNS or after in self.company or self._names_option() or self._is_known(at))

    def _names_option(self) -> bool:
        """Say whether a label of the option, or a word of it, stands in the text."""
        said = {word for label in self.labels for word in label.split() if len(word) > _LITTLE}
        return not said.isdisjoint(self.encoded.words)

    def _is_known(self, at: int) -> bool:
        word, form = self.encoded.words[at], self.encoded.tokens[at].form
        if self.presses and (word.endswith("ing") or self._is_asked(word)):
            return True
        return form in self.lexicon.around or any(self.told.starts(name, at) for name in _SAID)

    # words

    def may_differ(self) -> bool:
        """Say whether what stands around words may make them another answer, or none."""
        token = self.encoded.tokens[self.first]
        if self._begins_otherwise():
            return True
        if self.last - self.first == 1 and token.form == words.fold(self.option.word).text:
            return False  # a letter that is a reply word
        checks = (
            self._is_idle,
            self._is_turned,
            self._is_past,
            self._is_unreal,
            self._is_elses,
            self._is_split,
        )
        return any(check() for check in checks) or self._is_bad_company()

    def _begins_otherwise(self) -> bool:
        """Say whether a text begins with a digit of another option: "1 for the white one, enough of ..."."""
        first = self.encoded.tokens[0]
        others = (one.word for one in self.question.options if one is not self.option)
        return (
            first.kind == "number"
            and self.first > 0
            and first.form in others
            and self.encoded.words[1] not in UNITS_AFTER
        )

    def _line(self, start: int, end: int) -> str:
        return " ".join(
            self.encoded.words[at].replace("'", "")
            for at in range(start, end)
            if self.kinds[at] in ("word", "number")
        )

    def _found(self, name: str, line: str) -> bool:
        return self.says[name].search(line) is not None

    def _is_idle(self) -> bool:
        """Say whether a label is but part of a turn of speech: "good grief", "me da igual"."""
        before = len(self._line(0, self.first)) + (1 if self.first else 0)
        return any(found.start() <= before < found.end() for found in self.says["idle"].finditer(self.whole))

    def _is_turned(self) -> bool:
        """Say whether the words beside a label deny it, or tell of something that wasn't asked about."""
        after = self.encoded.words[self.last] if self.last < self.end else ""
        other = self.encoded.words[self.last + 1] if self.last + 1 < self.end else ""
        instead = any((other,) in self.lexicon.label_phrases(one) for one in self.question.options)
        if self.is_label and not self.polar and not instead and self.says["denied"].search(after):
            return True
        return any(self._found(name, self.whole) for name in self._turning())

    def _turning(self) -> Iterable[str]:
        """List what would turn this option into another, or into none."""
        yield from ("unlooked", "there", "other_side")
        if self.encoded.words[0] in ("ok", "okay"):
            yield "asking"
        if self.presses:
            yield from ("not_lacking", "well_told")
        elif self.labels.isdisjoint(("so so", "same")):
            yield from ("unwell", "lacks") if self._is_plain_no() else ("unwell",)
        for labels, names in _TURNED_BY:
            if not self.labels.isdisjoint(labels):
                yield from names

    def _is_plain_no(self) -> bool:
        """Say whether the option is but a no, to a question that doesn't ask what somebody has."""
        return "no" in self.labels and "no tengo" not in self.labels and self.encoded.words[0] in _NOES

    def _is_unreal(self) -> bool:
        wish = not self.labels.isdisjoint(_WISHES)
        if self.polar:
            return not self.presses and not wish and self._found("wished", self.clause)
        clause = self.says["polite"].sub(" ", self.clause)
        if self._found("taken_back", clause):
            return True
        agrees = (self.encoded.words[self.first],) in self.told.sets["strong_yes"]
        return self.is_label and not wish and not agrees and self._found("unreal", clause)

    def _is_past(self) -> bool:
        if not self.is_label or self.labels.isdisjoint(_STATES):
            return False
        if self.presses and self._found("night", self.clause):
            return False
        part = self._line(*self._part())
        now = re.sub(r" (?:than|que) .*", "", part)
        return self._found("over", self.says["compared"].sub(" ", part)) and not self._found("now", now)

    def _is_elses(self) -> bool:
        """Say whether it is said of somebody else, or of the writer who isn't the one asked about."""
        if not self.presses and self.question.gravest is not None:
            parts = (match["part"] for match in self.says["parts"].finditer(self.whole))
            if any(not self._is_asked(part) for part in parts):
                return True
        found = self.says["others"].search(self._line(*self._part()))
        how = found["how"] if found is not None else None
        if found is not None and ((self.is_label and not self.polar) or how in _BELONGS):
            return not self.presses or (how in _BELONGS and self.end - self.start <= _SHORT)
        mine = not self.presses and self._found("mine", self.clause)
        return mine and any(self.says["theirs"].match(self._line(start, end)) for start, end in self.others)

    def _is_split(self) -> bool:
        """Say whether something else is said to be so: "la rodilla si, la pantorrilla no"."""
        if self.polar and (self._is_outdone() or self._is_but()):
            return True
        places = (*self.others, (self.start, self.end))
        ends = {self.encoded.words[end - 1]: (start, end) for start, end in places}
        place = ends.get("si") or ends.get("yes")
        if place is None or "no" not in ends:
            return False
        said = self.encoded.words[place[0] : place[1] - 1]
        return not any(self._is_asked(word) for word in said[1:2] if said[0] in ("la", "el", "the", "my"))

    def _is_outdone(self) -> bool:
        """Say whether another option is named beside a yes or a no: "no, si todas las tengo"."""
        labels = (
            one
            for option in self.question.options
            if option is not self.option
            for one in cores.labels_of(option)
        )
        lines = (self._line(start, end) for start, end in self.others)
        apart = [
            re.compile(rf"(?<!no )\b{re.escape(one)}\b")
            for one in labels
            if " " in one and not one.startswith("no ")
        ]
        return any(label.search(line) for line in lines for label in apart)

    def _is_but(self) -> bool:
        """Say whether a "but" takes back a yes or a no that calls nobody, in words that nobody has read."""
        confirms = self.option.means is Kind.CONFIRM
        if self.presses or not (confirms or any(one.tier for one in self.question.options)):
            return False
        turn = next((at for at in range(self.last, len(self.kinds)) if self.encoded.words[at] in _BUT), None)
        return turn is not None and any(self._is_strange(at) for at in range(turn + 1, len(self.kinds)))

    # company

    def _is_bad_company(self) -> bool:
        """Say whether a word that nobody has read stands beside a label in its clause."""
        if not self.is_label:
            return False
        if self.polar and self.encoded.words[self.first] in _NOES:
            return self._is_grave_no()
        if self._is_good_news():
            return True
        start, end = self._part()
        if self.polar or self.presses or not self.labels.isdisjoint(_WISHES):
            start, end = self.first, min(end, self.last + (3 if self.polar else 1))
        if (
            self.last < end
            and self.told.has("begins", self.encoded.words[self.last])
            and self.last - self.first > 1
        ):
            return False
        unread = [at for at in range(start, end) if not self.first <= at < self.last and self._is_strange(at)]
        if not unread:
            return False
        signs = cores.asked_signs(self.lexicon.cores, self.question) if self.polar else ()
        return not any(sign.told.search(self.clause) for sign in signs)

    def _is_good_news(self) -> bool:
        """Say whether a yes that calls somebody stands beside what is well: "si, puedo respirar"."""
        if not self.polar or not self.presses or plainly.complains(self.told):
            return False
        return self._found("goods", self.whole) or self._found("goods_of", self.whole)

    def _is_grave_no(self) -> bool:
        """Say whether a "no" to a question about self-harm says more than no."""
        grave = self.question.gravest
        if grave is None or grave.topic != _SELF_HARM:
            return False
        said = [
            self.told.words[at]
            for at in range(len(self.kinds))
            if self.kinds[at] == "word" and not self.first <= at < self.last
        ]
        line = self.says["cherished"].sub(" ", " ".join(said))
        return any(not self.told.has("beside_no", word) for word in line.split())

    def _part(self) -> tuple[int, int]:
        start, end = self.first, self.last
        while start > self.start and self.encoded.words[start - 1] not in _TURNS:
            start -= 1
        while end < self.end and self.encoded.words[end] not in _TURNS | _BREAKS:
            end += 1
        return start, end

    def _is_strange(self, at: int) -> bool:
        word, token = self.encoded.words[at], self.encoded.tokens[at]
        before = self.encoded.words[at - 1] if at else ""
        if token.kind == "number":
            return not (self.presses or "fever" in self.labels or before in _BEFORE_A_DATE)
        if token.kind != "word" or word in self.company or token.form in self.company:
            return False
        if word.endswith("in") and f"{word}g" in self.company:
            return False  # "doin better"
        if word == "if" and self._found("polite", self.clause):
            return False  # "yes please if yall can"
        if self._is_asked(word) or before in ("doctor", "doctora", "dr", "dra"):
            return False
        return not any(self.told.has(name, word) for name in _SAID)

    def _is_asked(self, word: str) -> bool:
        stem = word[:_STEM]
        return len(word) > _LITTLE and (
            stem in _stems(self.question.wording) or stem in _stems(self.question.asks)
        )


_BUT = frozenset(["but", "pero", "aunque"])
_BELONGS = frozenset(["for ", "de ", "para "])
_SHORT = 8
_BEFORE_A_DATE = frozenset(
    ["the", "on", "el", "at", "las", "la", "after", "by", "pal", "para", "before", "around", "until", "dia"]
)
_NOES = frozenset(["no", "nope", "nah", "none", "not", "never", "naw", "ninguno", "ninguna", "nunca"])
_TURNED_BY = (
    (("daily", "at times", "stopped", "taking it", "finished"), ("other_medicine",)),
    (("none", "ninguno"), ("later",)),
    (("stopped", "ya no", "not now"), ("again",)),
    (("fever",), ("gone",)),
    (("most days", "each day", "every day", "siempre", "muchas"), ("goods", "hurts")),
    (("all",), ("but",)),
)
"""Labels, and what stands beside them where they mean something else."""
_SAID = ("polite", "vocatives", "openers", "strong_yes", "strong_no", "beside_no", "beside_yes", "how_much")
