"""Each numbered defect and trap of `caldav.md`, and the CalDAV rows of the attack list."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import replace
from itertools import product

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import acts
from tests.caldav.desk import NAMESPACES, C, D, Phone, calendar, conditions, event, hrefs
from vorzimmer import accounts, database
from vorzimmer.icalendar.text import LARGEST_TEXT
from vorzimmer.models import AppPassword, Booking, Message
from vorzimmer.testing import Practice
from vorzimmer_backup.settling import settle


@pytest.fixture
def database_url() -> str:
    """What is refused here never reaches a table: once, on SQLite, is enough."""
    return ""


@pytest.fixture
def own(anna: Phone) -> Phone:
    """Anna's phone, with a calendar `own`."""
    assert anna.ask("MKCALENDAR", "own/").status_code == 201
    return anna


# ---- defects that the product must not inherit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        "<remove><prop><resourcetype /></prop></remove>",
        "<set><prop><resourcetype><collection /></resourcetype></prop></set>",
        "<set><prop><displayname>New</displayname><getetag>1</getetag></prop></set>",
    ],
)
def test_refused_proppatch_leaves_a_calendar_a_calendar(own: Phone, act: str) -> None:
    """Defect 1: all or nothing, and what makes a calendar is protected."""
    answer = own.ask("PROPPATCH", "own/", f"<propertyupdate {NAMESPACES}>{act}</propertyupdate>")
    assert "HTTP/1.1 403" in answer.text
    assert "cannot-modify-protected-property" in answer.text
    kept = own.propfind("own/", "resourcetype", "displayname")
    assert kept.find(f".//{C}calendar") is not None
    assert kept.findtext(f".//{D}displayname") == "own"
    assert own.ask("PUT", "own/a.ics", event("a")).status_code == 201


def test_no_locks_are_announced(anna: Phone) -> None:
    """Defect 2, A148."""
    options = anna.ask("OPTIONS", "bookings/")
    classes = [part.strip() for part in options.headers["DAV"].split(",")]
    assert "2" not in classes
    assert "calendar-access" in classes
    assert not {"LOCK", "UNLOCK", "COPY", "ACL"} & {
        part.strip() for part in options.headers["Allow"].split(",")
    }


@pytest.mark.parametrize(
    "method", ["LOCK", "UNLOCK", "COPY", "ACL", "TRACE", "PATCH", "SEARCH", "BIND", "POST", "ODD"]
)
def test_methods_that_are_not_there_are_refused(anna: Phone, method: str) -> None:
    """A148."""
    assert anna.ask(method, "bookings/").status_code == 405


@pytest.mark.parametrize(
    "header",
    [
        "X-Script-Name",
        "X-Remote-User",
        "Remote-User",
        "X-Forwarded-User",
        "X-Forwarded-Host",
        "X-Forwarded-Prefix",
    ],
)
def test_headers_of_proxies_are_not_taken_from_clients(anna: Phone, header: str) -> None:
    """Defect 3, A130."""
    answer = anna.ask("PROPFIND", "", **{header.replace("-", "_"): "/evil"})
    assert answer.status_code == 207
    assert "evil" not in answer.text
    stranger = replace(anna, password="wrong")
    assert stranger.ask("PROPFIND", "", **{header.replace("-", "_"): anna.address}).status_code == 401


def test_every_announced_report_is_answered(anna: Phone) -> None:
    """Defect 4: nothing is listed that answers an empty 207 or a refusal."""
    listed = anna.propfind("bookings/", "supported-report-set").findall(f".//{D}report/*")
    assert {element.tag for element in listed} == {
        f"{C}calendar-query",
        f"{C}calendar-multiget",
        f"{C}free-busy-query",
        f"{D}sync-collection",
    }
    for name in ("expand-property", "acl-principal-prop-set", "principal-match"):
        refused = anna.ask("REPORT", "bookings/", f"<{name} {NAMESPACES}><prop /></{name}>")
        assert conditions(refused) == {f"{D}supported-report"}
        assert refused.status_code == 403


def test_bodies_have_a_limit(anna: Phone) -> None:
    """Defect 5, A133: by the declared length, before anything is parsed."""
    refused = anna.ask("PUT", "bookings/a.ics", event("a", "DESCRIPTION:" + "x" * LARGEST_TEXT))
    assert refused.status_code == 413
    assert conditions(refused) == {f"{C}max-resource-size"}
    assert anna.ask("PROPFIND", "bookings/", b"<" * 1_100_000).status_code == 413
    told = anna.propfind("bookings/", "C:max-resource-size").findtext(f".//{C}max-resource-size")
    assert told == str(LARGEST_TEXT)


def sync(phone: Phone, token: str = "", limit: int | None = None) -> tuple[list[str], str, str]:
    """Changed and gone names, the next token, and the whole text."""
    cut = f"<limit><nresults>{limit}</nresults></limit>" if limit else ""
    answer = phone.ask(
        "REPORT",
        "own/",
        f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><sync-level>1</sync-level>{cut}"
        "<prop><getetag /></prop></sync-collection>",
    )
    assert answer.status_code == 207, answer.text
    root = ET.fromstring(answer.data)
    base = f"{phone.home}own/"
    names = [name.removeprefix(base) for name in hrefs(root) if name != base]
    return names, root.findtext(f"{D}sync-token") or "", answer.text


def fill_own(phone: Phone, count: int) -> None:
    for number in range(count):
        phone.ask("PUT", f"own/{number}.ics", event(str(number)))


@pytest.mark.parametrize("initial", [True, False])
def test_sync_with_a_limit_loses_nothing(own: Phone, initial: bool) -> None:
    """Defect 6: 507 for the rest, and a token that goes on where the page ended (RFC 6578 §3.6)."""
    token = "" if initial else sync(own)[1]
    fill_own(own, 7)
    seen: list[str] = []
    for _ in range(10):
        names, token, text = sync(own, token, 3)
        seen += names
        if "HTTP/1.1 507" not in text:
            break
    assert sorted(seen) == [f"{number}.ics" for number in range(7)]
    assert sync(own, token)[0] == []


def test_change_during_a_paged_first_sync_is_seen(own: Phone) -> None:
    fill_own(own, 4)
    first, token, _ = sync(own, "", 2)
    own.ask("DELETE", f"own/{first[0]}")
    own.ask("PUT", f"own/{first[1]}", event(first[1].removesuffix(".ics"), "SUMMARY:changed"))
    rest, token, _ = sync(own, token, 2)
    assert sorted(sync(own, token)[0]) == sorted(first)
    assert len(rest) == 2


def test_sync_token_never_expires(own: Phone) -> None:
    """The most reported trouble: tokens end with a cache. Ours come from a log."""
    token = sync(own)[1]
    fill_own(own, 3)
    own.ask("DELETE", "own/1.ics")
    names, _, text = sync(own, token)
    assert sorted(names) == ["0.ics", "1.ics", "2.ics"]
    assert text.count("HTTP/1.1 404") == 1


@pytest.mark.parametrize(
    "token",
    [
        "http://example.invalid/never",
        "urn:vorzimmer:sync:1-999999",
        "urn:vorzimmer:sync:999-0",
        "urn:vorzimmer:sync:1-" + "9" * 300,
    ],
)
def test_unknown_sync_token_is_refused(own: Phone, token: str) -> None:
    """A145."""
    body = f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><prop /></sync-collection>"
    refused = own.ask("REPORT", "own/", body)
    assert refused.status_code == 403
    assert conditions(refused) == {f"{D}valid-sync-token"}


def test_a_restored_calendar_is_read_anew_and_then_goes_on(own: Phone, practice: Practice) -> None:
    """F46: tokens of before are refused, those of the time that is lost as well."""
    fill_own(own, 2)
    before = sync(own)[1]
    calendar, _, number = before.removeprefix("urn:vorzimmer:sync:").partition("-")
    with practice.hall.database.engine.execution_options(writes=True).begin() as connection:
        settle(connection, say=len)
    for lost in (before, f"urn:vorzimmer:sync:{calendar}-{int(number) + 5}"):
        body = f"<sync-collection {NAMESPACES}><sync-token>{lost}</sync-token><prop /></sync-collection>"
        assert own.ask("REPORT", "own/", body).status_code == 403
    names, token, _ = sync(own)
    assert sorted(names) == ["0.ics", "1.ics"]
    own.ask("DELETE", "own/1.ics")
    assert sync(own, token)[0] == ["1.ics"]


def test_nothing_changes_without_a_change(own: Phone) -> None:
    fill_own(own, 2)
    token = sync(own)[1]
    assert sync(own, token)[:2] == ([], token)


# ---- discovery -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "OPTIONS", "HEAD", "REPORT"])
def test_well_known_address_leads_on_for_every_method_before_sign_in(app: Flask, method: str) -> None:
    """To the host that was asked: clients drop the password on the way to another."""
    for host in ("http://localhost:8080", "http://127.0.0.1:8080"):
        answer = app.test_client().open("/.well-known/caldav", method=method, base_url=host)
        assert answer.status_code == 301
        assert answer.headers["Location"] == f"{host}/dav/"


def test_host_that_is_not_ours_is_led_nowhere(app: Flask) -> None:
    """T3."""
    answer = app.test_client().open("/.well-known/caldav", method="PROPFIND", base_url="http://evil.example")
    assert "Location" not in answer.headers


def test_discovery_from_the_root(anna: Phone) -> None:
    assert anna.ask("PROPFIND", "/").status_code == 301
    principal = anna.propfind("/dav/", "current-user-principal").findtext(
        f".//{D}current-user-principal/{D}href"
    )
    assert principal == anna.home == "/dav/anna%40praxis.example/"
    assert principal
    home = anna.propfind(principal, "C:calendar-home-set", "C:calendar-user-address-set")
    assert home.findtext(f".//{C}calendar-home-set/{D}href") == anna.home
    addresses = [element.text for element in home.findall(f".//{C}calendar-user-address-set/{D}href")]
    assert addresses == ["mailto:anna@praxis.example", anna.home]


def test_at_sign_is_understood_in_both_spellings(anna: Phone) -> None:
    for path in ("/dav/anna@praxis.example/bookings/", "/dav/anna%40praxis.example/bookings/"):
        assert hrefs(anna.propfind(path, "getetag")) == [f"{anna.home}bookings/"]


def test_user_name_may_come_percent_encoded(anna: Phone) -> None:
    """iOS 18.4 (tracker 1865)."""
    assert replace(anna, address="anna%40praxis.example").ask("PROPFIND", anna.home).status_code == 207


def test_address_is_compared_without_case(anna: Phone) -> None:
    phone = replace(anna, address="Anna@Praxis.Example")
    assert phone.ask("PROPFIND", anna.home).status_code == 207


def test_context_root_shows_people_the_practice(anna: Phone) -> None:
    answer = anna.ask("GET", "/dav/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost:8080/")
    for path in ("/dav/.web", "/dav/.web/", "/dav/.sharing/v1", "/dav/.mobileconfig"):
        assert anna.ask("GET", path).status_code == 404


# ---- sign-in ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "password"),
    [
        ("anna@praxis.example", "demo-passwort-2026"),
        ("ben@praxis.example", "anna-caldav-demo-0001"),
        (".*", "anna-caldav-demo-0001"),
        ("a/../anna@praxis.example", "anna-caldav-demo-0001"),
        ("", "anna-caldav-demo-0001"),
        ("x" * 300, "anna-caldav-demo-0001"),
        ("anna@praxis.example", ""),
        ("max.muster@kunde.example", "demo-passwort-2026"),
    ],
)
def test_only_app_passwords_of_staff_sign_in(anna: Phone, address: str, password: str) -> None:
    """A33, A129."""
    answer = replace(anna, address=address, password=password).ask("PROPFIND", "/dav/")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + b64encode(b"nocolon").decode(), "Bearer x", "Basic ", "basic"]
)
def test_odd_credentials_are_answered_with_401(app: Flask, header: str) -> None:
    answer = app.test_client().open("/dav/", method="PROPFIND", headers={"Authorization": header})
    assert answer.status_code == 401


def test_revoked_password_ends_at_once(practice: Practice, anna: Phone) -> None:
    assert anna.ask("PROPFIND", "").status_code == 207

    def revoke(session: Session) -> None:
        digest = accounts.digest(anna.password)
        session.delete(session.query(AppPassword).filter_by(secret_hash=digest).one())

    practice.hall.database.write(revoke)
    assert anna.ask("PROPFIND", "").status_code == 401


def test_use_of_a_password_is_noted(practice: Practice, anna: Phone) -> None:
    anna.ask("PROPFIND", "")
    with practice.hall.database.reading() as session:
        found = session.query(AppPassword).filter_by(secret_hash=accounts.digest(anna.password)).one()
        assert found.used_at == database.now(session)


# ---- others' calendars -----------------------------------------------------------------------------------------------


def test_calendar_of_a_colleague_is_closed(practice: Practice, anna: Phone, ben: Phone) -> None:
    """A125."""
    made = acts.book(practice.hall, staff="ben")
    methods = ("GET", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "MKCALENDAR", "MKCOL", "REPORT", "MOVE")
    paths = (f"bookings/{made.uid}.ics", "bookings/", "new/", "")
    for method, path in product(methods, paths):
        refused = anna.ask(method, ben.home + path, event("a"), Destination=f"{anna.home}bookings/x.ics")
        assert refused.status_code == 403
        assert made.name not in refused.text
    assert acts.again(practice.hall, made.uid).status == "confirmed"


def test_multiget_gives_nothing_of_another_calendar(practice: Practice, anna: Phone, ben: Phone) -> None:
    """A126."""
    made = acts.book(practice.hall, staff="ben")
    foreign = f"{ben.home}bookings/{made.uid}.ics"
    inside = f"<prop><C:calendar-data /></prop><href>{foreign}</href>"
    answer = anna.ask(
        "REPORT", "bookings/", f"<C:calendar-multiget {NAMESPACES}>{inside}</C:calendar-multiget>"
    )
    assert "HTTP/1.1 404" in answer.text
    assert "SUMMARY" not in answer.text


def test_principal_search_finds_only_oneself(anna: Phone, ben: Phone) -> None:
    """A126."""
    for text, found in (("anna", [anna.home]), ("ben", [])):
        answer = anna.report(
            "/dav/",
            "<principal-property-search><property-search><prop><displayname /></prop>"
            f"<match>{text}</match></property-search><prop><displayname /></prop></principal-property-search>",
        )
        assert hrefs(answer) == found


# ---- paths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/dav/anna%40praxis.example/../ben%40praxis.example/bookings/",
        "/dav/anna%40praxis.example/%2e%2e/ben%40praxis.example/",
        "/dav/anna%40praxis.example/..%2fben%40praxis.example/",
        "/dav/anna%40praxis.example/bookings%5cx.ics",
        "/dav/anna%40praxis.example/bookings/%00.ics",
        "/dav/anna%40praxis.example/bookings/.Radicale.props",
        "/dav/anna%40praxis.example/bookings/%c0%ae%c0%ae/x",
        "/dav/anna%40praxis.example/~x/",
        "/dav/anna%40praxis.example/bookings/" + "x" * 2_000,
        "/dav/anna%40praxis.example/a/b/c/d",
    ],
)
def test_odd_paths_lead_nowhere(anna: Phone, path: str) -> None:
    """A128, T12."""
    for method in ("PROPFIND", "PUT", "GET"):
        assert anna.ask(method, path, event("a") if method == "PUT" else "").status_code in (403, 404)


# ---- XML -------------------------------------------------------------------------------------------------------------

ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>'


BOMBS: list[str | bytes] = [
    ENTITY,
    '<!DOCTYPE x SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><allprop /></propfind>',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]><propfind xmlns="DAV:"><allprop /></propfind>',
    "<a>" * 100_000,
    '<propfind xmlns="DAV:" ' + " ".join(f'a{n}="1"' for n in range(70_000)) + "><allprop /></propfind>",
    "<propfind xmlns='DAV:'>" + "<a />" * 150_000 + "</propfind>",
    '<propfind xmlns="DAV:"><allprop /></propfind>'.encode("utf-16"),
    '<?xml version="1.0" encoding="utf-7"?><propfind xmlns="DAV:"><allprop /></propfind>',
    '<?pi x?><propfind xmlns="DAV:"><allprop /></propfind>',
    "not XML",
    '<propfind xmlns="DAV:" />',
    '<other xmlns="DAV:"><allprop /></other>',
]


def test_xml_bombs_are_refused_at_once(anna: Phone) -> None:
    """A132, T11: 400, in little time of the processor."""
    anna.ask("PROPFIND", "")
    for body, method in product(BOMBS, ("PROPFIND", "REPORT", "PROPPATCH")):
        before = time.process_time()
        answer = anna.ask(method, "bookings/", body, Content_Type="application/xml; charset=utf-7")
        assert time.process_time() - before < 1
        assert answer.status_code in (400, 403, 413)
        assert method == "REPORT" or answer.status_code == 400 or len(body) > 10**6


def test_value_of_a_property_stays_text(own: Phone) -> None:
    inside = "<set><prop><displayname>&lt;b&gt; ]]&gt;</displayname></prop></set>"
    body = f"<propertyupdate {NAMESPACES}>{inside}</propertyupdate>"
    own.ask("PROPPATCH", "own/", body)
    assert own.propfind("own/", "displayname").findtext(f".//{D}displayname") == "<b> ]]>"


# ---- calendar data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "condition"),
    [
        ("RRULE:FREQ=SECONDLY", "max-instances"),
        ("RRULE:FREQ=DAILY;COUNT=1000000000", "max-instances"),
        ("RRULE:FREQ=HOURLY", "max-instances"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "valid-calendar-data"),
        ("RRULE=EXRULE", "valid-calendar-data"),
        ("EXRULE:FREQ=SECONDLY", "max-instances"),
        ("RRULE:FREQ=DAILY\r\nEXRULE:FREQ=DAILY", "max-instances"),
        ("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "valid-calendar-data"),
        ("\r\n".join(["RRULE:FREQ=DAILY"] * 100), "valid-calendar-data"),
        ("DURATION:P99999999D", "valid-calendar-data"),
    ],
)
def test_recurrence_bombs_are_refused_with_a_precondition(anna: Phone, line: str, condition: str) -> None:
    """T6, A134."""
    refused = anna.ask("PUT", "bookings/a.ics", event("a", line))
    assert refused.status_code == 403
    assert f"{C}{condition}" in conditions(refused)


@pytest.mark.parametrize(
    ("body", "condition"),
    [
        ("hello", "valid-calendar-data"),
        (calendar("VEVENT", "DTSTART:20270302T090000Z"), "valid-calendar-object-resource"),
        (calendar("VEVENT", "UID:a"), "valid-calendar-data"),
        (calendar("VFREEBUSY", "UID:a"), "supported-calendar-component"),
        (
            event("a").replace("END:VCALENDAR", event("b").split("\r\n", 3)[3]),
            "valid-calendar-object-resource",
        ),
        (event("a").encode("utf-16"), "valid-calendar-data"),
        (event("x" * 10_000), "valid-calendar-object-resource"),
    ],
    ids=range(7),
)
def test_what_is_no_calendar_object_is_refused(anna: Phone, body: str | bytes, condition: str) -> None:
    refused = anna.ask("PUT", "bookings/a.ics", body)
    assert refused.status_code == 403
    assert conditions(refused) == {f"{C}{condition}", f"{D}need-privileges", f"{D}responsedescription"}


def test_attendees_get_no_mail(practice: Practice, anna: Phone) -> None:
    """A141: an own event with guests mails nobody."""
    guests = [f"ATTENDEE:mailto:{number}@kunde.example" for number in range(400)]
    assert (
        anna.ask(
            "PUT", "bookings/a.ics", event("a", "ORGANIZER:mailto:anna@praxis.example", *guests)
        ).status_code
        == 201
    )
    with practice.hall.database.reading() as session:
        assert session.query(Message).filter(Message.recipient != "").count() == 0
        assert session.query(Booking).count() == 0


def test_broken_requests_never_end_in_500(own: Phone) -> None:
    """O1."""
    for body in (
        f"<C:calendar-query {NAMESPACES} />",
        f"<C:calendar-query {NAMESPACES}><C:filter><x /></C:filter></C:calendar-query>",
        f"<C:calendar-query {NAMESPACES}><C:filter><C:comp-filter /></C:filter></C:calendar-query>",
        f"<C:free-busy-query {NAMESPACES} />",
        f"<C:free-busy-query {NAMESPACES}><C:time-range start='20270301T000000Z' /></C:free-busy-query>",
        f"<C:calendar-multiget {NAMESPACES}><href>http://[</href><href /></C:calendar-multiget>",
        f"<sync-collection {NAMESPACES}><sync-token /><limit><nresults>-1</nresults></limit></sync-collection>",
    ):
        assert own.ask("REPORT", "own/", body).status_code < 500, body
    bodies = {
        "MKCALENDAR": f"<C:mkcalendar {NAMESPACES}><set><prop><C:supported-calendar-component-set><C:comp />"
        "</C:supported-calendar-component-set></prop></set></C:mkcalendar>",
        "PROPPATCH": f"<propertyupdate {NAMESPACES} />",
        "PROPFIND": f"<propfind {NAMESPACES}><include /></propfind>",
    }
    for method, body in bodies.items():
        assert own.ask(method, "new/" if method == "MKCALENDAR" else "own/", body).status_code == 400, method
    assert own.ask("PROPFIND", "own/", Depth="infinity").status_code == 403
    assert own.ask("PROPFIND", "own/", Depth="many").status_code == 400
