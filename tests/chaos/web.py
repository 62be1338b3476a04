"""A web server with the provider's webhooks, to be killed. Run as a process of its own."""

from __future__ import annotations

import sys

from flask import Flask
from werkzeug.serving import make_server

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel import log
from outreach.twilio import webhooks
from tests.provider import Quiet


def main() -> None:
    """Serve on the port given until killed."""
    log.configure()
    app = Flask("webhooks")
    app.register_blueprint(webhooks.blueprint(bootstrap.build(Settings.from_env(), wake=wake.nobody)))
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Quiet).serve_forever()


if __name__ == "__main__":
    main()
