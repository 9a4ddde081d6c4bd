"""The customers' pages and calls: C13 to C21, O11, O12, O37 to O47, A1, A5, A6, A8, A21, A84, A109."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests import acts
from tests.security.world import add_key
from tests.web.desk import DESK
from vorzimmer import booking, customers, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.customers import Record
from vorzimmer.models import AuditEntry, Booking, Customer, CustomerChange, Role
from vorzimmer.testing import DESK as AT_DESK
from vorzimmer.testing import Browser, Practice

ANNA, BEN, OWNER = "anna@praxis.example", "ben@praxis.example", "owner@praxis.example"
EVA = {"name": "Eva Öztürk", "email": "eva@kunde.example", "phone": "0170 1234567"}
KEY = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}


@pytest.fixture
def database_url() -> str:
    """SQLite; the core's tests run on both."""
    return ""


def text(answer: Any) -> str:
    return unescape(answer.text)


def add(practice: Practice, name: str, **more: Any) -> str:
    made: Customer = acts.act(practice.hall, customers.add, AT_DESK, Record(name=name, **more))
    return made.uid


def record_of(practice: Practice, uid: str) -> dict[str, Any]:
    owner = Actor(OWNER, "office", rights=ROLES["owner"])
    with practice.hall.database.reading() as session:
        return customers.snapshot(customers.one(session, owner, uid))


def customer_of(made: Booking) -> str:
    assert made.customer
    return made.customer.uid


def without_notes(practice: Practice) -> None:
    """The desk may no longer read notes."""

    def work(session: Session) -> None:
        role = session.scalars(select(Role).where(Role.name == "desk")).one()
        role.permissions = ["calendars", "customers", "exports"]

    practice.hall.database.write(work)


def send(client: Browser, path: str, **fields: Any) -> Any:
    """A form, as it answers itself."""
    return client.post(path, data={"csrf_token": client.csrf_token, **fields})


# ---- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"), [("özt", True), ("OZT", True), ("eva@", True), ("1234", True), ("%", False)]
)
def test_the_list_finds_by_name_address_and_number(
    client: Browser, practice: Practice, typed: str, found: bool
) -> None:
    """C13, O11: in any script, without accents; signs are only signs (A10)."""
    add(practice, **EVA)
    client.sign_in(DESK)
    assert ("Eva Öztürk" in text(client.get("/office/customers", query_string={"q": typed}))) is found


def test_nobody_found_leads_to_a_new_customer_of_that_name(client: Browser, practice: Practice) -> None:
    """O12."""
    client.sign_in(DESK)
    page = text(client.get("/office/customers?q=Zoe+Neu"))
    assert "Nobody is called so" in page or "heißt" in page
    assert 'value="Zoe Neu"' in text(client.get("/office/customers/new?name=Zoe+Neu"))


def test_the_list_is_narrowed_to_a_group_and_to_changes_that_wait(
    client: Browser, practice: Practice
) -> None:
    """O39, O43."""
    add(practice, "Anna Aktiv", groups=["aktiv"])
    waiting = add(practice, "Paul Passiv")
    practice.hall.database.write(lambda session: _change(session, waiting))
    client.sign_in(DESK)
    with practice.hall.database.reading() as session:
        group = customers.groups(session)[0].id
    pages = [text(client.get(f"/office/customers?{query}")) for query in (f"group={group}", "waiting=1")]
    assert [("Anna Aktiv" in page, "Paul Passiv" in page) for page in pages] == [(True, False), (False, True)]


def _change(session: Session, uid: str, **values: Any) -> None:
    found = session.scalars(select(Customer).where(Customer.uid == uid)).one()
    values = values or {"phone": "0171 99"}
    session.add(CustomerChange(customer=found, values=values, created_at=database.now(session)))


def test_a_long_list_comes_page_by_page(client: Browser, practice: Practice) -> None:
    for number in range(60):
        add(practice, f"Kunde {number:02}")
    client.sign_in(DESK)
    first = text(client.get("/office/customers?q=kunde"))
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = text(client.get(following))
    assert [("Kunde 49" in page, "Kunde 50" in page) for page in (first, second)] == [
        (True, False),
        (False, True),
    ]


def test_a_page_asks_the_database_as_often_for_many_as_for_one(client: Browser, practice: Practice) -> None:
    """No query for each row: list and record."""
    one = customer_of(practice.book("massage", "2027-03-02 09:00", **EVA))
    client.sign_in(DESK)
    paths = ("/office/customers", f"/office/customers/{one}")
    client.get("/office/customers")  # the session is written once after signing in
    few = [queries(practice, client, path) for path in paths]
    for number in range(6):
        add(practice, f"Kunde {number}", groups=[f"Gruppe {number}"])
        practice.book("massage", f"2027-03-03 {10 + number}:00", "ben", **EVA)
    assert [queries(practice, client, path) for path in paths] == few


def queries(practice: Practice, client: Browser, path: str) -> int:
    asked: list[str] = []
    engine = practice.hall.database.engine

    def listen(*given: Any) -> None:
        asked.append(given[2])

    event.listen(engine, "before_cursor_execute", listen)
    assert client.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", listen)
    return len(asked)


@pytest.mark.parametrize(
    "query", ["cursor=nobody", "group=999999999999999999", "group=x", "q=%00", "cursor=%00"]
)
def test_nonsense_in_the_address_is_no_error(client: Browser, practice: Practice, query: str) -> None:
    client.sign_in(DESK)
    assert client.get(f"/office/customers?{query}").status_code == 200


# ---- one record ------------------------------------------------------------------------------------------------------


def test_a_new_customer_needs_a_name_alone(client: Browser, practice: Practice) -> None:
    """O41, O42, D5: a group is made inside the form."""
    client.sign_in(DESK)
    client.get("/office/customers/new")
    page = text(client.send("/office/customers/new", name="Zoe Neu", new_group="Reha, Privat", note="Knie"))
    assert all(word in page for word in ("Zoe Neu", "Reha", "Privat", "Knie"))


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(DESK)
    client.get("/office/customers/new")
    typed = {
        "name": "",
        "email": "eva@",
        "phone": "0170",
        "new_group": "Reha",
        "note": "Knie links",
        "language": "ru",
    }
    answer = send(client, "/office/customers/new", **typed)
    assert answer.status_code == 422
    assert all(
        word in text(answer)
        for word in ('id="name-error"', 'id="email-error"', "eva@", "0170", "Reha", "Knie links")
    )


def test_staff_correct_a_record_and_the_bookings_keep_what_was_typed(
    client: Browser, practice: Practice
) -> None:
    """O38, O40."""
    made = practice.book("massage", "2027-03-02 09:00", name="Micky Maus", email=EVA["email"])
    uid = customer_of(made)
    client.sign_in(DESK)
    version = hidden(client.get(f"/office/customers/{uid}/change"), "version")
    client.send(f"/office/customers/{uid}/change", name="Eva Öztürk", language="de", version=version)
    assert record_of(practice, uid)["name"] == "Eva Öztürk"
    assert acts.again(practice.hall, made.uid).name == "Micky Maus"


def hidden(answer: Any, name: str) -> str:
    """The value of a hidden input."""
    return str(answer.text.split(f'name="{name}" value="', 1)[1].split('"', 1)[0])


def test_two_at_one_record_the_second_is_told_and_loses_nothing(client: Browser, practice: Practice) -> None:
    """A109: the page shows what stands there now; keeping it again replaces that."""
    uid = add(practice, **EVA)
    client.sign_in(DESK)
    version = hidden(client.get(f"/office/customers/{uid}/change"), "version")
    acts.act(practice.hall, customers.change, AT_DESK, uid, Record(phone="0171 1"))
    answer = send(client, f"/office/customers/{uid}/change", name="Eva Neu", language="de", version=version)
    assert (answer.status_code, "0171 1" in text(answer), "Eva Neu" in text(answer)) == (409, True, True)
    send(
        client,
        f"/office/customers/{uid}/change",
        name="Eva Neu",
        language="de",
        version=hidden(answer, "version"),
    )
    assert record_of(practice, uid)["name"] == "Eva Neu"


def test_the_general_note_is_kept_in_its_place(client: Browser, practice: Practice) -> None:
    """O45, A109."""
    uid = add(practice, **EVA)
    client.sign_in(DESK)
    client.get(f"/office/customers/{uid}")
    client.send(f"/office/customers/{uid}/note", note="Knie links", seen="")
    late = send(client, f"/office/customers/{uid}/note", note="Schulter", seen="")
    assert record_of(practice, uid)["note"] == "Knie links"
    assert (late.status_code, "Knie links" in text(late), "Schulter" in text(late)) == (409, True, True)


def test_the_record_lists_what_is_ahead_and_in_a_tab_what_is_past(
    client: Browser, practice: Practice
) -> None:
    """C14, C16, C17, O46, O47, K107."""
    gone = practice.book("massage", "2027-03-01 13:30", **EVA)
    practice.book("massage", "2027-03-09 09:00", **EVA)
    practice.clock.move(days=2)
    acts.act(practice.hall, booking.missed, AT_DESK, gone.uid)
    uid = customer_of(gone)
    client.sign_in(DESK)
    ahead, past = (
        text(client.get(f"/office/customers/{uid}")),
        text(client.get(f"/office/customers/{uid}?past=1")),
    )
    assert ["09:00" in ahead, 'id="a-' + gone.uid in ahead, 'id="a-' + gone.uid in past] == [
        True,
        False,
        True,
    ]
    assert 'data-status="missed"' in ahead


def test_the_note_of_an_appointment_is_kept_in_the_list(client: Browser, practice: Practice) -> None:
    """O46, O17, A109: a stale one is refused and stays in the form."""
    made = practice.book("massage", "2027-03-09 09:00", **EVA)
    uid = customer_of(made)
    client.sign_in(DESK)
    place = f"/office/customers/{uid}/appointments/{made.uid}/note"
    page = client.get(f"/office/customers/{uid}")
    seen = page.text.split(f'id="a-{made.uid}"')[1].split('name="seen" value="')[1].split('"')[0]
    client.send(place, note="links", seen=seen)
    late = send(client, place, note="rechts", seen=seen)
    assert acts.again(practice.hall, made.uid).note == "links"
    assert (late.status_code, "links" in text(late), "rechts" in text(late)) == (409, True, True)


def test_messages_stand_in_the_record_with_their_state(client: Browser, practice: Practice) -> None:
    """O46: what was told, what is planned."""
    uid = customer_of(practice.book("massage", "2027-03-09 09:00", **EVA))
    client.sign_in(DESK)
    client.post("/language", data={"language": "en", "csrf_token": client.csrf_token})
    page = text(client.get(f"/office/customers/{uid}"))
    assert all(word in page for word in ("Confirmation", "Reminder", "planned"))


@pytest.mark.parametrize(("act", "phone"), [("accept", "0171 99"), ("ignore", EVA["phone"])])
def test_a_change_is_accepted_or_ignored(client: Browser, practice: Practice, act: str, phone: str) -> None:
    """O39."""
    uid = add(practice, **EVA)
    practice.hall.database.write(lambda session: _change(session, uid))
    client.sign_in(DESK)
    assert "0171 99" in text(client.get(f"/office/customers/{uid}"))
    with practice.hall.database.reading() as session:
        number = session.scalars(select(CustomerChange.id)).one()
    client.send(f"/office/customers/{uid}/changes/{number}/{act}")
    again = client.send(f"/office/customers/{uid}/changes/{number}/{act}")
    assert (record_of(practice, uid)["phone"], again.status_code) == (phone, 200)


def test_two_records_become_one_after_a_look_at_both(client: Browser, practice: Practice) -> None:
    kept, gone = add(practice, **EVA), add(practice, "Eva Ozturk", email="eva2@kunde.example", note="Knie")
    client.sign_in(DESK)
    assert f"other={gone}" in text(client.get(f"/office/customers/{kept}"))
    preview = client.get(f"/office/customers/{kept}/merge?other={gone}")
    versions = {name: hidden(preview, name) for name in ("version", "other_version")}
    client.send(f"/office/customers/{kept}/merge", other=gone, **versions)
    assert record_of(practice, kept)["note"] == "Knie\neva2@kunde.example"
    assert client.get(f"/office/customers/{gone}").status_code == 404


def test_a_merge_of_what_has_changed_since_is_shown_again(client: Browser, practice: Practice) -> None:
    """A109."""
    kept, gone = add(practice, **EVA), add(practice, "Eva Ozturk")
    client.sign_in(DESK)
    preview = client.get(f"/office/customers/{kept}/merge?other={gone}")
    versions = {name: hidden(preview, name) for name in ("version", "other_version")}
    acts.act(practice.hall, customers.change, AT_DESK, gone, Record(phone="0171 1"))
    assert "0171 1" in text(client.send(f"/office/customers/{kept}/merge", other=gone, **versions))


# ---- who sees what ---------------------------------------------------------------------------------------------------


def test_a_therapist_sees_own_customers_only(client: Browser, practice: Practice) -> None:
    """A1, A8."""
    own = customer_of(practice.book("massage", "2027-03-02 09:00", **EVA))
    other = customer_of(
        practice.book("massage", "2027-03-02 10:00", "ben", name="Zora Beck", email="z@kunde.example")
    )
    client.sign_in(ANNA)
    page = text(client.get("/office/customers"))
    assert ("Eva Öztürk" in page, "Zora Beck" in page) == (True, False)
    answers = [client.get(f"/office/customers/{uid}") for uid in (own, other, "nobody")]
    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert answers[1].text.replace(other, "nobody") == answers[2].text


def test_notes_are_masked_for_whom_they_are_not(client: Browser, practice: Practice) -> None:
    """A21: list, search, record, merge, export, participants and API."""
    made = practice.book("rueckenschule", "2027-03-02 09:00", "clara", **EVA)
    uid, other = customer_of(made), add(practice, "Eva Ozturk")
    acts.act(practice.hall, customers.change, AT_DESK, uid, Record(note="Kanarienvogel"))
    acts.act(practice.hall, booking.change, AT_DESK, made.uid, {"note": "Kanarienvogel"})
    without_notes(practice)
    client.sign_in(DESK)
    paths = ["", "?q=eva", f"/{uid}", f"/{uid}?past=1", f"/{uid}/change", f"/{uid}/merge?other={other}"]
    answers = [client.get(f"/office/customers{path}") for path in paths]
    answers += [
        client.get(f"/office/booking/{made.uid}/participants"),
        client.get(f"/api/v1/customers/{uid}"),
    ]
    answers += [
        send(client, "/office/customers/export"),
        send(client, f"/office/booking/{made.uid}/participants"),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert [path.request.path for path in answers if "Kanarienvogel" in path.text] == []
    assert send(client, f"/office/customers/{uid}/note", note="x").status_code == 403


# ---- tables ----------------------------------------------------------------------------------------------------------


ODD = ["=1+1", "+49 170", "+1+1", "-x", "@SUM(A1)", "＝1+1", "a;b", 'a"b', "a,b"]


@pytest.mark.parametrize(("separator", "sign"), [("semicolon", ";"), ("comma", ",")])
def test_the_export_opens_in_excel_and_runs_nothing(
    client: Browser, practice: Practice, separator: str, sign: str
) -> None:
    """C19, C21, A84: UTF-8 with its mark, all cells quoted, formulas defused; what is read back is the name."""
    for name in ODD:
        add(practice, name, note="=HYPERLINK(1)\n@zweite")
    client.sign_in(OWNER)
    client.get("/office/customers")
    answer = send(client, "/office/customers/export", separator=separator)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=sign))
    assert len({len(row) for row in rows}) == 1
    names = [row[0] for row in rows[1:]]
    assert {name.removeprefix("'") for name in names} >= set(ODD)
    odd = {cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r＝"))}
    assert odd == {"+49 170"}  # a telephone number, as it was typed (office 28)


def test_the_export_is_written_down_and_takes_its_right(
    app: Flask, client: Browser, practice: Practice
) -> None:
    """C19, A180."""
    add(practice, **EVA)
    client.sign_in(DESK)
    client.get("/office/customers")
    assert send(client, "/office/customers/export").status_code == 403
    owner = cast("Browser", app.test_client())
    owner.sign_in(OWNER)
    owner.get("/office/customers")
    assert "Eva" in send(owner, "/office/customers/export", q="ozt").data.decode()
    with practice.hall.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "customers_exported")).one()
    assert (entry.actor, entry.after) == (
        OWNER,
        {"number": 1, "search": "ozt", "group": None, "waiting": False},
    )


def test_participants_of_a_group_are_listed_and_exported(client: Browser, practice: Practice) -> None:
    """C18, C20."""
    made = [
        practice.book("rueckenschule", "2027-03-02 09:00", "clara", name=name, email="")
        for name in ("Zoe Neu", "Adam Alt")
    ]
    practice.book("rueckenschule", "2027-03-02 10:00", "clara", name="Spaeter", email="")
    client.sign_in(OWNER)
    page = text(client.get(f"/office/booking/{made[0].uid}/participants"))
    file = send(client, f"/office/booking/{made[0].uid}/participants", separator="semicolon")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row[0], row[4]) for row in rows[1:]] == [("Adam Alt", "bestätigt"), ("Zoe Neu", "bestätigt")]
    assert ("Zoe Neu" in page, "Spaeter" in page) == (True, False)


# ---- API -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(app: Flask, practice: Practice) -> Callable[..., Any]:
    """A call with the owner's key."""
    client = app.test_client()

    def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return client.open(f"/api/v1/{path}", method=method, json=body, headers=KEY)

    return call


def test_a_customer_is_added_changed_and_found_by_api(api: Callable[..., Any]) -> None:
    made = api("POST", "customers", {**EVA, "groups": ["Reha"], "note": "Knie"})
    uid = made.json["customer"]["id"]
    changed = api("PATCH", f"customers/{uid}", {"phone": "0171 1", "groups": []})
    found = api("GET", "customers?q=ozt").json
    assert (made.status_code, changed.status_code) == (201, 200)
    assert found == {"customers": [changed.json["customer"]], "next": None}
    assert found["customers"][0] | {"created_at": "", "version": ""} == {
        **EVA,
        "id": uid,
        "phone": "0171 1",
        "language": "de",
        "groups": [],
        "attributes": {},
        "note": "Knie",
        "missed": 0,
        "next_appointment": None,
        "changes": 0,
        "created_at": "",
        "version": "",
    }


@pytest.mark.parametrize(
    "more",
    [
        {"id": "1"},
        {"uid": "x"},
        {"missed": 0},
        {"created_at": "x"},
        {"email_key": "x"},
        {"attributes": {"x": 1}},
    ],
)
def test_nothing_can_be_set_that_is_not_the_callers(
    api: Callable[..., Any], practice: Practice, more: Any
) -> None:
    """A5, A6."""
    uid = add(practice, **EVA)
    before = record_of(practice, uid)
    answers = [api("POST", "customers", {"name": "x", **more}), api("PATCH", f"customers/{uid}", more)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert record_of(practice, uid) == before


def test_pages_of_the_api_hold_everybody_once(api: Callable[..., Any], practice: Practice) -> None:
    wanted = [add(practice, f"Kunde {number}") for number in range(5)]
    got, cursor = [], ""
    while cursor is not None:
        page = api("GET", f"customers?q=kunde&limit=2{cursor and '&cursor=' + cursor}").json
        got += [one["id"] for one in page["customers"]]
        cursor = page["next"]
    assert got == wanted


def test_a_stale_version_is_told_by_api(api: Callable[..., Any], practice: Practice) -> None:
    """A109."""
    uid = add(practice, **EVA)
    version = api("GET", f"customers/{uid}").json["customer"]["version"]
    answers = [api("PATCH", f"customers/{uid}", {"phone": phone, "version": version}) for phone in "12"]
    assert [(answer.status_code, answer.json.get("code")) for answer in answers] == [
        (200, None),
        (409, "wrong_state"),
    ]


def test_changes_and_merges_are_decided_by_api(api: Callable[..., Any], practice: Practice) -> None:
    """O39."""
    uid, other = add(practice, **EVA), add(practice, "Eva Ozturk", groups=["Reha"])
    practice.hall.database.write(lambda session: _change(session, other))
    merged = api("POST", f"customers/{uid}/merge", {"record": other}).json["customer"]
    waiting = api("GET", f"customers/{uid}/changes").json["changes"]
    assert (merged["groups"], merged["changes"], waiting[0]["values"]) == (["Reha"], 1, {"phone": "0171 99"})
    done = api("POST", f"customers/{uid}/changes/{waiting[0]['id']}/accept", {}).json["customer"]
    assert (done["phone"], done["changes"]) == ("0171 99", 0)
    assert api("GET", "groups").json["groups"][0]["size"] == 1


def test_the_api_shows_a_therapist_own_customers_only(app: Flask, practice: Practice) -> None:
    """A1, A8."""
    own = customer_of(practice.book("massage", "2027-03-02 09:00", **EVA))
    other = customer_of(
        practice.book("massage", "2027-03-02 10:00", "ben", name="Zora Beck", email="z@kunde.example")
    )
    key = {"Authorization": f"Bearer {add_key(practice, ANNA)}"}
    client = app.test_client()
    assert [one["id"] for one in client.get("/api/v1/customers", headers=key).get_json()["customers"]] == [
        own
    ]
    assert client.get(f"/api/v1/customers/{other}", headers=key).status_code == 404
    assert client.patch(f"/api/v1/customers/{own}", headers=key, json={"phone": "1"}).status_code == 403


def test_a_group_is_renamed_and_deleted_on_its_page(practice: Practice, client: Browser) -> None:
    """O42: a name that another one has is refused, what was typed stands there; the customers stay."""
    add(practice, "Max Muster", groups=["Hüfte"])
    add(practice, "Eva Öztürk", groups=["Knie"])
    client.sign_in(DESK)
    page = "/office/customers/groups"
    (number,) = re.findall(r'name-(\d+)"[^>]*value="Knie"', client.get(page).text)
    refused = client.send(f"{page}/{number}", name="hüfte")
    assert refused.status_code == 422
    assert re.search(r'value="hüfte"[^>]*aria-invalid="true"', refused.text)
    assert "Knie und Hüfte" in client.send(f"{page}/{number}", name="Knie und Hüfte").text
    client.send(f"{page}/{number}/delete")
    assert "Knie" not in client.get(page).text
    assert "Eva Öztürk" in client.get("/office/customers").text
