"""The shape of a program file, checked with marshmallow: what may stand where, and what it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from outreach.patients.rules import TOPICS
from outreach.programs.rules.definition import (
    NUMBERS,
    Adapt,
    Approval,
    Cadence,
    Case,
    Duty,
    Option,
    Program,
    Question,
    Silence,
    Staffing,
    Step,
    Then,
    Variant,
)

LANGUAGES = ("en", "es")
TIERS = ("red", "orange", "yellow")
ANCHORS = ("discharge", "birth", "procedure", "missed_appointment", "run_out")
DUTIES = ("visit", "weekly_call", "live_call")
STOPS = ("readmitted", "died", "hospice", "opted_out", "finished")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST = 1000
"""Days from the anchor, before it or after: what is farther off is a slip, and no date."""
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


def _words(**kwargs: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.Str(validate=validate.Length(min=2)),
        values=fields.Str(validate=validate.Length(min=1)),
        **kwargs,
    )


class Thens(fields.Field[tuple[Then, ...]]):
    """One thing that follows, or a list of them of which the first whose `when` holds is taken."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Then, ...]:
        listed = value if isinstance(value, list) else [value]
        return tuple(ThenSchema().load(listed, many=True))


class ThenSchema(Schema):
    """What an answer leads to."""

    when = fields.Str()
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
    then = Thens(load_default=())
    share = fields.Float(load_default=None, validate=validate.Range(min=0, max=1))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Option:
        """Build the value."""
        data["labels"] = {language: tuple(words) for language, words in data["labels"].items()}
        return Option(**data)


class CaseSchema(Schema):
    """What a value means."""

    when = fields.Str(load_default=None)
    means = fields.Str(required=True)
    then = Thens(load_default=())
    share = fields.Float(load_default=None, validate=validate.Range(min=0, max=1))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Case:
        """Build the value."""
        return Case(**data)


class QuestionSchema(Schema):
    """Something we ask."""

    text = _words(required=True)
    kind = fields.Str(load_default="choice", validate=validate.OneOf(["choice", *NUMBERS]))
    lasts_hours = fields.Int(load_default=72, validate=validate.Range(min=1, max=24 * 14))
    clinical = fields.Bool(load_default=False)
    options = fields.List(fields.Nested(OptionSchema), load_default=list)
    cases = fields.List(fields.Nested(CaseSchema), load_default=list)
    lowest = fields.Float(load_default=None)
    highest = fields.Float(load_default=None)
    unclear = fields.Str(load_default=None)
    topic = fields.Str(load_default=None, validate=validate.OneOf(TOPICS))

    @validates_schema
    def answers_fit_the_kind(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a choice without reply words and a number without cases and limits."""
        if data.get("kind") == "choice":
            if not data.get("options"):
                raise ValidationError("a choice needs options: list the reply words", "options")
            return
        for name in ("cases", "lowest", "highest", "unclear"):
            if data.get(name) in (None, []):
                raise ValidationError(f"a question for a number needs `{name}`", name)


class AdaptSchema(Schema):
    """A rhythm that follows the answers."""

    stable = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    back = fields.List(fields.Str(), required=True, validate=validate.Length(min=1))
    after = fields.Int(required=True, validate=validate.Range(min=2, max=60))
    weekdays = fields.List(
        fields.Str(validate=validate.OneOf(WEEKDAYS)), required=True, validate=validate.Length(min=1)
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Adapt:
        """Build the value."""
        days = tuple(sorted(WEEKDAYS.index(day) for day in data.pop("weekdays")))
        return Adapt(
            stable=tuple(data["stable"]), back=tuple(data["back"]), after=data["after"], weekdays=days
        )


class Days(fields.Field[list[int]]):
    """Days after the anchor: a list, or `{from: 1, to: 30}`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[int]:
        if isinstance(value, Mapping) and set(value) == {"from", "to"}:
            ends = [value["from"], value["to"]]
            value = list(range(ends[0], ends[1] + 1)) if _are_days(ends) else None
        if not isinstance(value, list) or not value or not _are_days(value):
            raise ValidationError("days must be a list of whole numbers, or {from: 1, to: 30}")
        return value


def _are_days(listed: Iterable[Any]) -> bool:
    return all(type(day) is int and abs(day) <= FARTHEST for day in listed)


class DutySchema(Schema):
    """What a person is given to do."""

    kind = fields.Str(required=True, validate=validate.OneOf(DUTIES))
    about = fields.Str(required=True, validate=validate.Length(min=5, max=120))
    within_days = fields.Int(load_default=1, validate=validate.Range(min=0, max=30))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Duty:
        """Build the value."""
        return Duty(**data)


class StepSchema(Schema):
    """When something is said or asked."""

    id = fields.Str(required=True)
    days = Days(required=True)
    at = fields.Str(required=True, validate=validate.Regexp(CLOCK))
    ask = fields.Str(load_default=None)
    say = fields.Str(load_default=None)
    lasts_hours = fields.Int(load_default=34)
    late = fields.Str(load_default="skip", validate=validate.OneOf(["skip", "next_window"]))
    late_for_hours = fields.Int(load_default=None, allow_none=True)
    when = fields.Str(load_default=None)
    adapt = fields.Nested(AdaptSchema, load_default=None)
    weekdays = fields.List(fields.Str(validate=validate.OneOf(WEEKDAYS)), load_default=list)
    task = fields.Nested(DutySchema, load_default=None)
    topic = fields.Str(load_default=None, validate=validate.OneOf(TOPICS))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Step:
        """Build the value."""
        data["weekdays"] = tuple(sorted(WEEKDAYS.index(day) for day in data["weekdays"]))
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


class VariantSchema(Schema):
    """Other words for some."""

    of = fields.Str(required=True)
    when = fields.Str(required=True)
    text = _words(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Variant:
        """Build the value."""
        return Variant(**data)


class ApprovalSchema(Schema):
    """Who answers for a translation."""

    translator = fields.Str(required=True, validate=validate.Length(min=3))
    dated = fields.Str(required=True, validate=validate.Regexp(r"^\d{4}-\d{2}-\d{2}$"))
    texts = fields.Dict(keys=fields.Str(), values=fields.Str(), required=True)

    @pre_load
    def dates_are_text(self, data: Any, **_: Any) -> Any:
        """Take a date as YAML reads it, or as text."""
        if isinstance(data, Mapping) and isinstance(data.get("dated"), date):
            return {**data, "dated": data["dated"].isoformat()}
        return data

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Approval:
        """Build the value."""
        try:
            dated = date.fromisoformat(data["dated"])
        except ValueError as error:
            raise ValidationError("there is no such day", "dated") from error
        return Approval(translator=data["translator"], dated=dated, texts=data["texts"])


class StaffingSchema(Schema):
    """Who must be there."""

    role = fields.Str(required=True)
    answered = fields.Float(required=True, validate=validate.Range(min=0, max=1))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Staffing:
        """Build the value."""
        return Staffing(**data)


class ProgramSchema(Schema):
    """A whole program file."""

    program = fields.Str(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9-]*$"))
    title = fields.Str(required=True)
    purpose = fields.Str(load_default="care", validate=validate.OneOf(["care", "reminders"]))
    anchor = fields.Str(required=True, validate=validate.OneOf(ANCHORS))
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
    replaces = fields.List(fields.Str(), load_default=list)
    variants = fields.List(fields.Nested(VariantSchema), load_default=list)
    approved = fields.Dict(keys=fields.Str(), values=fields.Nested(ApprovalSchema), load_default=dict)
    staffing = fields.Nested(StaffingSchema, load_default=None)
    topic = fields.Str(load_default=None, validate=validate.OneOf(TOPICS))

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
        questions = {key: _question(key, found) for key, found in data.pop("questions").items()}
        for plural in ("stops", "sources", "steps", "variants", "replaces"):
            data[plural] = tuple(data[plural])
        return Program(key=data.pop("program"), exclude=data.pop("excluded"), questions=questions, **data)


def _question(key: str, found: dict[str, Any]) -> Question:
    listed = {name: tuple(found[name]) for name in ("options", "cases")}
    return Question(key=key, **{**found, **listed})


def _names(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for step in data["steps"]:
        found += _pointing(f"step {step.id}", step.ask, step.say)
    for key, question in data["questions"].items():
        found += _pointing(f"question {key}, unclear", None, question["unclear"])
        for branch in (*question["options"], *question["cases"]):
            place = f"question {key}, answer {getattr(branch, 'word', branch.means)}"
            for then in branch.then:
                found += _pointing(place, then.ask, then.say)
    if data.get("silence"):
        found.append(("silence", "text", data["silence"].say))
    return found


def _pointing(place: str, ask: str | None, say: str | None) -> list[tuple[str, str, str]]:
    return [(place, kind, name) for kind, name in (("question", ask), ("text", say)) if name]
