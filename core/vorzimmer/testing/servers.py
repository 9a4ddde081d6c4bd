"""A PostgreSQL for tests, and no network beyond this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL of this session's own on loopback, without fsync; skips where the machine has none."""
    if not _binaries():
        pytest.skip("PostgreSQL is not installed")
    with postgresql("-c fsync=off") as url:
        yield url


def _binaries() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


@contextmanager
def postgresql(more: str = "") -> Iterator[str]:
    """A PostgreSQL on loopback until the block ends; `more` are options of the server."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="vorzimmer-"))  # pytest's own folders are closed to other users
    user = "postgres" if os.geteuid() == 0 else None  # initdb refuses to run as root
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: object) -> None:
        command = [str(part) for part in (binaries[-1] / program, "-D", folder / "data", *arguments)]
        subprocess.run(  # noqa: S603  (our own words only)
            command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 {more}"
    )
    run("initdb", "-U", "vorzimmer", "--no-sync", "-A", "trust")
    run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://vorzimmer@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def on_postgresql(url: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine; a test that tries fails."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            pytest.fail(f"the test wanted to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
