"""Is this still the database that we sent from? What it says of itself, beside what stands outside it.

A dump that was restored, a copy beside the original and a server wound back to an earlier time all hold texts
that say "queued" and have long been sent. None of them can be told from the inside alone, so three things are
compared: which server and database this is (a restored dump has another number), the name of the installation
(kept outside, another for each copy), and how far the sends had come that somebody outside remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, Integer, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.kernel.db import At, Base


class Deployment(Base):
    """One row: what the database was when it was last seen sending, and whether it is held since."""

    __tablename__ = "deployment"
    __retention__ = "deployment"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    token: Mapped[UUID]
    """Made with the row: whoever remembers something of this database names it by this."""
    cluster: Mapped[str] = mapped_column(Text)
    """The server's own number and the database's in it. A restored dump has others; a failover has not."""
    place: Mapped[str] = mapped_column(Text)
    """Name of the installation, from its settings."""
    timeline: Mapped[int] = mapped_column(Integer)
    """Grows when a standby takes over and when a server is restored to a point in time."""
    seen_at: Mapped[At]
    """Machine time at which workers last looked: in a restored database, the moment it is from."""
    held_at: Mapped[At | None]
    """Product time from which texts wait, because this may not be the database that they left from."""
    held_since: Mapped[At | None]
    """The same moment in machine time."""
    held_why: Mapped[str | None] = mapped_column(Text)
    """copied | behind"""
    deactivations_read: Mapped[date | None] = mapped_column(Date)
    """Last day whose list of switched-off numbers has been read."""
    deactivations_tried_at: Mapped[At | None]


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What a database is at this moment."""

    cluster: str
    timeline: int


# Managed servers may keep their control data to themselves: then the rest has to do.
_READ = text(
    """
    SELECT CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END AS system,
        (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database,
        CASE WHEN has_function_privilege('pg_control_checkpoint()', 'EXECUTE')
            THEN (SELECT timeline_id FROM pg_control_checkpoint()) ELSE 0 END AS timeline
    """
)


def fingerprint(session: Session) -> Fingerprint:
    """Return what this database is, as its server says."""
    row = session.execute(_READ).one()
    return Fingerprint(cluster=f"{row.system}:{row.database}", timeline=row.timeline)
