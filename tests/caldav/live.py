"""The server on a port of its own, for real calendar apps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask

from vorzimmer.server import serve


@dataclass(frozen=True)
class Live:
    """Where the server listens, and who is served."""

    port: int
    address: str = "anna@praxis.example"
    password: str = "anna-caldav-demo-0001"

    @property
    def url(self) -> str:
        """The context root."""
        return f"http://127.0.0.1:{self.port}/dav/"


@contextmanager
def serving(app: Flask) -> Iterator[Live]:
    """Serve on loopback, on a port that was free, until the block ends."""
    bound = serve.listen("127.0.0.1", 0)
    server = serve.make_server(app, app.extensions["vorzimmer"].config, bound)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield Live(server.effective_port)
    finally:
        server.stop()
        thread.join()
