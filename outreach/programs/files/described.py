"""What an editor shows beside each key of a program file, and limits that only checking a file knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outreach.programs.files.bounds import ANSWERING, SILENT_TIERS

CONDITION = "A condition (CEL) over the facts that docs/programs.md lists."
TOPIC = "What it is about, as far as a patient may have chosen a caregiver for it."
TEXT = "By language: en first, then the translations."

WORDS: Mapping[str, Mapping[str, str]] = {
    "ProgramSchema": {
        "program": "Its key: small letters and hyphens. The same key is a new version of the same program.",
        "title": "What staff call it.",
        "purpose": "What patients agreed to texts for.",
        "anchor": "What day 0 is.",
        "days": "How many days it runs.",
        "audience": f"For whom it begins. {CONDITION}",
        "exclude": f"For whom it never begins. {CONDITION}",
        "cadence": "The most texts it may send, if more than 1 a day and 3 a week; its first text says so.",
        "silence": "What questions without an answer lead to.",
        "activities": "Whether it asks about what the care plan orders, in safe words.",
        "tcm": "Whether a person must call within two business days.",
        "stops": "What ends it.",
        "sources": "The evidence: what it says and where it stands.",
        "steps": "When something is said, asked or given to a person.",
        "questions": "What is asked, by a key of your own.",
        "texts": "What is said, by a key of your own.",
        "replaces": "Programs whose place it takes for whoever fits both.",
        "variants": "Other words for some people.",
        "approved": "Who answers for each translation: written by `outreach programs approve`.",
        "staffing": "Whom it needs, and how many answers are expected.",
        "topic": TOPIC,
    },
    "StepSchema": {
        "id": "Its name, once in the file.",
        "days": "Days after the anchor: a list, or {from: 1, to: 30}. Before a procedure they are negative.",
        "at": 'The hour where the patient is, in quotes: "10:00".',
        "ask": "A question's key. A step has one of ask, say and task.",
        "say": "A text's key. A step has one of ask, say and task.",
        "task": "What a person is to do. A step has one of ask, say and task.",
        "lasts_hours": "How long after its hour it may still go.",
        "late": "What becomes of it if its hour is over when somebody joins.",
        "late_for_hours": "With late: next_window, for how long.",
        "when": f"Taken only if this holds. {CONDITION}",
        "adapt": "A rhythm that follows the answers.",
        "weekdays": "Only on these days of the week.",
        "topic": TOPIC,
    },
    "QuestionSchema": {
        "text": TEXT,
        "kind": "choice: reply words. All others: a number.",
        "lasts_hours": "How long an answer is waited for.",
        "clinical": "Asked only while somebody is there for the answer.",
        "options": "The ways to answer a choice.",
        "cases": "What values mean. The first that holds is taken; the last has no `when`.",
        "lowest": "The least that can be true. What is lower is asked again, once.",
        "highest": "The most that can be true. What is higher is asked again, once.",
        "unclear": "The text for a value that can't be read or can't be true.",
        "topic": TOPIC,
    },
    "OptionSchema": {
        "word": "The reply word: a digit or a letter that stands in the text.",
        "means": "What it means, by a key of your own.",
        "labels": "Other words for it, by language.",
        "then": "What follows.",
        "share": "How many of those who answer are expected to say this, 0 to 1.",
    },
    "CaseSchema": {
        "when": f"For which values. {CONDITION}",
        "means": "What it means, by a key of your own.",
        "then": "What follows.",
        "share": "How many of those who answer are expected to say this, 0 to 1.",
    },
    "ThenSchema": {
        "when": f"Only if this holds. {CONDITION}",
        "say": "A text's key.",
        "ask": "A question's key: it is asked at once.",
        "escalate": "How soon a person sees to it: red at once, orange in 2 hours, yellow in a business day.",
        "topic": "What the escalation is about, in a word of yours.",
        "stop": "Ends the program: answered, or one of its `stops`.",
    },
    "AdaptSchema": {
        "stable": "Meanings that count as stable.",
        "back": "Meanings that bring every day back.",
        "after": "After so many stable answers in a row it is asked less often.",
        "weekdays": "Then it is asked on these days only.",
    },
    "DutySchema": {
        "kind": "What kind of task.",
        "about": "What a person is to do, in words.",
        "within_days": "Due at the end of the day so many days later.",
    },
    "SilenceSchema": {
        "after": "So many questions in a row without an answer.",
        "say": "The key of the text that is sent then.",
        "escalate": "How soon a person must call.",
    },
    "CadenceSchema": {"per_day": "Texts a day at the most.", "per_week": "Texts in seven days at the most."},
    "VariantSchema": {
        "of": "The key of the text or question it stands for.",
        "when": f"For whom. {CONDITION}",
        "text": TEXT,
    },
    "ApprovalSchema": {
        "translator": "Who answers for it, by name and qualification.",
        "dated": "Since when.",
        "texts": "Fingerprints of the words that were approved: never write these by hand.",
    },
    "StaffingSchema": {
        "role": "Whose work the answers are.",
        "answered": "How many questions are expected to be answered, 0 to 1.",
    },
}
"""By schema and key."""
LIMITS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("SilenceSchema", "escalate"): {"enum": list(SILENT_TIERS)},
    ("StaffingSchema", "role"): {"enum": list(ANSWERING)},
    ("StepSchema", "lasts_hours"): {"minimum": 1},
    ("StepSchema", "late_for_hours"): {"minimum": 1},
    ("CadenceSchema", "per_day"): {"minimum": 1},
    ("CadenceSchema", "per_week"): {"minimum": 1},
}
"""What a stored version is not held to, so that it keeps working."""
