"""The office's page of calendars elsewhere, and the API."""

import re

import pytest

from vorzimmer.testing import Browser, Practice

PAGE = "/office/external/"
SECRET = "https://cal.example/geheim-4711.ics"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what is stored is tested in `test_external_busy`."""
    return ""


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    client.sign_in("empfang@praxis.example")
    client.get(PAGE)
    return client


def test_a_calendar_is_entered_changed_and_forgotten_and_its_address_never_shown(desk: Browser) -> None:
    """A122: an address like Google's is a password."""
    answer = desk.send(PAGE, resource="anna", kind="ics", title="Privat", address=SECRET)
    one = re.search(r'href="(/office/external/\d+)"', answer.text)
    assert one
    changed = desk.send(one[1], title="Klinik", all_day="free")
    assert "Klinik" in changed.text
    assert "cal.example" in changed.text
    assert "4711" not in answer.text + changed.text + desk.get(one[1]).text
    assert one[1] not in desk.send(f"{one[1]}/delete").text


def test_what_is_wrong_is_said_beside_it_and_the_rest_stays(desk: Browser) -> None:
    answer = desk.send(PAGE, resource="anna", kind="caldav", title="Privat", address="https://10.0.0.1/")
    assert answer.status_code == 422
    assert 'id="address-error"' in answer.text
    assert 'value="Privat"' in answer.text
