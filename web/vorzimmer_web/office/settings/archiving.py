"""Before something can no longer be booked: the question, and the appointments that it would leave in closed time."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from vorzimmer.booking import Triage


def warned(name: str, warning: str, *, action: str, back: str) -> str:
    """The page that asks. `action` archives, `back` leads away."""
    return render_template(
        "office/settings/archive.html", name=name, warning=warning, action=action, back=back
    )


def undecided(triage: Triage, title: str, back: str) -> ResponseReturnValue:
    """The appointments to decide on; the form holds what was sent, and sends it again."""
    return render_template("office/triage.html", triage=triage, title=title, back=back), 409
