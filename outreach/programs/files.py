"""Reading program files: YAML in, a checked Program out, each error with its place and its mend."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import time
from importlib import resources
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from outreach.kernel.errors import OutreachError
from outreach.programs.rules.definition import Cadence, Option, Program, Question, Silence, Step, Then

LANGUAGES = ("en", "es")
TIERS = ("red", "orange", "yellow")
STOPS = ("readmitted", "died", "hospice", "opted_out", "finished")


class BadProgram(OutreachError):
    """The program file can't be used."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The program file can't be used: " + "; ".join(problems))


@dataclass(frozen=True, kw_only=True)
class Read:
    """A program with the file it came from: its text, parsed and as written, and the hash that names it."""

    program: Program
    definition: dict[str, Any]
    source_text: str
    file_hash: str


def _words(**kwargs: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.Str(validate=validate.Length(min=2)), values=fields.Str(validate=validate.Length(min=1)), **kwargs
    )


class ThenSchema(Schema):
    """What an answer leads to."""

    say = fields.Str()
    ask = fields.Str()
    escalate = fields.Str(validate=validate.OneOf(TIERS))
    topic = fields.Str()
    stop = fields.Str()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Then:
        """Build the value."""
        return Then(**data)


class OptionSchema(Schema):
    """One way to answer."""

    word = fields.Str(required=True, validate=validate.Length(min=1, max=8))
    means = fields.Str(required=True)
    labels = fields.Dict(keys=fields.Str(), values=fields.List(fields.Str()), load_default=dict)
    then = fields.Nested(ThenSchema, load_default=Then)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Option:
        """Build the value."""
        data["labels"] = {language: tuple(words) for language, words in data["labels"].items()}
        return Option(**data)


class QuestionSchema(Schema):
    """Something we ask."""

    text = _words(required=True)
    kind = fields.Str(load_default="choice", validate=validate.OneOf(["choice"]))
    lasts_hours = fields.Int(load_default=72, validate=validate.Range(min=1, max=24 * 14))
    clinical = fields.Bool(load_default=False)
    options = fields.List(fields.Nested(OptionSchema), required=True, validate=validate.Length(min=1))


class StepSchema(Schema):
    """When something is said or asked."""

    id = fields.Str(required=True)
    days = fields.List(fields.Int(), required=True, validate=validate.Length(min=1))
    at = fields.Str(required=True, validate=validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$"))
    ask = fields.Str(load_default=None)
    say = fields.Str(load_default=None)
    lasts_hours = fields.Int(load_default=34)
    late = fields.Str(load_default="skip", validate=validate.OneOf(["skip", "next_window"]))
    late_for_hours = fields.Int(load_default=None, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Step:
        """Build the value."""
        data["days"] = tuple(data["days"])
        data["at"] = time.fromisoformat(data["at"])
        return Step(**data)


class SilenceSchema(Schema):
    """What happens when questions stay unanswered."""

    after = fields.Int(required=True, validate=validate.Range(min=1))
    say = fields.Str(required=True)
    escalate = fields.Str(load_default="silent")

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Silence:
        """Build the value."""
        return Silence(**data)


class CadenceSchema(Schema):
    """More than the ordinary budget."""

    per_day = fields.Int(required=True)
    per_week = fields.Int(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Cadence:
        """Build the value."""
        return Cadence(**data)


class ProgramSchema(Schema):
    """A whole program file."""

    program = fields.Str(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9-]*$"))
    title = fields.Str(required=True)
    purpose = fields.Str(load_default="care", validate=validate.OneOf(["care", "reminders"]))
    anchor = fields.Str(required=True, validate=validate.OneOf(["discharge"]))
    days = fields.Int(required=True, validate=validate.Range(min=1, max=400))
    audience = fields.Str(required=True)
    excluded = fields.Str(data_key="exclude", load_default="false")
    cadence = fields.Nested(CadenceSchema, load_default=None)
    silence = fields.Nested(SilenceSchema, load_default=None)
    activities = fields.Bool(load_default=True)
    tcm = fields.Bool(load_default=False)
    stops = fields.List(fields.Str(validate=validate.OneOf(STOPS)), required=True)
    sources = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    steps = fields.List(fields.Nested(StepSchema), required=True, validate=validate.Length(min=1))
    questions = fields.Dict(keys=fields.Str(), values=fields.Nested(QuestionSchema), load_default=dict)
    texts = fields.Dict(keys=fields.Str(), values=_words(), load_default=dict)

    @validates_schema
    def every_name_leads_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a step or answer that names a question or text the file does not have."""
        missing = [
            f"{place} names {kind} {name!r}, which the file does not have: add it or mend the name"
            for place, kind, name in _names(data)
            if name not in data["questions" if kind == "question" else "texts"]
        ]
        if missing:
            raise ValidationError(missing)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Program:
        """Build the value."""
        questions = {
            key: Question(
                key=key,
                text=found["text"],
                kind=found["kind"],
                lasts_hours=found["lasts_hours"],
                clinical=found["clinical"],
                options=tuple(found["options"]),
            )
            for key, found in data.pop("questions").items()
        }
        for plural in ("stops", "sources", "steps"):
            data[plural] = tuple(data[plural])
        return Program(key=data.pop("program"), exclude=data.pop("excluded"), questions=questions, **data)


def _names(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for step in data["steps"]:
        found += [(f"step {step.id}", "question", step.ask)] if step.ask else []
        found += [(f"step {step.id}", "text", step.say)] if step.say else []
    for key, question in data["questions"].items():
        for option in question["options"]:
            place = f"question {key}, answer {option.word}"
            found += [(place, "question", option.then.ask)] if option.then.ask else []
            found += [(place, "text", option.then.say)] if option.then.say else []
    if data.get("silence"):
        found.append(("silence", "text", data["silence"].say))
    return found


def read(text: str) -> Read:
    """Return the program a file holds. Raise BadProgram naming every problem found."""
    try:
        definition = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        raise BadProgram([f"{place}: not readable as YAML; check indentation and quotes"]) from error
    if not isinstance(definition, dict):
        raise BadProgram(["the file must be a mapping that starts with `program: name`"])
    return Read(
        program=load(definition),
        definition=definition,
        source_text=text,
        file_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def load(definition: dict[str, Any]) -> Program:
    """Return the program a stored definition describes. Raise BadProgram naming every problem found."""
    try:
        found: Program = ProgramSchema().load(definition)
    except ValidationError as error:
        raise BadProgram(_flat(error.messages)) from error
    return found


def _flat(messages: Any, place: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [
            line
            for key, value in messages.items()
            for line in _flat(value, place if key == "_schema" else f"{place}.{key}".lstrip("."))
        ]
    if isinstance(messages, list):
        return [line for value in messages for line in _flat(value, place)]
    return [f"{place}: {messages}" if place else str(messages)]


def library() -> tuple[Read, ...]:
    """Return the programs we ship, in order of name."""
    folder = resources.files("outreach.programs") / "library"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(read((folder / name).read_text(encoding="utf-8")) for name in names)
