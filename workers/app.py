"""The Celery app: Redis carries ids and pokes; what there is to do stands in PostgreSQL."""

from __future__ import annotations

from celery import Celery
from celery.signals import setup_logging

from outreach.config import Settings
from outreach.kernel import log
from workers.schedule import BEAT


@setup_logging.connect
def _our_logs(**_: object) -> None:
    log.configure()


def make() -> Celery:
    """Build the app from the environment's settings."""
    found = Celery("outreach", broker=Settings.from_env().redis_url, include=["workers.tasks"])
    found.conf.update(
        beat_schedule=BEAT,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 3600, "socket_timeout": 30, "socket_keepalive": True},
        task_acks_late=False,  # losing a poke is harmless; running one twice is waste
        task_ignore_result=True,
        task_default_queue="work",
        task_time_limit=120,
        timezone="UTC",
        worker_hijack_root_logger=False,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
    )
    return found


app = make()
