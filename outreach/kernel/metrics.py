"""Counters and timings that every process keeps; labels are names of things, never of people."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FACTS_HANDLED = Counter(
    "outreach_facts_handled_total", "Facts handled, by handler and outcome", ["handler", "outcome"]
)
TEXTS_RECEIVED = Counter("outreach_texts_received_total", "Inbound texts accepted", ["outcome"])
TEXTS_SENT = Counter("outreach_texts_sent_total", "Send attempts recorded, by outcome", ["outcome"])
WEBHOOK_SECONDS = Histogram("outreach_webhook_seconds", "Time to answer a webhook", ["kind"])
REQUEST_SECONDS = Histogram("outreach_request_seconds", "Time to answer a page", ["route", "status"])
WAKES_DROPPED = Counter("outreach_wakes_dropped_total", "Wake-ups that found no broker", ["task"])
BACKLOG = Gauge("outreach_backlog", "Rows waiting in the database, by queue (capped at 1000)", ["queue"])
OLDEST_WORK = Gauge("outreach_oldest_work_seconds", "How long the longest waiting stream of facts has waited")
ATTEMPTS = Gauge("outreach_attempts_5m", "Send attempts begun within five minutes, by state", ["state"])
DECISIONS = Gauge("outreach_decisions_5m", "Policy decisions within five minutes", ["outcome", "rule"])
SENDERS_STOPPED = Gauge("outreach_senders_stopped", "Senders stopped after an error of our account")
SENDING_HELD = Gauge("outreach_sending_held", "1 while a restored database waits to be reconciled")
