"""What a dry run or a replay reads: who is concerned, and all that the rules may know of them."""

from outreach.rehearsal.queries.cohorts import Offer, Wanted
from outreach.rehearsal.queries.past import Replay, replay
from outreach.rehearsal.queries.people import default_crew, in_force, lines, measured
from outreach.rehearsal.queries.prepared import BadCohort, NoSuchProgram, Wish, prepare, version

__all__ = (
    "BadCohort",
    "NoSuchProgram",
    "Offer",
    "Replay",
    "Wanted",
    "Wish",
    "default_crew",
    "in_force",
    "lines",
    "measured",
    "prepare",
    "replay",
    "version",
)
