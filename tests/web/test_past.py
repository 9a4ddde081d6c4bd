"""What is over is history: it is closed and corrected, and nobody is told that it will not take place."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.web.desk import DESK
from vorzimmer.testing import Browser, Outbox, Practice


@pytest.fixture
def database_url() -> str:
    """SQLite: what the database does is tested with the use cases."""
    return ""


def offers(page: str, label: str) -> bool:
    return re.search(rf"{label}\s*</button>", page) is not None


@pytest.mark.parametrize(("hours", "told"), [(0, True), (30, False)], ids=["to come", "over"])
def test_the_customer_is_told_only_of_what_was_to_come(
    practice: Practice, client: Browser, outbox: Outbox, hours: int, told: bool
) -> None:
    made = practice.book("massage", "2027-03-02 09:00")
    practice.clock.now += timedelta(hours=hours)
    client.sign_in(DESK)
    client.get(f"/office/booking/{made.uid}")
    page = unescape(client.send(f"/office/booking/{made.uid}/cancel").text)
    assert ("max.muster@kunde.example wird benachrichtigt" in page) is told
    assert "Der Termin von Max Muster ist abgesagt." in page
    assert bool(outbox.messages("cancelled")) is told


def test_nobody_was_here_before_the_start(practice: Practice, client: Browser) -> None:
    """Of several at once as of one: before the start one reminds, after it one says who came."""
    practice.book("massage", "2027-03-02 10:00")
    client.sign_in(DESK)
    ahead = unescape(client.get("/office/?day=2027-03-02").text)
    assert (offers(ahead, "Erinnern"), offers(ahead, "War da")) == (True, False)
    practice.clock.now += timedelta(days=1, hours=4)
    client.sign_in(DESK)
    after = unescape(client.get("/office/?day=2027-03-02").text)
    assert (offers(after, "Erinnern"), offers(after, "War da")) == (False, True)
