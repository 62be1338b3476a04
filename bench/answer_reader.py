"""Trains the reader of answers (`outreach/triage/rules/learned.py`) from our own invented texts.

    uv venv /tmp/train && uv pip install --python /tmp/train/bin/python scikit-learn -r requirements/base.in
    /tmp/train/bin/python -m bench.answer_reader

One linear model for each thing the programs ask about (`asked.yaml`), over words, runs of letters, pairs of
words and words under a "no". They learn from `tests/triage/training/answers` and from the scripted replies
of `tests/programs/bindings` and `tests/inbound`; what a person may read counts as no answer. Of what is
seen only what weighs is kept, and weighed anew. The same files always give the same weights. `--without
NAME` leaves a file out, to measure on it.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from outreach.inbound import rules as inbound
from outreach.programs import files
from outreach.programs.rules import course
from outreach.reminders.rules import texts as reminders
from outreach.triage.rules import features, lexicon, words

ROOT = Path(__file__).parents[1]
TRAINING = ROOT / "tests" / "triage" / "training" / "answers"
REPLIES = (
    *sorted((ROOT / "tests" / "programs" / "bindings").glob("*.yaml")),
    ROOT / "tests" / "inbound" / "plain_answers.yaml",
    ROOT / "tests" / "inbound" / "other_words.yaml",
    ROOT / "tests" / "inbound" / "first_sight.yaml",
)
TO = ROOT / "outreach" / "triage" / "lexicons" / "answer_reader.tsv"
NONE = "none"
HELD_BACK = frozenset(("person", "again", "nobody", "which", "yellow", "orange", "red"))
PENALTY, LEAST_SEEN, LEAST_WEIGHT, ROUNDS, SCALE = 3.0, 2, 0.2, 300, 4.0
LITTLE, OFTEN = 3, 0.34
FAMILIES = (
    "state activity need warning fever mother calf wound lows",
    "medicines treatment refill pills need",
    "appointment rebook booked offer ready want_help ride need",
    "food housing power ride want_help",
    "exercise activity",
    "mood state",
    "scale",
)
"""What may be said of one may be said of the others."""
ALIEN, WORDS_OF_ONE_MATTER = 450, 4
BY_EAR = """ea>ee ee>ea ai>a ght>t ou>o ow>ou ph>f ck>k c>k s>c z>s ie>ei tion>shun th>d ing>in er>a er>ur
our>or wh>w v>b b>v ll>y y>ll h> qu>k que>ke c>s j>g g>j ie>e ue>e x>ks ough>uf a>e e>i i>e o>u u>o"""
SOUNDS = tuple((one.partition(">")[0], one.partition(">")[2]) for one in BY_EAR.split())
POLAR = re.compile(r"(?i)\W*(?:yes|yeah|yep|ya|no|nope|nah|si|sí|claro)\b")
BEGINS_WITH_A_WORD = re.compile(r"^\W*(?:\d|[A-Fa-f]\b)")

Example = tuple[str, str]
"""A class, and a text of it."""


def written(without: frozenset[str]) -> dict[str, list[Example]]:
    """List the texts written for each concept."""
    found: dict[str, list[Example]] = defaultdict(list)
    for path in sorted(TRAINING.glob("*.tsv")):
        if path.stem not in without:
            for line in path.read_text(encoding="utf-8").splitlines():
                concept, kind, _, text = line.split("\t")
                found[concept].append((kind, text))
    return found


def replied(without: frozenset[str]) -> Iterator[tuple[str, Example]]:
    """List the scripted replies to one open question, but those that name their option."""
    known = lexicon.load()
    programs = {one.program.key: one.program for one in files.library()}
    for path in REPLIES:
        for group in yaml.safe_load(path.read_text(encoding="utf-8")) if path.stem not in without else ():
            asks = group["asks"] if not isinstance(group["asks"], list) else [*group["asks"], None][0]
            alone = not isinstance(group["asks"], list) or len(group["asks"]) == 1
            if "shared" in group or not alone or not isinstance(asks, str):
                continue
            program, key = asks.split("/")
            if program == "reminder":
                stored = reminders.question(key, language="en")
            else:
                stored = course.as_prompt(programs[program].questions[key], "en")
            question = inbound.to_triage(stored)
            for concept in known.asked:
                options = concept.options(question)
                if options is None:
                    continue
                means = {str(one["word"]): str(one["means"]) for one in stored.get("options", ())}
                kinds = {means[option.word]: name for name, option in options.items()}
                yield from ((concept.name, one) for one in _rows(group["rows"], kinds))
                break


def _rows(rows: list[Any], kinds: dict[str, str]) -> Iterator[Example]:
    for says, expected in rows:
        allowed = [one.rstrip("+") for one in str(expected).split("|")]
        if BEGINS_WITH_A_WORD.match(str(says)) or "out" in allowed:
            continue
        if not HELD_BACK.isdisjoint(allowed):
            yield NONE, str(says)
        elif len(allowed) == 1 and allowed[0] in kinds:
            yield kinds[allowed[0]], str(says)


def slipped(dice: random.Random, text: str) -> str:
    """Write a text as people do by ear or by thumb: every third longer word with one slip."""
    return " ".join(
        _slip(dice, one) if len(one) > LITTLE and dice.random() < OFTEN else one for one in text.split()
    )


def _slip(dice: random.Random, word: str) -> str:
    at = dice.randrange(1, len(word) - 1)
    heard = [(one, other) for one, other in SOUNDS if one in word]
    if heard and dice.random() < 0.5:
        one, other = dice.choice(heard)
        return word.replace(one, other, 1)
    ways = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at] + word[at:],
        word[:at] + dice.choice("aeiou") + word[at + 1 :],
    )
    return dice.choice(ways)


def alien(dice: random.Random, concept: str, own: dict[str, list[Example]]) -> list[Example]:
    """List answers to questions about quite other matters: to this one they are none."""
    related = {concept, *(one for family in FAMILIES if concept in family.split() for one in family.split())}
    others = [
        text
        for name in sorted(own.keys() - related)
        for kind, text in own[name]
        if kind != NONE and len(text.split()) >= WORDS_OF_ONE_MATTER and not POLAR.match(text)
    ]
    return [(NONE, text) for text in dice.sample(others, ALIEN)]


class Seer:
    """Lists what the reader sees in a text."""

    def __init__(self) -> None:
        self._known = lexicon.load()
        self._groups = features.groups_of(self._known)

    def seen(self, text: str) -> list[str]:
        """Return the names of what is seen, in order."""
        encoded = self._known.encode(words.cut(words.fold(text)))
        names = features.of_answer(encoded, self._groups)
        return sorted(one if isinstance(one, str) else " ".join(one) for one in names)


def matrix(seen: list[list[str]], numbers: dict[str, int]) -> Any:
    """Give the examples as rows that are equally long, and what is seen as columns."""
    import numpy as np
    from scipy.sparse import csr_matrix  # type: ignore[import-not-found,import-untyped,unused-ignore]

    rows = [[numbers[name] for name in one if name in numbers] for one in seen]
    values = np.concatenate([np.full(len(one), SCALE / max(1, len(one)) ** 0.5) for one in rows])
    ends = np.cumsum([0, *map(len, rows)])
    return csr_matrix((values, [at for one in rows for at in one], ends), shape=(len(rows), len(numbers)))


def fit(examples: list[Example], seer: Seer) -> tuple[tuple[str, ...], list[float], dict[str, list[float]]]:
    """Weigh what was seen: the classes, their bias, and for each thing seen a weight for each class."""
    import numpy as np
    from sklearn.linear_model import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        LogisticRegression,
    )

    seen, kinds = [seer.seen(text) for _, text in examples], [kind for kind, _ in examples]
    counted = Counter(name for one in seen for name in one)
    names = sorted(name for name, times in counted.items() if times >= LEAST_SEEN)
    for least in (LEAST_WEIGHT, 0.0):
        model = LogisticRegression(C=PENALTY, max_iter=ROUNDS)
        model.fit(matrix(seen, {name: at for at, name in enumerate(names)}), kinds)
        if least:
            weighs = np.abs(model.coef_).max(axis=0) >= least
            names = [name for name, kept in zip(names, weighs, strict=True) if kept]
    return (
        tuple(model.classes_),
        model.intercept_.tolist(),
        dict(zip(names, model.coef_.T.tolist(), strict=True)),
    )


def section(concept: str, kinds: tuple[str, ...], bias: list[float], weights: dict[str, list[float]]) -> str:
    """Write what one concept's model weighs, in hundredths."""
    lines = ["\t".join((f"== {concept}", *kinds)), _row("bias", bias)]
    lines += [_row(name, weights[name]) for name in sorted(weights)]
    return "\n".join(lines) + "\n"


def _row(name: str, weights: list[float]) -> str:
    return "\t".join((name, *(str(round(one * 100) or "") for one in weights)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the reader of answers.")
    parser.add_argument("--without", action="append", default=[], help="leave out a file of examples")
    parser.add_argument("--to", type=Path, default=TO, help="file to write to")
    options = parser.parse_args()
    examples = written(frozenset(options.without))
    for concept, one in replied(frozenset(options.without)):
        examples[concept].append(one)
    seer, dice = Seer(), random.Random(7)
    own = {concept: list(listed) for concept, listed in examples.items()}
    parts = ["# Made by bench/answer_reader.py from tests; weights in hundredths of log-odds.\n"]
    for concept in sorted(examples):
        examples[concept] += alien(dice, concept, own)
        examples[concept] += [(kind, slipped(dice, text)) for kind, text in examples[concept]]
        parts.append(section(concept, *fit(examples[concept], seer)))
        print(
            f"{concept}: {len(examples[concept])} examples, {parts[-1].count(chr(10)) - 2} rows", flush=True
        )
    options.to.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
