"""Holidays close places (rules 15, 17)."""

from typing import Any

import pytest
from pydantic import ValidationError

from vorzimmer.hookspecs import Busy
from vorzimmer.periods import Period
from vorzimmer.testing import Practice, berlin
from vorzimmer_holidays.plugin import Plugin
from vorzimmer_holidays.settings import OwnDay, Settings


def closed(practice: Practice, start: str, end: str, **settings: Any) -> list[Busy]:
    plugin = Plugin(Settings.model_validate(settings))
    with practice.hall.database.reading() as session:
        return plugin.busy_periods(session, Period(berlin(start), berlin(end)))


def test_a_public_holiday_closes_every_place_for_the_local_day(practice: Practice) -> None:
    """Rule 17: Women's Day is a holiday in Berlin."""
    found = closed(practice, "2027-03-08", "2027-03-09", country="DE", subdivision="BE")
    assert {busy.location_id for busy in found} == {
        practice.location("markt").id,
        practice.location("hafen").id,
    }
    assert {busy.period for busy in found} == {Period(berlin("2027-03-08"), berlin("2027-03-09"))}
    assert {(busy.rule, busy.closure, busy.text) for busy in found} == {("17", True, "Frauentag")}


def test_the_day_before_and_after_are_open(practice: Practice) -> None:
    assert closed(practice, "2027-03-07", "2027-03-08", country="DE", subdivision="BE") == []
    assert closed(practice, "2027-03-09", "2027-03-10", country="DE", subdivision="BE") == []


def test_a_holiday_holds_only_where_its_region_is(practice: Practice) -> None:
    """Rule 17: Corpus Christi in Bavaria, not in Berlin."""
    regions = {
        "country": "DE",
        "subdivision": "BE",
        "locations": {"hafen": {"country": "DE", "subdivision": "BY"}},
    }
    found = closed(practice, "2027-05-27", "2027-05-28", **regions)
    assert [busy.source for busy in found] == ["location:hafen"]


def test_movable_feasts_are_computed(practice: Practice) -> None:
    """Rule 17: Easter Monday moves."""
    for day, next_day in [("2027-03-29", "2027-03-30"), ("2028-04-17", "2028-04-18")]:
        assert len(closed(practice, day, next_day, country="DE", subdivision="BE")) == 2


def test_a_window_over_the_turn_of_the_year_sees_both_years(practice: Practice) -> None:
    found = closed(practice, "2027-12-26", "2028-01-02", country="DE", subdivision="BE")
    assert len(found) == 4


def test_part_of_a_day_of_ones_own_every_year(practice: Practice) -> None:
    """Rule 17: 24 December from 12:00."""
    own = [{"day": "12-24", "start": "12:00", "name": "Heiligabend", "location": "markt"}]
    (found,) = closed(practice, "2027-12-24", "2027-12-25", own=own)
    assert found.period == Period(berlin("2027-12-24 12:00"), berlin("2027-12-25 00:00"))
    assert found.text == "Heiligabend"
    assert len(closed(practice, "2028-12-24", "2028-12-25", own=own)) == 1


def test_a_day_of_ones_own_once(practice: Practice) -> None:
    own = [{"day": "2027-05-07"}]
    assert len(closed(practice, "2027-05-07", "2027-05-08", own=own)) == 2
    assert closed(practice, "2028-05-07", "2028-05-08", own=own) == []


def test_without_a_country_nothing_is_closed(practice: Practice) -> None:
    assert closed(practice, "2027-01-01", "2028-01-01") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "XX"},
        {"country": "DE", "subdivision": "XX"},
        {"own": [{"day": "24.12."}]},
        {"own": [{"day": "02-30"}]},
        {"own": [{"day": "12-24", "start": "12:00", "end": "11:00"}]},
        {"typo": 1},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


def test_the_leap_day_is_a_day() -> None:
    assert OwnDay(day="02-29").day == "02-29"
