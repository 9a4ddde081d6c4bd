"""A program that is told by webhooks: an HTTP server in a process of its own that keeps what it gets, and has faults.

What it does stands in the path: `/take`, `/fail/2` (the first two requests), `/gone`, `/elsewhere`, `/reset`, `/slow`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


@dataclass(frozen=True)
class Told:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass(frozen=True)
class Receiver:
    """Where it listens and what it has got so far."""

    port: int
    kept: Path

    def url(self, path: str) -> str:
        """An address of it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def told(self, path: str = "") -> list[Told]:
        """What came in, in order; that of one path if given."""
        lines = self.kept.read_text().splitlines() if self.kept.exists() else []
        found = [Told(**json.loads(line)) for line in lines]
        return [one for one in found if one.path.startswith(path)]

    def events(self, path: str = "") -> list[str]:
        """The kinds of what came in."""
        return [one.event["type"] for one in self.told(path)]


@contextmanager
def receiving(kept: Path) -> Iterator[Receiver]:
    """A receiver until the block ends."""
    command = [sys.executable, __file__, str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Receiver(int(process.stdout.readline()), kept)
        finally:
            process.kill()


class Handler(BaseHTTPRequestHandler):
    """Keeps each request before anything else."""

    kept: Path
    server: ThreadingHTTPServer
    number: ClassVar[Counter[str]] = Counter()

    def do_POST(self) -> None:
        """Do as the path says."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        told = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
        with self.kept.open("a") as file:
            file.write(json.dumps(told) + "\n")
        self.number[self.path] += 1
        act, _, more = self.path.strip("/").partition("/")
        if act == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if act == "slow":
            time.sleep(5)
        with contextlib.suppress(OSError):
            self.answer(act, more)

    def answer(self, act: str, more: str) -> None:
        """The answer's head; there is no body."""
        broken = act == "fail" and self.number[self.path] <= int(more.partition("/")[0])
        self.send_response(500 if broken else {"gone": 410, "elsewhere": 307}.get(act, 204))
        if act == "elsewhere":
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/take/inside")
        self.end_headers()

    def log_message(self, *_what: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Handler.kept = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_what: None  # type: ignore[method-assign]  # a caller that hangs up is wanted here
    print(server.server_port, flush=True)  # noqa: T201  (how the port is told)
    server.serve_forever()
