"""Questions about what came in: a text as it arrived, and readings that staff marked as wrong."""

from outreach.inbound.queries.arrivals import MOST_MEDIA, Arrival, arrival, arrivals
from outreach.inbound.queries.marks import MOST_MARKS, MarkView, marked_in, marks

__all__ = ("MOST_MARKS", "MOST_MEDIA", "Arrival", "MarkView", "arrival", "arrivals", "marked_in", "marks")
