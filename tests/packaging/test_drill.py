"""The drill: backups under load, `kill -9` in the middle, and a lost machine; what was acknowledged is there again."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from xml.etree import ElementTree as ET

import click
import psycopg
import pytest
import requests
from sqlalchemy import MetaData, String, cast, select

from tests.packaging.visitors import OWNER, Visitors, lost, mails
from tests.servers import Server, demo, run, serving
from vorzimmer.database import Database
from vorzimmer.settings.config import Config

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

MANY = 100_000
IN_TIME = 60.0
"""Seconds from the start of a restore to the first booking (F45)."""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ANNA = ("anna@praxis.example", "anna-caldav-demo-0001")
DAV = "{DAV:}"
SETTLED = {
    "booking": {"sequence"},
    "calendar": {"sequence"},
    "message": {"state", "error", "lease", "lease_until"},
}
"""Columns that a restore raises or closes on purpose (F46)."""
ENDED = {"calendar_change", "web_session", "login_link"}
"""Tables that a restore empties on purpose."""
NOTED = {"setting": ("name", "backup"), "audit_entry": ("act", "backup_restored")}
"""Rows that say that it was restored."""

T = TypeVar("T")
Contents = dict[str, tuple[int, int]]


class Practice(NamedTuple):
    """A served demo, and databases to restore it into (empty URLs on SQLite)."""

    server: Server
    url: str
    empty: Iterator[str]
    staff: list[str]


@pytest.fixture(params=[0, MANY], ids=["few", "many"])
def practice(
    request: pytest.FixtureRequest, databases: Callable[[], str], tmp_path: Path
) -> Iterator[Practice]:
    url, number = databases(), request.param
    options = ["--no-limits", *(["--bookings", str(number)] if number else [])]
    staff = ["anna", "ben", *(f"p{one:02}" for one in range(1, 11) if number)]
    with demo(tmp_path / "data", *options, database_url=url, patience=600) as server:
        (server.data / "papers").mkdir()
        (server.data / "papers" / "Größe.txt").write_text("a document")
        answer = requests.put(
            f"{server.url}/api/v1/settings/logo", json={"picture": PIXEL}, headers=OWNER, timeout=60
        )
        assert answer.status_code == 200, answer.text
        yield Practice(server, url, iter(databases, None), staff)


def contents(data: Path, url: str) -> Contents:
    """Rows of each table and the sum of their hashes, without what a restore changes on purpose."""
    database = Database(url or f"sqlite:///{data / 'vorzimmer.sqlite3'}")
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        found = {
            table.name: _hashed(connection.execution_options(yield_per=1000).execute(_query(table)))
            for table in tables.sorted_tables
            if table.name not in ENDED
        }
    database.dispose()
    return found


def _query(table: Any) -> Any:
    query = select(
        *(cast(column, String) for column in table.c if column.name not in SETTLED.get(table.name, ()))
    )
    column, value = NOTED.get(table.name, ("", ""))
    return query.where(table.c[column] != value) if column else query


def _hashed(rows: Any) -> tuple[int, int]:
    number = total = 0
    for row in rows:
        number += 1
        total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
    return number, total % 2**256


def asked(server: Server, method: str, body: str, depth: str) -> requests.Response:
    return requests.request(
        method,
        f"{server.url}/dav/anna%40praxis.example/bookings/",
        data=body,
        auth=ANNA,
        headers={"Depth": depth, "Content-Type": "application/xml"},
        timeout=60,
    )


def sync_token(server: Server) -> str:
    body = '<propfind xmlns="DAV:"><prop><sync-token/></prop></propfind>'
    found = ET.fromstring(asked(server, "PROPFIND", body, "0").content).findtext(f".//{DAV}sync-token")
    assert found
    return found


def sync(server: Server, token: str) -> requests.Response:
    body = (
        f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
        "<prop><getetag/></prop></sync-collection>"
    )
    return asked(server, "REPORT", body, "1")


def test_a_machine_is_lost_and_the_practice_goes_on(practice: Practice, tmp_path: Path) -> None:
    """F44, F45, F46, F48, B14: with a handful of bookings, and with 100,000. With `-s` it says how long each took."""
    server, visitors = practice.server, Visitors(practice.server, practice.staff)
    one, two, key = tmp_path / "one.vorzimmer", tmp_path / "two.vorzimmer", tmp_path / "paper"
    token = sync_token(server)
    key.write_text(run(tmp_path / "home", "backup-key", "--data", server.data).split()[0])
    with visitors.at_once():
        visitors.wait_for_more(10)
        before = list(visitors.acknowledged)
        timed("backup", lambda: run(tmp_path / "home", "backup", one, "--data", server.data))
        visitors.wait_for_more(10)
        visitors.over.set()
        server.process.kill()
    server.process.wait()
    there = contents(server.data, practice.url)
    run(tmp_path / "home", "backup", two, "--data", server.data)
    old = server.data.rename(tmp_path / "lost")

    options = ["--key-file", key]
    verifying = [*options, *(["--database-url", practice.url] if practice.url else [])]
    said = timed("verify", lambda: run(tmp_path / "home", "restore", "--verify", one, *verifying))
    assert said.splitlines()[-1] == f"{one} is whole"

    began = time.monotonic()
    second = timed("restore", lambda: restored(practice, one, tmp_path / "second", options))
    with serving(second, "serve", port=server.port) as again:
        first = Visitors(again, ["ben"]).book_one()
        took = time.monotonic() - began
        click.echo(f"first booking: {took:.1f} s after the start of the restore")
        assert took < IN_TIME
        assert lost(again.url, [*before, first]) == []
        assert (second / "papers" / "Größe.txt").read_text() == "a document"
        assert sync(again, token).status_code in (403, 409)  # RFC 6578 §3.2: read everything anew
        again.stop()
    known = mails(old)
    written = {name: mail for name, mail in mails(second).items() if str(mail) != str(known.get(name))}
    assert len(written) >= 2  # its code, and that it is confirmed
    assert not {mail["Message-ID"] for mail in written.values()} & {
        mail["Message-ID"] for mail in known.values()
    }

    third = restored(practice, two, tmp_path / "third", options)
    assert contents(third, Config.load(data=third).settings.database.url) == there
    with serving(third, "serve", port=server.port) as again:
        assert lost(again.url, visitors.acknowledged) == []
    damaged(practice, one, tmp_path, options)


def timed(what: str, act: Callable[[], T]) -> T:
    """What it gives, saying how long it took."""
    began = time.monotonic()
    found = act()
    click.echo(f"{what}: {time.monotonic() - began:.1f} s")
    return found


def restored(practice: Practice, file: Path, into: Path, options: list[Any]) -> Path:
    """The folder that a backup is restored into; where it was PostgreSQL, with a database of its own."""
    url = next(practice.empty)
    run(
        into.parent / "home",
        "restore",
        file,
        "--into",
        into,
        *options,
        *(["--database-url", url] if url else []),
    )
    return into


def damaged(practice: Practice, file: Path, folder: Path, options: list[Any]) -> None:
    """A flipped byte anywhere is named, and nothing of it is put anywhere (F48)."""
    url, whole, broken = next(practice.empty), file.read_bytes(), folder / "broken.vorzimmer"
    options = [*options, *(["--database-url", url] if url else [])]
    for place in random.Random(4).sample(range(100, len(whole)), 3):
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        into = folder / f"broken-{place}"
        for what in (("--verify",), ("--into", into)):
            said = run(folder / "home", "restore", broken, *what, *options, code=1)
            (first, last) = where(said)
            assert first <= place < last
        assert not into.exists() or list(into.iterdir()) == []
    if url:
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
            assert found == []


def where(said: str) -> tuple[int, int]:
    """The bytes between which the damage is said to be."""
    numbers = [int(word.replace(",", "")) for word in said.split() if word.replace(",", "").isdigit()]
    assert "it is damaged between byte" in said, said
    return numbers[0], numbers[1]
