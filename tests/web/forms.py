"""Using forms as a browser does: fetch the page, take its token, post."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.web.make import NURSE, PASSWORD

HTML = {"Accept": "text/html"}


def token_of(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf[_-]token" (?:value|content)="([^"]+)"', client.get(page).text)
    assert found, f"{page} has no token"
    return found[1]


def sign_in(client: FlaskClient, *, email: str = NURSE, password: str = PASSWORD, next_: str = ""):
    token = token_of(client, "/login")
    return client.post(
        "/login",
        data={"csrf_token": token, "email": email, "password": password, "next": next_},
        headers=HTML,
    )


def post(
    client: FlaskClient, path: str, values: dict | None = None, *, page: str = "/team", htmx: bool = False
):
    headers = HTML | ({"HX-Request": "true"} if htmx else {})
    return client.post(path, data={"csrf_token": token_of(client, page)} | (values or {}), headers=headers)
