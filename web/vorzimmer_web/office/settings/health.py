"""Health: what `vorzimmer doctor` finds, and on the first page what somebody should look at (D6, B14)."""

from __future__ import annotations

from flask import Blueprint, render_template

from vorzimmer import doctor
from vorzimmer.access import Right, may, open_to
from vorzimmer.hookspecs import Finding
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import actor, reading


@open_to(Right.SETTINGS)
def show() -> str:
    """All findings."""
    return render_template("office/settings/health.html", findings=doctor.worst_first(hall()))


def _for_owners() -> list[Finding]:
    """Warnings for those who may do something about them."""
    person = actor()
    return doctor.warnings(hall(), reading()) if person is not None and may(person, Right.SETTINGS) else []


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.get("/settings/health", endpoint="health")(show)
    office.app_context_processor(lambda: {"health_warnings": _for_owners})
