"""Pages of plugins about one person, place or service, linked beside its settings: hours, for example."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer_web.requests import signed_in
from vorzimmer_web.site import hall


def beside(section: str, slug: str) -> list[tuple[str, str]]:
    """Titles and addresses of what plugins offer for the `section` (resource, location, service) of this slug."""
    person = signed_in()
    return [
        (gettext(entry.title), url_for(entry.endpoint, slug=slug))
        for entry in hall().plugins.ask(hookspecs.navigation)
        if entry.section == section
        and entry.right in person.rights
        and entry.endpoint in current_app.view_functions
    ]
