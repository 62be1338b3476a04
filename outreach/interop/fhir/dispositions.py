"""Where the patient went, in seven words whatever code system the sender uses."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any

import yaml

from outreach.interop.fhir import fields
from outreach.interop.fhir.records import Code, Disposition, Resource


def normalize(concept: Resource) -> tuple[Disposition, str | None]:
    """Return the disposition and the source's own words for it.

    UNKNOWN when none is given or none is understood.
    """
    said = fields.words(concept)
    for code in fields.codes(concept):
        if found := _by_code(code):
            return found, said or code.display
    return _by_words(said or ""), said


@functools.cache
def _tables() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        (resources.files("outreach.interop") / "data" / "dispositions.yaml").read_text("utf-8")
    )
    return found


@functools.cache
def _codes(system: str) -> dict[str, Disposition]:
    return {code: Disposition(name) for name, codes in _tables()[system].items() for code in codes}


def _by_code(code: Code) -> Disposition | None:
    system = (code.system or "").lower()
    if "snomed" in system:
        return _codes("snomed").get(code.code)
    if "nubc" in system or "2.16.840.1.113883.6.301.5" in system:
        return _codes("nubc").get(code.code.zfill(2))
    return _codes("hl7").get(code.code.lower()) or _codes("nubc").get(
        code.code if len(code.code) == 2 else ""
    )


def _by_words(said: str) -> Disposition:
    for name, pattern in _tables()["words"]:
        if re.search(pattern, said, re.IGNORECASE):
            return Disposition(name)
    return Disposition.UNKNOWN
