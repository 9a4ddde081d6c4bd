"""Write `docs/operator/rights.md`, who may call what, from the routes; `check` tells whether it is up to date.

The cells are derived: from the rights that a view declares (`access.open_to`) and from whose thing its address names.
`tests/security/test_matrix.py` asks every cell.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from vorzimmer.access import EVERYONE, ROLES, SIGNED_IN, Actor, Right, declared
from vorzimmer.booking.parts import published
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings.config import Config
from vorzimmer_caldav.storage import shown
from vorzimmer_caldav.storage.rights import opens

PAGE = Path(__file__).resolve().parents[1] / "docs/operator/rights.md"
HEAD = """# Who may do what

*Written by `python packaging/rights_page.py` from the routes; do not edit it here.*

A role is a set of single rights; the three below are in the box, others are made in the settings. **yes**: anything
of the practice. **own**: only in the own calendar, of the own customers, of the own login; anything else answers like
something that does not exist. **below**: only people and roles that have no more rights than oneself. **–**: refused.
**sign in**: the way leads to the login. **open**: no login needed; a link or a code in the request is its own proof.
Whoever is blocked, or whose role changes, is what the table says from the next request on.
"""
BY_DOOR = """
## Appointments, by door

The same rights open appointments by every door: a row for each role in the box and for each right alone. By CalDAV
everybody's home has their **own** calendar, to read and to change; those of others that are switched on can be read,
**all** of them with what is in them or only when they are **busy**.
"""
DOORS = {"page": "GET /office/booking/<uid>", "API": "GET /api/v1/bookings/<uid>"}
"""A call that stands for the door."""
COPIES = {published.FULL: "own; others: all", published.BUSY: "own; others: busy"}
THINGS: list[tuple[str, str]] = [
    (r"/hours/resource/", "person’s hours"),
    (r"/hours/(location|service)/", "practice’s hours"),
    (r"customers/<(uid|customer|customer_uid)>", "customer"),
    (r"<(uid|booking)>", "appointment"),
    (r"<block_id>", "own entry"),
    (r"<absence_id>", "absence"),
    (r"<calendar_id>", "calendar elsewhere"),
    (r"<(password_id|shown)>", "own login"),
    (r"<(account_id|role_id|key_id)>", "login or role"),
]
"""Whose thing an address names, by the first pattern that fits. Settings are the practice's: nobody's own."""
PRACTICES = {
    "language",
    "topic",
    "which",
    "slug",
    "kind",
    "act",
    "name",
    "digest",
    "token",
    "secret",
    "number",
    "category",
    "link_id",
    "plugin",
    "hook_id",
}
"""Arguments that name nobody's own thing, or are their own proof."""
IN_THE_FORM = {
    "POST /api/v1/absences",
    "POST /api/v1/bookings",
    "POST /api/v1/bookings/walk-in",
    "POST /api/v1/external-calendars",
    "POST /office/absences/",
    "POST /office/external/",
    "POST /office/new",
    "POST /office/walk-in",
}
"""What is sent names the calendar."""
REACH = {
    "appointment": {Right.CALENDARS},
    "absence": {Right.CALENDARS},
    "calendar": {Right.CALENDARS},
    "calendar elsewhere": {Right.CALENDARS},
    "person’s hours": {Right.CALENDARS, Right.SETTINGS},
    "practice’s hours": {Right.SETTINGS},
    "customer": {Right.CALENDARS, Right.CUSTOMERS},
    "own entry": set[Right](),
    "own login": set[Right](),
}
"""Rights that reach beyond the own things."""
SKIPPED = {"HEAD", "OPTIONS"}


class Undecided(Exception):  # noqa: N818  (a question to whoever adds an address)
    """Nobody has said yet whose thing an address names."""


@dataclass(frozen=True)
class Row:
    """One method of one address; each of its choices (`act`) is a row of its own."""

    name: str
    rule: Rule
    act: str
    who: frozenset[str]
    thing: str

    def cell(self, rights: Iterable[str] | None) -> str:
        """`open`, `sign in`, `no`, `own`, `below` or `yes` for a login with these rights; None is nobody."""
        if EVERYONE in self.who:
            return "open"
        if rights is None:
            return "sign in"
        held = frozenset(rights)
        if SIGNED_IN not in self.who and not self.who & held:
            return "no"
        if self.thing == "login or role":
            return "yes" if held >= frozenset(Right) else "below"
        return "own" if self.thing and not REACH[self.thing] & held else "yes"


def rows(app: Flask) -> Iterator[Row]:
    """Every method of every address. Raises `Undecided`."""
    for rule in app.url_map.iter_rules():
        who = declared(app.view_functions[rule.endpoint])
        choices = re.search(r"<any\(([^)]*)\):\w+>", rule.rule)
        for act in choices[1].split(", ") if choices else [""]:
            spelled = re.sub(r"<[^<>]*?(\w+)>", r"<\1>", re.sub(r"<any\([^)]*\):\w+>", act, rule.rule))
            for method in (rule.methods or set()) - SKIPPED:
                name = f"{method} {spelled}"
                yield Row(name, rule, act, who, _thing(name, rule, who))


def _thing(name: str, rule: Rule, who: frozenset[str]) -> str:
    if EVERYONE in who:
        return ""
    if name in IN_THE_FORM:
        return "calendar"
    for pattern, thing in THINGS:
        if re.search(pattern, name):
            return thing
    if rule.arguments - PRACTICES:
        raise Undecided(
            f"{name}: whose is <{'>, <'.join(sorted(rule.arguments - PRACTICES))}>? Say so in THINGS."
        )
    return ""


def page(app: Flask) -> str:
    """The whole page."""
    people: dict[str, frozenset[Right] | None] = {
        "owner": ROLES["owner"],
        "front desk": ROLES["desk"],
        "practitioner": ROLES["staff"],
        "customer": ROLES["customer"],
        "nobody": None,
    }
    lines = [
        HEAD,
        "| call | any of these rights | names a | " + " | ".join(people) + " |",
        "| --- " * (len(people) + 3) + "|",
    ]
    for row in sorted(rows(app), key=lambda row: (row.name.partition(" ")[2], row.name)):
        needs = (
            ""
            if row.who & {EVERYONE, SIGNED_IN}
            else "any"
            if row.who >= frozenset(Right)
            else _list(row.who)
        )
        cells = [row.cell(rights).replace("no", "–") for rights in people.values()]
        lines.append(f"| `{row.name}` | {needs} | {row.thing} | {' | '.join(cells)} |")
    return "\n".join([*lines, *_by_door(app, people)]) + "\n"


def _by_door(app: Flask, people: Mapping[str, frozenset[Right] | None]) -> list[str]:
    """A table with a column for each door."""
    known = {row.name: row for row in rows(app)}
    alone = {f"*{_list([right])}* alone": frozenset({right}) for right in Right}
    lines = [BY_DOOR, f"| who | {' | '.join(DOORS)} | CalDAV |", "| --- " * (len(DOORS) + 2) + "|"]
    for who, rights in {**people, **alone}.items():
        cells = [*(known[name].cell(rights) for name in DOORS.values()), by_calendar_app(rights)]
        lines.append(f"| {who} | {' | '.join(cell.replace('no', '–') for cell in cells)} |")
    return lines


def by_calendar_app(rights: Iterable[Right] | None) -> str:
    """What an app sees that signs in for a login with these rights; None is nobody. As the door itself decides it."""
    if rights is None:
        return "sign in"
    actor = Actor("somebody", "caldav", rights=frozenset(rights))
    return COPIES[shown.kind(actor)] if opens(actor) else "no"


def _list(who: Iterable[str]) -> str:
    return ", ".join(sorted(who)).replace("_", " ")


def main(*arguments: str) -> int:
    """Write the page, or with `check` tell whether it is up to date (1 where it is not)."""
    with tempfile.TemporaryDirectory() as folder:
        hall = Hall.open(Config.load(data=Path(folder)))
        hall.migrate()
        if broken := [plugin.name for plugin in hall.plugins.loaded if plugin.error]:
            raise SystemExit(f"broken: {', '.join(broken)}")
        text = page(create_app(hall))
        hall.database.dispose()
    if "check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text() == text else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
