"""Calendar apps that sync in the background, each as its kind goes about it (written from their behaviour)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from tests.caldav.desk import D, Phone
from tests.caldav.others import sync_body

PATH = "bookings/"


@dataclass
class Entry:
    """What an app keeps of an object."""

    text: str
    tag: str | None = None
    dirty: bool = False
    deleted: bool = False


@dataclass
class App:
    """An app with its copy of `bookings`: what it changed goes up first, what others did comes down behind it.

    `kind`: `davx5` forgets what was refused and waits for the listing; `old davx5` keeps it and tries at each sync;
    `thunderbird` drops its change at once; `apple` asks for what it has put, and keeps trying until it has read anew;
    `evolution` lists everything each time.
    """

    phone: Phone
    kind: str
    entries: dict[str, Entry] = field(default_factory=dict)
    token: str = ""

    def change(self, name: str, text: str) -> None:
        """The user changes an entry, or makes one."""
        if name in self.entries:
            self.entries[name].text, self.entries[name].dirty = text, True
        else:
            self.entries[name] = Entry(text, dirty=True)

    def delete(self, name: str) -> None:
        """The user deletes an entry."""
        self.entries[name].deleted = True

    def sync(self) -> None:
        """One turn, as it happens every quarter of an hour."""
        for name, entry in list(self.entries.items()):
            if entry.deleted:
                self._delete(name, entry)
            elif entry.dirty:
                self._upload(name, entry)
        if self.kind == "evolution":
            self._list_all()
        else:
            self._list_changes()

    def _delete(self, name: str, entry: Entry) -> None:
        tags = {"If_Match": entry.tag} if entry.tag else {}
        self.phone.ask("DELETE", PATH + name, **tags)
        del self.entries[name]  # whatever came of it: what stands comes back with the listing

    def _upload(self, name: str, entry: Entry) -> None:
        tags = {"If_Match": entry.tag} if entry.tag else {}
        if entry.tag is None and self.kind != "apple":
            tags = {"If_None_Match": "*"}
        answer = self.phone.ask("PUT", PATH + name, entry.text, **tags)
        assert answer.status_code in (201, 204, 403, 409, 412), answer.status_code
        if answer.status_code == 403:
            assert b"need-privileges" in answer.data  # else this kind of app would end every sync here
        good = answer.status_code < 300
        if good or self.kind != "old davx5":
            entry.dirty, entry.tag = False, answer.headers.get("ETag") if good else None
        if good and self.kind == "apple" and entry.tag is None:
            read = self.phone.ask("GET", PATH + name)
            if read.status_code == 200:
                entry.text, entry.tag = read.text, read.headers["ETag"]

    def _list_changes(self) -> None:
        answer = self.phone.ask(
            "REPORT", PATH, sync_body(self.token).replace("<prop />", "<prop><getetag /></prop>")
        )
        assert answer.status_code == 207
        root = ET.fromstring(answer.data)
        self._take(root)
        self.token = root.findtext(f"{D}sync-token")

    def _list_all(self) -> None:
        seen = self._take(self.phone.propfind(PATH, "D:getetag", depth="1"))
        for name in self.entries.keys() - seen:
            del self.entries[name]

    def _take(self, root: ET.Element) -> set[str]:
        seen = set()
        for response in root.iter(f"{D}response"):
            name = (response.findtext(f"{D}href") or "").rpartition("/")[2]
            if not name:
                continue
            seen.add(name)
            if "404" in (response.findtext(f"{D}status") or ""):
                self.entries.pop(name, None)
                continue
            tag = response.findtext(f".//{D}getetag")
            if name not in self.entries or self.entries[name].tag != tag:
                read = self.phone.ask("GET", PATH + name)
                self.entries[name] = Entry(read.text, read.headers["ETag"])
        return seen

    def shows(self) -> dict[str, str]:
        """What its user sees: when each entry is."""
        return {name: start(entry.text) for name, entry in self.entries.items()}


def start(text: str) -> str:
    """The start of the event of a text as it is written."""
    return re.search(r"^DTSTART[^:]*:(.*?)\r?$", text.partition("BEGIN:VEVENT")[2], re.MULTILINE)[1]


def stands(phone: Phone) -> dict[str, str]:
    """What a fresh app would show."""
    fresh = App(phone, "evolution")
    fresh.sync()
    return fresh.shows()
