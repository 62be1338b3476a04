"""The offline check: whatever byte of an export is altered, it says which record."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from outreach.audit import rules
from outreach.cli import audit as audit_cli
from tests.examples import examples

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def event(number: int) -> dict:
    record = dict.fromkeys(rules.OPEN_FIELDS) | {
        "id": str(UUID(int=number)),
        "at": "2026-03-10T14:00:00.000000+00:00",
        "actor_kind": "staff",
        "action": "looked",
        "subject_kind": "patient",
        "detail_hash": rules.detail_hash(b"sealed words"),
    }
    salt = bytes([number]) * 16
    return {"kind": "event", **record} | {
        "salt": rules.encode(salt),
        "commitment": rules.encode(rules.commitment(record, salt=salt)),
    }


def export(batches: list[list[int]]) -> list[str]:
    public = KEY.public_key().public_bytes_raw()
    values = [
        {
            "kind": "header", "format": rules.FORMAT, "version": rules.VERSION,
            "keys": {"1": rules.encode(public)}, "previous": rules.encode(rules.GENESIS),
        }
    ]  # fmt: skip
    head = rules.GENESIS
    for number, batch in enumerate(batches, start=1):
        events = [event(one) for one in batch]
        sealed = {
            "kind": "seal", "number": number, "sealed_at": "2026-03-10T14:01:00.000000+00:00",
            "events": len(batch), "previous": rules.encode(head), "key": 1,
        }  # fmt: skip
        head = rules.seal_head(
            previous=head,
            number=number,
            sealed_at=sealed["sealed_at"],
            commitments=[rules._bytes(one["commitment"]) for one in events],
        )
        values += [*events, sealed | {"head": rules.encode(head), "signature": rules.encode(KEY.sign(head))}]
    lines = [rules.canonical(value).decode() for value in values]
    return [*lines, end(lines, sum(map(len, batches)), len(batches))]


def end(lines: list[str], records: int, seals: int) -> str:
    digest = hashlib.sha256("".join(line + "\n" for line in lines).encode()).digest()
    value = {
        "kind": "end", "records": records, "seals": seals, "sha256": rules.encode(digest), "key": 1,
        "signature": rules.encode(KEY.sign(digest)),
    }  # fmt: skip
    return rules.canonical(value).decode()


WHOLE = export([[1, 2, 3], [4, 5]])
FILE = "".join(line + "\n" for line in WHOLE).encode()


def subject_of(line: str) -> str:
    value = json.loads(line)
    return value.get("id") or (f"seal {value['number']}" if value["kind"] == "seal" else value["kind"])


def test_a_whole_export_holds():
    verdict = rules.verify(WHOLE)

    assert verdict.ok
    assert (verdict.records, verdict.seals) == (5, 2)


@examples(80)
@given(place=st.integers(0, len(FILE) - 1), mask=st.integers(1, 255))
def test_any_flipped_byte_is_found(place, mask):
    altered = bytearray(FILE)
    altered[place] ^= mask

    verdict = rules.verify(altered.decode("ascii", "surrogateescape").split("\n")[:-1])

    assert not verdict.ok


@examples(80)
@given(number=st.integers(1, len(WHOLE) - 2), data=st.data())
def test_a_flipped_byte_names_its_line_and_mostly_its_record(number, data):
    line = WHOLE[number]
    place = data.draw(st.integers(0, len(line) - 1))
    altered = line[:place] + chr(ord(line[place]) ^ 1) + line[place + 1 :]

    verdict = rules.verify([*WHOLE[:number], altered, *WHOLE[number + 1 :]])

    assert number + 1 in {problem.line for problem in verdict.problems} or any(
        problem.subject == subject_of(line) for problem in verdict.problems
    )


def test_an_altered_field_names_its_record():
    altered = WHOLE[2].replace("looked", "booked")

    verdict = rules.verify([*WHOLE[:2], altered, *WHOLE[3:]])

    assert [problem.subject for problem in verdict.problems] == [str(UUID(int=2)), "end"]
    assert verdict.problems[0].line == 3


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        (lambda lines: lines[:2] + lines[3:], "seal 1"),  # a record left out
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "seal 1"),  # two records swapped
        (lambda lines: [lines[0], *lines[5:]], "seal 2"),  # a whole seal left out
        (lambda lines: lines[:-1], "file"),  # cut short
        (lambda lines: lines[1:], "file"),  # no header
        (lambda lines: [*lines, lines[1]], "file"),  # something added after the end
        (lambda lines: [], "file"),
    ],
)
def test_what_is_missing_or_moved_is_named(change, subject):
    verdict = rules.verify(change(WHOLE))

    assert subject in {problem.subject for problem in verdict.problems}


def test_a_history_written_anew_with_another_key_shows_another_fingerprint():
    assert rules.verify(WHOLE).keys == (rules.fingerprint(KEY.public_key().public_bytes_raw()),)


def test_a_byte_that_is_no_ascii_is_found_and_not_smoothed_over(tmp_path) -> None:
    file = tmp_path / "record.jsonl"
    file.write_bytes(b'{"kind": "event", "detail": "\x85\xff"}\n')

    found = CliRunner().invoke(audit_cli.audit, ["verify", str(file)])

    assert found.exit_code == 1
    assert not isinstance(found.exception, UnicodeError)
    assert "NOT as it was sealed" in found.output


def test_a_record_signed_by_somebody_elses_key_is_not_ours(tmp_path) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text("".join(f"{line}\n" for line in WHOLE))
    ours = rules.fingerprint(KEY.public_key().public_bytes_raw())

    def verify(*words: str):
        return CliRunner().invoke(audit_cli.audit, ["verify", str(file), *words])

    assert (verify().exit_code, "NOT checked" in verify().output) == (0, True)
    assert (verify("--key", ours).exit_code, "whole and unaltered" in verify("--key", ours).output) == (
        0,
        True,
    )
    stranger = verify("--key", "0" * 16)
    assert (stranger.exit_code, "no key of yours" in stranger.output) == (1, True)
    assert "NOT as it was sealed" in stranger.output
