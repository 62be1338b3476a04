"""Files to resources, one at a time, so that a file of 200 MB needs no memory of its size."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json import JSONDecodeError
from pathlib import Path
from typing import IO, Any

from outreach.kernel.errors import OutreachError

Progress = Callable[[int], None]
"""Told how many more bytes have been read."""

LONGEST_RESOURCE = 16 * 1024 * 1024
_CHUNK = 1024 * 1024
# A literal cut off by the end of what has been read so far is at most this long ("-Infinity").
_CUT = 16
_BLANK = " \t\r\n"
_SHOWN = 64 * 1024
"""Characters kept of a line that is no JSON."""


class Malformed(OutreachError):
    """This is not JSON."""

    def __init__(self, reason: str, where: str, excerpt: str = "") -> None:
        super().__init__(reason)
        self.where, self.excerpt = where, excerpt


@dataclass(frozen=True, slots=True)
class Found:
    """One JSON value of a file: where it stood, what it holds, and its text as written."""

    where: str
    value: Any = field(repr=False)
    raw: str = field(repr=False)


def lines(path: Path, progress: Progress) -> Iterator[Found | Malformed]:
    """Yield the value of each line of an NDJSON file; a line that is not JSON is yielded as Malformed."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_RESOURCE + 1):
            number += 1
            progress(len(line))
            if len(line) > LONGEST_RESOURCE:
                yield Malformed(_too_long(), f"line {number}", line[:_SHOWN].decode("utf-8", "replace"))
                _skip_rest_of_line(file, progress)
            elif line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield _line(line, number)


def members(path: Path, progress: Progress) -> Iterator[tuple[str, Found]]:
    """Yield the members of a file's one JSON object as they come: (name, value).

    The items of an array called "entry" come one by one, each under that name. Raises Malformed at the first
    fault.
    """
    with path.open("rb") as file:
        text = _Text(file, progress)
        text.expect("{", "is not a JSON object")
        if text.take("}"):
            return
        while True:
            name = text.value().value
            text.expect(":", "has a name without a value")
            if name == "entry" and text.take("["):
                yield from (("entry", item) for item in _items(text))
            else:
                yield str(name), text.value()
            if text.take("}"):
                break
            text.expect(",", "is cut off or has a comma missing")
        text.end()


def whole(members_read: dict[str, Any]) -> Found:
    """Return a file's object put together again from its members."""
    return Found("the file", members_read, json.dumps(members_read, ensure_ascii=False))


def is_ndjson(path: Path) -> bool:
    """Tell whether a file holds one JSON value per line: by its name, else by its first two lines."""
    if path.suffix.lower() in (".ndjson", ".jsonl"):
        return True
    with path.open("rb") as file:
        first = file.readline(_CHUNK)
        rest = file.readline(64).strip()
    if not first.endswith(b"\n") or not rest:
        return False
    return isinstance(_line(first, 1), Found)


def _items(text: _Text) -> Iterator[Found]:
    if text.take("]"):
        return
    position = 0
    while True:
        found = text.value()
        yield Found(f"entry {position}, {found.where}", found.value, found.raw)
        position += 1
        if text.take("]"):
            return
        text.expect(",", "is cut off or has a comma missing")


def _line(line: bytes, number: int) -> Found | Malformed:
    where = f"line {number}"
    try:
        written = line.decode("utf-8-sig").strip()
        return Found(where, _DECODER.decode(written), written)
    except JSONDecodeError as error:
        shown = line.decode("utf-8", "replace")[:_SHOWN]
        return Malformed("is not JSON", f"{where}, column {error.colno}", shown)
    except (ValueError, RecursionError) as error:
        return Malformed(_why(error), where, line.decode("utf-8", "replace")[:_SHOWN])


def _skip_rest_of_line(file: IO[bytes], progress: Progress) -> None:
    while (more := file.readline(_CHUNK)) and not more.endswith(b"\n"):
        progress(len(more))
    progress(len(more))


def _too_long() -> str:
    return f"is longer than {LONGEST_RESOURCE // 1024 // 1024} MB, which no single resource needs"


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    return "is nested too deeply" if isinstance(error, RecursionError) else "holds a number no one can mean"


_DECODER = json.JSONDecoder()


class _Text:
    """The text of a file, a window of it at a time."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._window, self._at, self._ended = "", 0, False
        self._line = 1

    def value(self) -> Found:
        """Return the next value, reading on until it is whole."""
        self._skip_blank()
        where, wanted = self._where(), _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._window, self._at)
            except JSONDecodeError as error:
                if self._ended or not self._may_be_cut(error):
                    raise self._fault("is not JSON", at=error.pos) from None
            except (ValueError, RecursionError) as error:
                raise self._fault(_why(error)) from None
            else:
                # A number may go on: "12" of "12.5", with its point or "e+" already read.
                if end + 2 < len(self._window) or self._ended:
                    return self._taken(where, value, end)
            if len(self._window) - self._at > LONGEST_RESOURCE:
                raise self._fault(f"holds something that {_too_long()}")
            self._read(wanted)
            wanted *= 2

    def take(self, mark: str) -> bool:
        """Step over this mark if it comes next."""
        self._skip_blank()
        if self._window[self._at : self._at + 1] != mark:
            return False
        self._at += 1
        return True

    def expect(self, mark: str, otherwise: str) -> None:
        """Step over this mark. Raises Malformed if something else comes next."""
        if not self.take(mark):
            raise self._fault(otherwise)

    def end(self) -> None:
        """Raises Malformed if anything but blanks follows."""
        self._skip_blank()
        if self._at < len(self._window):
            raise self._fault("goes on after its end")

    def _taken(self, where: str, value: Any, end: int) -> Found:
        raw = self._window[self._at : end]
        self._line += raw.count("\n")
        self._at = end
        return Found(where, value, raw)

    def _skip_blank(self) -> None:
        while True:
            while self._at < len(self._window) and self._window[self._at] in _BLANK:
                self._line += self._window[self._at] == "\n"
                self._at += 1
            if self._at < len(self._window) or self._ended:
                return
            self._read(_CHUNK)

    def _read(self, size: int) -> None:
        data = self._file.read(size)
        self._progress(len(data))
        self._ended = not data
        try:
            more = self._decode.decode(data, final=self._ended)
        except UnicodeDecodeError:
            raise self._fault("is not UTF-8") from None
        self._window, self._at = self._window[self._at :] + more, 0

    def _may_be_cut(self, error: JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated") or error.pos >= len(self._window) - _CUT

    def _where(self) -> str:
        return f"line {self._line}"

    def _fault(self, reason: str, *, at: int | None = None) -> Malformed:
        place = self._at if at is None else at
        line = self._line + self._window.count("\n", self._at, place)
        around = self._window[max(self._at, place - 1000) : place + 1000]
        return Malformed(f"{reason}; nothing after it in this file was read", f"line {line}", around)
