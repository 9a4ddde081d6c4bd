"""The office's pages, as somebody signed in at the desk sees them: 20 people, 100,000 bookings."""

from __future__ import annotations

import re
from datetime import date, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.bench.measuring import Client, Table
from tests.bench.searching import HALF, Practice
from vorzimmer.testing import PASSWORD

DESK = "empfang@praxis.example"
NEW = "/office/new"
WEEK_MOST, PAGE_MOST, KEY_MOST = 0.150, 0.300, 0.100
"""Seconds that the week of the calendar, any other page, and a key typed in search may take."""


def run(table: Table, data: Path, bookings: int) -> None:
    """The calendar's feed, changed and unchanged, and the pages around it."""
    monday = HALF.middle - timedelta(days=HALF.middle.weekday())
    week = f"/office/calendar/events?from={monday}&to={monday + timedelta(days=6)}"
    with Practice(data / "office", "").served("--bookings", str(bookings)) as server:
        client, tag = _signed_in(server.port, week)
        _row(table, "calendar, week of 26 columns", WEEK_MOST, client, week)
        table.ratio("  unchanged", 10, lambda: client.ask("GET", week, status=304, If_None_Match=tag))
        _row(table, "calendar, day with free times", WEEK_MOST, client, _free(monday + timedelta(days=1)))
        _row(table, "page of the calendar", PAGE_MOST, client, f"/office/calendar?day={monday}")
        _row(table, "today", PAGE_MOST, client, f"/office/?day={monday}")
        _row(table, "week as a list", PAGE_MOST, client, f"/office/week?day={monday}")
        _row(table, "a key typed in search, all customers fit", KEY_MOST, client, f"{NEW}/customers?q=k")
        _row(table, "  nobody fits", KEY_MOST, client, f"{NEW}/customers?q=nobody")
        _row(table, "new appointment, next times of anybody", PAGE_MOST, client, f"{NEW}?service=massage")


def _free(day: date) -> str:
    return f"/office/calendar/events?from={day}&to={day}&service=massage"


def _row(table: Table, what: str, most: float, client: Client, path: str) -> None:
    value, h1 = table.median(lambda: client.ask("GET", path))
    goal = f"≤ {most * 1000:.0f} ms"
    table.row(what, f"{value * 1000:.1f} ms", f"{value / h1:.1f} h1", goal, value <= most)


def _signed_in(port: int, feed: str) -> tuple[Client, str]:
    """A connection with the cookie of a login at the desk, and the entity tag of the feed."""
    jar = CookieJar()
    opener, base = build_opener(HTTPCookieProcessor(jar)), f"http://127.0.0.1:{port}"
    page = opener.open(f"{base}/office/login").read().decode()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    form = {"csrf_token": found[1] if found else "", "email": DESK, "password": PASSWORD}
    opener.open(f"{base}/office/login", urlencode(form).encode()).read()
    tag = opener.open(f"{base}{feed}").headers["ETag"]
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar)
    return Client(port, {"Cookie": cookie, "Accept-Encoding": "gzip"}), tag
