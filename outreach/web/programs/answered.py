"""Conditions on what was answered before, in words: "they answered “worse” when asked about breathing"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Node, Value
from outreach.web import of_programs
from outreach.web.languages import Texts, gettext, say, say_many
from outreach.web.programs import facts

EARLIER = Fact(path="earlier")
TIMES = Texts(
    {
        ">=": "%(count)s or more times: %(what)s",
        ">": "more than %(count)s times: %(what)s",
        "<=": "%(count)s or fewer times: %(what)s",
        "<": "fewer than %(count)s times: %(what)s",
        "==": "exactly %(count)s times: %(what)s",
        "!=": "any number of times but %(count)s: %(what)s",
    }
)
THAT = Texts(
    {
        "number": "the number they gave then",
        "second": "the lower number they gave then",
    }
)
HIGHER = Texts(
    {
        ">=": "%(what)s, and the new number is higher by %(number)s or more",
        ">": "%(what)s, and the new number is higher by more than %(number)s",
    }
)
LOWER = Texts(
    {
        ">=": "%(what)s, and the new number is lower by %(number)s or more",
        ">": "%(what)s, and the new number is lower by more than %(number)s",
    }
)
VALUES = {"number": ("value.number", "value.systolic"), "second": ("value.diastolic",)}
"""Values of now that can be set beside a number given before."""


def said(node: Call) -> str | None:
    """Return what `earlier.exists(a, ...)` says, None if there are no words for it."""
    return _answer(node, "exists")


def times(node: Compared) -> str | None:
    """Return what `earlier.filter(a, ...).size() >= 2` says."""
    match node:
        case Compared(sign=sign, left=Call(of=Call() as filtered, name="size"), right=Value(value=count)):
            what = _answer(filtered, "filter")
            if what is None or isinstance(count, str | bool) or sign not in TIMES:
                return None
            return TIMES[sign] % {"count": f"{count:g}", "what": what}
        case _:
            return None


def _answer(node: Call, name: str) -> str | None:
    if node.of != EARLIER or node.name != name or len(node.arguments) != 2:
        return None
    variable, test = node.arguments
    if not isinstance(variable, Fact):
        return None
    parts = test.parts if isinstance(test, Group) and test.sign == "&&" else (test,)
    return _Answer(variable.path, parts).said()


class _Answer:
    """One earlier answer, taken apart: to what, what, how long ago, and beside which number."""

    def __init__(self, variable: str, parts: Sequence[Node]) -> None:
        self._variable = variable
        self._question = self._means = self._days = None
        self._beside: list[Compared] = []
        self._known = all(isinstance(one, Compared) and self._takes(one) for one in parts)

    def said(self) -> str | None:
        if not self._known:
            return None
        found = self._what()
        if found is not None and self._days is not None:
            found = _ago(found, self._days)
        for one in self._beside:
            found = self._with(found, one) if found is not None else None
        return found

    def _takes(self, part: Compared) -> bool:
        path = part.left.path if isinstance(part.left, Fact) else ""
        asked = path.removeprefix(f"{self._variable}.")
        if path == asked or asked not in ("question", "means", "days_ago"):
            self._beside.append(part)
            return True
        slot = {"question": "_question", "means": "_means", "days_ago": "_days"}[asked]
        if getattr(self, slot) is not None:
            return False
        setattr(self, slot, part)
        return True

    def _what(self) -> str | None:
        question = self._names(self._question, of_programs.question)
        means = self._names(self._means, lambda one: facts.quoted(of_programs.meaning(one)))
        if (self._question and not question) or (self._means and not means):
            return None
        if self._question is not None and self._question.sign not in ("==", "in"):
            return None
        but = self._means is not None and self._means.sign == "!="
        if question and means:
            return _to(question, means, but=but)
        if question:
            return say("they answered when asked about %(question)s", question=question)
        if means and not but:
            return say("they answered %(means)s to a question", means=means)
        return None if means else gettext("they answered a question")

    def _names(self, part: Compared | None, name_of: Callable[[str], str]) -> str:
        if part is None or part.sign not in ("==", "!=", "in"):
            return ""
        return facts.either(name_of(one) for one in facts.texts(part.right))

    def _with(self, what: str, part: Compared) -> str | None:
        match part:
            case Compared(sign=sign, left=Fact(path=path), right=Value() as number) if sign in facts.AMOUNTS:
                key = path.removeprefix(f"{self._variable}.")
                if key == path or key not in THAT:
                    return None
                beside = facts.amount(THAT[key], sign, number)
                return beside and say("%(first)s, and %(second)s", first=what, second=beside)
            case Compared(sign=sign, left=Compared(sign="-", left=Fact() as one, right=Fact() as other)):
                return self._changed(what, sign, part.right, one.path, other.path)
            case _:
                return None

    def _changed(self, what: str, sign: str, by: Node, one: str, other: str) -> str | None:
        if not isinstance(by, Value) or isinstance(by.value, str | bool) or by.value <= 0:
            return None
        for table, now, then in ((HIGHER, one, other), (LOWER, other, one)):
            key = then.removeprefix(f"{self._variable}.")
            if key != then and now in VALUES.get(key, ()) and sign in table:
                return table[sign] % {"what": what, "number": f"{by.value:g}"}
        return None


def _to(question: str, means: str, *, but: bool) -> str:
    if but:
        return say(
            "they answered anything but %(means)s when asked about %(question)s",
            means=means,
            question=question,
        )
    return say("they answered %(means)s when asked about %(question)s", means=means, question=question)


def _ago(what: str, part: Compared) -> str | None:
    count = part.right.value if isinstance(part.right, Value) else None
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    if part.sign == "<":
        part, count = Compared(sign="<=", left=part.left, right=part.right), count - 1
    if part.sign == "<=" and count == 0:
        return say("%(what)s, today", what=what)
    if part.sign == "<=":
        return say_many(
            "%(what)s, at most %(num)s day ago", "%(what)s, at most %(num)s days ago", count, what=what
        )
    if part.sign == ">=":
        return say_many(
            "%(what)s, %(num)s day ago or longer", "%(what)s, %(num)s days ago or longer", count, what=what
        )
    if part.sign == "==":
        return say_many("%(what)s, %(num)s day ago", "%(what)s, %(num)s days ago", count, what=what)
    return None
