"""Nothing hangs in the air: tasks, facts, settings, commands and what the docs say of them."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import outreach
from outreach import subscriptions
from outreach.cli.main import COMMANDS, main
from outreach.kernel.facts import Fact
from outreach.launch import commands as launch
from workers.crew import CREWS
from workers.schedule import BEAT

ROOT = Path(__file__).resolve().parents[2]
TASKS = ROOT / "workers" / "tasks.py"
SETTINGS_DOC = (ROOT / "docs" / "how-to" / "settings.md").read_text()
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def tasks() -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for node in ast.parse(TASKS.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any("app.task" in ast.unparse(one) for one in node.decorator_list)
    }


def test_every_task_is_on_the_beat_and_has_its_crew() -> None:
    assert set(tasks()) == set(BEAT) == set(CREWS)
    assert all(any(ast.unparse(one) == "crewed" for one in task.decorator_list) for task in tasks().values())


def test_a_worker_has_a_thread_for_each_of_its_crews() -> None:
    assert sum(CREWS.values()) <= launch.WORKER_THREADS


def test_tasks_are_told_nothing() -> None:
    for name, task in tasks().items():
        given = task.args
        assert not [*given.posonlyargs, *given.args, *given.kwonlyargs], name
        assert given.kwarg is not None and given.kwarg.arg == "_", name
    assert all(set(entry) == {"task", "schedule", "options"} for entry in BEAT.values())


def facts() -> set[type[Fact]]:
    for module in pkgutil.walk_packages(outreach.__path__, "outreach."):
        if module.name.endswith(".events"):
            importlib.import_module(module.name)
    ours = (fact for fact in every_subclass(Fact) if fact.__module__.startswith("outreach."))
    return {fact for fact in ours if not fact.__name__.startswith("_")}


def every_subclass(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from every_subclass(one)


def test_every_fact_is_heard_or_says_why_not() -> None:
    heard, unheard = set(subscriptions.TABLE), set(subscriptions.UNHEARD)

    assert facts() == heard | unheard
    assert heard & unheard == set()
    assert all(subscriptions.UNHEARD.values())


def test_facts_hold_ids_and_short_marks_alone() -> None:
    allowed = {"UUID", "int", "bool", "datetime", "date", "UUID | None", "int | None", "datetime | None"}
    marks = {
        f"{fact.__name__}.{field}": str(kind)
        for fact in facts()
        for field, kind in inspect.get_annotations(fact).items()
        if str(kind) not in allowed
    }

    assert {field for field in marks if not MARKS.search(field)} == set()


MARKS = re.compile(
    r"\.(source_kind|kind|state|reason|error_class|tier|topic|how|changed|key|status|why|origin|zone_was)$"
)
"""Fields that hold one word of ours, a kind or a class of error; `origin` is a keyed digest."""


def test_every_setting_is_explained_and_every_explained_one_is_read() -> None:
    source = (ROOT / "outreach" / "config.py").read_text()
    read = set(re.findall(r'"((?:OUTREACH|TWILIO)_[A-Z_]*[A-Z])"', source))
    explained = set(re.findall(r"`((?:OUTREACH|TWILIO)_[A-Z_]+)`", SETTINGS_DOC))

    assert read == explained
    assert len(read) > 10


def every_command(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None, name
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from every_command(found, (*path, name))


ALL = dict(every_command(main))


@pytest.mark.parametrize("path", [path for path, found in ALL.items() if not isinstance(found, click.Group)])
def test_every_command_shows_an_example_of_itself(path: tuple[str, ...]) -> None:
    said = ALL[path].help or ""

    assert re.search(r"Examples?:", said), "no example"
    assert f"outreach {' '.join(path)}" in re.sub(r"\s+", " ", said)


def test_the_list_of_commands_says_of_each_what_it_says_of_itself() -> None:
    said = {name: ALL[(name,)].get_short_help_str(limit=400) for name in COMMANDS}

    assert said == {name: first for name, (_, first) in COMMANDS.items()}


def test_commands_that_the_docs_name_exist() -> None:
    named = set()
    for page in DOCS:
        for words in re.findall(r"`(?:\.venv/bin/)?outreach ([a-z][a-z0-9 -]*)", page.read_text()):
            named.add(tuple(words.split()))
    unknown = {words for words in named if words and not any(words[:n] in ALL for n in (1, 2))}

    assert unknown == set()
    assert {place.partition(":")[0] for place, _ in COMMANDS.values()} <= {
        path.stem for path in (ROOT / "outreach" / "cli").glob("*.py")
    } | {path.name for path in (ROOT / "outreach" / "cli").iterdir() if path.is_dir()}


def test_files_that_the_docs_name_exist() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in DOCS
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert missing == []
