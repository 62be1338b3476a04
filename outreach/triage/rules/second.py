"""What the second reader may do: raise a danger or a wish no rule saw, and call a person where it doubts.

It never takes back a danger or a wish to stop, and raises no wish that the text itself denies. Where a
rule and it read a yes, a no or another time differently, a person looks.
"""

from __future__ import annotations

from outreach.triage.rules import remainder, suspicion
from outreach.triage.rules.draft import Draft
from outreach.triage.rules.meanings import Kind, Span

STOPS = 0.3
"""From this sum on a text asks for no more texts: see docs/reading.md for how these were chosen."""
MAY_STOP = -1.0
"""From this sum on a person looks whether it does."""
WISHES = {
    Kind.WRONG_PERSON: 0.6, Kind.CONFIRM: 1.0, Kind.DECLINE: 0.8, Kind.RESCHEDULE: 0.8, Kind.HELP: 1.0,
}  # fmt: skip
"""From these sums on a text without a class is taken for a wish."""
OTHER_TIME = 0.8
"""From this sum on a "no" that names another time is a wish for it."""
STRANGE = -4.0
"""Below this sum a yes, a no or another time that a rule saw is doubtful."""
ABSURD = -7.5
"""Below this sum it is not believed: of what the rules read so, one in twelve was right."""
LOOSE = frozenset(("negative", "confirm", "visit-coming", "visit-move"))
"""The rules that may be wrong so: a plain "can't make it" stands, however strange what stands around it."""
SURELY = 2.0
"""From this sum on another of the three is taken for one that is doubtful; a person looks."""
_IN_DANGER = 2.0
_SHORTEST_DOUBTED = 4
_VISIT = (Kind.CONFIRM, Kind.DECLINE, Kind.RESCHEDULE)

Weighed = dict[Kind, float]


def look_again(draft: Draft) -> Weighed:
    """Look for dangers, wishes to stop and wrong people where no rule saw them; give what else was weighed.

    A sign that the text itself takes back ("no chest pain") needs more to be raised again.
    """
    if draft.answer and not remainder.leaves_a_remainder(draft, Kind.ANSWER):
        return {}
    look = suspicion.load().look(draft.encoded)
    if Kind.URGENT not in draft.kinds:
        _suspect_danger(draft, look.danger)
    if draft.kinds.get(Kind.OPT_OUT) == 1.0 or not look.wishes:
        return {}
    weighed = look.wishes
    _suspect_stop(draft, weighed)
    if weighed[Kind.WRONG_PERSON] >= WISHES[Kind.WRONG_PERSON] and _first(weighed) is Kind.WRONG_PERSON:
        _see(draft, Kind.WRONG_PERSON, weighed[Kind.WRONG_PERSON])
    return weighed


def _suspect_danger(draft: Draft, found: suspicion.Suspicion) -> None:
    if found.sum < suspicion.DOUBTFUL:
        return
    draft.note("suspected", topic="other_danger", rule="second-reader", human=True)
    if found.sum < suspicion.SURE + (suspicion.TAKEN_BACK if len(draft.findings) > 1 else 0):
        return
    draft.kinds[Kind.URGENT] = found.confidence
    draft.alarmed.update(range(found.start, found.end))
    _mark(draft, Kind.URGENT, found.start, found.end, topic="other_danger", tier="ORANGE")


def _suspect_stop(draft: Draft, weighed: Weighed) -> None:
    if Kind.OPT_OUT in draft.kinds or Kind.OPT_IN in draft.kinds:
        return
    guarded = Kind.URGENT in draft.kinds or Kind.HELP in draft.kinds
    sum_ = weighed[Kind.OPT_OUT] - (_IN_DANGER if guarded else 0)
    if sum_ >= STOPS and _first(weighed) is Kind.OPT_OUT and Kind.OPT_OUT not in draft.denied:
        _see(draft, Kind.OPT_OUT, sum_)
    elif sum_ >= MAY_STOP:
        draft.note("suspected", topic="opt_out", rule="second-reader", human=True)


def settle(draft: Draft, weighed: Weighed) -> None:
    """Name a wish where no rule saw any, or let a person decide where the rules saw another one."""
    if not weighed or Kind.ANSWER in draft.kinds or Kind.OPT_OUT in draft.kinds:
        return
    first = _first(weighed)
    read = next((kind for kind in _VISIT if kind in draft.kinds), None)
    if read is None:
        untold = not draft.kinds and first is not Kind.OPT_OUT and first not in draft.denied
        if untold and weighed[first] >= WISHES[first]:
            _see(draft, first, weighed[first])
    elif _names_another_time(draft, read, first) and weighed[first] >= OTHER_TIME:
        _drop(draft, read)
        _see(draft, Kind.RESCHEDULE, weighed[first])
    elif weighed[read] < STRANGE and len(draft.encoded.codes) >= _SHORTEST_DOUBTED:
        draft.note("suspected", topic=read.value, rule="second-reader", human=True)
        _doubt(draft, read, first, weighed)


def _doubt(draft: Draft, read: Kind, first: Kind, weighed: Weighed) -> None:
    """Take back what is absurd, and take what is surely meant instead."""
    other = first in _VISIT and first is not read and first not in draft.denied
    if other and weighed[first] >= SURELY:
        _drop(draft, read)
        _see(draft, first, weighed[first])
    elif weighed[read] < ABSURD and all(
        span.rule in LOOSE for span in draft.spans if span.kind == read.value
    ):
        _drop(draft, read)


def _drop(draft: Draft, read: Kind) -> None:
    del draft.kinds[read]
    draft.answer = None
    draft.spans = [span for span in draft.spans if span.kind != read.value]


def _names_another_time(draft: Draft, read: Kind, first: Kind) -> bool:
    return read is not Kind.RESCHEDULE and first is Kind.RESCHEDULE and first not in draft.denied


def _first(weighed: Weighed) -> Kind:
    return max(weighed, key=lambda kind: weighed[kind])


def _see(draft: Draft, kind: Kind, sum_: float) -> None:
    draft.kinds[kind] = suspicion.Suspicion(sum_, 0, 0).confidence
    draft.used.update(range(len(draft.encoded.codes)))
    _mark(draft, kind, 0, len(draft.encoded.codes))


def _mark(
    draft: Draft, kind: Kind, first: int, last: int, *, topic: str | None = None, tier: str | None = None
) -> None:
    start, end = draft.encoded.where(first, last)
    draft.spans.append(
        Span(
            start=start, end=end, kind=kind.value, rule="second-reader", text=draft.text[start:end],
            topic=topic, tier=tier,
        )
    )  # fmt: skip
