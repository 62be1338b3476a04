"""Files and folders to readings.

Nothing a file holds makes this raise; only a path that can't be opened does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from outreach.interop.fhir import fields, stream
from outreach.interop.fhir.gather import Gathering
from outreach.interop.fhir.records import Reading
from outreach.kernel.errors import OutreachError

_ENDINGS = (".json", ".ndjson", ".jsonl")


class NothingToRead(OutreachError):
    """There is nothing to read there. Name a FHIR bundle, an NDJSON file, or a folder that holds some."""


def files(paths: Iterable[Path]) -> tuple[tuple[Path, tuple[Path, ...]], ...]:
    """Return the files to read, grouped by the path they were named by, in order of name.

    Raises NothingToRead for a path that does not exist, or a folder without JSON or NDJSON files.
    """
    found = []
    for path in paths:
        if path.is_dir():
            inside = tuple(
                sorted(one for one in path.rglob("*") if one.suffix.lower() in _ENDINGS and one.is_file())
            )
        else:
            inside = (path,) if path.is_file() else ()
        if not inside:
            raise NothingToRead
        found.append((path, inside))
    return tuple(found)


def size(paths: Iterable[Path]) -> int:
    """Return the bytes to read, for a progress bar."""
    return sum(one.stat().st_size for _, inside in files(paths) for one in inside)


def read_paths(paths: Iterable[Path], *, progress: stream.Progress = lambda _: None) -> Iterator[Reading]:
    """Yield a reading per bundle, then one per named path for its loose resources and NDJSON lines together.

    A bundle with a fault in it is refused whole, because it was meant to be taken whole; a faulty NDJSON line
    stands alone.
    Raises NothingToRead as `files` does, and OSError if a file can't be opened.
    """
    for path, inside in files(paths):
        loose = Gathering(path.name)
        for file in inside:
            if stream.is_ndjson(file):
                _lines(file, loose, progress)
            else:
                reading = _bundle(file, loose, progress)
                if reading:
                    yield reading
        rest = loose.finish()
        if rest.people or rest.quarantined or rest.unused:
            yield rest


def _lines(file: Path, into: Gathering, progress: stream.Progress) -> None:
    for found in stream.lines(file, progress):
        if isinstance(found, stream.Malformed):
            into.fault(file.name, found)
        else:
            into.resource(file.name, found)


def _bundle(file: Path, loose: Gathering, progress: stream.Progress) -> Reading | None:
    bundle, single = Gathering(file.name), {}
    try:
        for name, found in stream.members(file, progress):
            if name == "entry":
                bundle.entry(file.name, found)
            else:
                single[name] = found.value
    except stream.Malformed as fault:
        whole = stream.Malformed(f"{fault}; nothing of this file was used", fault.where, fault.excerpt)
        loose.fault(file.name, whole)
        return None
    if fields.resource_type(single) == "Bundle":
        return bundle.finish()
    loose.resource(file.name, stream.whole(single))
    return None
