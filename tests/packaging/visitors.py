"""Customers who book through the API, several at once, and type the code of their mail; until the server is gone."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import requests

from tests.servers import Server, eventually

OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
DAYS = 60
"""As far ahead as one question about free times may ask."""
ABREAST = 3


def mails(data: Path) -> dict[str, EmailMessage]:
    """All that was sent from a data folder, by the names of the files."""
    found = sorted((data / "mail").glob("*.eml"))
    return {path.name: message_from_bytes(path.read_bytes(), policy=policy.default) for path in found}


class Letterbox:
    """The codes in the mail folder, each mail read once."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "mail"
        self._codes: dict[str, str] = {}
        self._known = self._there()
        self._lock = threading.Lock()

    def code(self, address: str) -> str | None:
        """The digits in the mail to an address, once it is there."""
        with self._lock:
            for name in self._there() - self._known:
                self._known.add(name)
                self._read(message_from_bytes((self.folder / name).read_bytes(), policy=policy.default))
            return self._codes.get(address)

    def _there(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.eml")}

    def _read(self, mail: EmailMessage) -> None:
        body = mail.get_body(("plain",))
        digits = re.search(r"(?<!\d)\d{6}(?!\d)", body.get_content() if body else "")
        if digits:
            self._codes[mail["To"].addresses[0].addr_spec] = digits[0]


class Visitors:
    """Book what is free, one appointment after the other; `acknowledged` are the ids of those confirmed."""

    def __init__(self, server: Server, staff: Iterable[str] = ("anna", "ben")) -> None:
        self.url = server.url
        self.acknowledged: list[str] = []
        self.over = threading.Event()
        self._numbers = itertools.count(1)
        self._letterbox = Letterbox(server.data)
        self._times: SimpleQueue[tuple[str, str]] = SimpleQueue()
        for person in staff:
            for start in self.free(person):
                self._times.put((person, start))

    def free(self, person: str) -> list[str]:
        """Free starts of a massage an hour apart: none of them is in the way of another."""
        first = datetime.now(UTC).date() + timedelta(days=2)
        query = {"service": "massage", "from": first, "to": first + timedelta(days=DAYS), "staff": person}
        with requests.get(f"{self.url}/api/v1/slots", params=query, timeout=60) as answer:  # type: ignore[arg-type]  # dates are written
            return [slot["start"] for slot in answer.json()["slots"] if slot["start"][14:16] == "00"]

    def book(self, client: requests.Session, person: str, start: str) -> None:
        """Hold, details, code."""
        address = f"besuch.{next(self._numbers)}.{threading.get_ident()}@kunde.example"
        held = self._post(client, "", 201, service="massage", start=start, staff=person)
        way, token = f"/{held['id']}", held["token"]
        self._post(client, f"{way}/details", 200, token=token, customer={"name": "Besuch", "email": address})
        code = eventually(
            lambda: self._letterbox.code(address) or (self.over.is_set() and "-"), f"code of {address}"
        )
        if code != "-":
            booked = self._post(client, f"{way}/confirm", 200, token=token, code=code)["booking"]
            assert booked["status"] == "confirmed", booked
            self.acknowledged.append(booked["id"])

    def _post(self, client: requests.Session, way: str, status: int, **body: Any) -> Any:
        answer = client.post(f"{self.url}/api/v1/holds{way}", json=body, timeout=60)
        assert answer.status_code == status, (way, answer.status_code, answer.text)
        return answer.json()

    def book_one(self) -> str:
        """One appointment, and its id."""
        with requests.Session() as client:
            self.book(client, *self._times.get_nowait())
        return self.acknowledged[-1]

    def _book_on(self) -> None:
        with requests.Session() as client:
            while not self.over.is_set():
                try:
                    self.book(client, *self._times.get_nowait())
                except requests.RequestException:
                    if not self.over.is_set():
                        raise

    def wait_for_more(self, number: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + number
        eventually(lambda: len(self.acknowledged) >= wanted, f"{number} more bookings")

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Several book until the block ends, or the server does once `over` is set; any other error is raised."""
        with ThreadPoolExecutor(ABREAST) as pool:
            going = [pool.submit(self._book_on) for _ in range(ABREAST)]
            try:
                yield
            finally:
                self.over.set()
            for one in going:
                one.result()


def lost(url: str, ids: Iterable[str]) -> list[str]:
    """Which of the bookings are not confirmed at a server."""
    with requests.Session() as client:
        client.headers.update(OWNER)
        return [
            one
            for one in ids
            if client.get(f"{url}/api/v1/bookings/{one}", timeout=60).json()["booking"]["status"]
            != "confirmed"
        ]
