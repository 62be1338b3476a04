"""The programs: what each says and when, drawn; proposing a file, releasing it, moving its patients."""

from __future__ import annotations

import difflib
import re
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import files, queries
from outreach.programs.commands import releasing
from outreach.programs.rules.lint import Finding
from outreach.staff import queries as staff
from outreach.web import frame
from outreach.web.programs import picture
from outreach.web.programs.opened import opened

blueprint = Blueprint("programs", __name__, url_prefix="/programs")
LARGEST_FILE = 512 * 1024
PLACE = re.compile(r"@@ -[\d,]+ \+(\d+)")
"""The head of a stretch that differs: where it begins in the newer file."""
FINGERPRINT = re.compile(r'[-+ ]\s+[\w/]+: "[0-9a-f]{12}"$')


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show every program with its versions: in force, waiting for a colleague, and before."""
    with http.begin() as uow:
        frame.note_roster(uow)
        versions = queries.versions(uow)
        programs: dict[str, list[queries.VersionView]] = {}
        for one in versions:
            programs.setdefault(one.program, []).append(one)
        steps = {version.id: len(program.steps) for version, program in queries.released(uow)}
        return render_template("programs/page.html", programs=programs, steps=steps, page_key="programs")


@blueprint.get("/versions/<uuid:version_id>")
@http.needs("see_inbox")
def version(version_id: UUID) -> ResponseReturnValue:
    """Draw one version: its steps on a line of days, and where each answer leads."""
    with http.begin() as uow:
        frame.note_roster(uow)
        found = opened(uow, version_id)
        view, program = found.view, found.program
        same = [one for one in queries.versions(uow) if one.program == view.program]
        before = next((one for one in same if one.number < view.number), None)
        older = queries.version(uow, version_id=before.id) if before else None
        return render_template(
            "programs/version.html",
            version=next(one for one in same if one.id == version_id),
            program=program,
            picture=picture.draw(program),
            hours=_hours(uow, found.source_text) if view.state == "draft" else [],
            before=before,
            changes=_changes(older[1], found.source_text) if older else [],
            elsewhere=sum(one.active for one in same if one.id != version_id),
            names=staff.names(
                uow, staff_ids=[one for one in (view.proposed_by, view.released_by) if one is not None]
            ),
            page_key="programs",
        )


@blueprint.get("/new")
@http.needs("manage_programs")
def new() -> ResponseReturnValue:
    """Show where a program file is checked and proposed; one's own start may be a version there is."""
    start = ""
    with http.begin() as uow:
        frame.note_roster(uow)
        if request.args.get("from"):
            found = queries.version(uow, version_id=_uuid(request.args["from"]))
            start = found[1] if found else ""
        return render_template("programs/new.html", source_text=start, findings=None, page_key="programs")


@blueprint.post("/new")
@http.needs("manage_programs")
def propose() -> ResponseReturnValue:
    """Check a file; if it is clean and it is wanted, keep it as a draft for a colleague to release."""
    source_text = _file()
    with http.begin() as uow:
        findings = files.check(source_text, rostered=queries.rostered(uow))
    refused = any(one.blocks for one in findings)
    if refused or request.form.get("act") != "propose":
        status = 422 if refused else 200
        with http.begin() as uow:
            frame.note_roster(uow)
            page = render_template(
                "programs/new.html", source_text=source_text, findings=findings, page_key="programs"
            )
        return page, status
    with http.begin() as uow:
        version_id = releasing.propose(uow, source_text=source_text, by_staff_id=http.me().staff_id)
    return redirect(f"/programs/versions/{version_id}", code=303)


@blueprint.post("/versions/<uuid:version_id>/propose")
@http.needs("manage_programs")
def stand_for(version_id: UUID) -> ResponseReturnValue:
    """Propose a draft that came with the software."""
    with http.begin() as uow:
        releasing.stand_for(uow, version_id=version_id, by_staff_id=http.me().staff_id)
    return redirect(f"/programs/versions/{version_id}", code=303)


@blueprint.post("/versions/<uuid:version_id>/release")
@http.needs("manage_programs")
def release(version_id: UUID) -> ResponseReturnValue:
    """Put a colleague's draft in force."""
    with http.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=http.me().staff_id)
    return redirect(f"/programs/versions/{version_id}", code=303)


@blueprint.post("/versions/<uuid:version_id>/withdraw")
@http.needs("manage_programs")
def withdraw(version_id: UUID) -> ResponseReturnValue:
    """Take a draft back."""
    with http.begin() as uow:
        releasing.withdraw(uow, version_id=version_id)
    return redirect("/programs", code=303)


@blueprint.post("/versions/<uuid:version_id>/migrate")
@http.needs("manage_programs")
def migrate(version_id: UUID) -> ResponseReturnValue:
    """Move one's teams' patients from older versions to this one."""
    with http.begin() as uow:
        releasing.migrate(uow, to_version_id=version_id, team_ids=http.me().teams_with("manage_programs"))
    return redirect(f"/programs/versions/{version_id}", code=303)


def _hours(uow: UnitOfWork, source_text: str) -> list[Finding]:
    """Return what a draft asks when nobody is there, by today's rosters."""
    return [one for one in files.check(source_text, rostered=queries.rostered(uow)) if one.rule == "hours"]


def _file() -> str:
    """Return the file sent: uploaded, or else typed."""
    sent = request.files.get("file")
    if sent and sent.filename:
        return sent.stream.read(LARGEST_FILE).decode("utf-8", errors="replace")
    return request.form.get("source_text", "").replace("\r\n", "\n")[:LARGEST_FILE]


def _changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ, each with "+" or "-", and an "@" with the line where each place begins.

    Fingerprints of approved translations follow the words: they are left out.
    """
    places: list[list[tuple[str, str]]] = []
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1):
        if place := PLACE.match(line):
            places.append([("@", place.group(1))])
        elif places and not FINGERPRINT.match(line):
            places[-1].append((line[:1], line[1:]))
    return [one for place in places if any(sign in "+-" for sign, _ in place) for one in place]


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise releasing.NoSuchVersion from error
