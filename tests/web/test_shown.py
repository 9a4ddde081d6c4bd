"""Which calendars of others appear on one's devices: the form (interface.md, CalDAV)."""

from __future__ import annotations

import re

from sqlalchemy import select

from tests.web.desk import DESK, actor, address
from vorzimmer import catalogue
from vorzimmer.models import AuditEntry, ShownCalendar
from vorzimmer.testing import Browser, Practice

ANNA = "anna@praxis.example"


def ticked(client: Browser) -> list[str]:
    """What the form says is shown."""
    return re.findall(r'name="shown" value="([^"]+)" checked', client.get("/office/connect").text)


def test_front_desk_connects_the_calendars_of_others(client: Browser, practice: Practice) -> None:
    """interface.md, CalDAV: a login without a calendar of its own sees those that it switches on."""
    client.sign_in(DESK)
    assert "keinen eigenen Kalender" in client.get("/office/connect").text
    client.send("/office/connect/shown", shown=["anna", "raum-1"])
    assert ticked(client) == ["anna", "raum-1"]


def test_what_is_ticked_is_kept_for_oneself_and_logged(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    client.get("/office/connect")
    client.send("/office/connect/shown", shown=["ben", "raum-1"])
    client.send("/office/connect/shown", shown=["ben", "ultraschall"])
    assert ticked(client) == ["ben", "ultraschall"]
    with practice.hall.database.reading() as session:
        assert session.scalars(select(ShownCalendar.account_id).distinct()).all() == [
            address(session, ANNA).id
        ]
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.act == "shown_calendars_changed")
            .order_by(AuditEntry.id.desc())
        ).first()
    assert entry is not None
    assert (entry.actor, entry.before, entry.after) == (
        ANNA,
        {"shown": ["ben", "raum-1"]},
        {"shown": ["ben", "ultraschall"]},
    )


def test_own_calendar_and_archived_ones_are_not_to_choose(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    practice.hall.database.write(
        lambda session: catalogue.archive_resource(
            session, practice.hall, actor(practice, "owner@praxis.example"), "ben"
        )
    )
    client.get("/office/connect")
    for slug in ("anna", "ben", "nobody"):
        assert client.send("/office/connect/shown", shown=["raum-1", slug]).status_code == 404
    assert ticked(client) == []


def test_form_says_what_will_be_seen(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    assert "nur belegt" in client.get("/office/connect").text
    client.send("/office/logout")
    client.sign_in(DESK)
    assert "Termine, nur zum Lesen" in client.get("/office/connect").text
