"""The office's page of holidays (K40, rule 17)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.forms import form
from vorzimmer.access import ROLES, Actor
from vorzimmer.settings import change as core
from vorzimmer.testing import Browser, Practice

PAGE = "/office/holidays/"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: nothing here depends on the database."""
    return ""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The file leaves the holidays to the office."""
    settings["plugins"] = {}
    return settings


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    client.sign_in("owner@praxis.example")
    client.get(PAGE)
    return client


def free(browser: Browser, day: str, staff: str = "anna") -> list[str]:
    query = {"service": "massage", "from": day, "to": day, "staff": staff}
    return [
        one["start"][11:16] for one in browser.get("/api/v1/slots", query_string=query).get_json()["slots"]
    ]


def test_the_holidays_of_a_state_close_the_places(owner: Browser) -> None:
    """K40: Women's Day is a holiday in Berlin, not in Bavaria."""
    owner.send(f"{PAGE}regions", region="DE-BE")
    assert free(owner, "2027-03-08") == []
    owner.send(f"{PAGE}regions", region="DE-BY")
    assert free(owner, "2027-03-08")[0] == "09:00"


def test_a_place_has_the_holidays_of_its_own_state(owner: Browser) -> None:
    owner.send(f"{PAGE}regions", region="DE-BY", **{"region-markt": "DE-BE"})
    assert free(owner, "2027-03-08") == []


def test_own_days_are_among_those_that_close_next(practice: Practice, owner: Browser) -> None:
    """Whole days of all places, by date; of a part of a day, or of one place, the list below tells."""
    owner.send(f"{PAGE}regions", region="DE-BE")
    owner.send(f"{PAGE}days", day="2027-03-12", name="Umzug")
    owner.send(f"{PAGE}days", day="2027-03-15", name="Yearly", yearly="1")
    owner.send(f"{PAGE}days", day="2027-03-16", name="Teil", start="10:00", end="11:00")
    owner.send(f"{PAGE}days", day="2027-03-17", name="Hafen", location="hafen")
    page = owner.get(PAGE).text
    line = page[page.index("Als Nächstes geschlossen:") :].partition("</p>")[0]
    names = re.findall(r"\(([^)]+)\)", line)
    assert names == ["Frauentag", "Umzug", "Yearly", "Karfreitag"]


def test_the_next_holidays_are_shown(owner: Browser) -> None:
    assert "Karfreitag" in owner.send(f"{PAGE}regions", region="DE-BE").text


def test_in_a_language_that_the_calendar_lacks_holidays_are_called_as_people_there_do(owner: Browser) -> None:
    """Not in English, a third language."""
    owner.send(f"{PAGE}regions", region="DE-BE")
    assert "Karfreitag" in owner.get(PAGE, headers={"Accept-Language": "fr"}).text


def test_an_own_day_closes_and_opens_again(owner: Browser) -> None:
    """K40: each day is one entry."""
    assert "Betriebsausflug" in owner.send(f"{PAGE}days", day="2027-03-05", name="Betriebsausflug").text
    assert free(owner, "2027-03-05") == []
    owner.send(f"{PAGE}days/0/delete", day="2027-03-05")
    assert free(owner, "2027-03-05")[0] == "09:00"


def test_a_part_of_a_day_every_year(owner: Browser) -> None:
    """Rule 17: a day from noon, whatever the year."""
    owner.send(f"{PAGE}days", day="2026-03-05", start="12:00", yearly="1", location="markt")
    assert free(owner, "2027-03-05")[-1] == "11:30"


@pytest.mark.parametrize("wrong", [{"day": ""}, {"day": "2027-03-05", "start": "14:00", "end": "13:00"}])
def test_a_wrong_day_is_refused_and_kept_in_the_form(owner: Browser, wrong: dict[str, str]) -> None:
    answer = owner.send(f"{PAGE}days", name="Fest", **wrong)
    assert answer.status_code == 422
    assert 'value="Fest"' in answer.text


def test_a_region_that_does_not_exist_is_refused(owner: Browser) -> None:
    assert owner.send(f"{PAGE}regions", region="XX-YY").status_code == 422


def test_a_day_that_is_gone_is_not_found(owner: Browser) -> None:
    """A second click, or somebody was quicker."""
    assert owner.send(f"{PAGE}days/0/delete", day="2027-03-05").status_code == 404


def test_a_day_of_somebody_else_is_not_overwritten(owner: Browser, practice: Practice) -> None:
    """A109: entered by another process, of which this one has not heard when the form comes."""
    elsewhere(practice, {"own": [{"day": "2027-03-04", "name": "Umzug"}]})
    page = owner.send(f"{PAGE}days", day="2027-03-05", name="Betriebsausflug").text
    assert "Umzug" in page
    assert "Betriebsausflug" in page


def test_of_two_who_set_the_calendars_the_second_is_told(owner: Browser, practice: Practice) -> None:
    """A109: what was chosen is still chosen, and counts when it is saved again."""
    shown = form(owner.get(PAGE).text, path=PAGE, action=f"{PAGE}regions")
    elsewhere(practice, {"country": "AT", "subdivision": ""})
    answer = owner.send(f"{PAGE}regions", **shown | {"region": ["DE-BY"]})
    assert answer.status_code == 409
    assert 'value="DE-BY" selected' in answer.text
    assert practice.hall.plugins.instance("vorzimmer_holidays").config.country == "AT"
    assert (
        owner.send(f"{PAGE}regions", **form(answer.text, path=PAGE, action=f"{PAGE}regions")).status_code
        == 200
    )
    assert practice.hall.plugins.instance("vorzimmer_holidays").config.country == "DE"


def elsewhere(practice: Practice, values: dict[str, Any]) -> None:
    """Another owner saves at another process of the server."""
    owner = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
    table = "plugins.vorzimmer_holidays"
    practice.hall.database.write(lambda s: core.save(s, practice.hall, owner, table, values))


def test_only_who_may_change_settings_sees_the_page(practice: Practice, client: Browser) -> None:
    """A1, O52."""
    client.sign_in("empfang@praxis.example")
    assert client.get(PAGE).status_code == 403
