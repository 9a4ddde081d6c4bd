"""The calendar's feed and its dialog: what is seen by whom, what costs nothing, what is never lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.web.desk import DESK, actor, local, requested
from vorzimmer import booking, catalogue
from vorzimmer.access import ROLES, Actor
from vorzimmer.booking.hold import HoldRequest
from vorzimmer.catalogue import Need
from vorzimmer.models import AuditEntry
from vorzimmer.periods import Period
from vorzimmer.testing import Browser, Practice, berlin

ANNA = "anna@praxis.example"
BEN = "ben@praxis.example"
FEED = "/office/calendar/events?from=2027-03-03&to=2027-03-03"
VISITOR = Actor("customer", "page")


@pytest.fixture
def database_url() -> str:
    """SQLite is enough for what a page shows."""
    return ""


def feed(client: Browser, address: str = FEED) -> dict[str, Any]:
    found: dict[str, Any] = client.get(address).get_json()
    return found


def events(client: Browser, column: str) -> list[dict[str, Any]]:
    return [one for one in feed(client)["events"] if one["column"] == column]


def again(client: Browser, first: TestResponse, address: str = FEED) -> TestResponse:
    return client.get(address, headers={"If-None-Match": first.headers["ETag"]})


def block(practice: Practice, who: str, title: str) -> None:
    email = f"{who}@praxis.example"
    period = Period(berlin("2027-03-03 15:00"), berlin("2027-03-03 16:00"))
    resource = practice.resource(who).id
    practice.hall.database.write(
        lambda session: booking.block(
            session, practice.hall, actor(practice, email), resource, "b-1", title, [period]
        )
    )


# ---- what is seen ----------------------------------------------------------------------------------------------------


def test_appointment_stands_in_the_column_of_everything_it_takes(practice: Practice, client: Browser) -> None:
    """C8: calendars for people, rooms and devices."""
    practice.book("ultraschall", "2027-03-03 10:00")
    client.sign_in(DESK)
    found = feed(client)["events"]
    assert {one["column"] for one in found} == {"anna", "raum-1", "ultraschall"}


def test_times_are_those_of_the_practice_and_end_with_the_service(
    practice: Practice, client: Browser
) -> None:
    """O14."""
    practice.book("massage", "2027-03-03 10:00")
    client.sign_in(DESK)
    [found] = events(client, "anna")
    assert (found["start"], found["end"]) == ("2027-03-03T10:00:00", "2027-03-03T10:30:00")


def test_hold_is_seen_locked_and_without_a_name(practice: Practice, client: Browser) -> None:
    """O23, O24."""
    request = HoldRequest("massage", berlin("2027-03-03 10:00"), staff="anna")
    practice.hall.database.write(lambda session: booking.hold(session, practice.hall, VISITOR, request))
    client.sign_in(DESK)
    [found] = events(client, "anna")
    assert (found["kind"], found["until"], found["title"]) == ("held", "08:10", "Klassische Massage")


def test_hold_is_gone_when_its_time_is_over_though_nobody_did_anything(
    practice: Practice, client: Browser
) -> None:
    """O26, rule 45: the tag changes by the clock alone."""
    request = HoldRequest("massage", berlin("2027-03-03 10:00"), staff="anna")
    practice.hall.database.write(lambda session: booking.hold(session, practice.hall, VISITOR, request))
    client.sign_in(DESK)
    first = client.get(FEED)
    practice.clock.move(minutes=11)
    answer = again(client, first)
    assert (answer.status_code, answer.get_json()["events"]) == (200, [])


def test_group_is_one_box_with_its_places_counted(practice: Practice, client: Browser) -> None:
    for name in ("Eva Klein", "Tom Otto"):
        practice.book("rueckenschule", "2027-03-04 10:00", "clara", name=name)
    client.sign_in(DESK)
    [found] = feed(client, FEED.replace("03-03", "03-04"))["events"]
    assert [member["name"] for member in found["members"]] == ["Eva Klein", "Tom Otto"]


def test_absence_says_why_to_the_practice(practice: Practice, client: Browser) -> None:
    """C5, O22; customers are told "absent" alone."""
    client.sign_in(DESK)
    client.get("/office/absences/")
    client.send(
        "/office/absences/",
        resource="ben",
        kind="sick",
        first="2027-03-03",
        last="2027-03-03",
        **{"from": ""},
    )
    shut = [one for one in feed(client)["grounds"] if one["kind"] == "shut"]
    assert [(one["column"], one["title"]) for one in shut] == [("ben", "Krank")]


def test_who_comes_back_stands_twice_in_the_column(practice: Practice, client: Browser) -> None:
    """Office 25: each part has a name of its own."""
    owner = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
    needs = [Need("staff", ("anna",), minutes=20), Need("staff", ("anna",), offset=50)]
    values = {"name": "Farbe", "minutes": 60, "step": 10}
    practice.hall.database.write(
        lambda session: catalogue.create_service(session, practice.hall, owner, values, needs)
    )
    practice.book("farbe", "2027-03-03 10:00")
    client.sign_in(DESK)
    found = events(client, "anna")
    assert [(one["start"][11:16], one["end"][11:16]) for one in found] == [
        ("10:00", "10:20"),
        ("10:50", "11:00"),
    ]
    assert len({one["id"] for one in found}) == 2
    assert [one["lead"] for one in found] == [0, 50]


def test_working_time_is_the_ground(practice: Practice, client: Browser) -> None:
    """O20: what is outside it is seen as such."""
    client.sign_in(DESK)
    grounds = [one for one in feed(client)["grounds"] if one["column"] == "anna"]
    assert [(one["start"][11:16], one["end"][11:16]) for one in grounds] == [
        ("09:00", "12:00"),
        ("13:30", "17:00"),
    ]


def test_free_times_of_a_service_are_shown_where_they_could_be_taken(
    practice: Practice, client: Browser
) -> None:
    """K80, K81, K83."""
    practice.book("massage", "2027-03-03 09:00")
    client.sign_in(DESK)
    free = [
        one["start"][11:16]
        for one in feed(client, f"{FEED}&service=massage")["free"]
        if one["column"] == "anna"
    ]
    assert (free[0], free[-1]) == ("09:45", "16:30")


def test_free_times_in_the_calendar_begin_now(practice: Practice, client: Browser) -> None:
    """Office 35: the customers' notice does not bind the practice."""
    practice.clock.now = berlin("2027-03-03 10:20")
    client.sign_in(DESK)
    free = feed(client, f"{FEED}&service=massage")["free"]
    assert next(one["start"][11:16] for one in free if one["column"] == "anna") == "10:30"


# ---- for whom --------------------------------------------------------------------------------------------------------


def test_staff_without_the_right_see_their_own_column_alone(practice: Practice, client: Browser) -> None:
    """A1, A8: scoped before anything else; no room tells whose appointment it is."""
    practice.book("ultraschall", "2027-03-03 10:00", "ben")
    client.sign_in(ANNA)
    found = feed(client)
    assert ([one["id"] for one in found["columns"]], found["events"]) == (["anna"], [])


def test_title_of_a_private_block_is_for_its_owner(practice: Practice, client: Browser) -> None:
    """A147."""
    block(practice, "anna", "Zahnarzt")
    client.sign_in(ANNA)
    assert [one["title"] for one in events(client, "anna")] == ["Zahnarzt"]


def test_others_read_that_somebody_is_busy_and_no_more(practice: Practice, client: Browser) -> None:
    """A147."""
    block(practice, "anna", "Zahnarzt")
    client.sign_in(DESK)
    answer = client.get(FEED)
    assert ([one["title"] for one in events(client, "anna")], "Zahnarzt" in answer.text) == (
        ["belegt"],
        False,
    )


@pytest.mark.parametrize("path", ["", "/move"])
def test_dialog_of_a_colleagues_appointment_is_as_if_it_did_not_exist(
    practice: Practice, client: Browser, path: str
) -> None:
    """A1."""
    made = practice.book("massage", "2027-03-03 10:30", "ben")
    client.sign_in(ANNA)
    assert client.get(f"/office/calendar/booking/{made.uid}{path}").status_code == 404


@pytest.mark.parametrize(
    "asked", ["", "?from=2027-03-03&to=2027-04-03", "?from=2027-03-03&to=2027-03-02", "?from=x&to=x"]
)
def test_feed_takes_a_sensible_window_only(practice: Practice, client: Browser, asked: str) -> None:
    client.sign_in(DESK)
    assert client.get(f"/office/calendar/events{asked}").status_code == 400


# ---- the tag ---------------------------------------------------------------------------------------------------------


def test_feed_that_did_not_change_is_not_sent_again(practice: Practice, client: Browser) -> None:
    client.sign_in(DESK)
    answer = again(client, client.get(FEED))
    assert (answer.status_code, answer.data) == (304, b"")


def test_feed_that_did_not_change_costs_one_query(practice: Practice, client: Browser) -> None:
    """Beside those of the session, which every request has."""
    client.sign_in(DESK)
    first = client.get(FEED)
    asked: list[str] = []
    event.listen(
        practice.hall.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
    )
    again(client, first)
    of_every_request = ("BEGIN", "web_session", "account")
    assert len([text for text in asked if not any(name in text for name in of_every_request)]) == 1


def test_every_act_changes_the_tag(practice: Practice, client: Browser) -> None:
    """Also those that touch no time: a status, a block, an absence."""
    made = requested(practice, "2027-03-03 10:00")
    client.sign_in(DESK)
    tags = [client.get(FEED).headers["ETag"]]
    desk = actor(practice, DESK)
    database = practice.hall.database
    database.write(lambda session: booking.accept(session, practice.hall, desk, made.uid, ""))
    tags.append(client.get(FEED).headers["ETag"])
    block(practice, "anna", "Zahnarzt")
    tags.append(client.get(FEED).headers["ETag"])
    assert len(set(tags)) == 3


def test_act_that_commits_late_changes_the_tag_all_the_same(practice: Practice, client: Browser) -> None:
    """Numbers of the log are given before the commit: the highest alone would miss it."""
    client.sign_in(DESK)
    entry = {"at": practice.clock.now, "actor": "x", "door": "api", "act": "moved", "subject": "booking x"}
    practice.hall.database.write(lambda session: session.add(AuditEntry(id=9001, **entry)))
    first = client.get(FEED)
    practice.hall.database.write(lambda session: session.add(AuditEntry(id=9000, **entry)))
    assert again(client, first).status_code == 200


def test_page_that_asks_by_itself_does_not_keep_the_login_alive(practice: Practice, client: Browser) -> None:
    """A38: thirty minutes after the last act of a person it is over."""
    client.sign_in(DESK)
    for _ in range(7):
        practice.clock.move(minutes=5)
        answer = client.get(f"{FEED}&unattended=1")
    assert answer.status_code == 303


def test_page_that_is_used_keeps_it(practice: Practice, client: Browser) -> None:
    client.sign_in(DESK)
    for _ in range(7):
        practice.clock.move(minutes=5)
        answer = client.get(FEED)
    assert answer.status_code == 200


# ---- before something moves ------------------------------------------------------------------------------------------


def shift(client: Browser, uid: str, **fields: Any) -> TestResponse:
    given = {
        "csrf_token": client.csrf_token,
        "date": "2027-03-03",
        "staff": "anna",
        "sequence": "0",
        **fields,
    }
    return client.post(f"/office/calendar/booking/{uid}/move", data=given)


def opened(practice: Practice, client: Browser) -> str:
    made = practice.book("massage", "2027-03-03 10:00")
    client.sign_in(DESK)
    client.get(f"/office/calendar/booking/{made.uid}/move")
    return made.uid


def start(practice: Practice, uid: str) -> str:
    with practice.hall.database.reading() as session:
        return local(booking.parts.load.booking(session, uid).starts)


def test_looking_at_a_time_moves_nothing(practice: Practice, client: Browser) -> None:
    """O18: final is only what was sent."""
    uid = opened(practice, client)
    answer = shift(client, uid, time="11:00", preview="1")
    assert (answer.status_code, start(practice, uid)) == (200, local(berlin("2027-03-03 10:00")))


def test_move_is_done_and_said(practice: Practice, client: Browser) -> None:
    uid = opened(practice, client)
    answer = shift(client, uid, time="11:00", message="Anna hat umgeplant.")
    assert "max.muster@kunde.example" in answer.text
    assert start(practice, uid) == local(berlin("2027-03-03 11:00"))


def test_broken_rules_are_said_before_anything_happens(practice: Practice, client: Browser) -> None:
    """O20, rule 42."""
    uid = opened(practice, client)
    answer = shift(client, uid, time="20:00", message="Bis dann!")
    assert (answer.status_code, "Bis dann!" in answer.text) == (409, True)
    assert start(practice, uid) == local(berlin("2027-03-03 10:00"))


def test_taken_time_wants_an_explicit_act_with_a_reason(practice: Practice, client: Browser) -> None:
    """O20, rule 42."""
    uid = opened(practice, client)
    practice.book("massage", "2027-03-03 11:00", name="Eva Klein")
    refused = shift(client, uid, time="11:00", override="warning")
    done = shift(client, uid, time="11:00", override="double", reason="Zwillinge")
    assert (refused.status_code, done.status_code) == (409, 200)


def test_second_of_two_is_told_and_loses_nothing(practice: Practice, client: Browser) -> None:
    """A109."""
    uid = opened(practice, client)
    shift(client, uid, time="11:00")
    answer = shift(client, uid, time="11:30", message="Lange Erklärung")
    assert answer.status_code == 409
    assert "gerade jemand geändert" in answer.text
    assert "Lange Erklärung" in answer.text
    assert start(practice, uid) == local(berlin("2027-03-03 11:00"))


def test_what_is_no_time_is_said(practice: Practice, client: Browser) -> None:
    uid = opened(practice, client)
    assert shift(client, uid, time="25:99").status_code == 422


# ---- without scripts -------------------------------------------------------------------------------------------------


def test_page_leads_to_the_list_without_scripts(practice: Practice, client: Browser) -> None:
    client.sign_in(DESK)
    answer = client.get("/office/calendar?view=week&day=2027-03-03")
    assert '<noscript><meta http-equiv="refresh" content="0; url=/office/week?day=2027-03-01">' in answer.text
