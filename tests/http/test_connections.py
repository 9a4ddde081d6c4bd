"""Many and slow connections: T1, A160."""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.http.conftest import Process, wait_until

CROWD = 1_000


@pytest.fixture(autouse=True)
def _descriptors() -> Iterator[None]:
    """Enough of them for the crowd."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CROWD
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET /heal",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /language HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nslow",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=["idle", "first line", "header", "body", "keep-alive"],
)
def test_a_thousand_slow_connections_keep_nobody_waiting(demo: Process, begin: bytes) -> None:
    """T1, A160: waitress's default ends at 99."""
    with ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(demo.connect()).sendall(begin)
        assert demo.get("/")[0] == 200
        assert demo.ask("PROPFIND", "/dav/")[0] == 401


def test_a_reader_that_does_not_read_keeps_nobody_waiting(demo: Process) -> None:
    """A160: answers wait in buffers, not in threads."""
    with ExitStack() as crowd:
        for _ in range(50):
            connection = crowd.enter_context(demo.connect())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            connection.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert demo.get("/")[0] == 200


@pytest.mark.parametrize(("files", "serves"), [(70, False), (160, True)])
def test_with_few_files_it_serves_what_it_can_or_says_why_not(
    started: Callable[..., Process], files: int, serves: bool
) -> None:
    """X8: it said that it serves, and accepted nothing."""
    server = started("demo", files=files)
    if serves:
        server.up()
        with ExitStack() as crowd:
            for _ in range(40):
                crowd.enter_context(server.connect())
            assert server.get("/")[0] == 200
    else:
        wait_until(lambda: server.process.poll() is not None)
        assert server.process.returncode == 1
        assert "only 70 files may be open at once" in server.log.read_text()


def test_an_idle_connection_is_closed(demo: Process) -> None:
    """T1: after 15 seconds, seen at the next sweep."""
    with demo.connect() as connection:
        connection.setblocking(False)
        wait_until(lambda: _hung_up(connection))


@pytest.mark.long
def test_a_head_that_trickles_in_is_given_up(started: Callable[..., Process]) -> None:
    """A160: each byte would begin the idle time anew; the request as a whole has 30 seconds."""
    server = started("demo").up()
    with server.connect() as connection:
        connection.settimeout(0.5)
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        wait_until(lambda: _trickles_into_nothing(connection))


def _hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def _trickles_into_nothing(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"a")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
