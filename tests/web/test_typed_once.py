"""What was typed and could not be taken is given back once, at its step, and sent once (office 8)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.customer import english
from tests.web.desk import DESK, count, requested
from tests.web.test_typed_kept import EVA, NEW, fields, sealed, send, sign_in_again
from vorzimmer.models import Booking, Customer
from vorzimmer.testing import Browser, Practice
from vorzimmer_absences.models import Absence

AWAY = "/office/absences/"
ODD = {**EVA, "language": "de", "no-such-field": "something"}


@pytest.fixture
def desk(client: Browser, practice: Practice) -> Browser:
    english(client)
    client.sign_in(DESK)
    client.get(NEW)
    return client


def post(client: Browser, path: str, typed: dict[str, str], page: str = "", **more: Any) -> Any:
    """Send a form that stands on a page, by default on that of its own address; redirects are followed."""
    data = {"csrf_token": client.csrf_token, **typed, **more}
    referer = {"Referer": f"http://localhost{page or path}"}
    return client.post(path, data=data, headers=referer, follow_redirects=True)


def speak(client: Browser, path: str, typed: dict[str, str], language: str = "de") -> Any:
    """As the script does: the form is sent to another address, which may have it sent on."""
    data = {"csrf_token": client.csrf_token, **typed, "speak": language, "form_action": path}
    answer = client.post("/office/language", data=data, headers={"Referer": f"http://localhost{path}"})
    return (
        client.post(answer.location, data=data) if answer.status_code == 307 else client.get(answer.location)
    )


def chosen(page: str, name: str) -> str:
    found = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)
    assert found is not None
    picked = re.search(r'<option value="([^"]*)"\s+selected', found[0])
    return picked[1] if picked else ""


def sick(booking: Booking) -> dict[str, str]:
    """Who is ill is typed, and what becomes of the appointment in the way chosen, against what is suggested."""
    typed = {
        "resource": "anna",
        "kind": "sick",
        "first": "2027-03-02",
        "last": "2027-03-02",
        "shown_by": "all",
    }
    return {**typed, f"decision-{booking.uid}": "offer", "message": "Bis bald"}


def entered(practice: Practice) -> int:
    """Absences beside the demo's one of Ben."""
    return count(practice, Absence) - 1


def stands_there(page: str, booking: Booking) -> bool:
    return (chosen(page, f"decision-{booking.uid}"), fields(page)["message"]) == ("offer", "Bis bald")


def test_another_language_between_two_steps_shows_the_same_step(desk: Browser, practice: Practice) -> None:
    """An absence with its appointments; a second language after the first one."""
    typed = sick(practice.book("massage", "2027-03-02 09:00"))
    booking = practice.book("massage", "2027-03-02 11:00")
    typed[f"decision-{booking.uid}"] = ""
    first = next(uid for uid in typed if uid.startswith("decision-"))
    for language in ("de", "fr"):
        page = speak(desk, AWAY, typed, language)
        assert (page.request.path, f'lang="{language}"' in page.text) == (AWAY, True)
        assert [chosen(page.text, name) for name in (first, f"decision-{booking.uid}")] == ["offer", ""]
        assert (fields(page.text)["message"], entered(practice)) == ("Bis bald", 0)
    done = post(desk, AWAY, {**typed, f"decision-{booking.uid}": "keep"})
    assert (done.request.path, entered(practice)) == (AWAY, 1)
    assert desk.get(AWAY).request.path == AWAY


def test_a_session_that_is_over_between_two_steps_leads_back_to_the_step(
    desk: Browser, practice: Practice
) -> None:
    booking = practice.book("massage", "2027-03-02 09:00")
    practice.clock.move(minutes=31)
    asked = desk.post(
        AWAY, data={"csrf_token": "old", **sick(booking)}, headers={"Referer": f"http://localhost{AWAY}"}
    )
    way = sign_in_again(desk, asked.text)
    assert ("Nothing has been sent" in way.text, "<dt>resource" in way.text) == (True, False)
    desk.csrf_token = fields(way.text)["csrf_token"]
    page = post(desk, AWAY, {**fields(way.text), "all": "again"}, "/office/again")
    assert (stands_there(page.text, booking), entered(practice)) == (True, 0)
    assert desk.get("/office/again", follow_redirects=True).request.path == "/office/"
    done = post(desk, AWAY, sick(booking))
    assert (done.request.path, entered(practice)) == (AWAY, 1)
    assert desk.get(AWAY).request.path == AWAY


def test_nothing_is_entered_where_the_appointments_are_gone_meanwhile(
    desk: Browser, practice: Practice
) -> None:
    """Another language is no decision."""
    typed = {**sick(practice.book("massage", "2027-03-09 09:00")), "shown_by": "all"}
    page = speak(desk, AWAY, typed)
    assert (page.status_code, fields(page.text)["first"]) == (409, "2027-03-02")
    assert entered(practice) == 0


def test_an_appointment_that_breaks_a_rule_keeps_its_reason_in_another_language(
    desk: Browser, practice: Practice
) -> None:
    typed = {"service": "massage", "staff": "anna", "slot": "other", "date": "2027-03-07", "time": "09:00"}
    typed |= {"place": "markt", "name": EVA["name"], "shown_by": "show"}
    assert post(desk, "/office/new", typed).status_code == 409
    page = speak(desk, "/office/new", {**typed, "reason": "Notfall"})
    assert (page.request.path, 'lang="de"' in page.text, count(practice, Booking)) == ("/office/new", True, 0)
    assert {"date": "2027-03-07", "time": "09:00", "name": EVA["name"]}.items() <= fields(page.text).items()
    assert (
        fields(post(desk, "/office/new", {**typed, "reason": fields(page.text)["reason"]}).text)["reason"]
        == "Notfall"
    )
    post(desk, "/office/new", {**typed, "reason": "Notfall", "override": "warning"})
    assert (count(practice, Booking), desk.get("/office/new").request.path) == (1, "/office/new")


def kept_apart(desk: Browser, practice: Practice, typed: dict[str, str] = ODD) -> Any:
    practice.clock.move(minutes=31)
    way = sign_in_again(desk, send(desk, typed=typed).text)
    assert way.request.path == "/office/again"
    desk.csrf_token = fields(way.text)["csrf_token"]
    return way


def test_what_has_a_page_of_its_own_is_sent_once(desk: Browser, practice: Practice) -> None:
    """By its button, pressed twice at once or found again by the way back; no page leads there afterwards."""
    before = count(practice, Customer)
    way = kept_apart(desk, practice)
    assert desk.get(NEW).request.path == NEW
    form = fields(way.text)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _time: practice_client(desk).post(NEW, data=form), range(2)))
    assert count(practice, Customer) == before + 1
    again = post(desk, NEW, form)
    assert ("sent or left already" in again.text, count(practice, Customer)) == (True, before + 1)
    assert desk.get("/office/again", follow_redirects=True).request.path == "/office/"
    assert (desk.get(NEW).request.path, "Eva" in desk.get(NEW).text) == (NEW, False)


def practice_client(desk: Browser) -> Browser:
    """The same browser once more, for a press at the same time."""
    other = desk.application.test_client()
    cookie = desk.get_cookie("vorzimmer")
    assert cookie is not None
    other.set_cookie("vorzimmer", cookie.value)
    return other  # type: ignore[return-value]  # a client of the same application


def test_what_is_left_is_gone(desk: Browser, practice: Practice) -> None:
    before = count(practice, Customer)
    form = fields(kept_apart(desk, practice).text)
    assert post(desk, "/office/again", form).request.path == "/office/"
    assert desk.get("/office/again", follow_redirects=True).request.path == "/office/"
    assert post(desk, NEW, form).request.path == "/office/"
    assert (desk.get(NEW).request.path, count(practice, Customer)) == (NEW, before)


def test_fields_are_told_by_their_labels(desk: Browser, practice: Practice) -> None:
    """What nobody sees is not told, what the page does not know has no name."""
    way = kept_apart(desk, practice, {**ODD, "language": "ru"})
    told = re.findall(r"<dt>([^<]*)</dt><dd dir=\"auto\">([^<]*)", way.text)
    assert {("Name", "Eva “Öl” Probe &lt;b&gt;"), ("Also typed", "something")} <= {*told}
    assert "Русский" in [value for label, value in told if label.startswith("Language")]
    assert not {"name", "email", "no-such-field"} & {label for label, _value in told}


def test_a_form_whose_page_is_gone_can_be_read(desk: Browser, practice: Practice) -> None:
    gone = "/office/customers/00000000-0000-0000-0000-000000000000"
    practice.clock.move(minutes=31)
    headers = {"Referer": f"http://localhost{gone}"}
    asked = desk.post(f"{gone}/note", data={"csrf_token": "old", "note": "ruft an"}, headers=headers)
    assert "ruft an" in sign_in_again(desk, asked.text).text


def test_nothing_ticked_leaves_the_message(desk: Browser, practice: Practice) -> None:
    made = [requested(practice, f"2027-03-0{day} 09:00") for day in (3, 4)]
    page, typed = "/office/requests", {"act": "decline", "message": "Leider krank"}
    back = post(desk, "/office/appointments", typed, page, next=page)
    assert (back.request.path, "No appointment was selected" in back.text) == (page, True)
    assert fields(back.text)["message"] == "Leider krank"
    both = {**typed, "pick": made[0].uid, "act": "accept"}
    assert post(desk, "/office/appointments", both, page).status_code == 200


def test_what_is_refused_on_a_page_of_its_own_has_the_way_back_to_the_form(
    desk: Browser, practice: Practice
) -> None:
    """Of two requests one is not there any more."""
    made = requested(practice, "2027-03-03 09:00")
    page, typed = "/office/requests", {"act": "decline", "message": "Leider krank"}
    typed["pick"] = made.uid.replace(made.uid[0], "0" if made.uid[0] != "0" else "1", 1)
    refused = post(desk, "/office/appointments", typed, page)
    assert refused.status_code == 404
    back = post(desk, "/office/kept", {"kept": sealed(refused.text)})
    assert "Leider krank" in back.text


def test_another_language_is_no_answer_to_the_question_whether_one_is_sure(
    desk: Browser, practice: Practice
) -> None:
    made = requested(practice, "2027-03-03 09:00")
    typed = {"act": "decline", "message": "Leider krank", "pick": made.uid, "next": "/office/requests"}
    asked = fields(post(desk, "/office/appointments", typed, "/office/requests").text)
    assert asked["message"] == "Leider krank"
    page = speak(desk, "/office/appointments", {**asked, "shown_by": "look"})
    assert ('lang="de"' in page.text, fields(page.text)["message"]) == (True, "Leider krank")
    with practice.hall.database.reading() as session:
        assert session.get_one(Booking, made.id).status == "requested"
