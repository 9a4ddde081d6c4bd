"""Pages of plugins about one person, place or service, linked beside its settings: hours, for example."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer.server.here import hall
from vorzimmer.server.pages import GIVEN, leads
from vorzimmer_web.shell.requests import signed_in


def endpoints(section: str) -> list[tuple[str, str]]:
    """Titles and endpoints of what plugins offer in a `section` (see `NavigationEntry`), each once."""
    person = signed_in()
    found = {
        entry.endpoint: gettext(entry.title)
        for entry in hall().plugins.offered(hookspecs.navigation)
        if entry.section == section
        and entry.right in person.rights
        and leads(current_app, entry.endpoint, GIVEN.get(section, ()))
    }
    return [(title, endpoint) for endpoint, title in found.items()]


def beside(section: str, **of: Any) -> list[tuple[str, str]]:
    """Titles and addresses of these."""
    return [(title, url_for(endpoint, **of)) for title, endpoint in endpoints(section)]
