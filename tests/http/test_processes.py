"""What runs as processes of their own: the worker beside the server, the rescue door, the plugin author's server."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.http.conftest import PATIENCE, Process, read_answer, wait_until
from vorzimmer.server import serve
from vorzimmer.server.guard import Environ, StartResponse
from vorzimmer.settings.config import Config

JSON = "Content-Type: application/json"
PLUGIN = """
from flask import Blueprint
from vorzimmer.access import EVERYONE, open_to
from vorzimmer.hookspecs import hookimpl

class Plugin:
    def __init__(self, config): ...

    @hookimpl
    def blueprints(self):
        pages = Blueprint("hello", __name__, url_prefix="/x/hello")
        pages.get("/")(open_to(EVERYONE)(lambda: "{answer}"))
        return [pages]
"""


def test_a_worker_beside_the_server_delivers_what_it_left(
    started: Callable[..., Process], tmp_path: Path
) -> None:
    """`serve --no-worker` and `work`, interface.md."""
    server = started("demo", "--no-limits", "--no-worker").up()
    first, last = (datetime.now(UTC) + timedelta(days=days) for days in (2, 9))
    query = f"service=massage&from={first:%Y-%m-%d}&to={last:%Y-%m-%d}"
    slot = json.loads(server.get(f"/api/v1/slots?{query}")[2])["slots"][0]
    hold = json.loads(_post(server, "holds", {"service": "massage", "start": slot["start"]})[2])
    customer = {"name": "Mia Brandt", "email": "mia@kunde.example"}
    details = {"token": hold["token"], "customer": customer}
    assert _post(server, f"holds/{hold['id']}/details", details)[0] == 200
    mails = server.data / "mail"
    assert not list(mails.glob("*.eml"))
    command = [sys.executable, "-m", "vorzimmer", "work", "--data", str(server.data)]
    with (
        (tmp_path / "work.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as worker,
    ):
        wait_until(lambda: len(list(mails.glob("*.eml"))) == 1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0


def test_a_server_whose_log_nobody_reads_goes_on(tmp_path: Path) -> None:
    """F12: the pipe is full, the reader is stuck."""
    reader, writer = os.pipe()
    server = Process(tmp_path, "demo", "--no-limits", stderr=writer)
    server.up()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x" * 65_536):
            pass
    for _ in range(20):
        assert server.get("/book/massage/none/done")[0] == 404
    assert server.stop() == 0
    os.close(reader)
    os.close(writer)


def test_the_rescue_door_starts_without_the_plugins_of_others(
    started: Callable[..., Process], tmp_path: Path
) -> None:
    """`serve --no-plugins`, architecture §4."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.toml").write_text('[plugins]\nenabled = ["vorzimmer_people", "not_there"]\n')
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "hello.py").write_text(PLUGIN.format(answer="hello"))
    server = started("serve", "--no-plugins", "--plugin-dir", tmp_path / "plugins").up()
    assert server.get("/x/hello/")[0] == 404


def test_a_changed_plugin_is_loaded_anew(started: Callable[..., Process], tmp_path: Path) -> None:
    """`serve --reload --plugin-dir`, architecture §4: a plugin author's first day."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "hello.py").write_text(PLUGIN.format(answer="first"))
    server = started("serve", "--reload", "--plugin-dir", folder).up()
    assert server.get("/x/hello/")[2] == b"first"
    (folder / "hello.py").write_text(PLUGIN.format(answer="second"))
    wait_until(lambda: _says(server, b"second"))
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("trusted", "address"), [(None, "127.0.0.1"), ("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1")]
)
def test_only_the_proxy_of_the_settings_says_who_asks(
    tmp_path: Path, trusted: str | None, address: str
) -> None:
    """A29: a forged left-most address does not count either."""
    over = {"server": {"trusted_proxy": trusted}} if trusted else {}
    with serving(Config.load(data=tmp_path, over=over)) as connection:
        forwarded = (
            "X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\nX-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9"
        )
        connection.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\n{forwarded}\r\n\r\n".encode())
        assert read_answer(connection)[2].decode() == address


def test_a_second_signal_at_the_end_changes_nothing(tmp_path: Path) -> None:
    """F13: systemd, or a hand that presses Ctrl-C twice; the exit code was 1."""
    bound = serve.listen("127.0.0.1", 0)
    server = serve.make_server(lambda _environ, _start: [], Config.load(data=tmp_path), bound)
    server.stop()
    server.serve()
    server.stop()


@contextmanager
def serving(config: Config) -> Iterator[socket.socket]:
    """A connection to a server that answers with the address of who asks."""

    def who(environ: Environ, start_response: StartResponse) -> list[bytes]:
        body = environ["REMOTE_ADDR"].encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    bound = serve.listen("127.0.0.1", 0)
    server = serve.make_server(who, config, bound)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with socket.create_connection(bound.getsockname(), timeout=PATIENCE) as connection:
            yield connection
    finally:
        server.stop()
        thread.join(PATIENCE)
        server.trigger.close()


def _post(server: Process, path: str, body: object) -> tuple[int, dict[str, str], bytes]:
    return server.ask("POST", f"/api/v1/{path}", JSON, body=json.dumps(body).encode())


def _says(server: Process, text: bytes) -> bool:
    try:
        return server.get("/x/hello/")[2] == text
    except OSError:
        return False
