"""A calendar app by hand: raw requests, and the texts that it sends."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.test import TestResponse

D = "{DAV:}"
C = "{urn:ietf:params:xml:ns:caldav}"
NAMESPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:I="http://apple.com/ns/ical/"'


@dataclass
class Phone:
    """Somebody's calendar app."""

    app: Flask
    address: str
    password: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """Path of the principal."""
        return f"/dav/{self.address.replace('@', '%40')}/"

    def ask(self, method: str, path: str, body: str | bytes = "", **headers: str) -> TestResponse:
        """One request; header names with `_` for `-`."""
        login = b64encode(f"{self.address}:{self.password}".encode()).decode()
        sent = {"Authorization": f"Basic {login}", **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        target = path if path.startswith("/") else self.home + path
        return self.app.test_client().open(target, method=method, data=body, headers=sent)

    def propfind(self, path: str, *names: str, depth: str = "0") -> ET.Element:
        """The multistatus for these properties (`D:…`, `C:…`)."""
        inner = "".join(f"<{name.removeprefix('D:')} />" for name in names)
        response = self.ask(
            "PROPFIND", path, f"<propfind {NAMESPACES}><prop>{inner}</prop></propfind>", Depth=depth
        )
        assert response.status_code == 207, response.text
        return ET.fromstring(response.data)

    def report(self, path: str, body: str) -> ET.Element:
        """The multistatus of a report; its namespaces are put in."""
        name = body[1:].split(">")[0].split(" ")[0]
        response = self.ask("REPORT", path, body.replace(f"<{name}", f"<{name} {NAMESPACES}", 1), Depth="1")
        assert response.status_code == 207, response.text
        return ET.fromstring(response.data)

    def query(
        self, path: str, start: str, end: str, *, expand: bool = False, component: str = "VEVENT"
    ) -> list[str]:
        """The calendar data of a time-range query, times as `20270301T000000Z`."""
        times = f'start="{start}" end="{end}"'
        data = f"<C:calendar-data><C:expand {times} /></C:calendar-data>" if expand else "<C:calendar-data />"
        answer = self.report(
            path,
            f"<C:calendar-query><prop><getetag />{data}</prop><C:filter><C:comp-filter name='VCALENDAR'>"
            f"<C:comp-filter name='{component}'><C:time-range {times} /></C:comp-filter></C:comp-filter></C:filter>"
            "</C:calendar-query>",
        )
        return [element.text or "" for element in answer.iter(f"{C}calendar-data")]


def hrefs(answer: ET.Element) -> list[str]:
    """The hrefs of a multistatus, in order."""
    return [response.findtext(f"{D}href") or "" for response in answer.iter(f"{D}response")]


def conditions(response: TestResponse) -> set[str]:
    """The precondition elements of a refusal."""
    root = ET.fromstring(response.data)
    assert root.tag == f"{D}error"
    return {child.tag for child in root}


def event(uid: str, *lines: str, start: str = "20270302T090000Z", end: str = "20270302T100000Z") -> str:
    """An event in a calendar of its own."""
    inside = [f"UID:{uid}", "DTSTAMP:20270101T000000Z", f"DTSTART:{start}", f"DTEND:{end}", *lines]
    return calendar("VEVENT", *inside)


def calendar(component: str, *lines: str) -> str:
    """One component in a calendar."""
    around = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//phone//EN", f"BEGIN:{component}", *lines]
    return "\r\n".join([*around, f"END:{component}", "END:VCALENDAR", ""])
