"""Webhooks: who is told what, signed, within the rights of the owner, and written in the transaction of the act."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import acts
from tests.conftest import database_url
from tests.plugins.hooked import OWNER, STORE, act, deliveries, hook, receiver, rounds, settings
from tests.plugins.receiver import Receiver
from tests.web.desk import actor
from vorzimmer import accounts, booking, customers, erasure
from vorzimmer.access import CUSTOMER, Right
from vorzimmer.customers import Record
from vorzimmer.models import AuditEntry
from vorzimmer.testing import Browser, Practice, berlin
from vorzimmer_webhooks.events import of_booking
from vorzimmer_webhooks.models import Delivery, Hook

__all__ = ["database_url", "receiver", "settings"]

ANNA = "anna@praxis.example"
EVA = booking.Details("Eva Ernst", "eva@kunde.example")
KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}


def test_each_act_is_told_once_and_in_its_own_words(practice: Practice, receiver: Receiver) -> None:
    """Booked, moved, completed; requested and accepted, declined; cancelled; a customer."""
    made, _ = hook(practice, receiver.url("/take"))
    hall, owner = practice.hall, actor(practice, OWNER)
    first = acts.book(hall)
    target = booking.Target(berlin("2027-03-02 11:00"))
    acts.act(hall, booking.move, owner, first.uid, target)
    for decide, when in ((booking.accept, "2027-03-03 10:00"), (booking.decline, "2027-03-03 11:00")):
        asked = acts.book(hall, when, "erstgespraech")
        acts.act(hall, decide, owner, asked.uid)
    gone = acts.book(hall, "2027-03-04 10:00")
    acts.act(hall, booking.cancel, CUSTOMER, gone.uid)
    practice.clock.now = berlin("2027-03-02 12:00")
    acts.act(hall, booking.complete, owner, first.uid)
    rounds(hall, 2)
    assert sorted(receiver.events()) == sorted(
        [
            *("booking.created", "booking.moved", "booking.completed", "customer.changed"),
            *("request.created", "request.accepted", "request.created", "request.declined"),
            *("booking.created", "booking.cancelled"),
        ]
    )
    assert {one.state for one in deliveries(practice, made)} == {"sent"}


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        *(("missed", "booking.missed"), ("expired", "request.expired"), ("edited", "booking.changed")),
        *(("reassigned", "booking.changed"), ("corrected", "booking.changed"), ("pending_payment", None)),
    ],
)
def test_other_changes_have_their_events(kind: str, event: str | None) -> None:
    assert of_booking(kind) == event


def test_only_events_that_were_asked_for_are_told(practice: Practice, receiver: Receiver) -> None:
    hook(practice, receiver.url("/take"), ["booking.cancelled"])
    made = acts.book(practice.hall)
    acts.act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    rounds(practice.hall)
    assert receiver.events() == ["booking.cancelled"]


def test_body_is_what_the_api_shows_of_the_booking(
    app: Flask, practice: Practice, receiver: Receiver
) -> None:
    hook(practice, receiver.url("/take"), ["booking.created"])
    made = acts.book(practice.hall)
    rounds(practice.hall)
    (told,) = receiver.told()
    shown = app.test_client().get(f"/api/v1/bookings/{made.uid}", headers=KEY).json
    assert told.event["data"]["booking"] == shown["booking"]
    assert (told.event["type"], told.event["timestamp"]) == ("booking.created", "2027-03-01T08:00:00+01:00")


def test_move_says_what_was_before(practice: Practice, receiver: Receiver) -> None:
    hook(practice, receiver.url("/take"), ["booking.moved"])
    made = acts.book(practice.hall)
    target = booking.Target(berlin("2027-03-02 11:00"))
    acts.act(practice.hall, booking.move, actor(practice, OWNER), made.uid, target)
    rounds(practice.hall)
    data = receiver.told()[0].event["data"]
    assert (data["previous"]["start"], data["booking"]["start"]) == (
        "2027-03-02T10:00:00+01:00",
        "2027-03-02T11:00:00+01:00",
    )


def test_receiver_checks_the_signature_with_the_secret(practice: Practice, receiver: Receiver) -> None:
    """Standard Webhooks, worked out by hand from the specification."""
    _, secret = hook(practice, receiver.url("/take"), ["booking.created"])
    acts.book(practice.hall)
    rounds(practice.hall)
    (told,) = receiver.told()
    uid, stamp = told.headers["webhook-id"], told.headers["webhook-timestamp"]
    assert int(stamp) == int(practice.clock.now.timestamp())
    assert secret.startswith("whsec_")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.digest(key, f"{uid}.{stamp}.{told.body}".encode(), hashlib.sha256)
    assert told.headers["webhook-signature"] == f"v1,{base64.b64encode(signature).decode()}"


def test_change_that_is_rolled_back_is_not_told(practice: Practice, receiver: Receiver) -> None:
    """What is told is written in the transaction of the act."""
    hook(practice, receiver.url("/take"), ["booking.created", "booking.cancelled"])
    made, hall = acts.book(practice.hall), practice.hall

    def fails(session: Session) -> None:
        booking.cancel(session, hall, CUSTOMER, made.uid)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        hall.database.write(fails)
    rounds(hall)
    assert receiver.events() == ["booking.created"]


# ---- whose eyes ------------------------------------------------------------------------------------------------------


def test_hook_is_told_what_its_owner_may_see_and_no_more(practice: Practice, receiver: Receiver) -> None:
    """Anna may change settings and sees her own calendar; Ben's customers are none of hers."""
    anna = replace(actor(practice, ANNA), rights=frozenset({Right.OWN_CALENDAR, Right.SETTINGS}))
    hook(practice, receiver.url("/take/annas"), by=anna)
    hook(practice, receiver.url("/take/owners"))
    hers, his = acts.book(practice.hall, staff="anna"), acts.book(practice.hall, who=EVA, staff="ben")
    rounds(practice.hall)
    told = {path: receiver.told(f"/take/{path}") for path in ("annas", "owners")}
    seen = {path: {about(one.event) for one in found} for path, found in told.items()}
    assert {hers.uid, his.uid} <= seen["owners"]
    assert hers.uid in seen["annas"]
    assert his.uid not in seen["annas"]
    assert EVA.email not in repr(told["annas"])


def about(event: dict[str, Any]) -> str:
    return str(next(one["id"] for one in event["data"].values() if isinstance(one, dict)))


def test_note_is_told_only_to_who_may_read_notes(practice: Practice, receiver: Receiver) -> None:
    """A21."""
    few = replace(
        actor(practice, OWNER), rights=frozenset({Right.CALENDARS, Right.SETTINGS, Right.CUSTOMERS})
    )
    hook(practice, receiver.url("/take/few"), by=few)
    hook(practice, receiver.url("/take/all"))
    record = Record(name="Eva", note="Knieoperation")
    acts.act(practice.hall, customers.add, actor(practice, OWNER), record)
    rounds(practice.hall)
    notes = [one.event["data"]["customer"]["note"] for one in receiver.told()]
    assert sorted(notes, key=str) == ["Knieoperation", None]


def test_hook_of_a_blocked_login_is_told_nothing(practice: Practice, receiver: Receiver) -> None:
    """A15: from the block on, also of what was written before."""
    anna = replace(actor(practice, ANNA), rights=frozenset({Right.OWN_CALENDAR, Right.SETTINGS}))
    hook(practice, receiver.url("/take/annas"), by=anna)
    hook(practice, receiver.url("/take/owners"), ["booking.created"])
    acts.book(practice.hall, staff="anna")
    acts.act(practice.hall, accounts.block, actor(practice, OWNER), anna.account_id)
    rounds(practice.hall)
    assert receiver.events("/take/annas") == []
    assert receiver.events("/take/owners") == ["booking.created"]


# ---- customers -------------------------------------------------------------------------------------------------------


def test_customer_added_changed_and_merged_is_told(practice: Practice, receiver: Receiver) -> None:
    hook(practice, receiver.url("/take"), ["customer.changed"])
    owner, hall = actor(practice, OWNER), practice.hall
    eva = acts.act(hall, customers.add, owner, Record(name="Eva Ernst"))
    acts.act(hall, customers.change, owner, eva.uid, Record(phone="030 123456"))
    acts.act(hall, customers.change, owner, eva.uid, Record(phone="030 123456"))  # nothing differs
    other = acts.act(hall, customers.add, owner, Record(name="E. Ernst"))
    acts.act(hall, customers.merge, owner, eva.uid, other.uid)
    rounds(hall)
    told = [one.event["data"] for one in receiver.told()]
    kinds = [(one["customer"]["name"], one["kind"]) for one in told]
    assert kinds == [("Eva Ernst", "added"), ("Eva Ernst", "changed"), ("Eva Ernst", "merged")]
    assert told[1]["customer"]["phone"] == "030 123456"


def test_new_customer_of_a_booking_is_told(practice: Practice, receiver: Receiver) -> None:
    hook(practice, receiver.url("/take"), ["customer.changed"])
    acts.book(practice.hall)
    acts.book(practice.hall, "2027-03-03 10:00")
    rounds(practice.hall)
    assert [one.event["data"]["kind"] for one in receiver.told()] == ["added"]


def test_nothing_is_left_of_an_erased_customer(practice: Practice, receiver: Receiver) -> None:
    made, _ = hook(practice, receiver.url("/take"))
    booked = acts.book(practice.hall)
    acts.book(practice.hall, "2027-03-03 10:00", who=EVA)
    rounds(practice.hall)
    owner, uid = actor(practice, OWNER), acts.again(practice.hall, booked.uid).customer.uid
    acts.act(practice.hall, booking.cancel, CUSTOMER, booked.uid)
    acts.act(practice.hall, erasure.erase, owner, uid)
    with practice.hall.database.reading() as session:
        kept = repr([vars(one) for one in session.scalars(select(Delivery))])
    assert [acts.OLGA.email in kept, uid in kept, EVA.email in kept] == [False, False, True]
    assert len(deliveries(practice, made)) == 2


# ---- making them -----------------------------------------------------------------------------------------------------


def test_api_makes_lists_and_deletes_and_shows_the_secret_once(
    app: Flask, practice: Practice, receiver: Receiver
) -> None:
    """interface.md."""
    client = app.test_client()
    asked = {"url": receiver.url("/take"), "events": ["booking.created"]}
    made = client.post("/api/v1/webhooks", json=asked, headers=KEY)
    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    (listed,) = client.get("/api/v1/webhooks", headers=KEY).json["webhooks"]
    assert listed == {name: value for name, value in made.json.items() if name != "secret"}
    booked = acts.book(practice.hall)
    rounds(practice.hall)
    path = f"/api/v1/webhooks/{listed['id']}"
    (told,) = client.get(f"{path}/deliveries", headers=KEY).json["deliveries"]
    (came,) = receiver.told()
    assert (told["id"], told["event"], told["state"], told["status"], told["attempts"]) == (
        *(came.headers["webhook-id"], "booking.created", "sent", 204, 1),
    )
    assert client.delete(path, headers=KEY).status_code == 204
    assert client.get("/api/v1/webhooks", headers=KEY).json == {"webhooks": []}
    acts.act(practice.hall, booking.cancel, CUSTOMER, booked.uid)
    rounds(practice.hall)
    assert len(receiver.told()) == 1


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://cal.example/",
            "https://127.0.0.2/",
            "https://localhost/",
            "https://10.0.0.1/",
            "ftp://x.example/",
        ),
        *(
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://x.example:22/",
            "",
            "https://u:p@x.example/",
        ),
    ],
)
def test_address_inside_or_unencrypted_is_refused(app: Flask, practice: Practice, url: str) -> None:
    """A122."""
    asked = {"url": url, "events": ["booking.created"]}
    answer = app.test_client().post("/api/v1/webhooks", json=asked, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "url")
    with practice.hall.database.reading() as session:
        assert session.scalars(select(Hook)).all() == []


@pytest.mark.parametrize("events", [[], ["booking.created", "nothing.like.it"], ["test"]])
def test_unknown_events_are_refused(app: Flask, practice: Practice, events: list[str]) -> None:
    asked = {"url": "https://crm.example/hook", "events": events}
    answer = app.test_client().post("/api/v1/webhooks", json=asked, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "events")


def test_secret_is_sealed_and_neither_it_nor_the_path_is_in_the_log(
    practice: Practice, receiver: Receiver
) -> None:
    made, secret = hook(practice, receiver.url("/take/geheim"))
    act(practice, STORE.delete, made.id)
    made, secret = hook(practice, receiver.url("/take/geheim"))
    with practice.hall.database.reading() as session:
        assert secret not in repr(session.scalars(select(Hook.secret)).all())
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("webhook"))).all()
    assert [entry.act for entry in entries] == ["webhook_made", "webhook_deleted", "webhook_made"]
    assert "geheim" not in repr([entry.after for entry in entries])


def test_pages_make_test_and_delete_a_webhook(
    client: Browser, practice: Practice, receiver: Receiver
) -> None:
    client.sign_in(OWNER)
    client.get("/office/settings/webhooks/")
    page = client.send("/office/settings/webhooks/", url="nowhere", events="booking.created")
    assert 'href="#url"' in page.text
    page = client.send("/office/settings/webhooks/", url=receiver.url("/take"), events="booking.created")
    secret = re.search(r"whsec_[\w+/=]+", page.text)[0]
    path = re.search(r"/office/settings/webhooks/\d+", page.text)[0]
    client.send(f"{path}/test")
    rounds(practice.hall)
    assert receiver.events() == ["test"]
    page = client.get(path)
    assert secret not in page.text
    again = re.search(rf"{path}/deliveries/msg_\w+/again", page.text)[0]
    client.send(again)
    rounds(practice.hall)
    assert len({one.headers["webhook-id"] for one in receiver.told()}) == 1
    assert len(receiver.told()) == 2
    client.send(f"{path}/delete")
    assert client.get(path).status_code == 404
