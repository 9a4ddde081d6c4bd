"""What is said of a service that is entered, and periods that are typed before anything is saved (office 33)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.test_settings_catalogue import SERVICES, save
from vorzimmer.testing import Browser, Practice

ANNA = "/office/hours/resource/anna"
NOW, NOBODY = "can be booked now", "it cannot be booked: None of these has working hours: Anna Berger."


@pytest.fixture
def database_url() -> str:
    """SQLite alone: it is about pages."""
    return ""


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    client.sign_in("owner@praxis.example")
    client.send("/language", language="en")
    return client


def set_hours(owner: Browser, fields: dict[str, Any]) -> None:
    owner.get(ANNA)
    assert owner.send(ANNA, **fields).status_code == 200


def said(page: str) -> list[str]:
    return [text for text in (NOW, NOBODY) if text in page]


def test_a_service_is_said_to_be_booked_now_only_where_its_people_have_hours(
    practice: Practice, owner: Browser
) -> None:
    """Whether anybody may book is what the booking page says, too."""
    hers: dict[str, Any] = {"need-0-members": ["anna"]}
    assert said(save(owner, name="Mit Zeiten", **hers).text) == [NOW]
    set_hours(owner, {})
    assert said(save(owner, name="Ohne Zeiten", **hers).text) == [NOBODY]
    key = practice.location("markt").id
    set_hours(owner, {f"{key}-1-from": ["09:00"], f"{key}-1-until": ["12:00"]})
    assert said(save(owner, name="Wieder Zeiten", **hers).text) == [NOW]


def test_a_service_that_comes_back_is_said_to_be_booked_only_where_it_can(owner: Browser) -> None:
    """The sibling, out of the archive."""
    again = f"{SERVICES}lymphdrainage/restore"
    hers: dict[str, Any] = {"need-0-members": ["anna"]}
    save(owner, **hers)
    owner.send(f"{SERVICES}lymphdrainage/archive")
    assert "can be booked again" in owner.send(again).text
    owner.send(f"{SERVICES}lymphdrainage/archive")
    set_hours(owner, {})
    page = owner.send(again).text
    assert said(page) == [NOBODY]
    assert "can be booked again" not in page


def test_what_can_never_be_booked_says_why_as_soon_as_it_is_saved(owner: Browser) -> None:
    """Office 25: made and changed; mended, it is said to be changed."""
    parts: dict[str, Any] = {
        "need": ["0", "1"],
        "need-0-members": ["anna"],
        "need-1-kind": "staff",
        "need-1-members": ["anna"],
        "need-1-quantity": "1",
        "need-1-offset": "20",
    }
    why = "cannot be booked: It needs the same ones twice at one time: Anna Berger."
    assert why in save(owner, **parts).text
    path = f"{SERVICES}lymphdrainage"
    assert why in save(owner, path, **parts).text
    page = save(owner, path, **parts, **{"need-0-minutes": "20"}).text
    assert why not in page
    assert "Lymphdrainage is changed." in page
    owner.send("/language", language="de")
    assert (
        "kann aber nicht gebucht werden: Dieselben werden zur gleichen Zeit zweimal gebraucht"
        in save(owner, path, **parts).text
    )


def test_a_second_and_a_third_period_of_a_day_are_typed_before_anything_is_saved(
    practice: Practice, owner: Browser
) -> None:
    """Each press gives one more empty pair, what was typed stays, and the stored hours are as they were."""
    day = f"{practice.location('markt').id}-1"
    before = owner.get(ANNA).text
    typed: list[str] = []
    for time in ("06:06", "07:07", "08:08"):
        typed.append(time)
        fields = {f"{day}-from": typed, f"{day}-until": [f"{one[:3]}30" for one in typed]}
        page = owner.send(ANNA, more=day, **fields).text
        assert [one for one in typed if f'name="{day}-from" value="{one}"' in page] == typed
        assert page.count(f'name="{day}-from" value=""') == 1
    assert owner.get(ANNA).text.count('value="06:06"') == before.count('value="06:06"') == 0
    set_hours(owner, fields)
    assert owner.get(ANNA).text.count(f'name="{day}-from" value="0') == 3
