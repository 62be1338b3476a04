"""Builds the web app: pages of ours, and blueprints of the edges beside us handed in by whoever builds it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask

from outreach import http
from outreach.services import Services
from outreach.web import assets, frame, labels, languages, of_programs, words
from outreach.web.account import routes as account
from outreach.web.admin import routes as admin
from outreach.web.escalations import routes as escalations
from outreach.web.figures import routes as figures
from outreach.web.find import routes as find
from outreach.web.health import routes as health
from outreach.web.inbox import about, acts, number, papers, sorting, start, writing
from outreach.web.inbox import routes as inbox
from outreach.web.live import hub as live_hub
from outreach.web.live import routes as live
from outreach.web.mentions import routes as mentions
from outreach.web.presence import Presence
from outreach.web.programs import rehearsals, replays, worded
from outreach.web.programs import routes as programs
from outreach.web.quick_replies import routes as quick_replies
from outreach.web.readings import routes as readings
from outreach.web.record import routes as record
from outreach.web.roster import routes as roster
from outreach.web.signin import routes as signin
from outreach.web.tasks import routes as tasks
from outreach.web.team import routes as team
from outreach.web.why import routes as why

PAGES = (
    signin.blueprint,
    account.blueprint,
    health.blueprint,
    live.blueprint,
    inbox.blueprint,
    find.blueprint,
    sorting.blueprint,
    acts.blueprint,
    about.blueprint,
    number.blueprint,
    writing.blueprint,
    papers.blueprint,
    start.blueprint,
    mentions.blueprint,
    quick_replies.blueprint,
    escalations.blueprint,
    tasks.blueprint,
    team.blueprint,
    roster.blueprint,
    programs.blueprint,
    rehearsals.blueprint,
    replays.blueprint,
    readings.blueprint,
    figures.blueprint,
    record.blueprint,
    admin.blueprint,
    why.blueprint,
)


def create_app(services: Services, blueprints: Sequence[Blueprint] = ()) -> Flask:
    """Build the web app. `blueprints` check for themselves who is asking (webhooks, the JSON API)."""
    app = Flask("outreach.web", static_folder="static", template_folder="templates")
    http.install(app, services)
    _prepare_templates(app, services)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    for blueprint in blueprints:
        http.register(app, blueprint)
    app.extensions["presence"] = Presence(services.settings.redis_url)
    app.extensions["live"] = live_hub.Hub(app, services)
    return app


def _prepare_templates(app: Flask, services: Services) -> None:
    languages.install(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    names = assets.manifest()
    app.jinja_env.globals.update(
        asset=lambda name: assets.path(names, name),
        icon=assets.icons(names),
        avatar=assets.avatar,
        words=words,
        labels=labels,
        of_programs=of_programs,
        worded=worded,
        PHOTOS=papers.PHOTOS,
        demo=services.settings.demo,
        simulator_url=services.settings.simulator_url,
    )
    app.context_processor(frame.around)
