"""The end of a server: T2, F13. And two of them on one database: F29."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.http.conftest import PATIENCE, Process, read_answer, wait_until

SLOW = '''
"""A page that answers when it is told to."""
import time
from pathlib import Path

from flask import Blueprint
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.hookspecs import hookimpl

FOLDER = Path(__file__).parent


class Plugin:
    def __init__(self, config):
        self.pages = Blueprint("slow", __name__, url_prefix="/x/slow")

        @self.pages.get("/<number>")
        @open_to(EVERYONE)
        def slow(number):
            (FOLDER / f"{number}.begun").touch()
            while not (FOLDER / "go").exists():
                time.sleep(0.02)
            return number

    @hookimpl
    def blueprints(self):
        return [self.pages]
'''


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "slow.py").write_text(SLOW)
    return folder


def ask(server: Process, path: str) -> socket.socket:
    connection = server.connect()
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


def test_running_requests_are_answered_after_sigterm_and_no_new_ones_begin(
    started: Callable[..., Process], plugin_folder: Path
) -> None:
    """T2, F13: waitress alone leaves them without an answer. Also serves a plugin from one file."""
    server = started("serve", "--plugin-dir", plugin_folder).up()
    with ExitStack() as all_of_them:
        running = [all_of_them.enter_context(ask(server, f"/x/slow/{number}")) for number in range(6)]
        wait_until(lambda: all((plugin_folder / f"{number}.begun").exists() for number in range(6)))
        server.process.terminate()
        wait_until(lambda: _refuses(server))
        (plugin_folder / "go").touch()
        assert [read_answer(one)[2] for one in running] == [b"%d" % number for number in range(6)]
    assert server.stop() == 0


def test_a_body_that_is_on_its_way_is_still_answered(started: Callable[..., Process]) -> None:
    """T2, F13: the request was accepted."""
    server = started("serve").up()
    with server.connect() as connection:
        head = b"POST /api/v1/holds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(head + b"Content-Length: 2\r\n\r\n{")
        server.get("/healthz")  # what came before it has been read
        server.process.terminate()
        wait_until(lambda: _refuses(server))
        connection.sendall(b"}")
        assert read_answer(connection)[0] == 422
    assert server.stop() == 0


def test_a_request_that_never_ends_keeps_the_server_no_longer_than_ten_seconds(
    started: Callable[..., Process],
) -> None:
    """F13."""
    server = started("serve").up()
    with server.connect() as connection:
        connection.sendall(b"POST /language HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        server.get("/healthz")
        assert server.stop() == 0


def test_a_port_that_is_taken_is_said_in_one_line(demo: Process, tmp_path: Path) -> None:
    second = Process(tmp_path, "serve", port=demo.port)
    assert second.process.wait(PATIENCE) == 1
    assert second.log.read_text().splitlines() == [
        f"Error: cannot listen on 127.0.0.1 port {demo.port}: Address already in use"
    ]


def test_two_servers_on_one_sqlite_file_never_sell_a_time_twice(
    started: Callable[..., Process],
) -> None:
    """F29: the second process waits its turn at the database's own lock."""
    first = started("demo", "--no-limits").up()
    second = started("demo", "--no-limits", data=first.data).up()
    slots = json.loads(first.get(f"/api/v1/slots?service=massage&from={day(2)}&to={day(9)}")[2])["slots"]
    starts = [slot["start"] for slot in slots if slot["resources"] == ["anna"]][:4]
    with ThreadPoolExecutor(16) as pool:
        wishes = [(server, start) for start in starts for server in (first, second) for _ in range(4)]
        statuses = list(pool.map(lambda wish: hold(*wish), wishes))
    assert sorted(set(statuses)) == [201, 409]
    assert statuses.count(201) <= len(starts)


def day(ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


def hold(server: Process, start: str) -> int:
    body = json.dumps({"service": "massage", "start": start, "staff": "anna"}).encode()
    return server.ask("POST", "/api/v1/holds", "Content-Type: application/json", body=body)[0]


def _refuses(server: Process) -> bool:
    try:
        server.connect().close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was waiting in line as the door closed
        return True
    return False
