"""Several questions to the database in one statement, each spelled once.

A page asks a dozen small things. Asked one by one each costs a round trip, and building each statement anew
costs more than the database needs to answer it. So a question is written out once (`Spelled`), and `ask` puts
any number of them in one statement, whose answers come back as JSON and are read as the columns' own types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, LargeBinary, SelectBase, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.types import TypeEngine

from outreach.kernel.unit_of_work import UnitOfWork

T = TypeVar("T")
Decoder = Callable[[Any], Any]
PLACEHOLDER = re.compile(r"(?<![:\w]):(\w+)")
CAST = re.compile(r"(?<![:\w]):(\w+)::(\w+(?:\[\])?)")
"""`:name::UUID` reads as another placeholder when it is parsed again."""
_DIALECT = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]

UUIDS = postgresql.ARRAY(postgresql.UUID(as_uuid=True))
"""The type of a list of ids; compare with `column == any_(some(name))`."""


def some(name: str) -> Any:
    """Return a place in a statement where a list of ids goes."""
    return bindparam(name, type_=UUIDS)


class Spelled:
    """A statement written out, with the types of its columns. Its lists are arrays: IN can't be spelled."""

    def __init__(self, wanted: SelectBase) -> None:
        compiled = wanted.compile(dialect=_DIALECT)
        self.sql = CAST.sub(r"CAST(:\1 AS \2)", str(compiled))
        self.values = dict(compiled.params)
        self.statement: TextClause = text(self.sql)
        self.decoders = {
            column.key: decoder
            for column in wanted.selected_columns
            if (decoder := _decoder(column.type)) is not None and column.key is not None
        }

    def rows(self, uow: UnitOfWork, values: Mapping[str, Any]) -> Sequence[Any]:
        """Ask this alone."""
        return uow.session.execute(self.statement, self.values | dict(values)).all()


@dataclass(frozen=True, eq=False)
class Question(Generic[T]):
    """Something to be asked: a spelled statement, its values, and how to read the rows."""

    spelled: Spelled
    values: Mapping[str, Any]
    read: Callable[[UnitOfWork, Sequence[Any]], T]


@dataclass(frozen=True)
class Answers:
    """What came back: `answers[question]`."""

    _by_question: Mapping[int, Any] = field(repr=False)

    def __getitem__(self, question: Question[T]) -> T:
        return cast("T", self._by_question[id(question)])


def ask(uow: UnitOfWork, *questions: Question[Any]) -> Answers:
    """Ask several questions in one statement."""
    statement = _together(tuple(one.spelled for one in questions))
    values = {
        f"q{place}_{name}": value
        for place, one in enumerate(questions)
        for name, value in (one.spelled.values | dict(one.values)).items()
    }
    row = uow.session.execute(statement, values).one()
    return Answers(
        {
            id(one): one.read(uow, _rows(found, one.spelled.decoders))
            for one, found in zip(questions, row, strict=True)
        }
    )


def answer(uow: UnitOfWork, question: Question[T]) -> T:
    """Ask one question."""
    return question.read(uow, question.spelled.rows(uow, question.values))


@lru_cache(maxsize=256)
def _together(spelled: tuple[Spelled, ...]) -> TextClause:
    # Spelled statements of our own: what comes from outside is bound, never spelled.
    asked = ", ".join(
        f"(SELECT json_agg(one) FROM ({sql}) AS one) AS a{place}"  # noqa: S608
        for place, sql in enumerate(
            PLACEHOLDER.sub(rf":q{number}_\1", one.sql) for number, one in enumerate(spelled)
        )
    )
    return text(f"SELECT {asked}")


def _rows(found: list[dict[str, Any]] | None, decoders: Mapping[str, Decoder]) -> list[SimpleNamespace]:
    rows = []
    for one in found or ():
        for name, decoder in decoders.items():
            if one[name] is not None:
                one[name] = decoder(one[name])
        rows.append(SimpleNamespace(**one))
    return rows


def _bytes(spelled: str) -> bytes:
    return bytes.fromhex(spelled[2:])


def _decoder(kind: TypeEngine[Any]) -> Decoder | None:
    if isinstance(kind, LargeBinary):
        return _bytes
    if isinstance(kind, DateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, Uuid):
        return UUID
    if isinstance(kind, ARRAY):
        inner = _decoder(kind.item_type)
        return inner and (lambda found: [inner(one) for one in found])
    return None
