"""Names of the bundled browser parts: each carries its hash, so browsers may keep it for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from markupsafe import Markup

from outreach.kernel import log
from outreach.kernel.errors import OutreachError
from outreach.web import built, words

logger = log.get(__name__)
ICON = Markup('<svg class="icon" %s><use href="%s#%s"></use></svg>')
AVATAR = Markup('<span class="avatar" title="%s" aria-hidden="true">%s</span>')


class NoSuchAsset(OutreachError):
    """A page names a browser part that the build did not make. Run `make setup`."""


def manifest(folder: Path = built.DIST) -> Mapping[str, str]:
    """Return file names by what pages call them; empty, and said so in the log, before the build ran."""
    try:
        found: dict[str, str] = json.loads((folder / built.MANIFEST).read_text())
    except FileNotFoundError:
        logger.warning("assets_missing", mend=built.NOT_BUILT)
        return {}
    return found


def path(names: Mapping[str, str], name: str) -> str:
    """Return the address of a browser part. Raise NoSuchAsset if the build ran without making it."""
    if names and name not in names:
        raise NoSuchAsset
    return f"/static/dist/{names.get(name, name)}"


def icons(names: Mapping[str, str]) -> Callable[..., Markup]:
    """Return how pages draw an icon: `icon(name)` beside words, `icon(name, label)` in their place.

    A page draws hundreds: those without a label are drawn once.
    """
    drawn: dict[str, Markup] = {}

    def icon(name: str, label: str = "") -> Markup:
        if label:
            return ICON % (Markup('role="img" aria-label="%s"') % label, path(names, "icons.svg"), name)
        if name not in drawn:
            drawn[name] = ICON % (Markup('aria-hidden="true"'), path(names, "icons.svg"), name)
        return drawn[name]

    return icon


def avatar(name: str, label: str = "") -> Markup:
    """Return somebody's initials in a circle, for eyes alone: their name stands beside it."""
    return AVATAR % (label or name, words.initials(name))
