"""Pages as the provider makes them: the next starts after the last row shown, whatever came in meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from flask import Request

from outreach.simulator.records import Message

DEFAULT_SIZE = 50
MOST = 1000


def page_size(request: Request) -> int:
    """Return how many rows are wanted: 50 unless told otherwise, 1,000 at most."""
    given = request.args.get("PageSize", "")
    return min(max(int(given), 1), MOST) if given.isdigit() else DEFAULT_SIZE


def cut(rows: Iterable[Message], request: Request) -> tuple[list[Message], str | None]:
    """Return one page of messages, newest first, and the next page's token, None on the last page.

    The token is a place in the log, so a message deleted or added between two pages moves no other.
    """
    token = request.args.get("PageToken", "")
    if token[2:].isdigit():
        before = int(token[2:])
        rows = (row for row in rows if row.seq < before)
    size = page_size(request)
    page = list(islice(rows, size + 1))
    more = len(page) > size
    page = page[:size]
    return page, f"PA{page[-1].seq}" if more else None


def envelope(request: Request, key: str, items: list[dict[str, Any]], token: str | None) -> dict[str, Any]:
    """Return a list of the 2010 API, with the addresses of its neighbors."""
    number = int(page) if (page := request.args.get("Page", "")).isdigit() else 0
    size = page_size(request)
    start = number * size
    return {
        "end": start + max(len(items) - 1, 0),
        "first_page_uri": _uri(request, size, 0, None),
        "next_page_uri": _uri(request, size, number + 1, token) if token else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": None,
        "start": start,
        "uri": _uri(request, size, number, request.args.get("PageToken")),
        key: items,
    }


def meta_envelope(request: Request, base: str, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a list of the v1 APIs. Their lists here are short: always one page."""
    url = f"{base}{request.path}?PageSize={page_size(request)}&Page=0"
    return {
        key: items,
        "meta": {
            "first_page_url": url,
            "key": key,
            "next_page_url": None,
            "page": 0,
            "page_size": page_size(request),
            "previous_page_url": None,
            "url": url,
        },
    }


def _uri(request: Request, size: int, number: int, token: str | None) -> str:
    query = [
        (name, value) for name, value in request.args.items() if name not in ("PageSize", "Page", "PageToken")
    ]
    query += [("PageSize", str(size)), ("Page", str(number))]
    if token:
        query.append(("PageToken", token))
    return f"{request.path}?{urlencode(query)}"
