"""`outreach read`: what triage makes of a text, and why. Needs no server and no database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from outreach.triage import rules


@click.command("read")
@click.argument("text", required=False)
@click.option(
    "--language",
    "language_hint",
    metavar="CODE",
    help="The language we expect this person to write (en, es).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--open", "open_words", metavar="1,2,3", default="", help="The reply words of the question that is open."
)
@click.option(
    "--stdin",
    "from_stdin",
    is_flag=True,
    help="Read one text per line from standard input; print one JSON per line.",
)
def read(
    text: str | None, language_hint: str | None, as_json: bool, open_words: str, from_stdin: bool
) -> None:
    """Print what a patient's TEXT means to us: its class, what else acts, and the words that say so.

    \b
    Examples:
      outreach read "2, and my leg hurts" --open 1,2,3
      outreach read "no me escriban" --language es --json
    """
    words = tuple(word.strip() for word in open_words.split(",") if word.strip())
    if from_stdin:
        for line in _lines():
            click.echo(
                json.dumps(described(line, open_words=words, language_hint=language_hint), ensure_ascii=False)
            )
        return
    if text is None:
        raise click.UsageError('Give the text in quotes, or --stdin: outreach read "STOP"')
    result = described(text, open_words=words, language_hint=language_hint)
    click.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else _as_lines(result))


def _lines() -> Iterator[str]:
    stream = sys.stdin.buffer
    for raw in stream:
        yield raw.decode("utf-8", errors="replace").rstrip("\r\n")


def described(
    text: str, *, open_words: tuple[str, ...] = (), language_hint: str | None = None
) -> dict[str, Any]:
    """Read a text and lay the reading out as plain values, the words themselves included."""
    reading = rules.read(text, open_words=open_words, language_hint=language_hint)
    return {
        "class": reading.kind.value,
        "also": [kind.value for kind in reading.also],
        "tier": reading.tier,
        "topic": reading.topic,
        "answer": _answer(reading.answer),
        "needs_human": reading.needs_human,
        "language": reading.language,
        "confidence": reading.confidence,
        "spans": [
            {
                "start": span.start, "end": span.end, "text": span.text, "kind": span.kind, "rule": span.rule,
                "topic": span.topic, "tier": span.tier,
            }
            for span in reading.spans
        ],
        "findings": [{"code": one.code, "topic": one.topic, "rule": one.rule} for one in reading.findings],
        "lexicon_version": reading.lexicon_version,
    }  # fmt: skip


def _answer(answer: rules.Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "word": answer.word, "value": answer.value, "second": answer.second, "unit": answer.unit, "how":
        answer.how,
        "confidence": answer.confidence, "means": answer.means.value if answer.means else None,
    }  # fmt: skip


def _as_lines(result: dict[str, Any]) -> str:
    lines = [f"class       {result['class']}"]
    if result["also"]:
        lines.append(f"also        {', '.join(result['also'])}")
    if result["tier"]:
        lines.append(f"urgent      {result['tier']} {result['topic']}")
    if result["answer"]:
        said = (f"{key}={value}" for key, value in result["answer"].items() if value is not None)
        lines.append(f"answer      {' '.join(said)}")
    lines.extend(
        f"span        {span['start']}-{span['end']} {span['text']!r} {span['rule']}"
        for span in result["spans"]
    )
    lines.extend(
        f"finding     {' '.join(value for value in one.values() if value)}" for one in result["findings"]
    )
    lines.append(f"human       {'yes' if result['needs_human'] else 'no'}")
    lines.append(f"language    {result['language']}")
    lines.append(f"confidence  {result['confidence']:.2f}")
    lines.append(f"lexicon     {result['lexicon_version']}")
    return "\n".join(lines)
