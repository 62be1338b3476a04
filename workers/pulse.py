"""The Celery app of beat: the same table and none of the tasks, which beat only names: a quicker start."""

from __future__ import annotations

from workers.app import make

app = make()
app.conf.include = ()
