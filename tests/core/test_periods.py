"""Periods: arithmetic against sets of points, local borders at changes of the clock (rules 2, 4-6, 8, 10)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from vorzimmer.periods import Period, clip, day_period, intersect, local_instant, merge, subtract

VIENNA = ZoneInfo("Europe/Vienna")
SPRING = date(2027, 3, 28)
AUTUMN = date(2027, 10, 31)

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def covered(pairs):
    return {point for start, end in pairs for point in range(start, end)}


def vienna(instant):
    return instant.astimezone(VIENNA).strftime("%d %H:%M %Z")


@given(spans)
def test_merge_covers_the_same_with_disjoint_sorted_spans(pairs):
    merged = merge(pairs)
    assert covered(merged) == covered(pairs)
    assert all(left[1] < right[0] for left, right in pairwise(merged))
    assert all(start < end for start, end in merged)


@given(spans, spans)
def test_subtract_leaves_what_no_hole_covers(pairs, holes):
    assert covered(subtract(merge(pairs), merge(holes))) == covered(pairs) - covered(holes)


@given(spans, spans)
def test_intersect_keeps_what_both_cover(pairs, others):
    assert covered(intersect(merge(pairs), merge(others))) == covered(pairs) & covered(others)


@given(spans, spans)
def test_results_are_sorted_and_disjoint_again(pairs, others):
    one, other = merge(pairs), merge(others)
    assert merge(intersect(one, other)) == intersect(one, other)
    assert sorted(subtract(one, other)) == subtract(one, other)


@given(spans, st.integers(0, 60), st.integers(0, 60))
def test_clip_keeps_what_lies_in_the_window(pairs, start, end):
    assert covered(clip(merge(pairs), (start, end))) == covered(pairs) & set(range(start, end))


def test_touching_appointments_do_not_collide():
    """Rule 2: 09:00-10:00 and 10:00-11:00 do not collide; 09:00-10:01 and 10:00-11:00 do."""
    assert intersect([(540, 600)], [(600, 660)]) == []
    assert intersect([(540, 601)], [(600, 660)]) == [(600, 601)]


def test_periods_of_datetimes_work_like_numbers():
    nine = datetime(2027, 1, 5, 8, tzinfo=UTC)
    day = [Period(nine, nine + timedelta(hours=8))]
    lunch = [Period(nine + timedelta(hours=3), nine + timedelta(hours=4))]
    assert subtract(day, lunch) == [(nine, lunch[0].start), (lunch[0].end, day[0].end)]


def test_working_hours_are_wall_time_and_follow_the_season():
    """Rule 1: 09:00 Vienna is 08:00Z on 5 January and 07:00Z on 5 July."""
    winter = local_instant(date(2027, 1, 5), time(9), VIENNA, edge="start")
    summer = local_instant(date(2027, 7, 5), time(9), VIENNA, edge="start")
    assert (winter.hour, summer.hour) == (8, 7)


def test_duration_is_elapsed_time():
    """Rule 3: 60 minutes starting 28 March 01:30 end at 03:30 local."""
    start = local_instant(SPRING, time(1, 30), VIENNA, edge="start")
    assert vienna(start + timedelta(minutes=60)) == "28 03:30 CEST"


def test_border_in_the_gap_moves_forward():
    """Rule 6: 02:30-06:00 on 28 March starts 03:00."""
    assert vienna(local_instant(SPRING, time(2, 30), VIENNA, edge="start")) == "28 03:00 CEST"
    assert vienna(local_instant(SPRING, time(2, 0), VIENNA, edge="end")) == "28 03:00 CEST"


def test_start_in_the_overlap_takes_the_first_occurrence():
    """Rule 6."""
    assert vienna(local_instant(AUTUMN, time(2, 30), VIENNA, edge="start")) == "31 02:30 CEST"


def test_end_in_the_overlap_takes_the_second_occurrence():
    """Rule 6: 01:00-02:30 on 31 October ends 02:30 CET."""
    assert vienna(local_instant(AUTUMN, time(2, 30), VIENNA, edge="end")) == "31 02:30 CET"


def test_period_over_the_gap_has_one_hour_less():
    """Rule 4: 01:00-05:00 on 28 March has 3 hours."""
    start = local_instant(SPRING, time(1), VIENNA, edge="start")
    end = local_instant(SPRING, time(5), VIENNA, edge="end")
    assert end - start == timedelta(hours=3)


def test_period_over_the_overlap_has_one_hour_more():
    """Rule 5: 01:00-05:00 on 31 October has 5 hours."""
    start = local_instant(AUTUMN, time(1), VIENNA, edge="start")
    end = local_instant(AUTUMN, time(5), VIENNA, edge="end")
    assert end - start == timedelta(hours=5)


def test_midnight_is_a_legal_end():
    """Rule 10: 24:00."""
    assert vienna(local_instant(date(2027, 1, 5), 1440, VIENNA, edge="end")) == "06 00:00 CET"


def test_minutes_beyond_midnight_belong_to_the_next_day():
    """Rule 10: 22:00-02:00 belongs to the weekday on which it starts."""
    assert vienna(local_instant(date(2027, 1, 5), 26 * 60, VIENNA, edge="end")) == "06 02:00 CET"


def test_local_days_have_23_24_or_25_hours():
    """Rule 8."""
    lengths = [day_period(day, VIENNA) for day in (SPRING, date(2027, 1, 5), AUTUMN)]
    assert [(day.end - day.start) // timedelta(hours=1) for day in lengths] == [23, 24, 25]


def test_day_that_begins_in_a_gap_begins_after_it():
    """Rule 6; Beirut's clocks jump at midnight: 28 March 2027 begins at 01:00."""
    beirut = ZoneInfo("Asia/Beirut")
    assert day_period(SPRING, beirut).start.astimezone(beirut).hour == 1


@given(
    st.dates(date(2020, 1, 1), date(2037, 12, 31)),
    st.sampled_from(
        ["Europe/Vienna", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
    ),
)
def test_local_days_follow_each_other_without_gap_or_overlap(day, name):
    """Rules 5, 6 and 8, in zones that change at midnight, by half an hour, or backwards in summer."""
    zone = ZoneInfo(name)
    today, tomorrow = day_period(day, zone), day_period(day + timedelta(days=1), zone)
    assert today.end == tomorrow.start
    assert {
        today.start.astimezone(zone).date(),
        (today.end - timedelta(seconds=1)).astimezone(zone).date(),
    } == {day}
