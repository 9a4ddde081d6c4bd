"""The manual's table of rights says of calendar apps what the door does (X3)."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask

from tests import acts
from tests.caldav.desk import Phone, event
from tests.caldav.others import BEN, give_role, switch_on, texts
from vorzimmer.access import ROLES, Right
from vorzimmer.testing import Practice

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))
rights_page = import_module("rights_page")


@pytest.fixture
def database_url() -> str:
    """Rights are decided before the database is asked: once, on SQLite, is enough."""
    return ""


@pytest.mark.parametrize("role", [*ROLES, *(right.value for right in Right)])
def test_a_calendar_app_reads_what_the_table_says(practice: Practice, anna: Phone, role: str) -> None:
    acts.book(practice.hall, service="ultraschall", who=acts.OLGA, staff="ben")
    switch_on(practice, anna, "ben")
    give_role(practice, anna, role)
    said = rights_page.by_calendar_app(ROLES.get(role, {Right(role)} if role in set(Right) else ()))
    status = anna.ask("PROPFIND", "bookings/").status_code
    written = anna.ask("PUT", "bookings/mine.ics", event("mine")).status_code
    if said == "no":
        refused = {401} if role == "customer" else {403}  # of no right at all the app password opens nothing
        assert {status, written, anna.ask("PROPFIND", BEN).status_code} == refused
        return
    assert (status, written) == (207, 201)
    (theirs,) = texts(anna, BEN)
    assert ("Александра" in theirs) == (said == "own; others: all")


@pytest.mark.parametrize("rights", [*ROLES.values(), *({right} for right in Right), None])
def test_no_door_is_open_that_another_one_shuts(app: Flask, rights: frozenset[Right] | None) -> None:
    """X3: a calendar was kept by an app whose role had lost it on the pages."""
    known = {row.name: row for row in rights_page.rows(app)}
    shut = {"no", "sign in"}
    by_app = rights_page.by_calendar_app(rights)
    for name in rights_page.DOORS.values():
        cell = known[name].cell(rights)
        assert cell == by_app if by_app in shut else cell not in shut
