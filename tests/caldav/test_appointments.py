"""What people do to an appointment in a calendar app, and what must not become of it (S7 to S14)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import acts
from tests.caldav.desk import C, D, Phone, conditions, event
from tests.caldav.others import give_role, objects, synced
from tests.caldav.test_bookings import moved, text_of
from vorzimmer import booking
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Refused
from vorzimmer.testing import Practice, berlin

OWN = "{urn:vorzimmer}"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """With a pause before customers are told, as in life."""
    return {**settings, "booking": {"undo_seconds": 120}}


@pytest.fixture
def made(practice: Practice) -> Booking:
    """An appointment of Anna's at ten."""
    return acts.book(practice.hall, staff="anna")


def waiting(practice: Practice, made: Booking) -> list[str]:
    """What the customer is going to be told, but for reminders."""
    told = acts.told(practice.hall, made.uid)
    return [
        topic for topic, state in told if state == "due" and topic not in ("code", "confirmed", "reminder")
    ]


# ---- deleted and put again (S7) --------------------------------------------------------------------------------------


def test_deleted_and_put_again_is_as_it_was(practice: Practice, anna: Phone, made: Booking) -> None:
    path, text = f"bookings/{made.uid}.ics", text_of(anna, made.uid)
    reminders = acts.told(practice.hall, made.uid).count(("reminder", "due"))
    assert anna.ask("DELETE", path).status_code == 204
    assert waiting(practice, made) == ["cancelled"]
    assert anna.ask("PUT", path, text, If_None_Match="*").status_code == 201
    now = acts.again(practice.hall, made.uid)
    assert (now.status, now.starts) == (Status.CONFIRMED, made.starts)
    assert waiting(practice, made) == []
    assert acts.told(practice.hall, made.uid).count(("reminder", "due")) == reminders
    assert f"SEQUENCE:{now.sequence}" in text_of(anna, made.uid)
    assert berlin("2027-03-02 10:00") not in acts.offered(
        practice.hall, "massage", "2027-03-02", staff="anna"
    )


def test_deleted_and_put_again_at_another_time_is_a_move(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    path, text = f"bookings/{made.uid}.ics", text_of(anna, made.uid)
    anna.ask("DELETE", path)
    answer = anna.ask("PUT", path, moved(text, "20270302T141500", "20270302T144500"))
    assert answer.status_code == 201
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:15")
    assert waiting(practice, made) == ["moved"]


def test_request_that_was_deleted_and_put_again_waits_as_before(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, service="erstgespraech", staff="anna")
    path, text = f"bookings/{made.uid}.ics", text_of(anna, made.uid)
    anna.ask("DELETE", path)
    assert anna.ask("PUT", path, text).status_code == 201
    now = acts.again(practice.hall, made.uid)
    assert (now.status, now.expires_at) == (Status.REQUESTED, made.expires_at)
    assert {one.expires_at for one in now.allocations} == {made.expires_at}
    assert "declined" not in waiting(practice, made)


def test_what_the_office_cancelled_or_long_ago_is_not_taken_back(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    path, text = f"bookings/{made.uid}.ics", text_of(anna, made.uid)
    acts.act(practice.hall, booking.cancel, acts.DESK, made.uid)
    assert anna.ask("PUT", path, text).status_code == 409
    other = acts.book(practice.hall, staff="anna")
    path, text = f"bookings/{other.uid}.ics", text_of(anna, other.uid)
    anna.ask("DELETE", path)
    practice.clock.move(seconds=120)
    assert anna.ask("PUT", path, text).status_code == 409
    assert acts.again(practice.hall, other.uid).status == Status.CANCELLED


def test_time_that_somebody_has_by_now_is_not_taken_back(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    path, text = f"bookings/{made.uid}.ics", text_of(anna, made.uid)
    anna.ask("DELETE", path)
    acts.book(practice.hall, staff="anna")
    assert anna.ask("PUT", path, text).status_code == 409
    assert waiting(practice, made) == ["cancelled"]


def test_cancellation_by_a_colleague_is_taken_back_only_by_who_may(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    anna.ask("DELETE", f"bookings/{made.uid}.ics")
    ben = acts.staff(practice.resource("ben").id, "caldav")
    with pytest.raises(Refused, match="forbidden"):
        acts.act(practice.hall, booking.take_back, ben, made.uid)


# ---- another calendar (S8) -------------------------------------------------------------------------------------------


@pytest.fixture
def own(anna: Phone) -> Phone:
    """Anna's phone, with a calendar `own`."""
    assert anna.ask("MKCALENDAR", "own/").status_code == 201
    return anna


def test_other_calendar_chosen_in_an_app_leaves_the_appointment(
    practice: Practice, own: Phone, made: Booking
) -> None:
    """The app puts it there, deletes it here, and shows at the next sync what is true."""
    path, text = f"bookings/{made.uid}.ics", text_of(own, made.uid)
    _, token = synced(own, "bookings/")
    assert own.ask("PUT", f"own/{made.uid}.ics", text, If_None_Match="*").status_code == 409
    refused = own.ask("DELETE", path)
    assert refused.status_code == 403
    assert {f"{D}need-privileges", f"{OWN}stays"} <= conditions(refused)
    assert synced(own, "bookings/", token)[0] == {f"{own.home}{path}": True}
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
    assert waiting(practice, made) == []
    assert own.ask("DELETE", path).status_code == 204  # whoever deletes it once more means it
    assert waiting(practice, made) == ["cancelled"]


def test_other_calendar_in_the_other_order_leaves_the_appointment_too(
    practice: Practice, own: Phone, made: Booking
) -> None:
    path, text = f"bookings/{made.uid}.ics", text_of(own, made.uid)
    _, token = synced(own, "bookings/")
    assert own.ask("DELETE", path).status_code == 204
    assert own.ask("PUT", f"own/{made.uid}.ics", text).status_code == 409
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
    assert synced(own, "bookings/", token)[0] == {f"{own.home}{path}": True}
    assert objects(own, "own/") == []
    assert waiting(practice, made) == []


def test_delete_long_after_a_refused_copy_cancels(practice: Practice, own: Phone, made: Booking) -> None:
    own.ask("PUT", f"own/{made.uid}.ics", text_of(own, made.uid))
    practice.clock.move(seconds=121)
    assert own.ask("DELETE", f"bookings/{made.uid}.ics").status_code == 204
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED


def test_copy_by_a_colleague_keeps_nobody_from_cancelling(
    practice: Practice, own: Phone, ben: Phone, made: Booking
) -> None:
    assert ben.ask("PUT", "bookings/x.ics", text_of(own, made.uid)).status_code == 409
    assert own.ask("DELETE", f"bookings/{made.uid}.ics").status_code == 204


# ---- times (S9, S10, S13) --------------------------------------------------------------------------------------------


def test_coming_appointment_is_not_dragged_into_the_past(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    practice.clock.move(hours=3)
    text = moved(text_of(anna, made.uid), "20270301T090000", "20270301T093000")
    refused = anna.ask("PUT", f"bookings/{made.uid}.ics", text)
    assert (refused.status_code, f"{OWN}in-the-past" in conditions(refused)) == (403, True)
    assert acts.again(practice.hall, made.uid).starts == made.starts


def test_when_a_past_appointment_was_is_corrected_without_a_mail(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    practice.clock.move(days=2)
    text = moved(text_of(anna, made.uid), "20270302T094500", "20270302T101500")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 09:45")
    assert waiting(practice, made) == []
    text = moved(text_of(anna, made.uid), "20270310T094500", "20270310T101500")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert waiting(practice, made) == ["moved"]  # it takes place once more


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("20270302T101000", "20270302T103000"),  # the start dragged, the end kept
        ("20270302T100000", "20270302T104500"),  # the end dragged
        ("20270302T090000", "20270302T103000"),
        ("20270302T140000", "20270302T151500"),
    ],
)
def test_appointment_becomes_no_longer_and_no_shorter(
    practice: Practice, anna: Phone, made: Booking, start: str, end: str
) -> None:
    path = f"{anna.home}bookings/{made.uid}.ics"
    _, token = synced(anna, "bookings/")
    tag = anna.ask("GET", path).headers["ETag"]
    refused = anna.ask("PUT", path, moved(text_of(anna, made.uid), start, end), If_Match=tag)
    assert (refused.status_code, f"{OWN}duration-fixed" in conditions(refused)) == (403, True)
    assert synced(anna, "bookings/", token)[0] == {path: True}
    assert acts.again(practice.hall, made.uid).sequence == 0
    assert waiting(practice, made) == []


def test_length_may_be_told_as_a_duration_or_not_at_all(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    for line, start in (("DURATION:PT30M", "1415"), ("", "1445")):
        text = re.sub("DTEND.*\r\n", f"{line}\r\n" if line else "", text_of(anna, made.uid))
        text = re.sub("(DTSTART.*:).*\r\n", rf"\g<1>20270302T{start}00\r\n", text)
        assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
        assert (
            f"{acts.again(practice.hall, made.uid).starts.astimezone(made.starts.tzinfo):%H%M}"
            == {
                "1415": "1315",
                "1445": "1345",
            }[start]
        )
    text = text.replace("DTSTART", "DURATION:PT45M\r\nDTSTART")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 403


@pytest.fixture
def old(practice: Practice, anna: Phone, made: Booking) -> str:
    """What an app saw before the desk moved the appointment to two o'clock."""
    text = text_of(anna, made.uid)
    target = booking.Target(berlin("2027-03-02 14:00"))
    acts.act(practice.hall, booking.move, acts.DESK, made.uid, target)
    return text


@pytest.mark.parametrize("sequence", ["0", "1"])
def test_older_copy_without_a_tag_does_not_undo_a_move(
    practice: Practice, anna: Phone, made: Booking, old: str, sequence: str
) -> None:
    """Merged: the app has added an alarm and moved nothing, whether or not it counts changes itself."""
    text = old.replace("SEQUENCE:0", f"SEQUENCE:{sequence}").replace(
        "END:VEVENT", "COLOR:tomato\r\nEND:VEVENT"
    )
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:00")
    now = text_of(anna, made.uid)
    assert "COLOR:tomato" in now
    assert "DTSTART;TZID=Europe/Berlin:20270302T140000" in now


def test_older_copy_that_was_moved_is_refused(
    practice: Practice, anna: Phone, made: Booking, old: str
) -> None:
    path = f"{anna.home}bookings/{made.uid}.ics"
    _, token = synced(anna, "bookings/")
    refused = anna.ask("PUT", path, moved(old, "20270302T110000", "20270302T113000"))
    assert refused.status_code == 409
    assert f"{C}allowed-organizer-scheduling-object-change" in conditions(refused)
    assert synced(anna, "bookings/", token)[0] == {path: True}
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:00")


def test_older_copy_that_was_cancelled_is_refused(
    practice: Practice, anna: Phone, made: Booking, old: str
) -> None:
    text = old.replace("STATUS:CONFIRMED", "STATUS:CANCELLED")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 409
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


def test_app_that_has_seen_the_move_may_move_it_back(
    practice: Practice, anna: Phone, made: Booking, old: str
) -> None:
    """With the tag of what it saw, any time is a wish, also one that the appointment has had."""
    tag = anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"]
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", old, If_Match=tag).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == made.starts


# ---- what is typed (S11, S12) ----------------------------------------------------------------------------------------


def noted(phone: Phone, made: Booking, typed: str) -> str:
    """The object with a line typed below its description."""
    text = re.sub(r"\r\n[ \t]", "", text_of(phone, made.uid))
    if "DESCRIPTION:" not in text:
        return text.replace("END:VEVENT", f"DESCRIPTION:{typed}\r\nEND:VEVENT")
    return re.sub("(DESCRIPTION:.*)\r", rf"\1\\n{typed}\r", text)


def test_what_is_typed_into_the_description_is_an_internal_note(practice: Practice, anna: Phone) -> None:
    who = booking.Details("Olga", "olga@kunde.example", phone="030 1234567", message="Bitte klingeln")
    made = acts.book(practice.hall, staff="anna", who=who)
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", noted(anna, made, "Knie\\, links")).status_code == 204
    assert acts.again(practice.hall, made.uid).note == "Knie, links"
    shown = re.sub(r"\r\n[ \t]", "", text_of(anna, made.uid))
    assert "Bitte klingeln\\nIm Büro gibt es dazu eine interne Notiz.\r" in shown
    assert "Knie" not in shown  # whoever may read notes reads them in the office
    anna.ask("PUT", f"bookings/{made.uid}.ics", noted(anna, made, "Knie\\, links"))
    anna.ask("PUT", f"bookings/{made.uid}.ics", noted(anna, made, "Schmerzen"))
    assert acts.again(practice.hall, made.uid).note == "Knie, links\nSchmerzen"
    assert acts.again(practice.hall, made.uid).sequence == 0
    assert waiting(practice, made) == []


def test_who_may_not_write_notes_writes_none_on_a_phone(
    practice: Practice, anna: Phone, made: Booking
) -> None:
    give_role(practice, anna, "own_calendar")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", noted(anna, made, "Knie")).status_code == 204
    assert acts.again(practice.hall, made.uid).note == ""


@pytest.mark.parametrize("calendar", ["bookings", "own"])
def test_pasted_copy_of_an_appointment_says_that_it_is_none(
    practice: Practice, own: Phone, made: Booking, calendar: str
) -> None:
    text = moved(text_of(own, made.uid), "20270302T150000", "20270302T153000").replace(made.uid, "copy")
    answer = own.ask("PUT", f"{calendar}/copy.ics", text)
    assert answer.status_code == 201
    assert "ETag" not in answer.headers
    shown = re.sub(r"\r\n[ \t]", "", own.ask("GET", f"{calendar}/copy.ics").text)
    assert "SUMMARY:Belegte Zeit (Klassische Massage: " in shown
    assert berlin("2027-03-02 15:00") not in acts.offered(
        practice.hall, "massage", "2027-03-02", staff="anna"
    )
    again = own.ask("GET", f"{calendar}/copy.ics")
    assert own.ask("PUT", f"{calendar}/copy.ics", again.text).headers["ETag"] == again.headers["ETag"]
    lunch = event("lunch", "SUMMARY:Essen: Kantine")
    own.ask("PUT", f"{calendar}/lunch.ics", lunch)
    assert own.ask("GET", f"{calendar}/lunch.ics").text == lunch


# ---- nothing (S14) ---------------------------------------------------------------------------------------------------


def test_identical_put_changes_nothing(practice: Practice, own: Phone, made: Booking) -> None:
    own.ask("PUT", "own/a.ics", event("a", start="20270302T130000Z", end="20270302T140000Z"))
    for path in (f"bookings/{made.uid}.ics", "own/a.ics"):
        before, (_, token) = own.ask("GET", path), synced(own, path.partition("/")[0] + "/")
        practice.clock.move(seconds=5)
        answer = own.ask("PUT", path, before.data, If_Match=before.headers["ETag"])
        assert (answer.status_code, answer.headers["ETag"]) == (204, before.headers["ETag"])
        assert synced(own, path.partition("/")[0] + "/", token) == ({}, token)
    assert [act for act, door in acts.entries(practice.hall, made.uid) if door == "caldav"] == []


def test_what_comes_back_is_read_anew_by_the_app(own: Phone, made: Booking) -> None:
    """Only words were changed, which are the practice's: without a row in the log the app would keep its own."""
    path = f"{own.home}bookings/{made.uid}.ics"
    before, (_, token) = own.ask("GET", path), synced(own, "bookings/")
    answer = own.ask("PUT", path, before.text.replace("SUMMARY:Klassische", "SUMMARY:Andere"))
    assert (answer.status_code, "ETag" in answer.headers) == (204, False)
    assert synced(own, "bookings/", token)[0] == {path: True}
    assert own.ask("GET", path).headers["ETag"] != before.headers["ETag"]
