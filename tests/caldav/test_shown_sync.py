"""Calendars of others stay right while things change: tokens, rights, names, and what nobody reads any more."""

from __future__ import annotations

from sqlalchemy import select

from tests import acts
from tests.caldav.desk import D, Phone, conditions, event
from tests.caldav.others import BEN, give_role, names_of, objects, switch_on, sync_body, synced, texts, times
from vorzimmer import booking, catalogue, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.testing import Practice, berlin
from vorzimmer_caldav.storage import shown

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"], owner=True)


def test_sync_follows_what_others_do(practice: Practice, anna: Phone, ben: Phone) -> None:
    switch_on(practice, anna, "ben")
    first, token = synced(anna, BEN)
    assert first == {}
    made = acts.book(practice.hall, staff="ben")
    booked, token = synced(anna, BEN, token)
    assert list(booked.values()) == [True]
    etag = anna.ask("GET", next(iter(booked))).headers["ETag"]
    target = booking.Target(berlin("2027-03-02 15:00"))
    acts.act(practice.hall, booking.move, acts.DESK, made.uid, target)
    moved, token = synced(anna, BEN, token)
    assert moved == booked  # the same object
    assert anna.ask("GET", next(iter(booked))).headers["ETag"] != etag
    assert times(texts(anna, BEN)[0])[0] == "20270302T140000Z"
    assert synced(anna, BEN, token) == ({}, token)
    acts.act(practice.hall, booking.cancel, acts.DESK, made.uid)
    gone, token = synced(anna, BEN, token)
    assert gone == dict.fromkeys(booked, False)
    other = acts.book(practice.hall, staff="ben")
    _, token = synced(anna, BEN, token)
    target = booking.Target(other.starts, staff="anna")
    acts.act(practice.hall, booking.move, acts.DESK, other.uid, target)
    assert list(synced(anna, BEN, token)[0].values()) == [False]


def test_token_holds_across_a_restart(practice: Practice, anna: Phone) -> None:
    switch_on(practice, anna, "ben")
    acts.book(practice.hall, staff="ben")
    _, token = synced(anna, BEN)
    hall = Hall.open(practice.hall.config)
    again = Phone(create_app(hall), anna.address, anna.password)
    assert synced(again, BEN, token) == ({}, token)
    acts.book(hall, "2027-03-02 14:00", staff="ben")
    assert len(synced(again, BEN, token)[0]) == 1
    hall.database.dispose()


def test_right_that_is_taken_away_takes_the_words_with_it(practice: Practice, anna: Phone) -> None:
    """The next request sees less, and what the app has read is not valid any more: token, ctag and addresses."""
    give_role(practice, anna, "owner")
    acts.book(practice.hall, staff="ben")
    switch_on(practice, anna, "ben")
    full, token = synced(anna, BEN)
    ctag = anna.propfind(BEN, "D:getetag").findtext(f".//{D}getetag")
    give_role(practice, anna, "staff")
    refused = anna.ask("REPORT", BEN, sync_body(token))
    assert (refused.status_code, conditions(refused)) == (403, {f"{D}valid-sync-token"})
    assert anna.propfind(BEN, "D:getetag").findtext(f".//{D}getetag") != ctag
    assert anna.ask("GET", next(iter(full))).status_code == 404
    assert "Klassische" not in "".join(texts(anna, BEN))
    give_role(practice, anna, "owner")
    assert synced(anna, BEN, token) == ({}, token)  # what it knew is right again
    give_role(practice, anna, "settings")
    assert list(names_of(anna)) == []  # nor the own calendar (X3)
    assert anna.ask("PROPFIND", BEN).status_code == 403


def test_series_is_seen_with_all_its_times(practice: Practice, anna: Phone, ben: Phone) -> None:
    zone = "DTSTART;TZID=Meine Zone:20270302T090000"
    text = event(
        "a", "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Meine Zone:20270316T090000", "SUMMARY:Therapie"
    )
    text = text.replace("DTSTART:20270302T090000Z", zone).replace("DTEND:20270302T100000Z", "DURATION:PT1H")
    rules = "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\n"
    own = f"BEGIN:VTIMEZONE\r\nTZID:Meine Zone\r\nX-WHY:Therapie\r\n{rules}END:VTIMEZONE\r\nBEGIN:VEVENT"
    assert ben.ask("PUT", "bookings/a.ics", text.replace("BEGIN:VEVENT", own)).status_code == 201
    switch_on(practice, anna, "ben")
    window = ("20270301T000000Z", "20270501T000000Z")
    (mine,), (seen,) = ben.query("bookings/", *window, expand=True), anna.query(BEN, *window, expand=True)
    assert times(mine.replace("END:VEVENT", "")) == times(seen.replace("END:VEVENT", ""))
    assert seen.count("BEGIN:VEVENT") == 4
    assert "Meine" not in texts(anna, BEN)[0]
    assert "Therapie" not in texts(anna, BEN)[0]


def test_archived_and_renamed_resources(practice: Practice, anna: Phone) -> None:
    switch_on(practice, anna, "ben", "raum-1")
    assert len(names_of(anna)) == 3
    practice.hall.database.write(lambda s: catalogue.archive_resource(s, practice.hall, OWNER, "raum-1"))
    practice.hall.database.write(
        lambda s: catalogue.change_resource(s, practice.hall, OWNER, "ben", {"name": "Benjamin"})
    )
    assert names_of(anna) == {"bookings/": "Praxis am Markt", BEN: "Benjamin"}
    assert anna.ask("PROPFIND", "shown-raum-1/").status_code == 404


def test_copies_that_nobody_looks_at_go(practice: Practice, anna: Phone, ben: Phone) -> None:
    acts.book(practice.hall, service="ultraschall", staff="ben")
    for phone in (anna, ben):
        switch_on(practice, phone, "ultraschall")
    _, token = synced(anna, "shown-ultraschall/")
    switch_on(practice, anna)
    forget(practice)
    assert len(objects(ben, "shown-ultraschall/")) == 1
    switch_on(practice, ben)
    forget(practice)
    with practice.hall.database.reading() as session:
        kept = select(CalendarObject.id).join(Calendar, Calendar.id == CalendarObject.calendar_id)
        assert session.scalars(kept.where(Calendar.kind != "bookings")).all() == []
    switch_on(practice, anna, "ultraschall")
    assert anna.ask("REPORT", "shown-ultraschall/", sync_body(token)).status_code == 403
    assert len(synced(anna, "shown-ultraschall/")[0]) == 1


def forget(practice: Practice) -> None:
    practice.hall.database.write(lambda session: shown.forget(session, database.now(session)))
