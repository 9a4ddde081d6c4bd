"""Today's program on the first data: nothing is lost, whoever starts together or is killed (F14, F50)."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from sqlalchemy import Engine, inspect, text

from tests.packaging import earlier, updater
from tests.packaging.visitors import OWNER, Visitors
from tests.servers import PATIENCE, Server, eventually, free_port, run, serving, started
from vorzimmer.database import CORE_MIGRATIONS, Database, behind
from vorzimmer.practice import Hall
from vorzimmer.settings.config import PLUGINS, Config

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.packaging.updater", *PLUGINS])
APART = 6
"""Changes of the tables from one kill to the next."""
ANNA = ("anna@praxis.example", "anna-caldav-demo-0001")
CONFIG = """
[practice]
name = "Praxis am Markt"
[server]
limits = false
[mail]
from = "praxis@praxis.example"
directory = "mail"
[plugins.vorzimmer_backup]
nightly = false
"""


class Old(NamedTuple):
    """A practice that was last served by the first program; URL of its database, empty on SQLite."""

    data: Path
    url: str

    def database(self) -> Database:
        """Its database as it stands; the caller ends it."""
        return Database(self.url or f"sqlite:///{self.data / 'vorzimmer.sqlite3'}")

    def backups(self) -> list[Path]:
        """What was made before updates."""
        return sorted(self.data.glob("backups/*-before-update.vorzimmer"))


@pytest.fixture
def old(databases: Callable[[], str], tmp_path: Path) -> Old:
    found = Old(tmp_path / "data", databases())
    found.data.mkdir()
    (found.data / "secret.key").write_text("0" * 64)
    (found.data / "secret.key").chmod(0o600)
    (found.data / "config.toml").write_text(
        CONFIG + (f'[database]\nurl = "{found.url}"\n' if found.url else "")
    )
    if found.url:
        earlier.into_postgresql(found.url)
    else:
        earlier.into_sqlite(found.data / "vorzimmer.sqlite3")
    return found


@pytest.fixture
def engine(old: Old) -> Iterator[Engine]:
    database = old.database()
    yield database.engine
    database.dispose()


def without_new_rights(seen: earlier.Seen) -> earlier.Seen:
    """The roles in the box get rights that there were not before."""
    roles = [{key: value for key, value in row.items() if key != "permissions"} for row in seen["role"]]
    return {**seen, "role": roles}


def test_every_row_of_the_first_data_is_there_after_an_update(
    old: Old, engine: Engine, tmp_path: Path
) -> None:
    """F50: with the values that it had; and what it was before stands in a backup that is whole."""
    before = earlier.seen(engine)
    assert sum(len(rows) for rows in before.values()) > 400
    run(tmp_path, "migrate", "--data", old.data)
    assert without_new_rights(earlier.seen(engine)) == without_new_rights(before)
    run(tmp_path, "migrate", "--data", old.data)
    (backup,) = old.backups()
    assert "table booking: 46 rows, hash is equal" in verified(old, tmp_path)
    assert backup.stat().st_mode & 0o077 == 0


def verified(old: Old, home: Path) -> str:
    """What is said of the one backup that was made before the update, which is whole."""
    (backup,) = old.backups()
    return run(home, "restore", "--verify", backup, "--data", old.data)


def schema(engine: Engine) -> dict[str, Any]:
    """Every table's columns, keys and indexes, however they came there."""
    look = inspect(engine)

    def told(table: str) -> dict[str, list[str]]:
        parts: dict[str, Any] = {
            "columns": look.get_columns(table),
            "indexes": look.get_indexes(table),
            "references": look.get_foreign_keys(table),
            "unique": look.get_unique_constraints(table),
            "checks": look.get_check_constraints(table),
            "key": [look.get_pk_constraint(table)],
        }
        return {
            name: sorted(json.dumps(part, default=str, sort_keys=True) for part in found)
            for name, found in parts.items()
        }

    return {table: told(table) for table in look.get_table_names()}


def fresh(databases: Callable[[], str], folder: Path) -> dict[str, Any]:
    """The tables of a practice that begins today."""
    hall = Hall.open(Config.load(data=folder, over={"database": {"url": databases()}}))
    hall.migrate()
    found = schema(hall.database.engine)
    hall.database.dispose()
    return found


def updated(old: Old, last: int = 0, step: str = "") -> int | None:
    """How a process ends that updates."""
    process = PROCESSES.Process(target=updater.update, args=(old.data, last, step))
    process.start()
    process.join(PATIENCE)
    return process.exitcode


def test_an_update_that_is_killed_anywhere_begins_anew(
    old: Old, engine: Engine, databases: Callable[[], str], tmp_path: Path
) -> None:
    """F50: while the backup is made, and in every migration; the tables are those of a practice that begins today."""
    before = earlier.seen(engine)
    assert updated(old, step="backup written") == 137
    kills = 0
    for last in itertools.count(1, APART):
        assert earlier.seen(engine) == before
        ended = updated(old, last)
        if ended == 0:
            break
        assert ended == 137
        kills += 1
    assert kills >= 8
    assert without_new_rights(earlier.seen(engine)) == without_new_rights(before)
    assert schema(engine) == fresh(databases, tmp_path / "fresh")


@pytest.mark.parametrize("owner", ["vorzimmer", "vorzimmer_absences"])
def test_an_older_program_leaves_newer_tables_alone(
    old: Old, engine: Engine, owner: str, tmp_path: Path
) -> None:
    """F50: it says in one line what they are and what to do, at every start, and makes no backup of them."""
    run(tmp_path, "migrate", "--data", old.data)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {owner}_version SET version_num = '9999'"))
    for command in (["serve", "--port", "0"], ["work"], ["migrate"]):
        (line,) = run(tmp_path, *command, "--data", old.data, code=1).splitlines()
        assert f"{owner} are in version 9999" in line
        assert "install the newer one again, or restore the backup" in line
    assert f"{owner} are in version 9999" in run(tmp_path, "doctor", "--data", old.data, code=1)
    assert len(old.backups()) == 1


@pytest.fixture
def pair(old: Old) -> Iterator[list[Server]]:
    """Two servers and a worker of one practice, all started at once; on SQLite one server with its worker inside."""
    with ExitStack() as stack:
        if not old.url:
            yield [stack.enter_context(serving(old.data, "serve"))]
            return
        ports = [free_port(), free_port()]
        waiting = [
            (port, stack.enter_context(started(old.data, "serve", "--no-worker", "--port", str(port))))
            for port in ports
        ]
        stack.enter_context(started(old.data, "work"))
        servers = [Server(process, port, old.data) for port, (process, _log) in waiting]
        for server in servers:
            eventually(lambda server=server: ready(server), "a server that is ready")  # type: ignore[misc]  # its default
        yield servers


def ready(server: Server) -> bool:
    assert server.process.poll() is None, (server.data / "server.log").read_text()
    try:
        return requests.get(f"{server.url}/ready", timeout=PATIENCE).status_code == 200
    except requests.ConnectionError:
        return False


def rows(table: str) -> list[dict[str, Any]]:
    columns, *found = earlier.ROWS[table]
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_all_that_start_at_once_are_ready_after_one_update(
    old: Old, pair: list[Server], engine: Engine, tmp_path: Path
) -> None:
    """F50, F14: one makes the backup and migrates; the bookings stand in the API and in the calendar apps."""
    verified(old, tmp_path)
    with engine.connect() as connection:
        assert behind(connection, [("vorzimmer", CORE_MIGRATIONS)]) == []
    for server in pair:
        for row in rows("booking"):
            assert_in_api(server, row)
        calendars = {row["id"]: row["slug"] for row in rows("calendar") if row["resource_id"] == anna()}
        for row in rows("calendar_object"):
            if row["calendar_id"] in calendars:
                assert_in_calendar(server, calendars[row["calendar_id"]], row)
        Visitors(server, ["anna", "ben"]).book_one()  # the worker sends the code


def anna() -> int:
    return int(next(row["id"] for row in rows("resource") if row["slug"] == "anna"))


def assert_in_api(server: Server, row: dict[str, Any]) -> None:
    answer = requests.get(f"{server.url}/api/v1/bookings/{row['uid']}", headers=OWNER, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    assert datetime.fromisoformat(answer.json()["booking"]["start"]).timestamp() == row["starts"]


def assert_in_calendar(server: Server, calendar: str, row: dict[str, Any]) -> None:
    address = f"{server.url}/dav/anna%40praxis.example/{calendar}/{row['href']}"
    answer = requests.get(address, auth=ANNA, timeout=PATIENCE)
    assert answer.status_code == 200, (address, answer.text)
    assert f"UID:{row['uid']}" in answer.text.replace("\r\n ", "")


class Desk:
    """Somebody who works on, and asks the other server once where one does not answer."""

    def __init__(self, servers: list[Server], starts: Iterator[str]) -> None:
        self.urls = [server.url for server in servers]
        self.starts = starts
        self.over = threading.Event()
        self.entered: list[str] = []
        self.asked = 0
        self.again = 0
        self._numbers = itertools.count(1)

    def work(self, number: int) -> None:
        """Look at free times and at a page, enter an appointment, until it is over. Any failure is raised."""
        with requests.Session() as client:
            turns = itertools.cycle([self._enter, self._look, self._page])
            while not self.over.is_set():
                next(turns)(client, number)

    def ask(self, client: requests.Session, number: int, method: str, path: str, **more: Any) -> Any:
        """One request, and once more elsewhere where there was no answer."""
        self.asked += 1
        first, *others = self.urls[number % len(self.urls) :] + self.urls[: number % len(self.urls)]
        try:
            answer = client.request(method, first + path, timeout=PATIENCE, **more)
        except requests.ConnectionError:
            self.again += 1
            answer = client.request(method, others[0] + path, timeout=PATIENCE, **more)
        assert answer.status_code < 400, (path, answer.status_code, answer.text)
        return answer

    def _enter(self, client: requests.Session, number: int) -> None:
        body = {
            "service": "massage",
            "start": next(self.starts),
            "staff": "anna",
            "customer": {"name": "Anruf"},
        }
        headers = {**OWNER, "Idempotency-Key": f"call-{number}-{next(self._numbers)}"}
        answer = self.ask(client, number, "POST", "/api/v1/bookings", json=body, headers=headers)
        self.entered.append(answer.json()["booking"]["id"])

    def _look(self, client: requests.Session, number: int) -> None:
        day = datetime.now(UTC).date() + timedelta(days=20)
        self.ask(client, number, "GET", f"/api/v1/slots?service=massage&from={day}&to={day}")

    def _page(self, client: requests.Session, number: int) -> None:
        self.ask(client, number, "GET", "/book/massage")


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_two_servers_restarted_in_turn_fail_nobody(old: Old, pair: list[Server]) -> None:
    """F14: no request fails with one repetition, and nothing that was entered is there twice."""
    starts = Visitors(pair[0], ["anna"]).free("anna")
    desk = Desk(pair, iter(starts))
    with ThreadPoolExecutor(3) as pool, ExitStack() as stack:
        going = [pool.submit(desk.work, number) for number in range(3)]
        try:
            for server in pair:
                restarted(stack, server)
                wait_for_more(desk, 30)
        finally:
            desk.over.set()
        for one in going:
            one.result()
        assert desk.again > 0
        assert len(set(desk.entered)) == len(desk.entered) >= 10
        there = entered(pair[0])
        assert sorted(there) == sorted(desk.entered)


def restarted(stack: ExitStack, server: Server) -> None:
    """As a service manager does it: SIGTERM, the end, and anew on the same port."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE) == 0
    command = ["serve", "--no-worker", "--port", str(server.port)]
    server.process, _log = stack.enter_context(started(server.data, *command))
    eventually(lambda: ready(server), "the restarted server")


def wait_for_more(desk: Desk, number: int) -> None:
    wanted = desk.asked + number
    eventually(lambda: desk.asked >= wanted, f"{number} more requests")


def entered(server: Server) -> list[str]:
    """Ids of what the desk has entered."""
    first = datetime.now(UTC).date()
    query: Any = {"from": first, "to": first + timedelta(days=70), "limit": 200}
    found: list[str] = []
    while True:
        answer = requests.get(
            f"{server.url}/api/v1/bookings", params=query, headers=OWNER, timeout=PATIENCE
        ).json()
        found += [
            one["id"] for one in answer["bookings"] if (one.get("customer") or {}).get("name") == "Anruf"
        ]
        if not answer.get("next"):
            return found
        query["cursor"] = answer["next"]
