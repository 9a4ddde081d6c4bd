"""Health: what `vorzimmer doctor` finds, and on the first page what somebody should look at (D6, B14)."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from vorzimmer import doctor
from vorzimmer.access import Right, may, open_to
from vorzimmer.hookspecs import Finding, Level
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import actor, reading

WORST_FIRST = (Level.WRONG, Level.WARNING, Level.GOOD)


def findings() -> list[Finding]:
    """Everything that was looked at just now, the worst first."""
    return sorted(doctor.examine(hall()), key=lambda one: WORST_FIRST.index(one.level))


def warnings(session: Session) -> list[Finding]:
    """What is not in order with plugins, and what they find not in order."""
    found = [*doctor.plugins.broken(hall()), *doctor.plugins.at_work(hall(), session)]
    return [one for one in found if one.level is not Level.GOOD]


@open_to(Right.SETTINGS)
def show() -> str:
    """All findings."""
    return render_template("office/settings/health.html", findings=findings())


def _for_owners() -> list[Finding]:
    """Warnings for those who may do something about them."""
    person = actor()
    return warnings(reading()) if person is not None and may(person, Right.SETTINGS) else []


def add_to(office: Blueprint) -> None:
    """Put the page in its place."""
    office.get("/settings/health", endpoint="health")(show)
    office.app_context_processor(lambda: {"health_warnings": _for_owners})
