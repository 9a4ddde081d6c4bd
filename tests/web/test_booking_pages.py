"""The customer's pages: K14 to K16, K26, C42 to C46, O23 to O27, O59 to O63, rules 5, 44 to 49."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.acts import code_of, type_details
from tests.acts import hold as hold_elsewhere
from tests.web.customer import (
    DAY,
    MAX,
    TEN,
    book,
    confirm,
    details,
    english,
    field,
    found,
    hold,
    times,
    uid_of,
    value,
)
from vorzimmer.models import Service
from vorzimmer.testing import Browser, Practice, berlin

# ---- what, with whom, when -------------------------------------------------------------------------------------------


def test_start_page_lists_what_is_offered_and_nothing_unlisted(client: Browser, practice: Practice) -> None:
    page = client.get("/").text
    assert ("Klassische Massage" in page, "Telefonnotiz" in page) == (True, False)


def test_unlisted_service_is_bookable_by_its_address(client: Browser, practice: Practice) -> None:
    assert times(client.get("/book/notiz?day=2027-03-02").text)


def test_unknown_service_is_a_page_that_says_so(client: Browser, practice: Practice) -> None:
    english(client)
    answer = client.get("/book/friseur")
    assert (answer.status_code, "This page does not exist" in answer.text) == (404, True)


@pytest.mark.parametrize(("query", "shown"), [("?category=Kurse", 1), ("?category=Kurse&category=Reise", 2)])
def test_address_can_preset_categories(client: Browser, practice: Practice, query: str, shown: int) -> None:
    """C44, C45."""

    def sort(session: Session) -> None:
        for slug, category in {"massage": "Kurse", "ultraschall": "Reise"}.items():
            session.execute(update(Service).where(Service.slug == slug).values(category=category))

    practice.hall.database.write(sort)
    assert len(re.findall(r'href="/book/', client.get(f"/{query}").text)) == shown


def test_person_is_asked_for_with_any_first(client: Browser, practice: Practice) -> None:
    """K14, O62."""
    page = client.get("/book/massage").text
    assert re.findall(r'name="staff" value="([^"]+)"', page) == ["any", "anna", "ben"]


def test_person_who_is_alone_is_not_asked_for(client: Browser, practice: Practice) -> None:
    assert times(client.get("/book/rueckenschule?day=2027-03-02").text)


def test_page_offers_exactly_the_times_that_the_search_finds(client: Browser, practice: Practice) -> None:
    """K16, O63."""
    answer = client.get("/api/v1/slots?service=massage&from=2027-03-02&to=2027-03-02")
    slots = answer.get_json()["slots"]
    page = client.get("/book/massage?staff=any&day=2027-03-02").text
    of_day = [time for time in times(page) if time.startswith("2027-03-02")]
    assert of_day == [f"{slot['start']}|{slot['location']}" for slot in slots]


def test_preset_person_and_place_narrow_the_times(client: Browser, practice: Practice) -> None:
    """C42, C43."""
    page = client.get("/book/massage?staff=ben&location=hafen&day=2027-03-05").text
    assert {time.rpartition("|")[2] for time in times(page)} == {"hafen"}


def test_page_begins_at_the_first_day_with_a_free_time(client: Browser, practice: Practice) -> None:
    english(client)
    assert "Tuesday, 2\N{NO-BREAK SPACE}March" in client.get("/book/rueckenschule").text


def test_empty_day_says_when_the_next_free_time_is(client: Browser, practice: Practice) -> None:
    """The Monday after is a holiday in Berlin."""
    english(client)
    page = client.get("/book/massage?staff=anna&day=2027-03-06").text
    assert ("Nothing is free on this day" in page, "day=2027-03-09#day" in page) == (True, True)


def test_empty_day_says_why(client: Browser, practice: Practice) -> None:
    """Rules 17, 37: a holiday by its name; the last day that can be booked."""
    english(client)
    month = client.get("/book/massage?staff=anna&month=2027-03").text
    (path,) = re.findall(r' href="([^"]*day=2027-03-08[^"]*)#day"', month)
    assert "Closed: Frauentag" in client.get(path.replace("&amp;", "&")).text
    far = client.get("/book/massage?staff=anna&day=2028-03-08").text
    assert "Appointments can be booked until Sunday, 30 May 2027." in far


def test_month_can_be_turned_and_the_first_day_is_shown(client: Browser, practice: Practice) -> None:
    page = client.get("/book/massage?staff=anna&month=2027-04").text
    assert value("2027-04-01 09:00") in times(page)


def test_script_gets_the_times_without_the_frame(client: Browser, practice: Practice) -> None:
    page = client.get(DAY, headers={"HX-Request": "true"}).text
    assert (page.lstrip().startswith("<div"), "<html" in page) == (True, False)


def test_preset_name_and_address_leave_the_address_line(client: Browser, practice: Practice) -> None:
    """C46."""
    answer = client.get("/book/massage?staff=anna&name=Max+Muster&email=max%40kunde.example")
    assert answer.headers["Location"] == "/book/massage?staff=anna"


def test_preset_name_and_address_stand_in_the_form(client: Browser, practice: Practice) -> None:
    """C46."""
    client.get("/book/massage?staff=anna&name=Max+Muster&email=max%40kunde.example")
    page = client.get(hold(client).headers["Location"]).text
    assert (field(page, "name"), field(page, "email")) == ("Max Muster", "max@kunde.example")


def test_repeated_hour_names_the_zone_of_each_pass(client: Browser, practice: Practice) -> None:
    """Rule 5: 31 October 2027 has 02:00 twice."""
    practice.clock.now = berlin("2027-10-20 08:00")
    night = {6: ((60, 300),)}

    def work_at_night(session: Session) -> None:
        hours = practice.hall.plugins.instance("vorzimmer_weekly_hours")
        ids = {"resource_id": practice.resource("anna").id, "location_id": practice.location("markt").id}
        hours.set_week(session, night, **ids)

    practice.hall.database.write(work_at_night)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    page = client.get("/book/massage?staff=anna&day=2027-10-31").text
    assert re.findall(r">(02:00[^<]*)<", page) == ["02:00 MESZ", "02:00 MEZ"]


# ---- the hold --------------------------------------------------------------------------------------------------------


def test_chosen_time_is_held_and_gone_for_others(client: Browser, practice: Practice, app: Flask) -> None:
    """O23."""
    assert hold(client).status_code == 303
    other = app.test_client()
    assert value(TEN) not in times(other.get(DAY).text)


def test_own_held_time_stays_on_offer(client: Browser, practice: Practice) -> None:
    """Rule 46."""
    hold(client)
    assert value(TEN) in times(client.get(DAY).text)


def test_choosing_again_gives_the_first_time_back(client: Browser, practice: Practice, app: Flask) -> None:
    """Rule 46."""
    hold(client)
    hold(client, "2027-03-02 11:00")
    assert value(TEN) in times(app.test_client().get(DAY).text)


def test_time_taken_in_the_meantime_shows_the_nearest(client: Browser, practice: Practice) -> None:
    english(client)
    hold_elsewhere(practice.hall, TEN, staff="anna")
    answer = hold(client)
    assert (answer.status_code, "Somebody was quicker." in answer.text) == (409, True)
    assert value("2027-03-02 09:15") in times(answer.text)


def test_page_stays_on_the_day_that_was_wanted(client: Browser, practice: Practice) -> None:
    hold_elsewhere(practice.hall, "2027-03-16 10:00", staff="anna")
    assert value("2027-03-16 16:00") in times(hold(client, "2027-03-16 10:00").text)


def test_nothing_typed_is_lost_when_the_time_is(client: Browser, practice: Practice) -> None:
    uid = uid_of(hold(client))
    practice.clock.move(minutes=11)
    assert details(client, uid).status_code == 409
    page = client.get(hold(client, "2027-03-02 11:00").headers["Location"]).text
    assert {key: field(page, key) for key in ("name", "email", "phone")} | {"message": "Bis bald!"} == MAX


def test_person_who_was_chosen_is_still_asked_for_when_the_time_ran_out(
    client: Browser, practice: Practice
) -> None:
    """Rule 60: on Fridays Ben is at the harbour, Anna is not."""
    uid = uid_of(hold(client, "2027-03-05 10:00"))
    practice.clock.move(minutes=11)
    assert {time.rpartition("|")[2] for time in times(details(client, uid).text)} == {"markt"}


def test_place_is_said_where_times_at_several_are_nearest(client: Browser, practice: Practice) -> None:
    uid = uid_of(hold(client, "2027-03-05 10:00", staff="any"))
    practice.clock.move(minutes=11)
    near = details(client, uid).text.partition("month-grid")[0]
    assert ("Praxis am Hafen" in near, "Praxis am Markt" in near) == (True, True)


def test_token_is_needed_to_hold(client: Browser, practice: Practice) -> None:
    """A46."""
    assert hold(client, csrf_token="no").status_code == 403


@pytest.mark.parametrize("time", ["", "soon", "2027-03-02T10:00:00|markt", "9999-99-99T00:00:00Z|x"])
def test_time_that_is_none_is_a_bad_request(client: Browser, practice: Practice, time: str) -> None:
    assert hold(client, time=time).status_code == 400


def test_booking_of_somebody_else_is_not_found(client: Browser, practice: Practice) -> None:
    """A15: the uid alone opens nothing."""
    held = hold_elsewhere(practice.hall)
    assert client.get(f"/book/massage/{held.uid}/details").status_code == 404


# ---- details and code ------------------------------------------------------------------------------------------------


def test_wrong_address_is_said_beside_its_field(client: Browser, practice: Practice) -> None:
    answer = details(client, uid_of(hold(client)), email="max")
    assert answer.status_code == 422
    assert re.search(
        r'id="email"[^>]*aria-invalid="true"[^>]*aria-describedby="email-hint email-error"', answer.text
    )


def test_typed_details_survive_an_error(client: Browser, practice: Practice) -> None:
    answer = details(client, uid_of(hold(client)), email="max")
    assert (field(answer.text, "name"), field(answer.text, "email")) == ("Max Muster", "max")


def test_typed_details_survive_going_back(client: Browser, practice: Practice) -> None:
    uid = uid_of(hold(client))
    details(client, uid)
    assert field(client.get(f"/book/massage/{uid}/details").text, "phone") == "030 123"


def test_right_code_confirms_a_direct_booking(client: Browser, practice: Practice) -> None:
    """O25, O59."""
    assert book(client, practice).status == "confirmed"


def test_right_code_sends_a_request(client: Browser, practice: Practice) -> None:
    """O60, K14."""
    assert book(client, practice, "2027-03-02 10:00", "erstgespraech").status == "requested"


def test_mails_go_on_in_the_language_in_which_the_code_is_typed(client: Browser, practice: Practice) -> None:
    """Whoever changes it on the way has said in which they read."""
    uid = uid_of(hold(client))
    details(client, uid)
    assert found(practice, uid).language == "de"
    english(client)
    confirm(client, uid, code_of(practice.hall, found(practice, uid)))
    assert (found(practice, uid).status, found(practice, uid).language) == ("confirmed", "en")


def test_code_may_be_typed_with_blanks(client: Browser, practice: Practice) -> None:
    uid = uid_of(hold(client))
    details(client, uid)
    code = code_of(practice.hall, found(practice, uid))
    assert confirm(client, uid, f" {code[:3]} {code[3:]} ").status_code == 303


def test_wrong_code_says_how_many_tries_are_left(client: Browser, practice: Practice) -> None:
    """A30."""
    english(client)
    uid = uid_of(hold(client))
    details(client, uid)
    answer = confirm(client, uid, "000000x")
    assert (answer.status_code, "4 tries left." in answer.text) == (422, True)


def test_fifth_wrong_code_leads_back_to_the_times(client: Browser, practice: Practice) -> None:
    """A30."""
    uid = uid_of(hold(client))
    details(client, uid)
    answers = [confirm(client, uid, "x").status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 409]


def test_new_code_makes_the_old_one_void(client: Browser, practice: Practice) -> None:
    uid = uid_of(hold(client))
    details(client, uid)
    old = code_of(practice.hall, found(practice, uid))
    client.get(f"/book/massage/{uid}/code")
    client.send(f"/book/massage/{uid}/resend")
    assert confirm(client, uid, old).status_code == 422


def test_right_code_after_the_end_books_all_the_same(client: Browser, practice: Practice) -> None:
    """Rule 48."""
    uid = uid_of(hold(client))
    details(client, uid)
    practice.clock.move(minutes=12)
    code = code_of(practice.hall, found(practice, uid))
    assert (confirm(client, uid, code).status_code, found(practice, uid).status) == (303, "confirmed")


def test_right_code_after_somebody_took_the_time_shows_others(client: Browser, practice: Practice) -> None:
    """Rule 48."""
    uid = uid_of(hold(client))
    details(client, uid)
    practice.clock.move(minutes=12)
    type_details(practice.hall, hold_elsewhere(practice.hall, TEN, staff="anna").uid)
    answer = confirm(client, uid, code_of(practice.hall, found(practice, uid)))
    assert (answer.status_code, value("2027-03-02 09:15") in times(answer.text)) == (409, True)


def test_done_page_gives_manage_link_and_calendar_file(client: Browser, practice: Practice) -> None:
    made = book(client, practice)
    page = client.get(f"/book/massage/{made.uid}/done").text
    assert f"/b/{made.uid}." in page
    answer = client.get(f"/book/massage/{made.uid}/calendar.ics")
    assert (answer.mimetype, f"UID:{made.uid}" in answer.text) == ("text/calendar", True)


def test_finished_booking_is_not_asked_about_again(client: Browser, practice: Practice) -> None:
    """Back and reload lead to what was booked."""
    made = book(client, practice)
    answer = client.get(f"/book/massage/{made.uid}/details")
    assert answer.headers["Location"] == f"/book/massage/{made.uid}/done"


# ---- language, weight ------------------------------------------------------------------------------------------------


def test_language_of_the_browser_is_spoken(client: Browser, practice: Practice) -> None:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "ru"
    assert ("30 минут<" in client.get("/").text) is True


def test_chosen_language_is_kept(client: Browser, practice: Practice) -> None:
    client.post("/language", data={"language": "fr", "next": DAY})
    assert '<html lang="fr">' in client.get("/").text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "x", ""])
def test_language_switch_leads_nowhere_else(client: Browser, practice: Practice, path: str) -> None:
    """A44."""
    answer = client.post("/language", data={"language": "fr", "next": path})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/", "/book/massage", "/book/massage?staff=any"])
def test_page_weighs_less_than_sixty_kilobytes(client: Browser, practice: Practice, path: str) -> None:
    page = client.get(path).text
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    sent = [client.get(asset, headers={"Accept-Encoding": "gzip"}).data for asset in assets]
    assert len(page.encode()) + sum(map(len, sent)) < 60_000


def test_compressed_asset_is_the_asset(client: Browser, practice: Practice) -> None:
    path = re.search(r'href="(/static/[^"]+css)"', client.get("/").text)[1]
    packed = client.get(path, headers={"Accept-Encoding": "gzip"}).data
    assert gzip.decompress(packed) == client.get(path).data


def test_start_page_sets_no_cookie(client: Browser, practice: Practice) -> None:
    """A70."""
    assert "Set-Cookie" not in client.get("/").headers
