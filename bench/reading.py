"""How well texts are read, and how fast: our own labelled texts, and real ones where they are at hand.

    python -m bench.reading [--replies FOLDER] [--misses]

Our own texts (`tests/triage/data`, all invented) were used to write the lexicons: they show what must not
break, not how well strangers are read. The public ones (`FOLDER/replies.tsv` and `ordinary.tsv`: text,
expected, lang, source_label) are split by a hash of the text; docs/reading.md says what was measured on the
second half before anyone looked at it. Urgent and opt_out count as found when they are among everything a
text asks us to act on, the other classes when they come first.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from outreach.triage import rules
from outreach.triage.rules import Kind
from tests.triage import texts

REPLIES = Path(__file__).parents[1].parent / "shared" / "data" / "replies"
ACT_ALWAYS = (Kind.URGENT, Kind.OPT_OUT)
# What an ordinary reply is: it answers, agrees, declines or is polite. Cries for help and requests are not.
ORDINARY_REPLIES = ("confirm", "decline", "talk")
POLITE = ("thank", "bye", "greet")
SALT = "triage-split:"


@dataclass
class Tally:
    """One class in one language: found, missed, wrongly given."""

    found: int = 0
    missed: int = 0
    false: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)


def wilson(hits: int, of: int) -> float:
    """Give the lower end of the 95 % Wilson interval of a share."""
    if not of:
        return 0.0
    share, z = hits / of, 1.96
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of)


def half(text: str) -> int:
    """Say which half of the public texts this one belongs to."""
    return hashlib.sha256((SALT + text).encode()).digest()[-1] % 2


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a table of labelled texts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def tallies(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], Tally]:
    """Count, per class and language, what was found, missed and wrongly given, over (text, expected,
    language).
    """
    table: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for text, label, lang in rows:
        expected = "decline" if label == "cancel" else label
        reading = rules.read(text)
        acts = reading.acts if expected in ACT_ALWAYS else (reading.kind,)
        tally = table[expected, lang]
        if expected in acts:
            tally.found += 1
        else:
            tally.missed += 1
            tally.misses.append(f"{text}  -> {', '.join(reading.acts)}")
        for kind in {reading.kind, *(kind for kind in ACT_ALWAYS if kind in reading.acts)}:
            if kind != expected and not (expected in ACT_ALWAYS and expected in reading.acts):
                table[kind.value, lang].false += 1
    return table


def show(title: str, table: dict[tuple[str, str], Tally], *, misses: bool) -> None:
    """Print one table."""
    print(f"\n{title}")
    print(
        f"{'class':<13} {'lang':<5} {'texts':>5} "
        f"{'recall':>7} {'low95':>6} {'precision':>9} {'low95':>6} {'F1':>6}"
    )
    for (kind, lang), tally in sorted(table.items()):
        count = tally.found + tally.missed
        recall_low = wilson(tally.found, count)
        precision_low = wilson(tally.found, tally.found + tally.false)
        both = tally.recall + tally.precision
        f1 = 2 * tally.recall * tally.precision / both if both else 0.0
        print(
            f"{kind:<13} {lang:<5} {count:>5} {tally.recall:>7.3f} {recall_low:>6.3f} "
            f"{tally.precision:>9.3f} {precision_low:>6.3f} {f1:>6.3f}"
        )
    if misses:
        for (kind, _), tally in sorted(table.items()):
            for line in tally.misses:
                print(f"  missed {kind}: {line}")


def show_alarms(title: str, rows: list[tuple[str, str]]) -> None:
    """Print how often ordinary texts set off an opt-out or an alarm, and go to a person."""
    alarms = {Kind.OPT_OUT: 0, Kind.URGENT: 0}
    asked = {Kind.OPT_OUT: 0, Kind.URGENT: 0}
    people = 0
    for text, expected in rows:
        reading = rules.read(text)
        people += reading.needs_human
        for kind in ACT_ALWAYS:
            if f"not_{kind}" in expected:
                asked[kind] += 1
                alarms[kind] += kind in reading.acts
    parts = [f"{kind.value} {alarms[kind]} of {asked[kind]}" for kind in ACT_ALWAYS]
    print(f"{title}: false alarms {', '.join(parts)}; to a person {people / max(1, len(rows)):.1%}")


def show_people() -> None:
    """Print what share of our own ordinary replies goes to a person, those to open questions among them."""
    asked = [(row["text"], texts.QUESTIONS[row["question"]]) for row in texts.rows("answers")]
    plain = [row.text for name in ORDINARY_REPLIES for row in texts.labelled(name)]
    people = sum(rules.read(text, question=question).needs_human for text, question in asked)
    people += sum(rules.read(text).needs_human for text in plain)
    share = people / (len(asked) + len(plain))
    print(f"our own {len(asked) + len(plain)} replies (answers, yes, no, talk), to a person: {share:.1%}")


def show_answers() -> None:
    """Print how many answers to open questions are bound right, doubtful ones left to a person."""
    rows = texts.rows("answers")
    right = sum(_bound_right(row) for row in rows)
    share = f"{right / len(rows):.3f}, low95 {wilson(right, len(rows)):.3f}"
    print(f"answers bound right: {right} of {len(rows)} ({share})")


def _bound_right(row: dict[str, str]) -> bool:
    reading = rules.read(row["text"], question=texts.QUESTIONS[row["question"]])
    answer = reading.answer
    if not row["word"] and not row["value"]:
        return answer is None and reading.needs_human
    right = answer is not None and (not row["word"] or answer.word == row["word"])
    return right and (not row["value"] or (answer is not None and answer.value == float(row["value"])))


def show_speed(sample: list[str]) -> None:
    """Print the processor time of a reading, on one core."""
    for text in sample:
        rules.read(text)
    taken = []
    for text in sample:
        started = time.thread_time_ns()
        rules.read(text)
        taken.append((time.thread_time_ns() - started) / 1e6)
    taken.sort()
    mean = sum(taken) / len(taken)
    p99 = taken[int(0.99 * len(taken))]
    print(
        f"\nspeed over {len(taken)} texts: mean {mean:.3f} ms, p99 {p99:.3f} ms, longest {taken[-1]:.3f} ms"
    )


def show_polite(rows: list[dict[str, str]]) -> None:
    """Print what share of public replies that say yes, no, thanks, hello or goodbye goes to a person."""
    ordinary = [
        row["text"]
        for row in rows
        if row["expected"] in ("confirm", "cancel")
        or (row["expected"] == "other" and any(word in row["source_label"] for word in POLITE))
    ]
    share = sum(rules.read(text).needs_human for text in ordinary) / max(1, len(ordinary))
    print(
        f"share of ordinary replies (yes, no, thanks, hello, goodbye) that go to a person: {share:.1%} "
        f"of {len(ordinary)} (aim: at most 15 %)"
    )


def own() -> Iterator[tuple[str, str, str]]:
    """List our own labelled texts, harmless ones as `other`."""
    for name in texts.CLASSES:
        for row in texts.labelled(name):
            yield row.text, row.expected, row.lang


def public(folder: Path, *, misses: bool) -> list[str]:
    """Print the tables of the public texts, and give them back for the speed."""
    replies = read_rows(folder / "replies.tsv")
    ordinary = read_rows(folder / "ordinary.tsv")
    for part, name in ((0, "tuned on"), (1, "held back")):
        mine = [
            (row["text"], row["expected"], row["lang"][:2]) for row in replies if half(row["text"]) == part
        ]
        show(f"Public texts, half {name} ({len(mine)})", tallies(mine), misses=misses and part == 0)
        show_polite([row for row in replies if half(row["text"]) == part])
        chat = [(row["text"], row["expected"]) for row in ordinary if half(row["text"]) == part]
        show_alarms(f"strangers' chat, half {name} ({len(chat)})", chat)
    return [row["text"] for row in replies + ordinary]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well and how fast texts are read.")
    parser.add_argument(
        "--replies", type=Path, default=REPLIES, help="folder with replies.tsv and ordinary.tsv"
    )
    parser.add_argument("--misses", action="store_true", help="list the texts that were read wrong")
    options = parser.parse_args()
    print("lexicon", rules.read("hello").lexicon_version)
    show("Our own texts (invented; lexicons were written with them)", tallies(own()), misses=options.misses)
    for name in texts.HARMLESS:
        rows = [(row["text"], "not_urgent;not_opt_out") for row in texts.rows(name)]
        show_alarms(f"{name} ({len(rows)})", rows)
    show_answers()
    show_people()
    sample = [row["text"] for name in ("ordinary_es", "urgent", "lookalike") for row in texts.rows(name)]
    if (options.replies / "replies.tsv").exists():
        sample += public(options.replies, misses=options.misses)
    show_speed(sample)


if __name__ == "__main__":
    main()
