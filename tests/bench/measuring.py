"""Requests over kept connections, their times, and the rows that are printed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import median
from typing import NamedTuple

import click

from tests.servers import ROOT, eventually, free_port

ROUNDS = 41
CONNECTIONS = 8
SECONDS = 6.0
"""How long a throughput is measured."""
FEW = 5


class Answer(NamedTuple):
    status: int
    body: bytes


class Client:
    """One connection that is kept."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method: str, path: str, body: str = "", status: int = 200, **headers: str) -> Answer:
        """One request; fails on any status but the expected one."""
        answer = self.try_(method, path, body, **headers)
        if answer.status != status:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer

    def try_(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """One request, whatever the answer; header names with `_` for `-`."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body.encode() or None, self.headers | told)
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.read())

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def timed(act: Callable[[], object]) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def per_second(make: Callable[[int], Callable[[], object]], connections: int) -> float:
    """How often a second the acts happen on so many connections; `make` gives the act of each."""
    done = [0] * connections
    end = time.monotonic() + SECONDS

    def work(number: int) -> None:
        act = make(number)
        while time.monotonic() < end:
            act()
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    seconds = timed(lambda: wait_for(threads))
    return sum(done) / seconds


def wait_for(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


@dataclass
class Table:
    """Measures and prints row by row. `h1` is the bare route's time next to what was measured last."""

    bare: Client
    every: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def median(self, act: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
        """The median of the act, and of the bare route asked in turns with it: both meet the same noise."""
        self.bare.close()  # it may have waited for longer than a server keeps a connection
        for _ in range(FEW):
            act()
            self.bare.ask("GET", "/")
        pairs = [(timed(act), timed(lambda: self.bare.ask("GET", "/"))) for _ in range(rounds)]
        self.every += [bare for _, bare in pairs]
        return median(one for one, _ in pairs), median(bare for _, bare in pairs)

    def ratio(self, what: str, most: float, act: Callable[[], object], rounds: int = ROUNDS) -> float:
        """A row of a time against so many h1; the time in seconds."""
        value, h1 = self.median(act, rounds)
        self.row(what, f"{value * 1000:.1f} ms", f"{value / h1:.1f} h1", f"≤ {most:g} h1", value / h1 <= most)
        return value

    def row(self, what: str, value: str, ratio: str, goal: str, met: bool) -> None:
        """Print a row with its verdict."""
        if not met:
            self.missed.append(what)
        click.echo(f"{what:<58} {value:>12} {ratio:>10}  {goal:<22} {'met' if met else 'MISSED'}")

    def title(self, text: str) -> None:
        click.echo(f"\n{text}")

    def end(self) -> None:
        click.echo(f"\nh1 = {median(self.every) * 1000:.2f} ms in this run; {len(self.missed)} goals missed")


@contextmanager
def table() -> Iterator[Table]:
    """A table beside a running bare route."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", str(port)], cwd=ROOT)
    try:
        eventually(lambda: _answers(port), "the bare route")
        made = Table(Client(port))
        made.median(lambda: made.bare.ask("GET", "/"))
        yield made
        made.end()
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        return Client(port).ask("GET", "/").status == 200
    except OSError:
        return False
