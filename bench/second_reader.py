"""Trains the second reader (`outreach/triage/rules/suspicion.py`) from our own invented texts.

    uv venv /tmp/train && uv pip install --python /tmp/train/bin/python scikit-learn -r requirements/base.in
    /tmp/train/bin/python -m bench.second_reader

Linear models over words, runs of letters, pairs of words and pairs of meanings: one for danger, one for each
wish. They learn from `tests/triage/data` and `tests/triage/training`, all invented; public texts are for
measuring only. `grammar_*.txt` there describes ways of saying things by slots. Every text is varied
(openings, endings, slips, neighbors), danger and harmless alike, so that none of that counts; and everyday
words are shuffled into nonsense that is harmless, so that a word nobody connects with danger weighs nothing.
The same files always give the same weights.
"""

from __future__ import annotations

import argparse
import random
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from outreach.triage.rules import features, lexicon, words
from tests.triage import grammar, texts

TRAINING = Path(__file__).parents[1] / "tests" / "triage" / "training"
WEIGHTS = Path(__file__).parents[1] / "outreach" / "triage" / "lexicons"
OWN = ("urgent", "confirm", "decline", "reschedule", "help", "opt_in", "opt_out", "wrong_person", "talk",
       "lookalike", "ordinary_es")  # fmt: skip
WISHES = ("opt_out", "wrong_person", "confirm", "decline", "reschedule", "help")
VISIT = ("confirm", "decline", "reschedule")
VARIANTS, GRAMMAR_VARIANTS, LEAST_WAYS, CHATTER, VISITS = 3, 1, 24, 10, 3
NONSENSE, CHAINS, LEAST_SEEN, LONGEST_WISH = 12_000, 8_000, 3, 30
# Strong enough that a few weights do not decide alone.
PENALTY, ROUNDS = 2e-4, 12


@cache
def lines(name: str) -> tuple[str, ...]:
    """Read a file of texts, one a line."""
    path = TRAINING / f"{name}.txt"
    found = path.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in found if line and line[0] != "#")


def rows(name: str) -> list[tuple[str, str]]:
    """Read a file of class, language and text."""
    path = TRAINING / f"{name}.tsv"
    cut = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return [(row[0], row[2]) for row in cut]


def said_by(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Say every template of the grammars in many ways, with its class."""
    for path in sorted(TRAINING.glob("grammar_*.txt")):
        templates, slots = grammar.read(path.stem)
        for kind, _, template in templates:
            times = VISITS if path.stem == "grammar_visits" else CHATTER if kind == "chat" else 1
            wanted = max(LEAST_WAYS, int(1.15 * grammar.most_choices(template, slots))) * times
            yield from ((kind, said) for said in grammar.ways(dice, template, slots, wanted))


def corpus() -> dict[str, str]:
    """List our written texts with their class, each once; danger goes first where two classes claim one."""
    found = [(row.get("expected") or "other", row["text"]) for name in OWN for row in texts.rows(name)]
    found += [("urgent", text) for name in ("urgent_en", "urgent_es") for text in lines(name)]
    calm = ("harmless_long_en", "harmless_en", "harmless_es")
    found += [("other", text) for name in calm for text in lines(name)]
    found += [*rows("wishes"), *rows("rounds")]
    once: dict[str, str] = {}
    for kind, text in sorted(found, key=lambda row: row[0] != "urgent"):
        once.setdefault(text, kind)
    return once


def slip(dice: random.Random, text: str) -> str:
    """Make one typing mistake."""
    parts = text.split()
    at = dice.randrange(len(parts))
    word = parts[at]
    if len(word) > 3:
        place = dice.randrange(1, len(word) - 1)
        kinds = (
            word[:place] + word[place + 1 :],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place] + word[place:],
            word[:place] + dice.choice("aeiorstn") + word[place + 1 :],
        )
        parts[at] = dice.choice(kinds)
    return " ".join(parts)


def varied(dice: random.Random, text: str, beside: list[str], variants: int) -> Iterator[str]:
    """Say a text in a few more ways."""
    openings, endings = lines("openings"), lines("endings")
    yield text
    for _ in range(variants):
        said, chance = text, dice.random()
        if chance < 0.35:
            said = dice.choice(openings) + dice.choice((" ", ", ", " ")) + said
        if 0.2 < chance < 0.6:
            said = said.rstrip(".!?") + dice.choice((" ", ", ", " ")) + dice.choice(endings)
        elif 0.6 <= chance < 0.75:
            said = slip(dice, said)
        elif chance >= 0.75:
            pair = [said.rstrip(".!?"), dice.choice(beside).rstrip(".!?")]
            dice.shuffle(pair)
            said = dice.choice((" ", ", ", " and ", " y ")).join(pair)
        yield said


def nonsense(dice: random.Random, danger: list[str], harmless: list[str]) -> Iterator[str]:
    """Shuffle everyday words, and chain harmless texts."""
    known = lexicon.load()
    rare = [word for word in sorted(known.guarded) if len(word) > 2]
    calm, alarming = (
        Counter(word for text in some for word in re.findall(r"[^\W\d_]+", text.lower()))
        for some in (harmless, danger)
    )
    each = [word for word in calm if calm[word] >= alarming[word]]
    often = [word for word in calm for _ in range(calm[word]) if calm[word] >= 0.7 * alarming[word]]
    for _ in range(NONSENSE):
        pools = dice.choices((often, each, rare), weights=(2, 1, 1), k=dice.randrange(6, 15))
        yield " ".join(dice.choice(pool) for pool in pools)
    long = [text for text in harmless if len(text.split()) > 3]
    for _ in range(CHAINS):
        yield " ".join(dice.choice(long).rstrip(".!?") for _ in range(dice.randrange(2, 4)))


class Seer:
    """Lists what the second reader sees in a text, each thing by a number."""

    def __init__(self) -> None:
        self._known = lexicon.load()
        self._groups = features.groups_of(self._known)
        self.numbers: dict[features.Name, int] = {}
        self._words: dict[str, list[int]] = {}

    def _number(self, name: features.Name) -> int:
        return self.numbers.setdefault(name, len(self.numbers))

    def _word(self, word: str) -> list[int]:
        if word not in self._words:
            self._words[word] = [self._number(name) for name in features.of_word(word)]
        return self._words[word]

    def windows(self, text: str) -> list[list[int]]:
        """List, for each window of a text, what is seen, twice what is seen twice."""
        encoded = self._known.encode(words.cut(words.fold(text)))
        found = []
        for start, end in features.windows(encoded.codes):
            plain, kept = features.plain(encoded, start, end)
            seen: list[int] = []
            for place, word in enumerate(plain):
                seen += self._word(word)
                seen += map(self._number, features.of_neighbors(plain, place))
                seen += map(self._number, features.of_groups(encoded.codes, kept, place, self._groups))
            found.append(seen)
        return found


@dataclass
class Table:
    """What is seen in each example, and the example's class."""

    seen: array[int] = field(default_factory=lambda: array("i"))
    ends: list[int] = field(default_factory=lambda: [0])
    kinds: list[str] = field(default_factory=list)

    def add(self, seen: list[int], kind: str) -> None:
        """Add one example."""
        self.seen.extend(seen)
        self.ends.append(len(self.seen))
        self.kinds.append(kind)

    def matrix(self, width: int) -> tuple[Any, list[int]]:
        """Give the examples as rows and what is seen often enough as columns, with the columns' numbers."""
        import numpy as np
        from scipy.sparse import csr_matrix  # type: ignore[import-not-found,import-untyped,unused-ignore]

        at = np.frombuffer(self.seen, dtype=np.int32)
        table: Any = csr_matrix((np.ones(len(at)), at, np.array(self.ends)), shape=(len(self.kinds), width))
        table.sum_duplicates()
        kept = np.flatnonzero(np.bincount(at, minlength=width) >= LEAST_SEEN)
        return table[:, kept], kept.tolist()


def examples(dice: random.Random, seer: Seer) -> tuple[Table, Table]:
    """List the examples for the reader of dangers, by windows, and for the reader of wishes, whole."""
    written = corpus()
    said = [(kind, text, VARIANTS) for text, kind in written.items()]
    said += [(kind, text, GRAMMAR_VARIANTS) for kind, text in said_by(dice) if text not in written]
    short = [(kind, text) for kind, text, _ in said if kind != "urgent" and len(text.split()) < 8]
    beside = [text for _, text in short]
    plain = [text for kind, text in short if kind not in WISHES]
    dangers, wishes = Table(), Table()
    for kind, text, variants in said:
        # A thousand ways to keep a visit tell nothing of danger, and would make it rare.
        calm = kind in VISIT and variants == GRAMMAR_VARIANTS
        for one in varied(dice, text, beside if kind == "urgent" else plain, variants):
            _take(seer, one, kind, Table() if calm else dangers, wishes)
    danger = [text for text, kind in written.items() if kind == "urgent"]
    harmless = [text for text, kind in written.items() if kind != "urgent"]
    for number, one in enumerate(nonsense(dice, danger, harmless)):
        _take(seer, one, "nonsense", dangers, wishes if number % 3 == 0 else Table())
    return dangers, wishes


def _take(seer: Seer, text: str, kind: str, dangers: Table, wishes: Table) -> None:
    found = seer.windows(text)
    if kind != "urgent":
        for seen in found:
            dangers.add(seen, kind)
    elif len(found) <= 2:  # in more windows than two nobody knows which one is the danger
        dangers.add([number for seen in found for number in seen], kind)
    if len(text.split()) <= LONGEST_WISH:
        wishes.add([number for seen in found for number in seen], kind)


def fit(table: Any, labels: list[bool]) -> tuple[float, list[float]]:
    """Weigh what was seen."""
    from sklearn.linear_model import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        SGDClassifier,
    )

    model = SGDClassifier(
        loss="log_loss", alpha=PENALTY, max_iter=ROUNDS, tol=None, average=True, random_state=1,
        learning_rate="optimal",
    )  # fmt: skip
    model.fit(table, labels)
    return float(model.intercept_[0]), model.coef_[0].tolist()


def keep(columns: dict[str, tuple[float, dict[str, float]]], least: float) -> str:
    """Write the weights that matter, in hundredths, a column for each class."""
    names = sorted(
        {name for _, weights in columns.values() for name, w in weights.items() if abs(w) >= least}
    )
    head = [
        "# Made by bench/second_reader.py from tests/triage; weights in hundredths of log-odds.",
        "\t".join(("bias", *(str(round(bias * 100)) for bias, _ in columns.values()))),
    ]
    body = (
        "\t".join((name, *(_hundredths(weights.get(name, 0.0), least) for _, weights in columns.values())))
        for name in names
    )
    return "\n".join((*head, *body)) + "\n"


def _hundredths(weight: float, least: float) -> str:
    return str(round(weight * 100)) if abs(weight) >= least else ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the second reader.")
    parser.add_argument("--least", type=float, default=0.06, help="weights smaller than this are dropped")
    parser.add_argument("--to", type=Path, default=WEIGHTS, help="folder to write to")
    options = parser.parse_args()
    seer = Seer()
    dangers, wishes = examples(random.Random(7), seer)
    names = [name if isinstance(name, str) else " ".join(name) for name in seer.numbers]
    for file, table, kinds in (("second_reader", dangers, ("urgent",)), ("wish_reader", wishes, WISHES)):
        matrix, kept = table.matrix(len(names))
        columns = {}
        for kind in kinds:
            bias, weights = fit(matrix, [one == kind for one in table.kinds])
            columns[kind] = (bias, {names[at]: w for at, w in zip(kept, weights, strict=True)})
        text = keep(columns, options.least)
        (options.to / f"{file}.tsv").write_text(text, encoding="utf-8")
        print(f"{file}: {len(table.kinds)} examples, {text.count(chr(10)) - 2} rows, {len(text)} bytes")


if __name__ == "__main__":
    main()
