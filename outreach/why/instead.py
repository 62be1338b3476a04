"""What was considered in place of a contact as it is: other programs, other words, no text at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.rules import course
from outreach.programs.rules.definition import Program
from outreach.touchpoints.queries import TouchpointView
from outreach.why.fitting import Fit

SENT = ("sent", "answered")
WAITING = ("planned", "held")


def told(
    uow: UnitOfWork,
    one: TouchpointView,
    *,
    enrollment: programs.EnrollmentView | None,
    fit: Fit | None,
    outcomes: Sequence[str],
) -> Iterable[str]:
    """Tell what was considered; `outcomes` are those of the rules, each time they were asked."""
    if enrollment is not None:
        program = programs.program_of(uow, version_id=enrollment.version_id)
        yield from _other_programs(uow, program, fit)
        yield from _of_step(one, program)
        yield from _wordings(one, program)
    if outcomes.count("defer"):
        yield Said(
            "Sending it sooner: put off %(times)s times by the rules below.", times=outcomes.count("defer")
        )
    if "merge" in outcomes:
        yield "A text of its own: it went in one text with others that were due."
    if one.state in SENT:
        yield "Not writing at all: every rule was asked, and none was against it."
    elif one.state in WAITING:
        yield "Not writing at all: that is asked again when its time comes."
    else:
        yield "Writing all the same: what is told under “What became of it” stood against it."


def _other_programs(uow: UnitOfWork, program: Program, fit: Fit | None) -> Iterable[str]:
    replaced = program.replaces if fit is None else fit.others
    if replaced:
        titles = programs.titles(uow)
        named = Said.together((Said(titles.get(key, key)) for key in replaced), ", ")
        pattern = (
            "Other programs: where they fit too, this one takes the place of %(named)s."
            if fit is None
            else "Other programs that fit them as well: this one takes the place of %(named)s."
        )
        yield Said(pattern, named=named)
    elif program.replaces:
        yield "Other programs: none of those whose place this one takes fits them."


def _of_step(one: TouchpointView, program: Program) -> Iterable[str]:
    """Tell of a step's own conditions, as far as they left it to be sent."""
    step = course.own_step(one, program)
    if step is None or one.state not in SENT:
        return
    if step.when is not None:
        yield Said(
            "Leaving it out: it is only for those for whom this holds, and it did: %(when)s.", when=step.when
        )
    if step.adapt is not None:
        yield Said(
            "Asking less often: that begins after %(count)s stable answers in a row.",
            count=step.adapt.after,
        )


def _wordings(one: TouchpointView, program: Program) -> Iterable[str]:
    """Tell of the wordings that were looked at before the one that was taken: the first that holds is."""
    base, _, number = str(one.why.get("words", "")).partition("/")
    for nth, variant in program.variants_of.get(base, ()):
        if number and nth >= int(number):
            return
        yield Said(
            "Other words: there are some for whom this holds, and it did not: %(when)s.", when=variant.when
        )
