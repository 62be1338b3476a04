"""The words of reminders, from texts.yaml, and the questions that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_time

from outreach.touchpoints.rules.timing import UNKNOWN_ZONE
from outreach.touchpoints.rules.wording import fill, in_language

APPOINTMENT_OPTIONS = (
    (
        "1",
        "confirm",
        {"en": ["confirm", "yes", "ok", "coming"], "es": ["confirmar", "si", "confirmo", "voy"]},
    ),
    ("2", "decline", {"en": ["can't come", "no", "not coming"], "es": ["no puedo", "no voy"]}),
    ("3", "reschedule", {"en": ["change", "reschedule", "another time"], "es": ["cambiar", "otra hora"]}),
)
REFILL_OPTIONS = (
    ("1", "need", {"en": ["yes", "need", "refill"], "es": ["si", "necesito", "falta"]}),
    ("2", "enough", {"en": ["have enough", "have it", "no"], "es": ["tengo", "suficiente", "no"]}),
    ("3", "cost", {"en": ["cost", "expensive", "money"], "es": ["costo", "caro", "dinero"]}),
    ("4", "side_effects", {"en": ["side effects", "makes me sick"], "es": ["efectos", "me cae mal"]}),
    ("5", "stopped", {"en": ["stopped", "quit taking"], "es": ["deje", "ya no tomo"]}),
)
OPTIONS = {"appointment": APPOINTMENT_OPTIONS, "refill": REFILL_OPTIONS}
TOPICS = {"appointment": "appointments", "refill": "refills"}
"""Kind of a reminder -> what the patient may have chosen a caregiver for (patients.rules.TOPICS)."""


@cache
def _all() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(
        (resources.files("outreach.reminders") / "texts.yaml").read_text(encoding="utf-8")
    )
    return found


def wording_version() -> str:
    """Return the version of the texts, for receipts."""
    return str(_all()["version"])


def template(kind: str, key: str, *, language: str) -> tuple[str, str]:
    """Return an unfilled text and the language it is in."""
    return in_language(_all()[kind][key], language)


def text(kind: str, key: str, *, language: str, fields: Mapping[str, str | None]) -> tuple[str, str]:
    """Return a filled text and the language it is in. Raise EmptyField if a needed field is missing."""
    found, used = template(kind, key, language=language)
    return fill(found, fields), used


def question(key: str, *, language: str) -> dict[str, Any]:
    """Return the question that goes with a reminder, as it is stored with the open prompt."""
    return {
        "key": key,
        "kind": "choice",
        "topic": TOPICS[key],
        "language": language,
        "options": [{"word": word, "means": means, "labels": labels} for word, means, labels in OPTIONS[key]],
    }


def when(moment: datetime, *, zone: str | None, language: str) -> dict[str, str]:
    """Return the fields `day` ("Thursday, March 12") and `time` ("2:30 PM") as the patient reads them."""
    local = moment.astimezone(ZoneInfo(zone or UNKNOWN_ZONE))
    pattern = "EEEE d 'de' MMMM" if language == "es" else "EEEE, MMMM d"
    return {
        "day": format_date(local.date(), pattern, locale=language),
        "time": format_time(local.time(), "h:mm a", locale="en_US").replace(" ", " "),
    }
