"""Loads, checks and compiles the lexicons (`outreach/triage/lexicons/*.yaml`), once per process."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from outreach.triage.rules import concepts, cores, paraphrases, patterns, sayings, vetoes, words
from outreach.triage.rules.meanings import Option
from outreach.triage.rules.patterns import BadLexicon
from outreach.triage.rules.spelling import Speller

FILES = (
    "classes", "urgent", "signs", "context", "consent", "wishes", "visits", "voices", "appointments", "asked",
    "people", "answers", "replies", "paraphrases", "cores", "talk", "spanish", "language", "spelling", "veto",
    "real_words",
)  # fmt: skip
WEIGHTS = ("second_reader", "wish_reader", "answer_reader")
_TIERS = ("RED", "ORANGE")
_FIGURE = re.compile(r"(?<![\w#%-])\d+(?![\w%-])")
_YEAR = re.compile(r"^(?:19|20)\d\d$")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a lexicon: what it means when one of its patterns is seen."""

    id: str
    kind: str
    topic: str | None
    tier: str | None
    confidence: float
    mutes: frozenset[str]
    patterns: tuple[patterns.Pattern, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that was seen, and between which words."""

    rule: Rule
    start: int
    end: int
    pattern: patterns.Pattern = field(repr=False)

    def overlaps(self, other: Hit) -> bool:
        """Say whether two hits share a word."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as one character per word, with the token each stands for."""

    codes: str
    tokens: tuple[words.Token, ...]
    words: tuple[str, ...]
    guessed: frozenset[int]
    unknown: tuple[str, ...]

    def where(self, start: int, end: int) -> tuple[int, int]:
        """Say where in the text as it came a run of words stood."""
        if start >= end:
            return 0, 0
        return self.tokens[start].start, self.tokens[end - 1].end


_Candidate = tuple[frozenset[str] | None, Rule, tuple[frozenset[str], ...], patterns.Pattern]


class Lexicon:
    """All lexicons together, ready to read with."""

    def __init__(self, files: dict[str, dict[str, Any]], version: str) -> None:
        self.version = version
        self._files = files
        self._phrases: dict[tuple[tuple[str, ...], ...], list[tuple[str, ...]]] = {}
        spelling = files["spelling"]
        merges = {(a, b): c for a, b, c in (line.split() for line in spelling["merged"])}
        aliases = {short: tuple(str(full).split()) for short, full in spelling["aliases"].items()}
        self.speller = Speller(aliases=aliases, merges=merges, guarded=files["real_words"]["words"])
        classes = {
            name: [self._plain(m) for m in members] for name, members in files["classes"]["classes"].items()
        }
        self.alphabet = patterns.Alphabet(spell={}, classes=classes)
        self.alphabet.count(_FIGURE.findall(" ".join(self._sources())))
        self.alphabet.bar(self._plain(word) for word in files["context"]["barriers"])
        self.sets = {name: self._set(values) for name, values in self._named_sets()}
        self.rules = tuple(self._rules())
        self._teach(spelling)
        self.language_votes = self._votes(files["language"])
        self._index = self._indexed()
        self._take_answers(files["answers"])
        self.asked = concepts.compiled(files["asked"])
        self.cores = cores.compiled(files["cores"])
        self.paraphrases = paraphrases.compiled(files["paraphrases"])
        self.spanish = sayings.compiled(files["spanish"])
        self.veto = vetoes.compiled(files["veto"])
        self.benign = self._singles(self.sets["benign"])
        self.question_words = self._singles(self.sets["questions"])
        self.negators = self._singles(self.sets["negators"])
        self.substance = self._singles(self.sets["substance"])

    def _plain(self, phrase: object) -> str:
        return " ".join(self.speller.canonical(words.fold(str(phrase)).text.split()))

    def pattern(self, source: str) -> patterns.Pattern:
        """Compile a pattern written with words as people type them."""
        return self.alphabet.compile(self._plain_pattern(source))

    def _plain_pattern(self, source: str) -> str:
        return " ".join(self.speller.canonical(self._plain_item(item) for item in source.split()))

    def _plain_item(self, item: str) -> str:
        if item.startswith(("..", "~", "^", "$")):
            return item
        tail = "?" if item.endswith("?") and item != "?" else ""
        body = item[: len(item) - len(tail)]
        return "|".join(self._plain_word(word) for word in body.split("|")) + tail

    def _plain_word(self, word: str) -> str:
        if word.startswith(("@", "#")):
            return word
        return "_".join(self.speller.canonical(words.fold(word).text.split("_")))

    def _named_sets(self) -> Iterator[tuple[str, list[str]]]:
        for file in ("context", "talk", "answers", "language"):
            yield from ((name, values) for name, values in self._files[file].get("sets", {}).items())

    def _sources(self) -> Iterator[str]:
        for content in self._files.values():
            for rule in content.get("rules", ()):
                yield from rule.get("patterns", ())

    def _set(self, values: Iterable[object]) -> tuple[str, ...]:
        return tuple(self.alphabet.phrase(self._plain(value)) for value in values)

    def _rules(self) -> Iterator[Rule]:
        seen: set[str] = set()
        for file, content in self._files.items():
            for line in content.get("rules", ()):
                rule = self._rule(file, line)
                if rule.id in seen:
                    raise BadLexicon(f"{file}.yaml: two rules are called {rule.id}")
                seen.add(rule.id)
                yield rule

    def _rule(self, file: str, line: dict[str, Any]) -> Rule:
        try:
            tier = line.get("tier")
            if tier is not None and tier not in _TIERS:
                raise BadLexicon(f"tier is one of {', '.join(_TIERS)}")
            return Rule(
                id=line["id"],
                kind=line["kind"],
                topic=line.get("topic"),
                tier=tier,
                confidence=float(line.get("confidence", 0.95)),
                mutes=frozenset(line.get("mutes", ())),
                patterns=tuple(self.pattern(source) for source in line["patterns"]),
            )
        except (KeyError, TypeError, ValueError, BadLexicon) as error:
            raise BadLexicon(f"{file}.yaml, rule {line.get('id', '?')}: {error}") from error

    def _teach(self, spelling: dict[str, Any]) -> None:
        known = set(self.alphabet.codes)
        correctable = {word for word in known if word.isalpha() and word not in set(spelling["never_guess"])}
        gluing = {self._plain(word) for word in spelling["glued"]} | set(map(str, spelling["glued"]))
        self.speller.learn(known, correctable=correctable, glueable=gluing)
        self.speller.learn_said(self._plain(word) for line in spelling["said"] for word in str(line).split())
        spaced = {word.replace(" ", "") for word in map(str, spelling["spaced"])}
        self.spaced = frozenset(spaced)

    def _indexed(self) -> dict[str, list[_Candidate]]:
        """List the patterns under the words of their rarest part, so that "the" and "no" wake nothing."""
        common = {self.alphabet.codes[word] for word in self.language_votes if word in self.alphabet.codes}
        index: dict[str, list[_Candidate]] = {}
        for rule in self.rules:
            for pattern in rule.patterns:
                ordered = sorted(pattern.needed, key=lambda listed: (len(listed & common), len(listed)))
                second = ordered[1] if len(ordered) > 1 else None
                for code in sorted(ordered[0]):
                    index.setdefault(code, []).append((second, rule, tuple(ordered[2:]), pattern))
        return index

    def _votes(self, content: dict[str, Any]) -> dict[str, dict[str, float]]:
        votes: dict[str, dict[str, float]] = {}
        for language, weights in content["votes"].items():
            for weight, listed in weights.items():
                for word in str(listed).split():
                    plain = words.fold(word).text
                    votes.setdefault(plain, {})[language] = float(weight)
        return votes

    @staticmethod
    def _singles(phrases: Iterable[str]) -> frozenset[str]:
        return frozenset(phrase for phrase in phrases if len(phrase) == 1)

    def _take_answers(self, content: dict[str, Any]) -> None:
        self.number_words = {word: number for number, listed in content["numbers"].items() for word in listed}
        self.alone_only = frozenset(content["alone_only"])
        self.ordinals = {word: int(place) for place, listed in content["ordinals"].items() for word in listed}
        self.last_words = frozenset(content["last"])
        self.measure_words = frozenset(words.fold(word).text for word in content["measures"])
        self.or_words = frozenset(content["or"])
        self.around = frozenset(words.fold(str(word)).text for word in content["around"])
        self.same_meaning = [
            frozenset(tuple(self._plain(word).split()) for word in listed)
            for listed in content["same_meaning"].values()
        ]
        self.vague = frozenset(tuple(self._plain(word).split()) for word in content["vague"])
        self.replies = {
            name: frozenset(
                form
                for phrase in phrases
                for form in (tuple(self._spelled(phrase)), tuple(words.fold(phrase).text.split()))
            )
            for name, phrases in self._files["replies"]["replies"].items()
        }
        self.reply_starts = {name: _by_first_word(phrases) for name, phrases in self.replies.items()}

    def label_phrases(self, option: Option) -> list[tuple[str, ...]]:
        """List the ways to say an option's labels, in plain words."""
        key = tuple(tuple(labels) for labels in option.labels.values())
        if key not in self._phrases:
            self._phrases[key] = self._ways_to_say(option)
        return self._phrases[key]

    def _ways_to_say(self, option: Option) -> list[tuple[str, ...]]:
        phrases: dict[tuple[str, ...], None] = {}
        for labels in option.labels.values():
            for label in labels:
                plain = tuple(self._spelled(label))
                if plain:
                    phrases[plain] = None
                for group in self.same_meaning:
                    if plain in group and plain not in self.vague:
                        phrases.update(dict.fromkeys(sorted(group)))
        return list(phrases)

    def _spelled(self, phrase: str) -> list[str]:
        return [word for word in self.encode(words.cut(words.fold(phrase))).words if word not in ",."]

    @property
    def guarded(self) -> frozenset[str]:
        """The everyday words that are never corrected."""
        return self.speller.guarded

    def encode(self, tokens: Iterable[words.Token]) -> Encoded:
        """Turn tokens into known words, one character each."""
        writer = _Writer(self)
        for token in tokens:
            writer.take(token)
        return writer.finish()

    def hits(self, codes: str) -> list[Hit]:
        """List every rule that is seen in an encoded text, in the order of the text."""
        present = frozenset(codes)
        absent = present.isdisjoint
        tried: set[int] = set()
        found: list[Hit] = []
        for code in present:
            for second, rule, needed, pattern in self._index.get(code, ()):
                if second is not None and absent(second):
                    continue
                if id(pattern) in tried:
                    continue
                tried.add(id(pattern))
                for listed in needed:
                    if absent(listed):
                        break
                else:
                    found.extend(Hit(rule, *match.span(), pattern) for match in pattern.regex.finditer(codes))
        found.sort(key=lambda hit: (hit.start, -hit.end, hit.rule.id))
        return found


def _by_first_word(phrases: Iterable[tuple[str, ...]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    starts: dict[str, tuple[tuple[str, ...], ...]] = {}
    for phrase in sorted(phrases):
        starts[phrase[0]] = (*starts.get(phrase[0], ()), phrase)
    return starts


class _Writer:
    """Collects the characters of an encoded text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._codes: list[str] = []
        self._words: list[str] = []
        self._tokens: list[words.Token] = []
        self._guessed: set[int] = set()
        self._unknown: list[str] = []

    def take(self, token: words.Token) -> None:
        sign = {"soft": patterns.COMMA, "stop": patterns.STOP, "question": patterns.QUESTION}.get(token.kind)
        if sign:
            self._put(sign, token.form, token)
        elif token.kind == "number" and token.form in self._lexicon.alphabet.codes:
            self._word(token)
        elif token.kind == "number":
            self._put(patterns.YEAR if _YEAR.match(token.form) else patterns.NUMBER, token.form, token)
        elif token.kind == "time":
            self._put(patterns.TIME, token.form, token)
        elif token.kind in ("mark", "other"):
            self._mark(token)
        elif token.kind == "spaced":
            self._spaced(token)
        else:
            self._word(token)

    def _mark(self, token: words.Token) -> None:
        if token.form == "-":
            self._put(patterns.COMMA, token.form, token)
        elif token.form in self._lexicon.alphabet.codes or token.form in self._lexicon.speller.aliases:
            self._word(token)

    def _spaced(self, token: words.Token) -> None:
        letters = "".join(char for char in token.form if char.isalpha())
        if letters in self._lexicon.spaced:
            self._word(words.Token(letters, "word", token.start, token.end))
            return
        for offset, char in enumerate(token.form):
            if char.isalpha():
                self._word(words.Token(char, "word", token.start + offset, token.start + offset + 1))

    def _word(self, token: words.Token) -> None:
        spelled, guessed = self._lexicon.speller.spell(token.form)
        for word in spelled:
            merged = self._lexicon.speller.merges.get((self._words[-1], word)) if self._words else None
            if merged:
                self._join(merged, token)
                continue
            if guessed:
                self._guessed.add(len(self._codes))
            code = self._lexicon.alphabet.codes.get(word)
            if code is None:
                self._unknown.append(word)
            self._put(code or patterns.UNKNOWN, word, token)

    def _join(self, merged: str, token: words.Token) -> None:
        first = self._tokens[-1]
        self._words[-1] = merged
        self._codes[-1] = self._lexicon.alphabet.codes.get(merged, patterns.UNKNOWN)
        self._tokens[-1] = words.Token(merged, "word", first.start, token.end)

    def _put(self, code: str, word: str, token: words.Token) -> None:
        self._codes.append(code)
        self._words.append(word)
        self._tokens.append(token)

    def finish(self) -> Encoded:
        return Encoded(
            "".join(self._codes),
            tuple(self._tokens),
            tuple(self._words),
            frozenset(self._guessed),
            tuple(self._unknown),
        )


def source(name: str) -> bytes:
    """Give a lexicon file as it is."""
    return (resources.files("outreach.triage") / "lexicons" / f"{name}.yaml").read_bytes()


def weights(name: str) -> bytes:
    """Give the weights of a second reader as they are kept."""
    return (resources.files("outreach.triage") / "lexicons" / f"{name}.tsv").read_bytes()


@cache
def load() -> Lexicon:
    """Load the lexicons that came with this version. Raises BadLexicon, naming the file and the line."""
    digest = hashlib.sha256()
    files: dict[str, dict[str, Any]] = {}
    dates: list[str] = []
    for name in FILES:
        raw = source(name)
        digest.update(name.encode() + b"\0" + raw + b"\0")
        # The base loader keeps "no", "on" and "y" words.
        files[name] = yaml.load(raw, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
        for key in ("source", "date", "version"):
            if key not in files[name]:
                raise BadLexicon(f"{name}.yaml says nothing under {key}")
        dates.append(str(files[name]["date"]))
    for name in WEIGHTS:
        digest.update(weights(name))
    return Lexicon(files, f"{max(dates)}-{digest.hexdigest()[:10]}")
