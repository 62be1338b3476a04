"""Trains the second reader (`outreach/triage/rules/suspicion.py`) from our own invented texts.

    uv venv /tmp/train && uv pip install --python /tmp/train/bin/python scikit-learn -r requirements/base.in
    /tmp/train/bin/python -m bench.second_reader

Logistic regression over words, runs of letters, pairs of words and pairs of meanings. It learns from
`tests/triage/data` and `tests/triage/training`, all invented; public texts are for measuring only. Every text
is varied (openings, endings, slips, neighbors), danger and harmless alike, so that none of that counts; and
everyday words are shuffled into nonsense that is harmless, so that a word nobody connects with danger weighs
nothing. The same files always give the same weights.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from outreach.triage.rules import features, lexicon, words
from outreach.triage.rules.words import Token
from tests.triage import texts

TRAINING = Path(__file__).parents[1] / "tests" / "triage" / "training"
WEIGHTS = Path(__file__).parents[1] / "outreach" / "triage" / "lexicons" / "second_reader.tsv"
HARMLESS = ("confirm", "decline", "reschedule", "help", "opt_in", "opt_out", "wrong_person",
            "talk", "lookalike", "ordinary_es")  # fmt: skip
VARIANTS, NONSENSE, CHAINS, LEAST_SEEN, STRENGTH = 3, 12_000, 8_000, 3, 0.2


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


def corpus() -> tuple[list[str], list[str]]:
    """List the dangerous texts and the harmless ones, each once."""
    labelled = [*rows("wishes"), *rows("rounds")]
    danger = [row.text for row in texts.labelled("urgent")]
    danger += [*lines("urgent_en"), *lines("urgent_es")]
    danger += [text for kind, text in labelled if kind == "urgent"]
    harmless = [
        row["text"] for name in HARMLESS for row in texts.rows(name) if row.get("expected") != "urgent"
    ]
    harmless += [*lines("harmless_long_en"), *lines("harmless_en"), *lines("harmless_es")]
    harmless += [text for kind, text in labelled if kind != "urgent"]
    once = dict.fromkeys(danger)
    return list(once), [text for text in dict.fromkeys(harmless) if text not in once]


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


def varied(dice: random.Random, text: str, beside: list[str]) -> Iterator[str]:
    """Say a text in a few more ways."""
    openings, endings = lines("openings"), lines("endings")
    yield text
    for _ in range(VARIANTS):
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
    rare = [word for word in known.guarded_words() if len(word) > 2]
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
    """Lists what the second reader sees in a text."""

    def __init__(self) -> None:
        self._known = lexicon.load()
        self._groups = features.groups_of(self._known)

    def windows(self, text: str) -> list[Counter[str]]:
        """List, for each window of a text, what is seen and how often."""
        tokens: list[Token] = words.cut(words.fold(text))
        encoded = self._known.encode(tokens)
        found = []
        for start, end in features.windows(encoded.codes):
            plain, kept = features.plain(encoded, start, end)
            seen: Counter[str] = Counter()
            for place, word in enumerate(plain):
                seen.update(features.of_word(word))
                seen.update(features.of_neighbors(plain, place))
                seen.update(features.of_groups(encoded.codes, kept, place, self._groups))
            found.append(seen)
        return found


def examples(dice: random.Random) -> tuple[list[Counter[str]], list[int]]:
    """List what is seen in every example, and whether it is a danger."""
    danger, harmless = corpus()
    seer = Seer()
    beside = [text for text in harmless if len(text.split()) < 8]
    seen: list[Counter[str]] = []
    labels: list[int] = []
    for text in danger:
        for said in varied(dice, text, beside):
            found = seer.windows(said)
            if len(found) <= 2:  # in more windows than two nobody knows which one is the danger
                seen.append(sum(found, Counter()))
                labels.append(1)
    calm = [said for text in harmless for said in varied(dice, text, beside)]
    for said in (*calm, *nonsense(dice, danger, harmless)):
        for found_one in seer.windows(said):
            seen.append(found_one)
            labels.append(0)
    return seen, labels


def fit(seen: list[Counter[str]], labels: list[int]) -> tuple[float, dict[str, float]]:
    """Weigh what was seen."""
    from scipy.sparse import csr_matrix  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from sklearn.linear_model import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        LogisticRegression,
    )

    times = Counter(name for one in seen for name in one)
    names = sorted(name for name, count in times.items() if count >= LEAST_SEEN)
    place = {name: at for at, name in enumerate(names)}
    at, counts, ends = [], [], [0]
    for one in seen:
        for name in sorted(one):
            if name in place:
                at.append(place[name])
                counts.append(float(one[name]))
        ends.append(len(at))
    table: Any = csr_matrix((counts, at, ends), shape=(len(seen), len(names)))
    model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=300, random_state=1)
    model.fit(table, labels)
    return float(model.intercept_[0]), dict(zip(names, model.coef_[0].tolist(), strict=True))


def keep(bias: float, weights: dict[str, float], least: float) -> str:
    """Write the weights that matter, in hundredths."""
    kept = {name: round(weight * 100) for name, weight in weights.items() if abs(weight) >= least}
    head = "# Made by bench/second_reader.py from tests/triage; weights in hundredths of log-odds."
    return (
        "\n".join([head, f"bias\t{round(bias * 100)}", *(f"{n}\t{w}" for n, w in sorted(kept.items()))])
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the second reader.")
    parser.add_argument("--least", type=float, default=0.05, help="weights smaller than this are dropped")
    parser.add_argument("--to", type=Path, default=WEIGHTS, help="file to write")
    options = parser.parse_args()
    seen, labels = examples(random.Random(7))
    bias, weights = fit(seen, labels)
    text = keep(bias, weights, options.least)
    options.to.write_text(text, encoding="utf-8")
    count = text.count("\n") - 2
    print(f"{len(labels)} examples, {sum(labels)} of danger; {count} weights, {len(text)} bytes")


if __name__ == "__main__":
    main()
