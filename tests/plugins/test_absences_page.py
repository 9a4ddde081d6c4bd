"""The office's page of absences: enter, decide, delete (O32, O33)."""

import re
from typing import Any

import pytest

from tests import acts
from vorzimmer.testing import Browser, Practice

PAGE = "/office/absences/"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what the database does is tested in `test_absences`."""
    return ""


@pytest.fixture
def desk(practice: Practice, client: Browser) -> Browser:
    client.sign_in("empfang@praxis.example")
    client.get(PAGE)
    return client


def enter(browser: Browser, **fields: Any) -> Any:
    given = {"resource": "anna", "kind": "vacation", "first": "2027-03-02", "last": "2027-03-02"} | fields
    return browser.send(PAGE, **given)


def rows(text: str) -> list[str]:
    """Names in the list of who is away."""
    return re.findall(r"<tr>\s*<td><bdi>(.*?)</bdi>", text)


def test_the_list_shows_who_is_away(desk: Browser) -> None:
    """The demo's absence of ben."""
    assert rows(desk.get(PAGE).text) == ["Ben Cordes"]


def test_an_absence_is_entered_and_shown(desk: Browser) -> None:
    answer = enter(desk)
    assert answer.status_code == 200
    assert rows(answer.text) == ["Anna Berger", "Ben Cordes"]


def test_an_appointment_in_the_way_is_shown_and_nothing_is_done(practice: Practice, desk: Browser) -> None:
    """Rule 19, O32."""
    booking = practice.book("massage", "2027-03-02 09:00")
    answer = enter(desk)
    assert answer.status_code == 409
    assert f'name="decision-{booking.uid}"' in answer.text
    assert f'href="/office/booking/{booking.uid}"' in answer.text
    assert rows(answer.text) == ["Ben Cordes"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"first": "2027-04-05", "last": "2027-04-09"}, "Monday, 5 April 2027 – Friday, 9 April 2027"),
        ({"first": "2027-04-05", "last": "2027-04-05"}, "Anna Berger, Monday, 5 April 2027."),
        (
            {"first": "2027-04-05", "last": "2027-04-05", "from": "10:00", "to": "11:30"},
            "5 April 2027, 10:00–11:30",
        ),
    ],
)
def test_who_enters_an_absence_reads_whose_and_when(
    practice: Practice, desk: Browser, fields: dict[str, str], told: str
) -> None:
    """Office 38."""
    desk.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = enter(desk, **fields)
    assert told in page.text.replace("\xa0", " ")


def test_what_was_typed_is_still_there_beside_the_appointments(practice: Practice, desk: Browser) -> None:
    practice.book("massage", "2027-03-02 09:00")
    answer = enter(desk, kind="sick")
    assert 'value="2027-03-02"' in answer.text
    assert re.search(r'<option value="sick"\s+selected', answer.text)


def test_a_kept_appointment_lets_the_absence_in(practice: Practice, desk: Browser) -> None:
    """Rule 19."""
    booking = practice.book("massage", "2027-03-02 09:00")
    answer = enter(desk, **{f"decision-{booking.uid}": "keep"})
    assert rows(answer.text) == ["Anna Berger", "Ben Cordes"]


def test_who_is_free_is_suggested_and_one_press_hands_over(practice: Practice, desk: Browser) -> None:
    """O32, rule 19: ill at 07:40; the page asks once, with an answer for each appointment."""
    booking = practice.book("massage", "2027-03-02 10:00")
    asked = enter(desk, kind="sick")
    assert re.search(r'<option value="reassign:ben"\s+selected', asked.text)
    done = enter(desk, kind="sick", **{f"decision-{booking.uid}": "reassign:ben"})
    assert done.status_code == 200
    assert acts.again(practice.hall, booking.uid).staff.slug == "ben"


def test_one_choice_for_all_is_filled_in_and_nothing_done_yet(practice: Practice, desk: Browser) -> None:
    """O33: cancelling all is a choice, never the default."""
    booking = practice.book("massage", "2027-03-02 09:00")
    asked = enter(desk, all="cancel")
    assert re.search(r'<option value="cancel"\s+selected', asked.text)
    assert acts.again(practice.hall, booking.uid).status == "confirmed"


def test_one_choice_for_all_is_open_before_anything_is_decided(practice: Practice, desk: Browser) -> None:
    """A browser keeps back a form with a required choice that is open, but for a button that says otherwise."""
    practice.book("massage", "2027-03-02 09:00")
    buttons = re.findall(r'<button[^>]* name="all"[^>]*>', enter(desk).text)
    assert [button.endswith(" formnovalidate>") for button in buttons] == [True] * 4


def test_other_times_are_offered_to_all_who_can_be_written_to(practice: Practice, desk: Browser) -> None:
    """Rule 19: who has no address is still to be decided on."""
    made = practice.book("massage", "2027-03-02 10:00")
    mute = practice.book("massage", "2027-03-02 11:00", name="Ohne Adresse", email="")
    page = enter(desk, all="offer").text
    assert re.search(rf'name="decision-{made.uid}".*?value="offer" selected', page, re.DOTALL)
    decisions = {f"decision-{made.uid}": "offer", f"decision-{mute.uid}": "keep"}
    assert enter(desk, **decisions).status_code == 200
    assert ("offered", "due") in acts.told(practice.hall, made.uid)


def test_who_was_free_and_is_no_more_has_to_be_decided_anew(practice: Practice, desk: Browser) -> None:
    """Rule 19: nothing at all is done, and the page says which one it was."""
    booking = practice.book("massage", "2027-03-02 10:00")
    practice.book("massage", "2027-03-02 10:00", "ben", name="Lena Lang", email="")
    answer = enter(desk, **{f"decision-{booking.uid}": "reassign:ben"})
    assert answer.status_code == 409
    assert re.search(rf'name="decision-{booking.uid}"[^>]*aria-invalid="true"', answer.text)
    assert rows(answer.text) == ["Ben Cordes"]


def test_a_slot_of_the_calendar_is_preset(desk: Browser) -> None:
    """K82: block a time as absent straight from the slot."""
    page = desk.get(
        f"{PAGE}?resource=ben&kind=break&first=2027-03-02&last=2027-03-02&from=10:00&to=10:30"
    ).text
    assert re.search(r'<option value="ben"\s+selected', page)
    assert 'value="10:30"' in page


def test_part_of_a_day_leaves_the_rest_alone(practice: Practice, desk: Browser) -> None:
    """Rule 18: times make it part of a day."""
    practice.book("massage", "2027-03-02 09:00")
    assert enter(desk, **{"from": "14:00", "to": "15:30"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"first": "soon"}, "first"),
        ({"last": ""}, "last"),
        ({"last": "2027-03-01"}, "last"),
        ({"from": "noon"}, "from"),
        ({"resource": "nobody"}, "resource"),
        ({"kind": "boredom"}, "kind"),
    ],
)
def test_a_wrong_field_is_named(desk: Browser, fields: dict[str, str], names: str) -> None:
    answer = enter(desk, **fields)
    assert answer.status_code == 422
    assert f'href="#{names}"' in answer.text


def test_an_absence_is_deleted(desk: Browser) -> None:
    address = re.search(rf'href="({PAGE}\d+/delete)"', desk.get(PAGE).text)
    assert address
    assert rows(desk.send(address[1]).text) == []


def test_an_absence_deleted_twice_is_not_found(desk: Browser) -> None:
    assert desk.send(f"{PAGE}4711/delete").status_code == 404


def test_staff_see_and_may_enter_only_their_own(practice: Practice, client: Browser) -> None:
    """C22, A1."""
    client.sign_in("anna@praxis.example")
    page = client.get(PAGE).text
    assert rows(page) == []
    assert re.findall(r'<option value="(\w+)"', page) == ["anna", "vacation", "sick", "break", "other"]
    assert enter(client, resource="ben").status_code == 422


def test_customers_and_strangers_do_not_get_in(practice: Practice, client: Browser) -> None:
    """A1, A2."""
    assert client.get(PAGE).status_code in (303, 401)
    client.sign_in("max.muster@kunde.example")
    assert client.get(PAGE).status_code == 403


def test_a_form_without_its_token_does_nothing(desk: Browser) -> None:
    """A46."""
    desk.csrf_token = "guessed"
    assert enter(desk).status_code in (400, 403)
    assert rows(desk.get(PAGE).text) == ["Ben Cordes"]


def test_the_page_speaks_the_readers_language(practice: Practice, client: Browser) -> None:
    client.sign_in("anna@praxis.example")
    for language, title in [("de", "Abwesenheiten"), ("en", "Absences"), ("ru", "Отсутствия")]:
        text = client.get(PAGE, headers={"Accept-Language": language}).text
        assert f"<h1>{title}</h1>" in text


def test_the_roster_shows_the_team_and_who_is_away_why(practice: Practice, desk: Browser) -> None:
    """C5 to C7: Clara works on Tuesdays and Thursdays; a vacation overrides the hours of its day."""
    enter(desk, resource="clara", first="2027-03-04", last="2027-03-04")
    page = desk.get(PAGE, headers={"Accept-Language": "en"}).text
    said = dict(re.findall(r'title="Clara Dietz, (\S+ \d+ \S+): ([^"]+)"', page.replace("\xa0", " ")))
    week = {day.split()[1]: what for day, what in said.items()}
    assert [week[str(day)] for day in (1, 2, 3, 4)] == [
        "does not work",
        "works 08:00–16:00",
        "does not work",
        "Vacation",
    ]


def test_a_room_without_hours_is_there_on_all_other_days(practice: Practice, desk: Browser) -> None:
    """C5, rule 12: it has no hours because it is free always, not never."""
    enter(desk, resource="raum-1", first="2027-03-04", last="2027-03-04")
    page = desk.get(PAGE, headers={"Accept-Language": "en"}).text
    said = re.findall(r'title="Raum 1, [^"]+: ([^"]+)"', page)
    assert sorted(set(said)) == ["Vacation", "works"]


def test_a_therapist_sees_the_own_row_only(practice: Practice, client: Browser) -> None:
    """A1."""
    client.sign_in("anna@praxis.example")
    page = client.get(PAGE).text
    assert re.findall(r'<th scope="row"><bdi>(.*?)</bdi>', page) == ["Anna Berger"]


def test_another_reason_is_listed_with_its_words(desk: Browser) -> None:
    """C6."""
    assert "<bdi>Fortbildung in Köln</bdi>" in enter(desk, kind="other", note=" Fortbildung  in Köln ").text


def test_the_words_of_another_reason_are_still_there_after_an_error(desk: Browser) -> None:
    assert 'value="Fortbildung"' in enter(desk, kind="other", note="Fortbildung", first="").text
