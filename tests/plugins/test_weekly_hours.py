"""Hours of people, places and services (rules 8, 10 to 14, 22)."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import Available
from vorzimmer.models import Resource, Service
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice, berlin


def hours(hall: Hall) -> Any:
    return hall.plugins.instance("vorzimmer_weekly_hours")


def ask(
    practice: Practice, start: str, end: str, *people: str, service: Service | None = None
) -> list[Available]:
    resources = [practice.resource(slug) for slug in people]
    with practice.hall.database.reading() as session:
        found: list[Available] = hours(practice.hall).available_periods(
            session, resources, service, Period(berlin(start), berlin(end))
        )
    return found


def write(practice: Practice, method: str, *args: Any, **subject: Any) -> None:
    practice.hall.database.write(
        lambda session: getattr(hours(practice.hall), method)(session, *args, **subject)
    )


def at(practice: Practice, person: str, place: str) -> dict[str, int]:
    return {"resource_id": practice.resource(person).id, "location_id": practice.location(place).id}


def test_several_periods_of_one_weekday(practice: Practice) -> None:
    """Rule 11."""
    (answer,) = ask(practice, "2027-03-01", "2027-03-02", "anna")
    assert answer.periods == [
        Period(berlin("2027-03-01 09:00"), berlin("2027-03-01 12:00")),
        Period(berlin("2027-03-01 13:30"), berlin("2027-03-01 17:00")),
    ]
    assert answer.source == "person:anna"
    assert answer.location_id == practice.location("markt").id


def test_periods_are_not_clipped_by_the_window(practice: Practice) -> None:
    """Rules 22 and 23: the start of the period anchors the grid, wherever the asked window begins."""
    (answer,) = ask(practice, "2027-03-01 10:00", "2027-03-01 11:00", "anna")
    assert answer.periods == [Period(berlin("2027-03-01 09:00"), berlin("2027-03-01 12:00"))]


def test_a_weekday_without_periods_is_closed(practice: Practice) -> None:
    """Rule 12: the record is there, and empty."""
    (answer,) = ask(practice, "2027-03-06", "2027-03-08", "anna")
    assert answer.periods == []


def test_each_place_has_its_own_record(practice: Practice) -> None:
    answers = ask(practice, "2027-03-01", "2027-03-08", "ben")
    assert {(a.location_id, len(a.periods)) for a in answers} == {
        (practice.location("markt").id, 4),
        (practice.location("hafen").id, 1),
    }


def test_somebody_without_hours_has_no_record(practice: Practice) -> None:
    assert ask(practice, "2027-03-01", "2027-03-08", "raum-1") == []


def test_a_date_exception_replaces_the_weekday(practice: Practice) -> None:
    """Rule 14: it is not merged."""
    write(practice, "set_day", date(2027, 3, 2), [(780, 1140)], **at(practice, "anna", "markt"))
    (answer,) = ask(practice, "2027-03-02", "2027-03-03", "anna")
    assert answer.periods == [Period(berlin("2027-03-02 13:00"), berlin("2027-03-02 19:00"))]


def test_an_exception_at_another_place_replaces_the_weekday_too(practice: Practice) -> None:
    """Rule 14: a person is in one place at a time."""
    write(practice, "set_day", date(2027, 3, 2), [(780, 1140)], **at(practice, "anna", "hafen"))
    found = {a.location_id: a.periods for a in ask(practice, "2027-03-02", "2027-03-03", "anna")}
    assert found[practice.location("markt").id] == []
    assert len(found[practice.location("hafen").id]) == 1


def test_an_exception_without_periods_closes_the_day_and_can_be_taken_back(practice: Practice) -> None:
    """Rule 14."""
    day, subject = date(2027, 3, 2), at(practice, "anna", "markt")
    write(practice, "set_day", day, [], **subject)
    assert ask(practice, "2027-03-02", "2027-03-03", "anna")[0].periods == []
    write(practice, "set_day", day, None, **subject)
    assert len(ask(practice, "2027-03-02", "2027-03-03", "anna")[0].periods) == 2


def test_a_day_off_at_one_place_leaves_the_hours_at_the_others(practice: Practice) -> None:
    """Rule 14: ben works at the market on this Tuesday, and said only where else he is not."""
    day = "2027-03-02", "2027-03-03"
    before = {a.location_id: a.periods for a in ask(practice, *day, "ben")}
    write(practice, "set_day", date(2027, 3, 2), [], **at(practice, "ben", "hafen"))
    assert {a.location_id: a.periods for a in ask(practice, *day, "ben")} == before
    assert before[practice.location("markt").id]
    write(practice, "set_day", date(2027, 3, 2), [], **at(practice, "ben", "markt"))
    assert not any(a.periods for a in ask(practice, *day, "ben"))


def test_a_day_off_everywhere_leaves_hours_that_are_said_of_one_place(practice: Practice) -> None:
    """Rule 14: whichever of the two was entered first."""
    markt, everywhere = at(practice, "ben", "markt"), {"resource_id": practice.resource("ben").id}
    write(practice, "set_day", date(2027, 3, 2), [(780, 1140)], **markt)
    write(practice, "set_day", date(2027, 3, 2), [], **everywhere)
    found = {a.location_id: len(a.periods) for a in ask(practice, "2027-03-02", "2027-03-03", "ben")}
    assert found == {practice.location("markt").id: 1, practice.location("hafen").id: 0}
    write(practice, "set_day", date(2027, 3, 2), None, **markt)
    assert not any(a.periods for a in ask(practice, "2027-03-02", "2027-03-03", "ben"))


def test_hours_on_holidays_are_said_to_hold_despite_a_closure(practice: Practice) -> None:
    """Rule 15."""
    subject = at(practice, "anna", "markt")
    write(practice, "set_day", date(2027, 3, 8), [(540, 600)], despite_closure=True, **subject)
    (answer,) = ask(practice, "2027-03-08", "2027-03-10", "anna")
    assert answer.despite_closure == [Period(berlin("2027-03-08 09:00"), berlin("2027-03-08 10:00"))]
    assert len(answer.periods) == 3


def test_hours_reach_over_midnight(practice: Practice) -> None:
    """Rule 10: an end past 24:00, and a window that begins in that night."""
    write(practice, "set_week", {0: [(1320, 1560)]}, **at(practice, "anna", "markt"))
    (answer,) = ask(practice, "2027-03-02 00:30", "2027-03-02 01:00", "anna")
    assert answer.periods == [Period(berlin("2027-03-01 22:00"), berlin("2027-03-02 02:00"))]


def test_hours_end_at_midnight(practice: Practice) -> None:
    """Rule 10: 24:00."""
    write(practice, "set_week", {0: [(1200, 1440)]}, **at(practice, "anna", "markt"))
    (answer,) = ask(practice, "2027-03-01", "2027-03-02", "anna")
    assert answer.periods == [Period(berlin("2027-03-01 20:00"), berlin("2027-03-02 00:00"))]


@pytest.mark.parametrize(
    ("day", "length"),
    [
        (date(2027, 3, 28), timedelta(hours=3)),  # 02:00 to 03:00 does not exist
        (date(2027, 10, 31), timedelta(hours=5)),  # 02:00 to 03:00 comes twice
    ],
)
def test_hours_over_the_change_of_clocks_have_their_real_length(
    practice: Practice, day: date, length: timedelta
) -> None:
    """Rules 4 to 6, 8: 01:00 to 05:00 on the changing days of Berlin."""
    write(practice, "set_week", {6: [(60, 300)]}, **at(practice, "anna", "markt"))
    (answer,) = ask(practice, f"{day}", f"{day + timedelta(days=1)}", "anna")
    (period,) = answer.periods
    assert period.end - period.start == length
    assert period.start == berlin(f"{day} 01:00")


def test_wall_clock_hours_stay_the_same_after_the_change(practice: Practice) -> None:
    """Rule 3."""
    (answer,) = ask(practice, "2027-03-27", "2027-03-30", "anna")
    assert answer.periods[0] == Period(berlin("2027-03-29 09:00"), berlin("2027-03-29 12:00"))


def test_opening_hours_of_a_place(practice: Practice) -> None:
    """Rule 13."""
    place = practice.location("hafen")
    write(practice, "set_week", {0: [(480, 1080)]}, location_id=place.id)
    (answer,) = ask(practice, "2027-03-01", "2027-03-02")
    assert (answer.resource_id, answer.location_id, answer.source) == (None, place.id, "location:hafen")
    assert len(answer.periods) == 1


def test_a_place_with_only_an_exception_is_open_on_all_other_days(practice: Practice) -> None:
    """Rule 14: nobody has said that it is closed then."""
    write(practice, "set_day", date(2027, 3, 2), [(480, 720)], location_id=practice.location("markt").id)
    (answer,) = ask(practice, "2027-03-01 12:00", "2027-03-02 23:00")
    assert answer.periods == [
        Period(berlin("2027-03-01 00:00"), berlin("2027-03-02 00:00")),
        Period(berlin("2027-03-02 08:00"), berlin("2027-03-02 12:00")),
    ]


def test_hours_of_a_service_hold_at_every_place(practice: Practice) -> None:
    """Rule 13: local hours, and each place has its zone."""
    massage = practice.service("massage")
    write(practice, "set_week", {0: [(600, 660)]}, service_id=massage.id)
    answers = ask(practice, "2027-03-01", "2027-03-02", service=massage)
    assert {a.location_id for a in answers} == {practice.location("markt").id, practice.location("hafen").id}
    assert {a.source for a in answers} == {"service:massage"}
    assert ask(practice, "2027-03-01", "2027-03-02", service=practice.service("notiz")) == []


@pytest.mark.parametrize(
    "wrong", [[(600, 600)], [(-10, 60)], [(1440, 1500)], [(0, 1500)], [(540, 720), (700, 800)]]
)
def test_periods_that_make_no_sense_are_refused(practice: Practice, wrong: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="period"):
        write(practice, "set_week", {0: wrong}, **at(practice, "anna", "markt"))


def test_one_query_for_twenty_people_and_a_month(practice: Practice) -> None:
    """The number of queries grows neither with people nor with days."""

    def people(session: Session) -> list[Resource]:
        more = [Resource(slug=f"p{n:02}", name=f"P {n}", kind="staff") for n in range(20)]
        session.add_all(more)
        session.flush()
        for person in more:
            week = dict.fromkeys(range(5), ((540, 1020),))
            hours(practice.hall).set_week(
                session, week, resource_id=person.id, location_id=practice.location("markt").id
            )
        return more

    twenty = practice.hall.database.write(people)
    statements: list[str] = []
    event.listen(
        practice.hall.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    with practice.hall.database.reading() as session:
        window = Period(berlin("2027-03-01"), berlin("2027-04-01"))
        answers = hours(practice.hall).available_periods(session, twenty, None, window)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1
    assert {len(answer.periods) for answer in answers} == {23}


def test_other_doors_read_and_set_hours_by_the_hook(practice: Practice) -> None:
    """`working_hours`: what the API gives and takes, by slugs."""
    store = practice.hall.plugins.ask_first(hookspecs.working_hours)
    assert store
    owner = Actor("owner@praxis.example", "api", rights=ROLES["owner"])
    whose = hookspecs.HoursOf("resource", "clara", "hafen")
    practice.hall.database.write(
        lambda session: store.set_week(
            session, practice.hall, owner, whose, {5: [(1320, 1560)]}, decisions={}, message=""
        )
    )
    with practice.hall.database.reading() as session:
        found = {one.of: one.week for one in store.listed(session, owner)}
    assert found[whose] == {5: [(1320, 1560)]}
