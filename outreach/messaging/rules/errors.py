"""What the provider's error codes mean for us: data, with words staff can act on.

Sources: the provider's error dictionary (docs/api/errors/N); the class and what to do are our judgement. The
provider calls these codes "subject to change", so a code that is not here is `unknown`: it is never retried
and a person sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

ErrorClass = Literal["number", "consent", "content", "throttle", "account", "transient", "unknown"]

Action = Literal[
    "mark_phone",  # the number can't get texts: the phone becomes invalid, staff look for another way
    "block",  # the person said stop to the provider: never again from this sender
    "stop_sender",  # our account or sender is at fault: nothing more leaves it, an operator is paged
    "page",  # an operator must look, but other texts may go on
    "slow_down",  # too fast: the text waits, and its sender with it
    "retry",  # a passing trouble
    "reconsider",  # its time is over: whoever asked for it judges anew
    "staff",  # staff see it with the words below
    "none",  # not about a text that went out
]


class Wait(Enum):
    """Seconds before a first retry; each further one waits twice as long."""

    NEVER = 0
    SECONDS = 10
    MINUTES = 300
    HALF_HOUR = 1800
    HOURS = 10800
    NEXT_DAY = -1


@dataclass(frozen=True, kw_only=True)
class ErrorCode:
    """One row of the table."""

    code: int
    error_class: ErrorClass
    action: Action
    words: str
    retries: int = 0
    wait: Wait = Wait.NEVER


_WRONG_NUMBER = "This number can't be texted. Check it with the patient, or call."
_LANDLINE = "This is a landline or a number that gets no texts. Call instead."
_SENDER = (
    "Our sending number is not set up for this. An operator has been told; nothing is wrong with the patient."
)
_BUG = "The text itself was refused. Write it anew, shorter and without attachments."
_BUSY = "Too many texts at once. It will be sent when there is room."
_PROVISIONING = "Our number is still being set up with the carriers. It will be tried again in some hours."
_MEDIA = "The picture could not be delivered. Send the words alone."
_LATE = "It could not be delivered in its time and was dropped. Decide whether it still matters."
_OURS = "The provider could not reach our server. Patients' texts may be late; an operator has been told."
_TROUBLE = "The carrier had a passing trouble."

MANY = 50
"""As often as its window allows."""
_STAYS: dict[str, object] = {"retries": 5, "wait": Wait.SECONDS}
"""The fault is ours: the text waits with its sender and goes out when an operator has started that again."""


def _rows(codes: str, error_class: ErrorClass, action: Action, words: str, **rest: object) -> list[ErrorCode]:
    return [
        ErrorCode(code=int(code), error_class=error_class, action=action, words=words, **rest)  # type: ignore[arg-type]
        for code in codes.split()
    ]


TABLE: dict[int, ErrorCode] = {
    row.code: row
    for row in [
        # The number.
        *_rows("21211 21217 21266 21452 30005", "number", "mark_phone", _WRONG_NUMBER),
        *_rows("21614 21635 30006", "number", "mark_phone", _LANDLINE),
        *_rows(
            "21612",
            "number",
            "staff",
            "Our number can't reach this one by text. Call, or use another sender.",
        ),
        *_rows("30004", "number", "staff", "The phone or its carrier blocks our texts. Call instead."),
        # The person.
        *_rows("21610", "consent", "block", "This person has opted out. Don't text; call if they need care."),
        *_rows(
            "30640",
            "consent",
            "block",
            "The provider lists this number as one that must not be texted. Call.",
        ),
        *_rows(
            "30047 30610",
            "consent",
            "staff",
            "The provider held it back for its own quiet hours. Decide anew.",
        ),
        # The words.
        *_rows("21602 21604 21617 21620 21623 30045", "content", "staff", _BUG),
        *_rows(
            "30007",
            "content",
            "page",
            "Carriers filtered it as unwanted. Don't send the same words again; call.",
        ),
        *_rows(
            "14107", "content", "page", "The provider stopped a loop of automatic replies. Answer by hand."
        ),
        *_rows("30011 30017 30019", "content", "staff", _MEDIA),
        *_rows(
            "30009", "content", "staff", "A part of the patient's text is missing. Ask them to send it again."
        ),
        # The pace.
        *_rows("20429 21611 30001 30022", "throttle", "slow_down", _BUSY, retries=MANY, wait=Wait.SECONDS),
        *_rows("30023 30027", "throttle", "slow_down", _BUSY, retries=MANY, wait=Wait.NEXT_DAY),
        *_rows("30026", "throttle", "page", "Seven tenths of today's texts to this carrier are used up."),
        # Our account.
        *_rows(
            "20003 20404 21603 21606 21609 21701 21703 21704", "account", "stop_sender", _SENDER, **_STAYS
        ),
        *_rows("21705 21712 30002 30029 30032 30033 30034", "account", "stop_sender", _SENDER, **_STAYS),
        *_rows(
            "21408",
            "account",
            "page",
            "Our account may not text this country. An operator has been told; call.",
        ),
        *_rows("30024 30035", "transient", "retry", _PROVISIONING, retries=4, wait=Wait.HOURS),
        *_rows("11200 11205 11210 11750 12100 12300 57012", "account", "page", _OURS),
        # Passing troubles.
        *_rows(
            "30003",
            "transient",
            "retry",
            "The phone was off or out of reach. If this repeats, call.",
            retries=2,
            wait=Wait.HALF_HOUR,
        ),
        *_rows("30008 30500", "transient", "retry", _TROUBLE, retries=1, wait=Wait.MINUTES),
        *_rows("30450", "transient", "retry", _TROUBLE, retries=1, wait=Wait.HALF_HOUR),
        *_rows("30036 90007", "transient", "reconsider", _LATE),
        # What may have got through all the same is never sent again by us.
        *_rows(
            "30410 20500 20503",
            "unknown",
            "staff",
            "It is not known whether this arrived. Call rather than text again.",
        ),
    ]
}


def classify(code: int | None) -> ErrorCode:
    """Return the row of a code; for none or one we don't know, the cautious row `unknown`."""
    return TABLE.get(code or 0) or ErrorCode(
        code=code or 0,
        error_class="unknown",
        action="staff",
        words="It did not arrive, and the provider gave no reason we know. Call rather than text again.",
    )
