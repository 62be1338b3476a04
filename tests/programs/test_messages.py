"""What a schema says of a broken file is known to the catalogs, whether we or marshmallow wrote the words."""

from __future__ import annotations

import pytest

from outreach.kernel.said import Said
from outreach.programs import files
from outreach.programs.files.messages import MESSAGES, told
from outreach.web import languages

SHIPPED = next(one.source_text for one in files.library() if one.program.key == "heart-failure")


@pytest.mark.parametrize(
    ("old", "new", "pattern"),
    [
        ("program: heart-failure", "program: Heart failure", "String does not match expected pattern"),
        ("\ndays: ", "\ndaze: ", "Unknown field"),
        ("\ndays: ", "\ndaze: ", "Missing data for required field"),
        ("\ndays: ", "\ndays: many # ", "Not a valid integer"),
        (
            "\ndays: ",
            "\ndays: 9000 # ",
            "Must be greater than or equal to %(least)s and less than or equal to %(most)s",
        ),
        ("\npurpose: care", "\npurpose: fun", "Must be one of: %(choices)s"),
        ("\nsources:", "\nsources: []\nother:", "Shorter than minimum length %(least)s"),
        ("\ntitle: ", "\ntitle: # ", "Field may not be null"),
        (
            ", ask: scale}",
            ", ask: nowhere}",
            "%(place)s names question '%(name)s', which the file does not have: add it or mend the name",
        ),
    ],
)
def test_each_message_is_known_with_its_values(old, new, pattern):
    broken = SHIPPED.replace(old, new, 1)
    assert broken != SHIPPED

    said = [one.what for one in files.check(broken) if one.rule == "schema"]

    assert said
    assert all(isinstance(one, Said) for one in said)
    assert pattern in [getattr(one.values.get("message", one), "pattern", None) for one in said]
    assert {getattr(one.values.get("message", one), "pattern", None) for one in said} <= set(MESSAGES)


def test_a_finding_is_said_in_spanish_and_the_files_own_names_stay():
    (found, *_) = files.check(SHIPPED.replace("\ndays: ", "\ndays: many # ", 1))

    with languages.speaking("es"):
        assert languages.translate(found.what) == "days: No es un número entero"
    assert found.what == "days: Not a valid integer"


def test_a_message_nobody_foresaw_stays_as_it_is():
    assert told("Whatever next version says.") == "Whatever next version says"
