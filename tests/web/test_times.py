"""The month that times are chosen in."""

from __future__ import annotations

from datetime import date

from vorzimmer_web.public.times import Month


def days(month: Month) -> list[date]:
    return [day for week in month.weeks for day in week if day]


def test_a_month_that_is_nearly_over_goes_on_into_the_next_one() -> None:
    """Office 37."""
    last = Month(date(2027, 4, 1), frozenset(), date(2027, 4, 30), date(2027, 7, 30))
    assert (days(last)[0], days(last)[-1]) == (date(2027, 4, 26), date(2027, 5, 16))
    assert last.after == date(2027, 5, 1)


def test_a_month_with_three_weeks_to_go_ends_with_its_last_day() -> None:
    early = Month(date(2027, 4, 1), frozenset(), date(2027, 4, 5), date(2027, 7, 30))
    other = Month(date(2027, 5, 1), frozenset(), date(2027, 4, 30), date(2027, 7, 30))
    assert days(early)[-1] == date(2027, 4, 30)
    assert (days(other)[0], days(other)[-1]) == (date(2027, 5, 1), date(2027, 5, 31))
