"""The arithmetic of the record: commitments, chained seals, and the offline check of an export.

An event's commitment binds its open columns and the hash of its encrypted detail, so destroying the key of
the detail leaves the chain valid. A seal's head binds its events' commitments, in order, and the head before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "outreach-record"
VERSION = 1
GENESIS = hashlib.sha256(b"outreach record, before the first seal").digest()
OPEN_FIELDS = (
    "id", "at", "actor_kind", "actor_id", "action", "subject_kind", "subject_id", "patient_id", "team_id",
)  # fmt: skip


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one spelling of a record: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def plain(value: UUID | datetime | str | None) -> str | None:
    """Return an open column as it is spelled in a record."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return None if value is None else str(value)


def detail_hash(ciphertext: bytes | None) -> str:
    """Return the hash of an encrypted detail; of nothing, if there is none."""
    return hashlib.sha256(ciphertext or b"").hexdigest()


def commitment(record: Mapping[str, Any], *, salt: bytes) -> bytes:
    """Return the salted commitment over a record's open fields and its detail's hash."""
    kept = {key: record[key] for key in (*OPEN_FIELDS, "detail_hash")}
    return hashlib.sha256(salt + canonical(kept)).digest()


def seal_head(*, previous: bytes, number: int, sealed_at: str, commitments: Sequence[bytes]) -> bytes:
    """Return a seal's head: what is signed, and what the next seal continues from."""
    digest = hashlib.sha256(previous + number.to_bytes(8, "big") + sealed_at.encode())
    for one in commitments:
        digest.update(one)
    return digest.digest()


def fingerprint(public: bytes) -> str:
    """Return a signing key's short name, to compare with one kept outside the database."""
    return hashlib.sha256(public).hexdigest()[:16]


def encode(value: bytes) -> str:
    """Return bytes as they are spelled in an export."""
    return base64.b64encode(value).decode()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is not as it was sealed: which line of the file, which record or seal, and what."""

    line: int
    subject: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.subject}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the check of an export found."""

    records: int
    seals: int
    head: str
    keys: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was sealed."""
        return not self.problems


@dataclass
class _Check:
    line: int = 0
    records: int = 0
    seals: int = 0
    previous: bytes = GENESIS
    keys: dict[int, bytes] = field(default_factory=dict)
    batch: list[bytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    whole: Any = field(default_factory=hashlib.sha256)
    began: bool = False
    ended: bool = False

    def say(self, subject: str, what: str) -> None:
        self.problems.append(Problem(line=self.line, subject=subject, what=what))


def verify(lines: Iterable[str]) -> Verdict:
    """Check an export line by line: needs neither a database nor a network.

    Names every record, seal or line that is not as it was written.
    """
    check = _Check()
    for check.line, raw in enumerate(lines, start=1):
        text = raw.rstrip("\n")
        value = _parsed(check, text)
        if value is None:
            continue
        if check.ended:
            check.say("file", "something follows its end line")
        _step(check, value, text)
    if not check.began:
        check.say("file", f"it does not begin with the header of an {FORMAT} file")
    if not check.ended:
        check.say("file", "it is cut short: its end line is missing")
    return Verdict(
        records=check.records,
        seals=check.seals,
        head=check.previous.hex(),
        keys=tuple(fingerprint(key) for key in check.keys.values()),
        problems=tuple(check.problems),
    )


def _parsed(check: _Check, text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        check.say(_name_in(text), "the line is not readable")
        return None
    if canonical(value) != text.encode("utf-8", "surrogatepass"):
        check.say(_name_in(text), "the line was rewritten")
    return value


def _name_in(text: str) -> str:
    found = re.search(r'"(id|number)":"?([0-9a-f-]+)', text)
    if found is None:
        return "the line"
    return found[2] if found[1] == "id" else f"seal {found[2]}"


def _step(check: _Check, value: dict[str, Any], text: str) -> None:
    step = {"header": _header, "event": _event, "seal": _seal, "end": _end}.get(str(value.get("kind")))
    if step is None:
        check.say(_name_in(text), "the line is of no known kind")
        return
    try:
        step(check, value)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error):
        check.say(_name_in(text), "a field is missing or malformed")
    if value["kind"] != "end":
        check.whole.update(text.encode("utf-8", "surrogatepass") + b"\n")


def _header(check: _Check, value: dict[str, Any]) -> None:
    if check.began or value["format"] != FORMAT or value["version"] != VERSION:
        check.say("header", "this is not a header this release can read")
    check.began = True
    check.keys = {int(number): _bytes(key) for number, key in value["keys"].items()}
    check.previous = _bytes(value["previous"])


def _event(check: _Check, value: dict[str, Any]) -> None:
    check.records += 1
    stored = _bytes(value["commitment"])
    check.batch.append(stored)
    if commitment(value, salt=_bytes(value["salt"])) != stored:
        check.say(str(value["id"]), "the record was altered")


def _seal(check: _Check, value: dict[str, Any]) -> None:
    check.seals += 1
    name = f"seal {value['number']}"
    head = _bytes(value["head"])
    if _bytes(value["previous"]) != check.previous:
        check.say(name, "it does not continue the seal before it: a seal is missing, or was altered")
    expected = seal_head(
        previous=_bytes(value["previous"]),
        number=value["number"],
        sealed_at=value["sealed_at"],
        commitments=check.batch,
    )
    if expected != head or len(check.batch) != value["events"]:
        check.say(name, "its records are not those that were sealed: one is missing, added, moved or altered")
    if not _signed(check.keys.get(value["key"]), head, _bytes(value["signature"])):
        check.say(name, "its signature does not hold")
    check.previous = head
    check.batch = []


def _end(check: _Check, value: dict[str, Any]) -> None:
    check.ended = True
    if check.batch:
        check.say("file", "records without a seal stand before its end")
    if (value["records"], value["seals"]) != (check.records, check.seals):
        check.say("end", "the numbers of records and seals are not those that were written")
    digest = check.whole.digest()
    key = check.keys.get(value["key"])
    if _bytes(value["sha256"]) != digest or not _signed(key, digest, _bytes(value["signature"])):
        check.say("end", "the file as a whole is not as it was exported")


def _signed(public: bytes | None, message: bytes, signature: bytes) -> bool:
    if public is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes(value: str) -> bytes:
    found = base64.b64decode(value, validate=True)
    if encode(found) != value:  # base64 has several spellings for one content: only ours counts
        raise ValueError("not as it was written")
    return found
