"""The practice's appointments in a calendar app: seen, moved, cancelled, refused."""

from __future__ import annotations

import re

import pytest

from tests import acts
from tests.caldav.desk import C, Phone, conditions, event, hrefs
from vorzimmer import booking
from vorzimmer.models import Status
from vorzimmer.testing import Practice, berlin


def text_of(phone: Phone, uid: str) -> str:
    return phone.ask("GET", f"bookings/{uid}.ics").text


def moved(text: str, start: str, end: str) -> str:
    """The text with other local times."""
    for name, value in (("DTSTART", start), ("DTEND", end)):
        text = re.sub(f"{name};TZID=Europe/Berlin:.*", f"{name};TZID=Europe/Berlin:{value}\r", text)
    return text


def test_booking_stands_in_the_calendar_of_the_person(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    assert f"{anna.home}bookings/{made.uid}.ics" in hrefs(anna.propfind("bookings/", "D:getetag", depth="1"))
    text = text_of(anna, made.uid)
    assert "STATUS:CONFIRMED" in text
    assert "SEQUENCE:0" in text
    assert "ATTENDEE" not in text


def test_moved_event_moves_the_booking_and_tells_the_customer(practice: Practice, anna: Phone) -> None:
    """Architecture §6, the third trip."""
    made = acts.book(practice.hall, staff="anna")
    text = moved(text_of(anna, made.uid), "20270302T141500", "20270302T144500")
    before = anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"]
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text, If_Match=before).status_code == 204
    now = acts.again(practice.hall, made.uid)
    assert (now.starts, now.sequence) == (berlin("2027-03-02 14:15"), 1)
    assert "moved" in [topic for topic, _ in acts.told(practice.hall, made.uid)]
    assert anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"] != before


def test_move_over_another_booking_is_refused_and_nothing_changes(practice: Practice, anna: Phone) -> None:
    """A140: a true conflict, 403 or 409 with a CalDAV precondition."""
    made = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 11:00", staff="anna")
    before = anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"]
    text = moved(text_of(anna, made.uid), "20270302T110000", "20270302T113000")
    refused = anna.ask("PUT", f"bookings/{made.uid}.ics", text)
    assert refused.status_code == 409
    assert f"{C}allowed-organizer-scheduling-object-change" in conditions(refused)
    assert acts.again(practice.hall, made.uid).starts == made.starts
    assert anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"] != before  # so that it is read anew
    assert "moved" not in [topic for topic, _ in acts.told(practice.hall, made.uid)]


def test_cancelled_event_cancels_the_booking(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    text = text_of(anna, made.uid).replace("STATUS:CONFIRMED", "STATUS:CANCELLED")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED
    assert "cancelled" in [topic for topic, _ in acts.told(practice.hall, made.uid)]
    assert anna.ask("GET", f"bookings/{made.uid}.ics").status_code == 404


def test_deleted_event_cancels_the_booking(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    assert anna.ask("DELETE", f"bookings/{made.uid}.ics").status_code == 204
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED
    assert acts.book(practice.hall, staff="anna")


def test_stale_etag_is_refused(practice: Practice, anna: Phone) -> None:
    """A138: a phone that did not see the last change cannot undo it."""
    made = acts.book(practice.hall, staff="anna")
    text = text_of(anna, made.uid)
    now = anna.ask("GET", f"bookings/{made.uid}.ics").headers["ETag"]
    for tag in ('"stale"', 'W/"stale"', '"stale-gzip"'):
        assert anna.ask("PUT", f"bookings/{made.uid}.ics", text, If_Match=tag).status_code == 412
        assert anna.ask("DELETE", f"bookings/{made.uid}.ics", If_Match=tag).status_code == 412
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text, If_None_Match="*").status_code == 412
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text, If_Match=f'"other", {now}').status_code == 204


@pytest.mark.parametrize("written", ["W/{}", "{}-gzip", "{}--gzip", "W/{}-br", "{}-zstd"])
def test_tag_that_a_proxy_has_rewritten_is_known(anna: Phone, written: str) -> None:
    """nginx weakens the tags of what it compresses; Caddy, Apache and Jetty append to them."""
    anna.ask("PUT", "bookings/a.ics", event("a"))
    now = anna.ask("GET", "bookings/a.ics").headers["ETag"]
    tag = written.format(now).replace('"-', "-") + ('"' if "-" in written else "")
    changed = event("a", f"SUMMARY:{written}")
    assert anna.ask("PUT", "bookings/a.ics", changed, If_None_Match=tag).status_code == 412
    assert anna.ask("PUT", "bookings/a.ics", changed, If_Match=tag).status_code == 204
    assert anna.ask("DELETE", "bookings/a.ics", If_Match=tag).status_code == 412


def test_clients_own_lines_are_kept_and_the_servers_restored(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:soon\r\nEND:VALARM\r\n"
    own = f"COLOR:tomato\r\nX-MOZ-LASTACK:20270301T000000Z\r\nORGANIZER:mailto:evil@example.org\r\n{alarm}END:VEVENT"
    text = text_of(anna, made.uid).replace("SUMMARY:Klassische Massage", "SUMMARY:Nonsense")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text.replace("END:VEVENT", own)).status_code == 204
    after = text_of(anna, made.uid)
    for kept in (
        "COLOR:tomato",
        "X-MOZ-LASTACK:20270301T000000Z",
        "TRIGGER:-PT15M",
        "SUMMARY:Klassische Massage",
    ):
        assert kept in after
    assert "ORGANIZER" not in after
    assert acts.again(practice.hall, made.uid).sequence == 0
    anna.ask("PUT", f"bookings/{made.uid}.ics", moved(after, "20270302T141500", "20270302T144500"))
    assert "TRIGGER:-PT15M" in text_of(anna, made.uid)


def test_answer_to_a_changed_text_has_no_etag(practice: Practice, anna: Phone) -> None:
    """RFC 4791 §5.3.4: else the phone would believe that its own text is stored."""
    made = acts.book(practice.hall, staff="anna")
    text = text_of(anna, made.uid).replace("SUMMARY:Klassische Massage", "SUMMARY:Nonsense")
    assert "ETag" not in anna.ask("PUT", f"bookings/{made.uid}.ics", text).headers


def test_new_event_closes_its_time_at_once(practice: Practice, anna: Phone) -> None:
    assert anna.ask("PUT", "bookings/dentist.ics", event("dentist")).status_code == 201
    starts = acts.offered(practice.hall, "massage", "2027-03-02", staff="anna")
    assert berlin("2027-03-02 10:00") not in starts
    assert berlin("2027-03-02 11:00") in starts
    assert anna.ask("DELETE", "bookings/dentist.ics").status_code == 204
    assert berlin("2027-03-02 10:00") in acts.offered(practice.hall, "massage", "2027-03-02", staff="anna")


def test_uid_of_an_appointment_is_not_taken_again(practice: Practice, anna: Phone, ben: Phone) -> None:
    """A137."""
    made = acts.book(practice.hall, staff="anna")
    for phone in (anna, ben):
        refused = phone.ask(
            "PUT", "bookings/copy.ics", event(made.uid, start="20270305T090000Z", end="20270305T093000Z")
        )
        assert refused.status_code == 409
        assert conditions(refused) == {f"{C}no-uid-conflict"}


def test_appointment_becomes_no_series_and_no_whole_day(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    text = text_of(anna, made.uid)
    for other in (
        text.replace("STATUS:", "RRULE:FREQ=DAILY;COUNT=3\r\nSTATUS:"),
        event(made.uid, start="20270302", end="20270303"),
    ):
        assert anna.ask("PUT", f"bookings/{made.uid}.ics", other).status_code == 403
    assert acts.again(practice.hall, made.uid).starts == made.starts


def test_floating_and_utc_times_are_understood(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    floating = event(made.uid, start="20270302T141500", end="20270302T144500")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", floating).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 14:15")
    utc = event(made.uid, start="20270302T143000Z", end="20270302T150000Z")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", utc).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-02 15:30")


def test_move_out_of_hours_is_taken_and_logged(practice: Practice, anna: Phone) -> None:
    """Rule 80: a calendar app cannot ask, so rules are broken with a word in the log, conflicts never."""
    made = acts.book(practice.hall, staff="anna")
    text = event(made.uid, start="20270307T180000Z", end="20270307T183000Z")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin("2027-03-07 19:00")


def test_appointment_of_the_desk_is_pushed_by_the_sync_token(practice: Practice, anna: Phone) -> None:
    token = anna.propfind("bookings/", "D:sync-token").findtext(".//{DAV:}sync-token")
    made = acts.act(
        practice.hall,
        booking.enter,
        acts.DESK,
        booking.Entry("massage", berlin(acts.TEN), "Max", staff="anna"),
    )
    answer = anna.report(
        "bookings/",
        f"<sync-collection><sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>",
    )
    assert hrefs(answer) == [f"{anna.home}bookings/{made.uid}.ics"]


def test_request_is_accepted_on_the_phone(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, service="erstgespraech", staff="anna")
    text = text_of(anna, made.uid)
    assert "STATUS:TENTATIVE" in text
    anna.ask("PUT", f"bookings/{made.uid}.ics", text.replace("STATUS:TENTATIVE", "STATUS:CONFIRMED"))
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
    assert "accepted" in [topic for topic, _ in acts.told(practice.hall, made.uid)]


def test_request_that_is_deleted_on_the_phone_is_declined(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, service="erstgespraech", staff="anna")
    assert anna.ask("DELETE", f"bookings/{made.uid}.ics").status_code == 204
    assert acts.again(practice.hall, made.uid).status == Status.DECLINED
    assert "declined" in [topic for topic, _ in acts.told(practice.hall, made.uid)]
