"""Real servers: processes of their own on a free port of loopback."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds after which something that was to happen has not happened."""

Answer = tuple[int, dict[str, str], bytes]


class Process:
    """`vorzimmer …` as an operator starts it."""

    def __init__(
        self,
        folder: Path,
        *arguments: object,
        data: Path | None = None,
        port: int | None = None,
        stderr: int = subprocess.STDOUT,
        files: int = 0,
    ) -> None:
        self.data = data or folder / "data"
        self.port = port or free_port()
        self.log = folder / f"{self.port}.log"
        command = [sys.executable, "-m", "vorzimmer", *map(str, arguments)]
        command += ["--port", str(self.port), "--data", str(self.data)]
        if files:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=stderr, cwd=folder)

    def up(self) -> Process:
        """Wait until it answers."""
        wait_until(lambda: self._answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def _answers(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def connect(self) -> socket.socket:
        """An open connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def raw(self, *parts: bytes) -> Answer:
        """What the server answers to exactly these bytes."""
        with self.connect() as connection:
            for part in parts:
                try:
                    connection.sendall(part)
                except OSError:
                    break  # it has answered already and hung up
            return read_answer(connection)

    def ask(self, method: str, path: str, *lines: str, body: bytes = b"") -> Answer:
        """An ordinary request with more header lines."""
        head = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}", "Connection: close", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        return self.raw("\r\n".join([*head, "", ""]).encode() + body)

    def get(self, path: str, *lines: str) -> Answer:
        """A GET."""
        return self.ask("GET", path, *lines)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def read_answer(connection: socket.socket) -> Answer:
    """Status, headers (names in small letters) and body; status 0 where it hung up without a word."""
    received = b""
    while True:
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            break
        received += part
        head, found, body = received.partition(b"\r\n\r\n")
        headers = _headers(head) if found else {}
        if not part or (found and len(body) >= int(headers.get("content-length", sys.maxsize))):
            break
    if not received:
        return 0, {}, b""
    return int(head.split(b" ")[1]), headers, body


def _headers(head: bytes) -> dict[str, str]:
    lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:]]
    return {name.lower(): value for name, _colon, value in lines}


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true; fail after a minute."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts processes, which end with the test."""
    processes: list[Process] = []

    def start(*arguments: object, data: Path | None = None, files: int = 0) -> Process:
        processes.append(Process(tmp_path, *arguments, data=data, files=files))
        return processes[-1]

    yield start
    for process in processes:
        process.process.kill()
        process.process.wait()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One demo for all tests that leave it as it is."""
    process = Process(tmp_path_factory.mktemp("demo"), "demo", "--no-limits").up()
    yield process
    process.stop()
