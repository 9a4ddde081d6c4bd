"""Settings that the practice changes itself: one page with a card for each area, and the areas' pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template
from flask_babel import gettext

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.here import hall
from vorzimmer.reasons import N_
from vorzimmer_web.office.settings import (
    fields,
    health,
    places,
    plugins,
    practice,
    publish,
    resources,
    services,
    staff,
)
from vorzimmer_web.requests import actor

SECTION = "settings"


@dataclass(frozen=True)
class Card:
    """An area of the settings: `title` and `line` are English msgids, `right` is needed to see it."""

    title: str
    line: str
    endpoint: str
    right: str


AREAS = (practice, publish, services, resources, places, fields, staff, plugins, health)
CARDS: list[Card] = [
    Card(
        N_("Practice"),
        N_("Name, languages, imprint and privacy, colour and picture, reminders"),
        "office.practice",
        Right.SETTINGS,
    ),
    Card(
        N_("Publish"),
        N_("Links, buttons, QR codes, the booking inside your website"),
        "office.publish",
        Right.SETTINGS,
    ),
    Card(
        N_("Services"),
        N_("What can be booked: duration, price, colour, who gives it, links"),
        "office.services",
        Right.SETTINGS,
    ),
    Card(
        N_("People, rooms, devices"),
        N_("Who and what can be booked, and for which services"),
        "office.resources",
        Right.SETTINGS,
    ),
    Card(N_("Places"), N_("Names and addresses of the practice’s places"), "office.places", Right.SETTINGS),
    Card(
        N_("Questions to customers"),
        N_("What the booking form asks beyond name and address, and consents"),
        "office.fields",
        Right.SETTINGS,
    ),
    Card(
        N_("Logins and roles"),
        N_("Who may sign in, and what each may do"),
        "office.staff_accounts",
        Right.ACCOUNTS,
    ),
    Card(
        N_("Plugins"), N_("What is installed, on or off, and its settings"), "office.plugins", Right.SETTINGS
    ),
    Card(
        N_("Health"),
        N_("Backups, mail, messages and what else should be looked at"),
        "office.health",
        Right.SETTINGS,
    ),
]
"""Our own areas, in the order of the page; plugins add theirs by `NavigationEntry(section="settings")`."""


def cards() -> list[Card]:
    """What the person signed in may open, in the language of the page."""
    person = actor()
    offered = [
        Card(entry.title, entry.line, entry.endpoint, entry.right)
        for entry in hall().plugins.ask(hookspecs.navigation)
        if entry.section == SECTION
    ]
    return [
        Card(gettext(card.title), gettext(card.line) if card.line else "", card.endpoint, card.right)
        for card in [*CARDS, *offered]
        if person and card.right in person.rights and card.endpoint in current_app.view_functions
    ]


@open_to(*Right)
def overview() -> str:
    """One card for each area."""
    return render_template("office/settings/overview.html", cards=cards())


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/", endpoint="settings")(overview)
    for area in AREAS:
        area.add_to(office)
