"""A CalDAV account elsewhere: its calendars are found from whatever address its user knows (rules 74 to 76)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from caldav.davclient import DAVClient
from radicale import config
from radicale.app import Application
from werkzeug.serving import make_server

from tests.plugins.elsewhere import (
    DENTIST,
    Elsewhere,
    database_url,
    elsewhere,
    enter,
    event,
    ics,
    read,
    settings,
)
from vorzimmer.hookspecs import ExternalCalendar
from vorzimmer.testing import Practice

__all__ = ["database_url", "elsewhere", "settings"]
LUNCH = event("lunch", ":20270302T110000Z", ":20270302T120000Z")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[str]:
    """Where a CalDAV server of others is; one user, password `geheim`."""
    users = tmp_path / "users"
    users.write_text("anna:geheim\n")
    theirs = config.load()
    auth = {"type": "htpasswd", "htpasswd_filename": str(users), "htpasswd_encryption": "plain", "delay": 0}
    storage = {"filesystem_folder": str(tmp_path / "collections")}
    theirs.update({"auth": auth, "storage": storage, "logging": {"level": "critical"}}, "test")
    server = make_server("127.0.0.1", 0, Application(theirs), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fill(cloud: str) -> Any:
    """Two calendars with an event each, and a list of tasks; the first of them."""
    with DAVClient(cloud, username="anna", password="geheim") as client:
        home = client.principal()
        work, private = home.make_calendar("Work"), home.make_calendar("Private")
        home.make_calendar("Tasks", supported_calendar_component_set=["VTODO"])
        work.save_event(ics(DENTIST).decode())
        private.save_event(ics(LUNCH).decode())
    return work


def known(practice: Practice, url: str, password: str = "geheim") -> ExternalCalendar:
    return read(practice, enter(practice, url, kind="caldav", user="anna", password=password))


@pytest.mark.parametrize("path", ["", "/", "/anna/", "/.well-known/caldav"])
def test_any_address_of_the_server_leads_to_all_calendars_that_take_time(
    practice: Practice, cloud: str, path: str
) -> None:
    """Rule 74; RFC 6764 §6."""
    fill(cloud)
    told = known(practice, cloud + path)
    assert (told.error, told.busy) == ("", 2)


def test_the_address_of_one_calendar_stands_for_that_one(practice: Practice, cloud: str) -> None:
    told = known(practice, str(fill(cloud).url))
    assert (told.error, told.busy) == ("", 1)


def test_an_empty_calendar_leads_nowhere_else(practice: Practice, cloud: str) -> None:
    work = fill(cloud)
    work.event_by_uid("dentist").delete()
    told = known(practice, str(work.url))
    assert (told.error, told.busy) == ("", 0)


def test_an_account_without_calendars_says_so(practice: Practice, cloud: str) -> None:
    assert known(practice, cloud).error == "There is no calendar for this user name."


def test_a_wrong_password_is_tried_once(practice: Practice, elsewhere: Elsewhere) -> None:
    """Servers lock out whoever guesses."""
    elsewhere.status = 401
    told = known(practice, elsewhere.url, "falsch")
    assert told.error == "The server asks for another user name or password."
    assert len(elsewhere.asked) == 1


def multistatus(*responses: tuple[str, str]) -> bytes:
    """An answer: addresses with the XML of their properties."""
    had = "".join(
        f"<response><href>{href}</href><propstat><prop>{properties}</prop><status>HTTP/1.1 200 OK</status></propstat>"
        "</response>"
        for href, properties in responses
    )
    return f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{had}</multistatus>'.encode()


def home_at(place: str) -> bytes:
    """What a server says that has nothing but an address where the calendars should be."""
    user = "<current-user-principal><href>/</href></current-user-principal>"
    return multistatus(("/", f"{user}<C:calendar-home-set><href>{place}</href></C:calendar-home-set>"))


def answers(**told: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A server that knows these methods."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        body = told.get(f"{handler.command}_{handler.headers['Depth']}", b"")
        handler.send_response(207 if body else 405)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def test_a_calendar_that_its_owner_has_set_to_free_takes_no_time(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    """RFC 6638 §9.1."""
    calendar = "<resourcetype><C:calendar/></resourcetype>"
    free = "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
    listed = multistatus(("/work/", calendar), ("/birthdays/", calendar + free))
    elsewhere.behave = answers(PROPFIND_0=home_at("/"), PROPFIND_1=listed)
    known(practice, elsewhere.url)
    assert [path for method, path, *_ in elsewhere.asked if method == "REPORT"] == ["/calendar.ics", "/work/"]


@pytest.mark.parametrize(
    "place", ["http://10.0.0.1/", "http://127.0.0.2:8080/", "file:///etc/passwd", "http://[::1]/"]
)
def test_a_server_leads_to_no_place_that_nobody_may_enter(
    practice: Practice, elsewhere: Elsewhere, place: str
) -> None:
    """A122: as little as by a redirect."""
    elsewhere.behave = answers(PROPFIND_0=home_at(place))
    assert known(practice, elsewhere.url).error == "This address cannot be used."


def test_a_server_that_leads_in_circles_has_no_calendar(practice: Practice, elsewhere: Elsewhere) -> None:
    elsewhere.behave = answers(PROPFIND_0=home_at("/"), PROPFIND_1=home_at("/"))
    assert known(practice, elsewhere.url).error == "There is no calendar for this user name."
