"""Gathers every text that pages show, and keeps the catalogs of other languages in step.

`make catalog` runs it. Texts stand in templates as `_("...")` and `ngettext`; in code as `gettext`, `say`,
`say_many`, `later`, `Said` and in `Texts` tables; and in the docstrings of errors, which are their messages.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "outreach"
CATALOGS = PACKAGE / "web" / "catalogs"
ONE = {"gettext", "say", "later", "Said"}
MANY = {"ngettext", "say_many"}
TABLES = {"Texts"}
IN_ENGLISH = ("cli", "simulator", "launch", "embedded", "wake", "interop", "twilio", "api", "config.py")
"""What speaks to operators and machines only."""
BESIDE: dict[str, tuple[str, ...]] = {
    "escalations/rules/ladder.py": ("OUTCOMES",),
    "rehearsal/rules/compare.py": ("RULES", "SINCE", "THEN", "NEW_DAY", "GONE_DAY", "LATE"),
    "why/answer.py": ("STATES", "REASONS", "TEXT_STATES", "AUTHORS"),
    "why/moments.py": ("DATES", "MONTHS"),
    "why/phones.py": ("TOPICS", "NO_NAME", "WENT", "GOES", "PASSED_OVER", "NOBODY", "NOT_KEPT"),
    "why/receipts.py": ("GROUNDS", "OUTCOMES", "ALSO", "DUE", "ORDINALS"),
    "programs/files/checking.py": ("MEND", "QUOTES"),
    "programs/files/messages.py": ("MESSAGES",),
    "programs/rules/lint/advice.py": ("PRIVATE", "MENDS"),
    "programs/rules/lint/flow.py": ("NOTHING", "SEVERAL", "DAILY", "WEEKLY", "SAY_STOP", "SAY_STOP_ES"),
    "programs/rules/lint/hours.py": ("AWAKE", "WHILE_THERE"),
    "programs/rules/lint/agree.py": ("ADD_RED",),
    "programs/rules/lint/numbers.py": ("ADD_CASE",),
    "programs/rules/lint/haste.py": ("FIRST", "FIRST_ES"),
    "programs/rules/lint/people.py": ("LIKE_THIS", "LOOKALIKE"),
    "programs/rules/lint/texts.py": ("GSM_MEND", "SPACE_MEND"),
    "web/languages.py": ("IN_SCRIPTS",),
    "web/labels.py": ("PLAINLY", "ACTIONS"),
}
"""Tables that pages translate where they show them."""
FINDINGS = ("what", "mend")
"""Arguments of a linter's finding: a text, or `Said`."""
ROWS = ("messaging/rules/errors.py",)
"""Files whose sentences are all shown."""
HEADER = """\
msgid ""
msgstr ""
"Language: {0.locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {0.plural_forms}\\n"

"""
"""Without the dates that would change at every run."""
Text = str | tuple[str, str]


def texts() -> set[Text]:
    """Return every text that a page may show, one with its plural as a pair."""
    found: set[Text] = set()
    options = {"newstyle_gettext": "true", "trimmed": "false", "silent": "false"}
    for _, _, message, _, _ in extract_from_dir(
        PACKAGE / "web" / "templates",
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": {**options, "extensions": "jinja2.ext.i18n"}},
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    ):
        found.add(message if isinstance(message, str) else (message[0], message[1]))
    trees = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py")) if _shown(path)}
    errors = _errors(trees)
    for path, tree in trees.items():
        found.update(_in_code(tree, str(path.relative_to(PACKAGE)), errors))
    found.update(_titles())
    return {one for one in found if one}


def _titles() -> Iterator[str]:
    """Yield the titles of the programs that come with the product, and what they give people to do."""
    for path in sorted((PACKAGE / "programs" / "library").glob("*.yaml")):
        shipped = yaml.safe_load(path.read_text("utf-8"))
        yield str(shipped["title"])
        yield from (str(step["task"]["about"]) for step in shipped["steps"] if "task" in step)


def _shown(path: Path) -> bool:
    return path.relative_to(PACKAGE).parts[0] not in IN_ENGLISH


def _errors(trees: dict[Path, ast.Module]) -> set[str]:
    """Return the names of all our errors: classes that come from OutreachError, over however many others."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"OutreachError"}
    while more := {name for name, of in bases.items() if of & known} - known:
        known |= more
    return known


def _in_code(tree: ast.Module, path: str, errors: set[str]) -> Iterator[Text]:
    tables = BESIDE.get(path, ())
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in errors and ast.get_docstring(node):
            yield inspect.cleandoc(ast.get_docstring(node) or "").replace("\n", " ")
        elif isinstance(node, ast.Call):
            yield from _in_call(node, errors)
            yield from (one for _, value in findings(path, node) for one in _strings(value))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _target(node) in tables:
            yield from _strings(node.value)
        if path in ROWS and isinstance(node, ast.Call) and ast.unparse(node.func) in ("_rows", "ErrorCode"):
            yield from (one for one in _strings(node) if re.search(r"\w \w", one) and one.endswith("."))
    if path in ROWS:
        yield from (one for node in tree.body for one in _sentences(node))
    if path in ("why/answer.py", "why/anchors.py", "why/fitting.py", "why/instead.py", "why/now.py"):
        yield from (one for one in _yielded(tree))


def findings(path: str, node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a finding of the programs' linter says: the name of the argument and its value."""
    if path.startswith("programs/") and ast.unparse(node.func).rpartition(".")[2] in ("finding", "Finding"):
        yield from ((one.arg, one.value) for one in node.keywords if one.arg in FINDINGS)


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def _in_call(node: ast.Call, errors: set[str]) -> Iterator[Text]:
    owner, _, name = ast.unparse(node.func).rpartition(".")
    if name in ONE | MANY and owner not in ("", "languages"):
        return
    words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if (name in ONE or name in errors) and words:
        yield words[0]
    elif name in MANY and len(words) > 1:
        yield words[0], words[1]
    elif name in TABLES and node.args:
        yield from _strings(node.args[0])


def _strings(node: ast.AST | None) -> Iterator[str]:
    """Yield the values of a table, or the texts among arguments; keys are not shown."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _strings(value)
    elif isinstance(node, ast.Tuple):
        for value in node.elts:
            yield from _strings(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Call):
        for one in (*node.args, *(word.value for word in node.keywords)):
            yield from _strings(one)


def _sentences(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        value = node.value.value
        if isinstance(value, str) and value.endswith("."):
            yield value


def _yielded(tree: ast.Module) -> Iterator[str]:
    """Yield what the answer to "why?" says: every text with a space or a capital that is no docstring."""
    inside = {
        id(one)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Expr)
        for one in ast.walk(node)
        if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and id(node) not in inside
        if said and isinstance(node.value, str) and re.search(r"\w \w|^[A-Z][a-z]+ ", node.value):
            yield node.value


def fresh() -> Catalog:
    """Return a template of all texts, in their order."""
    made = Catalog(project="Outreach", fuzzy=False)
    for one in sorted(texts(), key=lambda one: one if isinstance(one, str) else one[0]):
        made.add(one)
    return made


def read(language: str) -> Catalog:
    """Return the catalog of a language, empty if there is none yet."""
    path = CATALOGS / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> list[str]:
    """Bring a language's catalog in step: new texts come in empty, old ones go. Return what is missing."""
    old, made = read(language), Catalog(locale=language, fuzzy=False)
    for message in fresh():
        if message.id:
            known = old.get(message.id)
            made.add(message.id, known.string if known else ("", "") if message.pluralizable else "")
    written = BytesIO()
    write_po(written, made, no_location=True, omit_header=True, sort_output=True, width=110)
    (CATALOGS / f"{language}.po").write_bytes(HEADER.format(made).encode() + written.getvalue())
    return [str(one.id) for one in made if one.id and not all(forms(one.string))]


def forms(string: object) -> tuple[str, ...]:
    """Return a text's forms: one, or one for each number."""
    return tuple(string) if isinstance(string, tuple | list) else (str(string or ""),)


def main() -> int:
    """Update every catalog; tell what has no translation yet."""
    missing = update("es")
    for one in missing:
        print(f"es: {one}")
    print(f"es: {len(missing)} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
