"""Somebody else holds the database: who writes gives up in time and in words, who reads is served meanwhile (X2)."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
import requests
from flask import Flask

from tests.caldav.desk import event
from tests.caldav.live import Live, serving
from tests.servers import eventually
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice
from vorzimmer.writers import PATIENCE, STUCK, Unavailable, Writers

SLOT = "2027-03-02T10:00:00+01:00"
WRITES = 12
SOON = 2 * STUCK + 2.0  # seconds, on a machine that has other things to do


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_copy"))


@contextmanager
def held(hall: Hall) -> Iterator[None]:
    """Another program has locked the database for writing, until the block ends."""
    if hall.database.sqlite:
        other = sqlite3.connect(hall.config.data / "vorzimmer.sqlite3", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.close()
        return
    with psycopg.connect(hall.config.database_url) as connection:
        connection.execute("LOCK TABLE resource, kept_answer, booking, allocation IN EXCLUSIVE MODE")
        yield
        connection.rollback()


@pytest.fixture
def live(app: Flask, practice: Practice) -> Iterator[Live]:
    """A server of eight threads, four of them for writers where these get nowhere."""
    practice.hall.database.writers.spare(practice.hall.config.settings.server.threads)
    with serving(app) as live:
        yield live


def hold(live: Live) -> tuple[float, requests.Response]:
    began = time.monotonic()
    body = {"service": "massage", "start": SLOT}
    answer = requests.post(f"http://127.0.0.1:{live.port}/api/v1/holds", json=body, timeout=60)
    return time.monotonic() - began, answer


def put(live: Live) -> requests.Response:
    address = f"{live.url}anna%40praxis.example/bookings/a.ics"
    body = event("a", start="20270302T140000Z", end="20270302T143000Z")
    return requests.put(address, data=body, auth=(live.address, live.password), timeout=60)


def read(live: Live, path: str, method: str = "GET") -> tuple[float, int]:
    began = time.monotonic()
    sign_in = (live.address, live.password) if path.startswith("/dav/") else None
    answer = requests.request(method, f"http://127.0.0.1:{live.port}{path}", auth=sign_in, timeout=60)
    return time.monotonic() - began, answer.status_code


def form(browser: requests.Session, address: str) -> dict[str, str]:
    """What the button of a time sends."""
    page = browser.get(f"{address}?staff=anna&day=2027-03-02", timeout=60).text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    return {"csrf_token": token, "time": f"{SLOT}|markt", "staff": "anna"}


def test_writes_give_up_and_reads_go_on(live: Live, practice: Practice) -> None:
    assert put(live).status_code == 201  # this phone is known from now on
    page = f"http://127.0.0.1:{live.port}/book/massage"
    with requests.Session() as browser, ThreadPoolExecutor(WRITES + 2) as pool:
        browser.headers["Accept-Language"] = "de"
        typed = form(browser, page)
        with held(practice.hall):
            writes = [pool.submit(hold, live) for _number in range(WRITES)]
            phone, booking = pool.submit(put, live), pool.submit(browser.post, page, data=typed, timeout=60)
            query = "service=massage&from=2027-03-02&to=2027-03-02"
            for _round in range(3):
                for path in (
                    "/healthz",
                    f"/api/v1/slots?{query}",
                    "/",
                    "/dav/anna%40praxis.example/bookings/a.ics",
                ):
                    seconds, status = read(live, path)
                    assert (status, seconds < SOON) == (200, True), (path, status, seconds)
            answers = [write.result() for write in writes]
            on_phone, on_page = phone.result(), booking.result()
        for seconds, answer in answers:
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == 503
            assert seconds < PATIENCE + SOON
        for answer in (on_phone, on_page):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "<h1>Einen Moment, bitte</h1>" in on_page.text
        assert "Praxis am Markt" in on_page.text
        assert browser.post(page, data=typed, timeout=60).status_code == 200


# ---- the turn itself -------------------------------------------------------------------------------------------------


def waits(writers: Writers, number: int) -> bool:
    return len(writers._waiting) == number


def test_writers_come_in_the_order_in_which_they_came() -> None:
    writers, came = Writers(1), list[int]()

    def write(number: int) -> None:
        with writers.turn():
            came.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(5)]
    with writers.turn():
        for number, thread in enumerate(threads, 1):
            thread.start()
            eventually(partial(waits, writers, number), "the writer to wait")
    for thread in threads:
        thread.join()
    assert came == [0, 1, 2, 3, 4]


def test_where_nobody_gets_on_half_of_the_threads_are_left_to_readers() -> None:
    writers = Writers(1)
    writers.spare(8)
    refused: list[float] = []

    def write() -> None:
        began = time.monotonic()
        try:
            with writers.turn():
                pass
        except Unavailable:
            refused.append(time.monotonic() - began)

    threads = [threading.Thread(target=write) for _number in range(7)]
    with writers.turn():
        for thread in threads:
            thread.start()
        eventually(lambda: len(refused) == 4, "the ones too many to be refused")
        assert max(refused) < PATIENCE
    for thread in threads:
        thread.join()
    assert len(refused) == 4  # the three who waited had their turn
