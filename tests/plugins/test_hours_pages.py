"""The office's pages of hours: weeks, copies, single dates, rights (K37 to K42, O52, O54, O56)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from vorzimmer.models import AuditEntry
from vorzimmer.testing import Browser, Practice

ANNA = "/office/hours/resource/anna"
NINE_TO_TWELVE = [("09:00", "12:00")]


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what the database does is tested in `test_weekly_hours`."""
    return ""


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    client.sign_in("owner@praxis.example")
    return client


def week(practice: Practice, place: str, **days: list[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a week, days by their number: `d0` is Monday."""
    key = practice.location(place).id
    fields: dict[str, Any] = {}
    for name, periods in days.items():
        fields[f"{key}-{name[1:]}-from"] = [start for start, _end in periods] + [""]
        fields[f"{key}-{name[1:]}-until"] = [end for _start, end in periods] + [""]
    return fields


def save(browser: Browser, path: str, fields: dict[str, Any]) -> Any:
    browser.get(path)
    return browser.send(path, **fields)


def free(browser: Browser, day: str, service: str = "massage", staff: str = "anna") -> list[str]:
    query = {"service": service, "from": day, "to": day, "staff": staff}
    slots = browser.get("/api/v1/slots", query_string=query).get_json()["slots"]
    return [slot["start"][11:16] for slot in slots]


def test_new_hours_hold_in_the_next_search(practice: Practice, owner: Browser) -> None:
    """K37 to K39: several periods on Tuesday, none on any other day."""
    save(owner, ANNA, week(practice, "markt", d1=[("08:00", "09:00"), ("14:00", "15:00")]))
    assert free(owner, "2027-03-02") == ["08:00", "08:15", "08:30", "14:00", "14:15", "14:30"]
    assert free(owner, "2027-03-03") == []


def test_from_midnight_to_midnight_is_the_whole_day(practice: Practice, owner: Browser) -> None:
    save(owner, ANNA, week(practice, "markt", d1=[("00:00", "00:00")]))
    assert {"00:00", "03:00", "22:45"} <= set(free(owner, "2027-03-02"))


def test_hours_at_two_places(practice: Practice, owner: Browser) -> None:
    """O56."""
    both = week(practice, "markt", d1=NINE_TO_TWELVE) | week(practice, "hafen", d1=[("13:00", "14:00")])
    save(owner, ANNA, both)
    assert "13:00" in free(owner, "2027-03-02")


def test_one_person_is_not_at_two_places_at_once(practice: Practice, owner: Browser) -> None:
    """Rule 61."""
    both = week(practice, "markt", d1=NINE_TO_TWELVE) | week(practice, "hafen", d1=[("11:00", "14:00")])
    assert save(owner, ANNA, both).status_code == 422
    assert "09:00" in free(owner, "2027-03-03")


@pytest.mark.parametrize(
    "periods",
    [
        [("09:00", "12:00"), ("11:00", "13:00")],
        [("09:00", "")],
        [("9 Uhr", "25")],
        [("09:00", "09:00")],  # a slip, not a day and a night
    ],
)
def test_wrong_times_are_said_and_nothing_typed_is_lost(
    practice: Practice, owner: Browser, periods: list[tuple[str, str]]
) -> None:
    answer = save(owner, ANNA, week(practice, "markt", d0=periods, d4=[("17:17", "18:18")]))
    assert answer.status_code == 422
    assert f'href="#day-{practice.location("markt").id}-0"' in answer.text
    assert 'value="17:17"' in answer.text


def test_a_period_may_cross_midnight(practice: Practice, owner: Browser) -> None:
    """Rule 10: Monday's night reaches into Tuesday."""
    answer = save(owner, ANNA, week(practice, "markt", d0=[("23:00", "01:00")]))
    assert 'value="23:00"' in answer.text
    assert free(owner, "2027-03-02") == ["00:00", "00:15", "00:30"]


def test_times_are_typed_as_people_type_them(practice: Practice, owner: Browser) -> None:
    save(owner, ANNA, week(practice, "markt", d1=[("8", "8.30"), ("1400", "14:30")]))
    assert free(owner, "2027-03-02") == ["08:00", "14:00"]


def test_a_day_is_copied_to_others_before_it_is_saved(practice: Practice, owner: Browser) -> None:
    key = str(practice.location("markt").id)
    copying = {"copy": key, f"copy-{key}-from": "0", f"copy-{key}-to": ["5", "6"]}
    answer = save(owner, ANNA, week(practice, "markt", d0=[("07:07", "08:08")]) | copying)
    assert answer.text.count('value="07:07"') == 3
    assert "07:07" not in owner.get(ANNA).text


def test_appointments_outside_the_new_hours_are_listed_and_stay(practice: Practice, owner: Browser) -> None:
    booking = practice.book("massage", "2027-03-02 13:30")
    answer = save(owner, ANNA, week(practice, "markt", d1=NINE_TO_TWELVE))
    assert f"/office/booking/{booking.uid}" in answer.text
    with practice.hall.database.reading() as session:
        assert session.get_one(type(booking), booking.id).status == "confirmed"


def test_a_single_date_replaces_the_week(practice: Practice, owner: Browser) -> None:
    """Rule 14: 13 to 14 only; then the week again."""
    owner.get(ANNA)
    day = {"day": "2027-03-05", "day-from": ["13:00", ""], "day-until": ["14:00", ""]}
    place = practice.location("markt").id
    page = owner.send(f"{ANNA}/day", **day, place=place).text
    assert free(owner, "2027-03-05") == ["13:00", "13:15", "13:30"]
    number = page.split("/day/")[1].split("/")[0]
    owner.send(f"{ANNA}/day/{number}/delete")
    assert "09:00" in free(owner, "2027-03-05")


def test_a_single_date_off(practice: Practice, owner: Browser) -> None:
    owner.get(ANNA)
    owner.send(f"{ANNA}/day", day="2027-03-05", place=practice.location("markt").id)
    assert free(owner, "2027-03-05") == []


def test_a_day_off_is_at_every_place_unless_one_is_chosen(practice: Practice, owner: Browser) -> None:
    """Hours are at one place, which has to be chosen."""
    page = owner.get(ANNA, headers={"Accept-Language": "en"}).text
    assert re.search(r'<select id="place" [^>]*><option value="">At every place</option>', page)
    hafen = practice.location("hafen").id
    owner.send(f"{ANNA}/day", day="2027-03-05", place=hafen)
    assert "09:00" in free(owner, "2027-03-05")
    wrong = owner.send(f"{ANNA}/day", **{"day": "2027-03-05", "day-from": "13:00", "day-until": "14:00"})
    assert (wrong.status_code, 'href="#place"' in wrong.text) == (422, True)
    owner.send(f"{ANNA}/day", day="2027-03-05", place="")
    assert free(owner, "2027-03-05") == []


def test_opening_hours_of_a_place_bound_everybody(practice: Practice, owner: Browser) -> None:
    """Rule 13."""
    save(owner, "/office/hours/location/markt", week(practice, "markt", d1=[("10:00", "11:00")]))
    assert free(owner, "2027-03-02") == ["10:00", "10:15", "10:30"]


def test_hours_of_a_service(practice: Practice, owner: Browser) -> None:
    """Rule 13: massages on Tuesdays from ten to eleven only."""
    save(owner, "/office/hours/service/massage", {"0-1-from": "10:00", "0-1-until": "11:00"})
    assert free(owner, "2027-03-02") == ["10:00", "10:15", "10:30"]
    assert free(owner, "2027-03-03") == []


def test_a_person_changes_the_own_hours_only(practice: Practice, client: Browser) -> None:
    """O52, A1: somebody else's answer is that of one who does not exist."""
    client.sign_in("anna@praxis.example")
    assert save(client, ANNA, week(practice, "markt", d1=NINE_TO_TWELVE)).status_code == 200
    for other in ("resource/ben", "resource/nobody", "location/markt", "service/massage"):
        assert client.get(f"/office/hours/{other}").status_code == 404
        assert client.send(f"/office/hours/{other}").status_code == 404
        assert client.send(f"/office/hours/{other}/day", day="2027-03-05").status_code == 404
    assert "Ben Cordes" not in client.get("/office/hours/").text


def test_the_day_of_somebody_else_is_not_deleted(practice: Practice, owner: Browser) -> None:
    """A1."""
    owner.get(ANNA)
    page = owner.send(f"{ANNA}/day", day="2027-03-05", place=practice.location("markt").id).text
    number = page.split("/day/")[1].split("/")[0]
    assert owner.send(f"/office/hours/resource/ben/day/{number}/delete").status_code == 404


def test_who_has_no_hours_is_pointed_out(practice: Practice, owner: Browser) -> None:
    """O54."""
    save(owner, "/office/hours/resource/clara", {})
    assert "online nicht buchbar" in owner.get("/office/hours/", headers={"Accept-Language": "de"}).text


def test_a_change_of_hours_is_logged(practice: Practice, owner: Browser) -> None:
    save(owner, ANNA, week(practice, "markt", d1=NINE_TO_TWELVE))
    key = str(practice.location("markt").id)
    with practice.hall.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "hours changed")).one()
    assert (entry.subject, entry.after) == ("resource anna", {key: {"1": [[540, 720]]}})


@pytest.mark.parametrize("path", ["/office/hours/", ANNA, "/office/holidays/", "/office/external/"])
def test_below_a_card_of_the_settings_the_menu_marks_the_settings(owner: Browser, path: str) -> None:
    """These pages are plugins' and have addresses of their own."""
    marked = re.findall(r'<a href="([^"]+)"[^>]* aria-current="\w+">', owner.get(path).text)
    assert marked == ["/office/settings/"]
