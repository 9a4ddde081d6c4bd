"""Calendars of others on a phone: what is switched on, by whom, and what is read there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.caldav.desk import NAMESPACES, C, D, Phone
from vorzimmer.access import ROLES, staff_actor
from vorzimmer.accounts import show_calendars
from vorzimmer.models import Account, Role
from vorzimmer.testing import Practice

BEN = "shown-ben/"


def switch_on(practice: Practice, phone: Phone, *slugs: str) -> None:
    """Exactly these appear on the phone."""
    with practice.hall.database.reading() as session:
        account = session.scalars(select(Account).where(Account.email == phone.address)).one()
        actor = staff_actor(account, "office")
    practice.hall.database.write(lambda session: show_calendars(session, actor, slugs))


def give_role(practice: Practice, phone: Phone, name: str) -> None:
    """Another role from now on: `owner` sees everybody's appointments, `staff` their own; else a right alone."""

    def work(session: Session) -> None:
        account = session.scalars(select(Account).where(Account.email == phone.address)).one()
        role = session.scalars(select(Role).where(Role.name == name)).one_or_none()
        account.roles = [role or Role(name=name, permissions=sorted(ROLES.get(name, {name})))]

    practice.hall.database.write(work)


def everything(phone: Phone, path: str) -> bytes:
    """All that can be read of a calendar and what lies in it, as it goes over the wire."""
    names = "<propfind xmlns='DAV:'><propname /></propfind>"
    data = "<prop><getetag /><getcontentlength /><C:calendar-data /></prop>"
    query = f"<C:calendar-query {NAMESPACES}>{data}<C:filter><C:comp-filter name='VCALENDAR' /></C:filter>"
    expand = '<C:calendar-data><C:expand start="20270101T000000Z" end="20271231T000000Z" /></C:calendar-data>'
    asked = [
        phone.ask("PROPFIND", path, Depth="1"),
        phone.ask("PROPFIND", path, names, Depth="1"),
        phone.ask("REPORT", path, f"{query}</C:calendar-query>", Depth="1"),
        phone.ask(
            "REPORT", path, f"{query}</C:calendar-query>".replace("<C:calendar-data />", expand), Depth="1"
        ),
        phone.ask("REPORT", path, sync_body("").replace("<prop />", data), Depth="1"),
        phone.ask("REPORT", path, f"<C:free-busy-query {NAMESPACES}>{YEAR}</C:free-busy-query>", Depth="1"),
        phone.ask("GET", path),
        *(phone.ask("GET", href) for href in objects(phone, path)),
    ]
    assert {answer.status_code for answer in asked} <= {200, 207}
    return b"\n".join(answer.data for answer in asked)


TIMES = re.compile(r"^(DTSTART|DTEND)[^:]*:(.*)\r$", re.MULTILINE)
YEAR = '<C:time-range start="20270101T000000Z" end="20280101T000000Z" />'


def objects(phone: Phone, path: str) -> list[str]:
    """The addresses of what lies in a calendar."""
    answer = phone.propfind(path, "D:getetag", depth="1")
    return [response.findtext(f"{D}href") or "" for response in answer.iter(f"{D}response")][1:]


def texts(phone: Phone, path: str) -> list[str]:
    """The calendar data of all that lies there."""
    return [phone.ask("GET", href).text for href in objects(phone, path)]


def times(text: str) -> list[str]:
    """Start and end as written."""
    return [value for _, value in TIMES.findall(text.partition("BEGIN:VEVENT")[2])]


def sync_body(token: str) -> str:
    """A sync-collection."""
    return f"<sync-collection {NAMESPACES}><sync-token>{token}</sync-token><prop /></sync-collection>"


def synced(phone: Phone, path: str, token: str = "") -> tuple[dict[str, bool], str]:
    """What changed since a token, each with whether it is still there, and the next token."""
    answer = phone.ask("REPORT", path, sync_body(token))
    assert answer.status_code == 207, answer.text
    root = ET.fromstring(answer.data)
    found = {
        response.findtext(f"{D}href") or "": "404" not in (response.findtext(f"{D}status") or "")
        for response in root.iter(f"{D}response")
    }
    return found, root.findtext(f"{D}sync-token") or ""


def names_of(phone: Phone) -> dict[str, str]:
    """The calendars of the home by address, with what they are called."""
    answer = phone.propfind("", "D:displayname", depth="1")
    told = {
        response.findtext(f"{D}href") or "": response.findtext(f".//{D}displayname") or ""
        for response in answer.iter(f"{D}response")
    }
    return {href.removeprefix(phone.home): name for href, name in told.items() if href != phone.home}


__all__ = ["C", "D"]
