"""The desk asks a walk-in what the booking page asks; links in questions are links wherever they stand (office 26)."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests.web.customer import english
from tests.web.test_where_one_books import CONSENT
from vorzimmer.models import Booking
from vorzimmer.questions import fields
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.shell import words

WALK_IN = "/office/walk-in"
LINK = '<a href="https://a.example/agb" target="_blank" rel="noopener noreferrer">'
FIRST = "2027-03-02T09:00:00+01:00|markt|anna"


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def slugs(client: Browser, practice: Practice) -> list[str]:
    """A question and a consent with a link in each, for a massage."""
    english(client)
    client.sign_in("owner@praxis.example")
    question = {"kind": "text", "labels.en": "What does https://a.example/agb say?", "on.massage": "optional"}
    for more in (CONSENT, CONSENT | question | {"labels.de": "Was sagt https://a.example/agb?"}):
        client.get("/office/settings/fields")
        form = {"csrf_token": client.csrf_token, **more}
        assert client.post("/office/settings/fields/new", data=form).status_code == 303
    practice.clock.move(days=1)
    client.sign_in("owner@praxis.example")
    with practice.hall.database.reading() as session:
        return [one.slug for one in fields.attributes(session)]


def entered(client: Browser, **more: Any) -> str:
    """The page after a walk-in was entered."""
    page = client.get(f"{WALK_IN}?service=massage").text
    slot = unescape(page.partition('name="slot" value="')[2].partition('"')[0])
    answer = client.send(WALK_IN, service="massage", slot=slot, name="Eva", **more)
    assert answer.status_code == 200
    text: str = answer.text
    return text


def booked(practice: Practice) -> Booking:
    with practice.hall.database.reading() as session:
        return session.scalars(select(Booking)).one()


def test_a_walk_in_is_asked_and_agrees(client: Browser, practice: Practice, slugs: list[str]) -> None:
    consent, question = slugs
    page = client.get(f"{WALK_IN}?service=massage").text
    assert f"I have read {LINK}" in page.partition("Please ask the customer")[2]
    assert f"What does {LINK}" in page
    page = entered(client, **{f"consents.{consent}": "1", f"fields.{question}": "a lot"})
    assert "has not agreed yet" not in page
    made = booked(practice)
    assert (set(made.consents), made.fields) == ({consent}, {question: "a lot"})


def test_a_walk_in_who_has_not_agreed_is_entered_and_the_desk_is_told(
    client: Browser, practice: Practice, slugs: list[str]
) -> None:
    assert f"has not agreed yet: I have read {LINK}" in entered(client)
    assert booked(practice).consents == {}


def test_the_page_of_the_appointment_has_the_links(
    client: Browser, practice: Practice, slugs: list[str]
) -> None:
    """Of what was asked and of what was agreed to, in the words of then."""
    consent, question = slugs
    entered(client, **{f"consents.{consent}": "1", f"fields.{question}": "https://evil.example/ <b>"})
    page = client.get(f"/office/booking/{booked(practice).uid}").text
    assert page.count(LINK) == 2
    assert 'href="https://evil.example' not in page


def test_an_address_for_mail_can_be_followed_too() -> None:
    assert '<a href="mailto:info@a.example"' in words.linked("Write to mailto:info@a.example.")
    assert "<a " not in words.linked("info@a.example mailto: vmailto")
