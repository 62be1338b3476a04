"""Two runs side by side: which text was added, dropped, moved or reworded, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from outreach.kernel.said import Said
from outreach.programs.rules import translations
from outreach.programs.rules.definition import Program, Step
from outreach.rehearsal.rules.report import Event, Text

RULES = {
    "budget": "the contact budget",
    "quiet_hours": "quiet hours",
    "staffing": "nobody was rostered to read the answer",
    "another_question_is_open": "another question was open",
    "goes_with_another": "it went with another text",
    "heard_since": "they wrote meanwhile",
    "conversation": "a colleague and the patient were talking",
    "branch_not_taken": "the step's condition did not hold",
    "stable_less_often": "things were stable, so it is asked less often",
    "enrollment_ended": "the program had ended for this patient",
    "already_past": "its time had passed when the plan was made",
    "not_ordered": "the care plan did not order it any more",
    "given_to_staff": "it is a person's task",
    "opted_out": "they had opted out",
    "by_staff": "staff let it go, or had stopped the program",
    "paused": "it was paused",
    "day_over": "its day went by in a pause",
    "patient": "they had died, or were in hospital or in hospice care",
    "readmitted": "they were in hospital again",
    "died": "they had died",
    "hospice": "they were in hospice care",
    "anchor_moved": "its start had moved, or another version took its place",
    "sent_before": "it had been said before",
    "newer_anchor": "a later stay began the program anew",
    "called_off": "what it counts from was called off",
    "booked_again": "another visit was booked",
    "not_missed": "the visit was kept after all",
    "appointment_off": "the visit was off",
    "supply_off": "the medicine was stopped",
    "answered": "it had been answered before",
    "already_confirmed": "the visit had been confirmed before",
    "no_phone": "there was no phone that could be texted",
    "too_late": "nobody could be texted in time",
    "deferred": "a rule put it off",
    "provider_blocked": "they had opted out with the carrier",
    "refused": "they did not want texts of this kind",
    "not_their_phone": "the number was not theirs",
    "no_basis": "nothing on file allowed texting them",
    "no_basis_setting": "nobody had said on what basis people are texted",
    "phone": "the number could not be reached by text",
    "stale": "it was too late for what it says",
    "sender": "the number it goes out from was stopped",
    "loop": "the phone had got many automatic replies",
}
MINUTE = timedelta(minutes=1)
"""Texts less than this apart went at the same time: how many seconds a worker took decides nothing."""
LATE = "It left %(minutes)s minutes after its time then: the service was busy or down."
SINCE = "What it was decided on has changed since: the record, consent, hours or another contact."
THEN = "Then it was let go: %(reason)s."
NEW_DAY = "Day %(day)s is new among the days of %(step)s."
GONE_DAY = "Day %(day)s is no longer among the days of %(step)s."


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One text that is not the same in both runs."""

    kind: str
    """added | dropped | moved | reworded"""
    label: str
    subject: str
    before: str | None = field(repr=False)
    """Local time and words, where there were any."""
    after: str | None = field(repr=False)
    why: str
    cause: str
    """file | rule | facts: what made the difference"""


def differences(
    before: Iterable[Text],
    after: Iterable[Text],
    *,
    happened: Iterable[Event] = (),
    old: Program | None = None,
    new: Program | None = None,
    let_go: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Difference, ...]:
    """Return every text that differs. `happened` is what else the second run saw; `old`, `new` the files.

    `let_go` says why contacts were not made the first time, by label and subject.
    """
    was, now = _by_subject(before), _by_subject(after)
    seen: dict[tuple[str, str], list[Event]] = {}
    for event in happened:
        seen.setdefault((event.label, event.subject), []).append(event)
    found = []
    for key in sorted({*was, *now}):
        one, other = was.get(key), now.get(key)
        kind = _kind(one, other)
        if kind is not None:
            why, cause = _why(kind, key[1], seen.get(key, []), one, other, old, new)
            if cause == "facts" and one is None and key in (let_go or {}):
                why = Said(THEN, reason=_reason((let_go or {})[key]))
            found.append(
                Difference(
                    kind=kind,
                    label=key[0],
                    subject=key[1],
                    before=_shown(one),
                    after=_shown(other),
                    why=why,
                    cause=cause,
                )
            )
    return tuple(found)


def _by_subject(texts: Iterable[Text]) -> dict[tuple[str, str], Text]:
    found: dict[tuple[str, str], Text] = {}
    counted: dict[tuple[str, str], int] = {}
    for text in sorted(texts, key=lambda one: (one.at, one.body)):
        for subject in text.parts or (text.kind,):
            key = (text.label, subject)
            counted[key] = counted.get(key, 0) + 1
            nth = counted[key]
            found[key if nth == 1 else (text.label, f"{subject} #{nth}")] = text
    return found


def _kind(one: Text | None, other: Text | None) -> str | None:
    if one is None or other is None:
        return "added" if one is None else "dropped"
    if abs(one.at - other.at) >= MINUTE:
        return "moved"
    return "reworded" if one.body != other.body else None


def _shown(text: Text | None) -> str | None:
    return None if text is None else f"{text.local} {text.body}"


def _why(
    kind: str,
    subject: str,
    seen: list[Event],
    one: Text | None,
    other: Text | None,
    old: Program | None,
    new: Program | None,
) -> tuple[str, str]:
    """Say what made the difference: a change of the file first, else the rule that spoke, else the facts."""
    changed = _changed(kind, subject, one or other, old, new)
    if changed is not None:
        return changed, "file"
    if kind == "moved" and one is not None and one.late:
        return Said(LATE, minutes=one.late), "facts"
    spoke = [event.reason for event in seen if event.what in ("held", "skipped", "suppressed", "expired")]
    if spoke and kind in ("dropped", "moved"):
        return Said("Put off or let go: %(reason)s.", reason=_reason(spoke[-1])), "rule"
    if kind == "reworded" and one is not None and other is not None and one.parts != other.parts:
        named = ", ".join(other.parts)
        return Said("It goes together with other things now: %(named)s.", named=named), "rule"
    if subject.split(" ")[0] in ("reply", "safety", "confirmation"):
        return Said("It answers a text that was bound or read otherwise."), "facts"
    if old is not None and new is not None and old != new:
        return Said("It follows from what came before it in the changed program."), "file"
    return Said(SINCE), "facts"


def _reason(name: str) -> Said:
    return Said(RULES.get(name, name.replace("_", " ")))


def _changed(
    kind: str, subject: str, text: Text | None, old: Program | None, new: Program | None
) -> str | None:
    if old is None or new is None or not subject.startswith(f"{new.key}/"):
        return None
    step_id, _, day = subject.removeprefix(f"{new.key}/").partition("@")
    was, now = old.step(step_id), new.step(step_id)
    if was is None and now is not None:
        return Said("The step %(step)s is new in the file.", step=step_id)
    if was is not None and now is None:
        return Said("The step %(step)s is no longer in the file.", step=step_id)
    if was is not None and now is not None:
        return _step_changed(kind, was, now, int(day.split(" ")[0] or 0)) or _words_changed(
            kind, was, now, old, new
        )
    return _words_of(kind, step_id.removeprefix("then:"), old, new)


def _step_changed(kind: str, was: Step, now: Step, day: int) -> str | None:
    if (day in was.days) != (day in now.days):
        return Said(NEW_DAY if day in now.days else GONE_DAY, day=day, step=now.id)
    if kind == "moved" and was.at != now.at:
        return Said(
            "The step %(step)s goes out at %(now)s instead of %(before)s.",
            step=now.id,
            now=f"{now.at:%H:%M}",
            before=f"{was.at:%H:%M}",
        )
    for name in ("ask", "say", "when", "adapt", "lasts_hours", "late"):
        if getattr(was, name) != getattr(now, name):
            return Said("The step %(step)s has another `%(name)s`.", step=now.id, name=name)
    return None


def _words_changed(kind: str, was: Step, now: Step, old: Program, new: Program) -> str | None:
    return _words_of(kind, str(now.ask or now.say), old, new)


def _words_of(kind: str, key: str, old: Program, new: Program) -> str | None:
    if kind != "reworded":
        return None
    for name, words in translations.every_text(new).items():
        if name.split("/")[0] == key and translations.every_text(old).get(name) != words:
            return Said("The text %(name)s was changed in the file.", name=name)
    if old.approved != new.approved:
        return Said("A translation was approved, or its approval was taken back.")
    return None


def counted(found: Iterable[Difference]) -> Mapping[str, int]:
    """Return how many differences there are of each kind."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return counts
