"""Every text a page may show is said in every language, with the same values in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from outreach.web import languages
from scripts import catalog

SCRIPTS = Path("outreach/web/static/js")
VALUES = re.compile(r"%\(\w+\)\w|\{\w+\}|%%")
OTHERS = [code for code in languages.LANGUAGES if code != languages.WRITTEN_IN]


@pytest.fixture(scope="module")
def texts() -> set[catalog.Text]:
    return catalog.texts()


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_is_said_and_nothing_else(texts, language):
    known = {tuple(one.id) if one.pluralizable else one.id: one for one in catalog.read(language) if one.id}

    assert not texts - set(known), "run `make catalog` and translate what is new"
    assert not set(known) - texts, "run `make catalog`: it takes out what no page says any more"
    assert not [key for key, one in known.items() if one.fuzzy or not all(catalog.forms(one.string))]


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_holds_the_same_values(language):
    for one in catalog.read(language):
        if one.id:
            wanted = set(VALUES.findall(catalog.forms(one.id)[-1]))
            for said in catalog.forms(one.string):
                assert set(VALUES.findall(said)) == wanted, one.id
                assert "%" not in VALUES.sub("", said) or "%(" not in said, one.id


def test_what_scripts_say_is_given_to_them(texts):
    said = {
        text for file in SCRIPTS.glob("*.js") for text in re.findall(r'\bsaid\("([^"]+)"', file.read_text())
    }

    assert said == set(languages.IN_SCRIPTS)
    assert said <= texts


def test_the_linter_says_whole_texts_that_can_be_translated():
    """Each `what` and `mend` is a text, a name of one, or `Said`: an f-string would stay English."""
    found = [
        (f"{path}:{value.lineno}", value)
        for path in sorted(catalog.PACKAGE.glob("programs/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        for _, value in catalog.findings(str(path.relative_to(catalog.PACKAGE)), node)
    ]

    assert len(found) > 100
    assert not [
        where
        for where, value in found
        if not isinstance(value, ast.Constant | ast.Name)
        and not (isinstance(value, ast.Call) and ast.unparse(value.func) in ("Said", "_where"))
    ]
