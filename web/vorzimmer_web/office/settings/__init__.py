"""Settings that the practice changes itself: one page with a card for each area, and the areas' pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.reasons import N_
from vorzimmer.server.here import hall
from vorzimmer.server.pages import leads
from vorzimmer_web.office.settings import (
    fields,
    handed_out,
    health,
    keys,
    named_links,
    places,
    plugins,
    practice,
    publish,
    resources,
    services,
    staff,
)
from vorzimmer_web.shell.requests import actor

SECTION = "settings"


@dataclass(frozen=True)
class Card:
    """An area of the settings: `title` and `line` are English msgids, `right` is needed to see it."""

    title: str
    line: str
    endpoint: str
    group: str
    right: str = Right.SETTINGS


AREAS = (
    practice,
    publish,
    named_links,
    handed_out,
    services,
    resources,
    places,
    fields,
    staff,
    keys,
    plugins,
    health,
)
GROUPS = {
    "practice": N_("Practice and places"),
    "booking": N_("Online booking"),
    "people": N_("People and hours"),
    "messages": N_("Messages"),
    "technical": N_("Technical"),
}
"""Headings of the page, in its order."""
CARDS: list[Card] = [
    Card(
        N_("Practice"),
        N_("Name, languages, imprint and privacy, colour and picture, reminders"),
        "office.practice",
        "practice",
    ),
    Card(N_("Places"), N_("Names and addresses of the practice’s places"), "office.places", "practice"),
    Card(
        N_("Services"),
        N_("What can be booked: duration, price, colour, who gives it, links"),
        "office.services",
        "booking",
    ),
    Card(
        N_("Questions to customers"),
        N_("What the booking form asks beyond name and address, and consents"),
        "office.fields",
        "booking",
    ),
    Card(
        N_("Publish"),
        N_("Links, buttons, QR codes, the booking inside your website"),
        "office.publish",
        "booking",
    ),
    Card(
        N_("People, rooms, devices"),
        N_("Who and what can be booked, and for which services"),
        "office.resources",
        "people",
    ),
    Card(
        N_("Logins and roles"),
        N_("Who may sign in, and what each may do"),
        "office.staff_accounts",
        "people",
        Right.ACCOUNTS,
    ),
    Card(
        N_("API keys"),
        N_("For programs that act in your name: website, bookkeeping, scripts"),
        "office.api_keys",
        "technical",
        Right.ACCOUNTS,
    ),
    Card(N_("Plugins"), N_("What is installed, on or off, and its settings"), "office.plugins", "technical"),
    Card(
        N_("Health"),
        N_("Backups, mail, messages and what else should be looked at"),
        "office.health",
        "technical",
    ),
]
"""Our own areas, in the order of their group; plugins add theirs by `NavigationEntry(section="settings")`."""


def cards() -> list[Card]:
    """What the person signed in may open."""
    person, offered = actor(), hall().plugins.offered(hookspecs.navigation)
    theirs = [
        Card(entry.title, entry.line, entry.endpoint, entry.group, entry.right)
        for entry in offered
        if entry.section == SECTION
    ]
    return [
        card
        for card in [*CARDS, *theirs]
        if person and card.right in person.rights and leads(current_app, card.endpoint)
    ]


@open_to(*Right)
def overview() -> str:
    """One card for each area, below the heading of its group; one of an unknown group is technical."""
    groups: dict[str, list[Card]] = {title: [] for title in GROUPS.values()}
    for card in cards():
        groups[GROUPS.get(card.group, GROUPS["technical"])].append(card)
    return render_template("office/settings/overview.html", groups=groups)


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    office.get("/settings/", endpoint="settings")(overview)
    for area in AREAS:
        area.add_to(office)
