"""The floor: what anybody would write by hand. A signature check, one INSERT, an empty answer."""

from __future__ import annotations

import os
import threading

import psycopg
from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

DATABASE = os.environ["OUTREACH_DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
PUBLIC_URL = os.environ["OUTREACH_PUBLIC_URL"]
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
local = threading.local()
app = Flask("floor")

INSERT = "INSERT INTO floor_inbound (sid, sender, body) VALUES (%s, %s, %s) ON CONFLICT (sid) DO NOTHING"


def connection() -> psycopg.Connection:
    """Return this thread's connection."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(DATABASE)
    return local.connection


@app.post("/twilio/<account_sid>/inbound")
def inbound(account_sid: str) -> Response:
    """Store one text."""
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(PUBLIC_URL + request.path, request.form, signature):
        abort(403)
    form = request.form
    database = connection()
    database.execute(INSERT, (form["MessageSid"], form["From"], form["Body"]))
    database.commit()
    return Response("<Response/>", content_type="text/xml")
