"""Slots: the examples of the rules with their own numbers, and everything against the brute-force oracle."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.core import oracle
from vorzimmer.slots import (
    Shape,
    Taken,
    allowed,
    covered,
    forbidden,
    forbidden_by,
    grid,
    horizon_end,
    notice_end,
    possible_starts,
    working_runs,
)

VIENNA = ZoneInfo("Europe/Vienna")
TOKYO = ZoneInfo("Asia/Tokyo")
EVER = (0, 1 << 40)
MINUTE = 60


def at(text, fold=0):
    return oracle.at(VIENNA, text, fold)


def shape(minutes, before=0, after=0, **more):
    return Shape(minutes * MINUTE, before * MINUTE, after * MINUTE, **more)


def period(start, end, day="2027-01-05", fold=0):
    return at(f"{day} {start}"), at(f"{day} {end}", fold)


def offered(periods, what, step, taken=(), window=EVER):
    return grid(working_runs(periods, VIENNA), forbidden(taken, what), what, step * MINUTE, window)


def clock(instants):
    return oracle.clock(instants, VIENNA)


def test_skipped_local_times_are_not_offered():
    """Rule 4: period 01:00-05:00 on 28 March has 3 hours; 30 minutes give 01:00, 01:30, 03:00 to 04:30."""
    starts = offered([period("01:00", "05:00", "2027-03-28")], shape(30), 30)
    assert clock(starts) == ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]


def test_repeated_local_times_are_both_offered():
    """Rule 5: period 01:00-05:00 on 31 October contains 02:00 CEST and 02:00 CET."""
    starts = offered([period("01:00", "05:00", "2027-10-31")], shape(60), 60)
    assert oracle.labels(starts, VIENNA) == [
        "01:00 CEST",
        "02:00 CEST",
        "02:00 CET",
        "03:00 CET",
        "04:00 CET",
    ]


def test_appointment_over_the_gap_keeps_its_length():
    """Rule 3: 60 minutes starting 28 March 01:30 end at 03:30 local."""
    starts = offered([period("01:30", "03:30", "2027-03-28")], shape(60), 30)
    assert clock(starts) == ["01:30"]


def test_same_instants_whatever_the_display_zone():
    """Rule 7: 23:30 Vienna appears for a Tokyo customer under the next day."""
    (start,) = offered([period("23:30", "23:59")], shape(29), 30)
    assert datetime.fromtimestamp(start, TOKYO).date() == datetime.fromtimestamp(
        start, VIENNA
    ).date() + timedelta(1)


def test_period_may_cross_midnight():
    """Rule 10: 22:00-02:00 belongs to the weekday on which it starts, and so does its grid."""
    starts = offered([(at("2027-01-05 22:10"), at("2027-01-06 02:10"))], shape(60), 60)
    assert clock(starts) == ["22:10", "23:10", "00:10", "01:10"]


def test_step_and_duration_are_independent():
    """Rule 21: step 30, duration 60: 09:00, 09:30, 10:00."""
    assert clock(offered([period("09:00", "11:00")], shape(60), 30)) == ["09:00", "09:30", "10:00"]


def test_grid_is_anchored_at_the_start_of_the_period():
    """Rule 22, K23: 09:15, 09:45, 10:15."""
    assert clock(offered([period("09:15", "10:45")], shape(30), 30)) == ["09:15", "09:45", "10:15"]


def test_grid_does_not_drift_when_something_is_booked():
    """Rule 23: period from 09:00, step 30, booked 09:00-09:40: next 10:00, 10:30."""
    booked = [Taken(*period("09:00", "09:40"))]
    assert clock(offered([period("09:00", "11:00")], shape(30), 30, booked)) == ["10:00", "10:30"]


def test_any_step_is_legal():
    """Rule 24: 25 minutes for 20 + 5."""
    assert clock(offered([period("09:00", "10:15")], shape(20), 25)) == ["09:00", "09:25", "09:50"]


def test_last_slot_ends_with_the_period():
    """Rule 25, K81: 09-12, step 30, 60 minutes: last 11:00."""
    assert clock(offered([period("09:00", "12:00")], shape(60), 30))[-1] == "11:00"


def test_after_buffer_need_not_fit_inside_the_hours():
    """Rule 25: the default."""
    assert clock(offered([period("09:00", "12:00")], shape(60, after=15), 30))[-1] == "11:00"


def test_strict_after_buffer_fits_inside_the_hours():
    """Rule 25: with a strict 15-minute after-buffer the last slot is 10:30."""
    strict = shape(60, after=15, inside=True)
    assert clock(offered([period("09:00", "12:00")], strict, 30))[-1] == "10:30"


def test_touching_periods_at_one_place_merge():
    """Rule 26: 09-12 and 12-15: 11:30-12:30 is offered."""
    starts = offered([period("09:00", "12:00"), period("12:00", "15:00")], shape(60), 30)
    assert "11:30" in clock(starts)


def test_merged_periods_keep_the_first_anchor():
    """Rules 22 and 26."""
    starts = offered([period("09:10", "12:00"), period("12:00", "13:40")], shape(60), 60)
    assert clock(starts) == ["09:10", "10:10", "11:10", "12:10"]


def test_periods_that_touch_over_midnight_fit_together_with_a_grid_each():
    """Rules 10 and 26."""
    night = [(at("2027-01-05 22:10"), at("2027-01-06 00:00")), period("00:00", "01:30", "2027-01-06")]
    assert clock(offered(night, shape(60), 30)) == ["22:10", "22:40", "23:10", "23:40", "00:00", "00:30"]


def test_one_long_period_has_a_grid_from_each_midnight():
    """Rule 22: "always" is offered alike whatever window was asked for."""
    always = [(at("2027-01-01 17:20"), at("2027-01-09 03:10"))]
    starts = offered(always, shape(90), 420, window=period("00:00", "23:59", "2027-01-05"))
    assert clock(starts) == ["00:00", "07:00", "14:00", "21:00"]


def test_neighbouring_buffers_combine_to_the_larger_one():
    """Rule 33: A ends 10:30 with 15 after, B has 10 before: max: B from 10:45."""
    first = Taken(at("2027-01-05 10:00"), at("2027-01-05 10:30"), 0, 15 * MINUTE)
    assert forbidden_by(first, shape(30, before=10))[1] == at("2027-01-05 10:45")


def test_neighbouring_buffers_can_be_added():
    """Rule 33: sum: B from 10:55."""
    first = Taken(at("2027-01-05 10:00"), at("2027-01-05 10:30"), 0, 15 * MINUTE)
    assert forbidden_by(first, shape(30, before=10, combine="sum"))[1] == at("2027-01-05 10:55")


def test_buffers_hold_against_external_events():
    """Rule 34: external 16:00-16:45, before = after = 30, duration 30: 15:00 is the latest, then 17:15."""
    external = [Taken(*period("16:00", "16:45"))]
    starts = clock(offered([period("14:00", "18:00")], shape(30, 30, 30), 15, external))
    assert "15:30" not in starts
    assert max(start for start in starts if start < "16:00") == "15:00"
    assert min(start for start in starts if start > "16:00") == "17:15"


@given(st.integers(5, 60), st.integers(0, 40), st.integers(0, 40), st.sampled_from(["max", "sum"]), st.data())
def test_buffers_hold_whichever_was_booked_first(minutes, before, after, combine, data):
    """Rule 34: A beside B is forbidden exactly where B beside A is."""
    mine = shape(minutes, before, after, combine=combine)
    theirs = shape(*(data.draw(st.integers(low, 60)) for low in (5, 0, 0)), combine=combine)
    here, there = (data.draw(st.integers(0, 300)) * MINUTE for _ in range(2))
    low, high = forbidden_by(Taken(there, there + theirs.duration, theirs.before, theirs.after), mine)
    back_low, back_high = forbidden_by(Taken(here, here + mine.duration, mine.before, mine.after), theirs)
    assert (low <= here < high) == (back_low <= there < back_high)


def test_notice_in_minutes():
    """Rule 36."""
    now = datetime(2027, 3, 5, 9, tzinfo=UTC)
    assert notice_end(now, VIENNA, minutes=120) == now + timedelta(hours=2)


def test_notice_in_working_days():
    """Rule 36: "2 working days": on Fri 10:00 the first offer is Tue 10:00."""
    friday = datetime(2027, 3, 5, 10, tzinfo=VIENNA)
    assert notice_end(friday, VIENNA, minutes=0, working_days=2) == datetime(2027, 3, 9, 10, tzinfo=VIENNA)


def test_notice_as_cut_off_the_day_before():
    """Rule 36: "until 18:00 the day before"."""
    before, after = (datetime(2027, 3, 5, *wall, tzinfo=VIENNA) for wall in ((17, 59), (18, 0)))
    ends = [notice_end(now, VIENNA, minutes=0, cut_off=18 * 60) for now in (before, after)]
    assert ends == [datetime(2027, 3, day, tzinfo=VIENNA) for day in (6, 7)]


def test_horizon_ends_with_the_local_day():
    """Rules 8 and 37: 14 days on 1 March 10:00: through 15 March 24:00."""
    now = datetime(2027, 3, 1, 10, tzinfo=VIENNA)
    assert horizon_end(now, VIENNA, 14) == datetime(2027, 3, 16, tzinfo=VIENNA)


DAYS = ["2027-03-27", "2027-03-28", "2027-10-30", "2027-10-31", "2027-01-05"]


@st.composite
def working_days(draw):
    """Some periods of two days that start together on a day that may have a change of the clocks."""
    midnight = at(f"{draw(st.sampled_from(DAYS))} 00:00")
    pairs = draw(st.lists(st.tuples(st.integers(0, 280), st.integers(1, 60)), min_size=1, max_size=5))
    return [(midnight + start * 600, midnight + (start + length) * 600) for start, length in pairs], midnight


shapes = st.builds(
    shape,
    st.integers(5, 90),
    st.integers(0, 30),
    st.integers(0, 30),
    combine=st.sampled_from(["max", "sum"]),
    inside=st.booleans(),
)


@st.composite
def neighbours(draw, midnight):
    """Some taken periods, to the minute, that may overlap."""
    numbers = st.tuples(st.integers(0, 2800), st.integers(1, 200), st.integers(0, 30), st.integers(0, 30))
    return [
        Taken(
            midnight + start * MINUTE, midnight + (start + length) * MINUTE, before * MINUTE, after * MINUTE
        )
        for start, length, before, after in draw(st.lists(numbers, max_size=5))
    ]


@given(working_days(), shapes, st.integers(1, 90), st.data())
def test_starts_are_those_that_every_minute_agrees_to(days, what, step, data):
    """Rules 2 to 6, 10, 21 to 26, 33 and 34 against the oracle."""
    periods, midnight = days
    taken = data.draw(neighbours(midnight))
    window = (
        midnight + data.draw(st.integers(0, 1500)) * MINUTE,
        midnight + data.draw(st.integers(0, 3000)) * MINUTE,
    )
    expected = oracle.starts(periods, taken, what, step * MINUTE, window, VIENNA)
    assert offered(periods, what, step, taken, window) == expected


@given(working_days(), shapes, st.data())
def test_allowed_starts_are_those_off_the_grid_too(days, what, data):
    """Rules 25 and 34 against the oracle with a grid of one minute."""
    periods, midnight = days
    taken = data.draw(neighbours(midnight))
    runs = working_runs(periods, VIENNA)
    found = allowed(runs, forbidden(taken, what), what)
    expected = oracle.starts(periods, taken, what, MINUTE, EVER, VIENNA)
    on_the_minute = {s for low, high in found for s in range(low + (midnight - low) % MINUTE, high, MINUTE)}
    assert sorted(on_the_minute) == expected


@given(working_days(), shapes, st.integers(1, 90), st.data())
def test_neighbour_never_adds_a_start(days, what, step, data):
    """Rule 82: adding a restriction never adds offers."""
    periods, midnight = days
    taken = data.draw(neighbours(midnight))
    assert set(offered(periods, what, step, taken)) <= set(offered(periods, what, step, taken[1:]))


@given(working_days(), shapes)
def test_possible_starts_are_sorted_and_disjoint(days, what):
    spans = possible_starts(working_runs(days[0], VIENNA), what)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=5), max_size=5),
    st.integers(1, 4),
)
def test_covered_is_where_enough_lists_agree(lists, quantity):
    """Rule 53: "2 of 5 therapists"."""
    disjoint = [sorted({(s * 10, s * 10 + length) for s, length in dict(spans).items()}) for spans in lists]
    found = {p for low, high in covered(disjoint, quantity) for p in range(low, high)}
    counts = [sum(low <= point < high for spans in disjoint for low, high in spans) for point in range(520)]
    assert found == {point for point, count in enumerate(counts) if count >= quantity}
