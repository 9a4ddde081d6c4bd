"""waitress: its limits, stricter framing, and an end that loses no answer."""

from __future__ import annotations

import contextlib
import gc
import math
import re
import resource
import signal
import socket
import time
from collections.abc import Callable
from copy import copy
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from vorzimmer.server.guard import Headers, Wsgi, complete, security_headers
from vorzimmer.settings.config import Config

LARGEST_BODY = 2 * 1024 * 1024
LARGEST_HEAD = 64 * 1024
DRAIN_SECONDS = 10
ILL_SECONDS = 5
REQUEST_SECONDS = 30
"""How long a client may take to send one request; the channel's own timeout starts anew with each byte."""
MOST_CONNECTIONS, FEWEST_CONNECTIONS = 4_000, 16
FILES, FILES_OF_THREAD = 48, 6
"""How many files are open beside connections: libraries, logs, mails; and for each thread those of its database."""


ENCODING = b"transfer-encoding"
VERSION = re.compile(rb" HTTP/1\.[01]\s*$")


class CannotListen(Exception):  # noqa: N818  (it is said to the operator in one line)
    """The address is taken, unknown or not ours."""


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress ships no types
    """Refuses two ways of framing one body (A159): RFC 9112 §6.1 leaves only that."""

    adj: Adjustments

    def parse_header(self, head: bytes) -> None:
        """Read the head of a request."""
        if VERSION.search(head.partition(b"\r\n")[0]) is None:
            raise ParsingError("no version of HTTP that is known here")
        fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
        names = [name.strip().lower() for name, _colon, _value in fields]
        encodings = [value.strip().lower() for name, _colon, value in fields if name.lower() == ENCODING]
        lengths = names.count(b"content-length")
        if encodings not in ([], [b"chunked"]) or (encodings and lengths) or names.count(b"host") > 1:
            raise ParsingError("ambiguous framing")
        super().parse_header(head)
        self.adj = self.adj.roomy.get(self.path, self.adj) if self.command == "POST" else self.adj
        if encodings and not self.chunked:  # HTTP/1.0
            raise ParsingError("ambiguous framing")


class Refusal(ErrorTask):  # type: ignore[misc]
    """waitress's own answers to what it cannot read, with our headers."""

    def execute(self) -> None:
        """Answer."""
        headers: Headers = self.channel.server.security_headers
        self.response_headers.extend(complete([], headers))
        super().execute()


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    parser_class = Parser
    error_task_class = Refusal
    began = 0.0

    def received(self, data: bytes) -> bool:
        """Take what came, remembering when the unfinished request began."""
        waiting = self.request is not None
        more: bool = super().received(data)
        if self.request is not None and not waiting:
            self.began = time.time()
        return more

    @property
    def busy(self) -> bool:
        """Whether an answer is due: a request is being read, worked at or answered."""
        return bool(self.requests or self.total_outbufs_len or self.request is not None)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serves until `stop`, then finishes what was begun."""

    channel_class = Channel
    security_headers: Headers
    stopping = False
    ill: Callable[[], str] = staticmethod(lambda: "")
    _ends = math.inf

    def maintenance(self, now: float) -> None:
        """Close what is idle, and what trickles in for too long (A160)."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.request is not None and not channel.requests and channel.began < now - REQUEST_SECONDS:
                channel.will_close = True

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Begin the end; safe in a signal handler, and when it is called again: the trigger may be closed by then."""
        if not self.stopping:
            self.stopping = True
            self.pull_trigger()

    def serve(self) -> None:
        """Answer requests until `stop` is called; then drain: no new ones, running ones up to ten seconds (F13)."""
        while not self.stopping and time.monotonic() < self._ends:
            self._turn(1)
            if self.ill():
                self._ends = min(self._ends, time.monotonic() + ILL_SECONDS)
        self.del_channel()
        self.socket.close()
        self._turn(0)  # read what has arrived
        end = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < end:
            for channel in list(self.active_channels.values()):
                if not channel.busy:
                    channel.handle_close()
            if not self.active_channels:
                break
            self._turn(0.05)
        self.task_dispatcher.shutdown(timeout=1)
        self.trigger.close()

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=self._map, use_poll=True, count=1)


def listen(host: str, port: int) -> socket.socket:
    """Take the address without answering yet, so that a port that is taken is known before any work is done."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return bound


def run(
    app: Wsgi, config: Config, bound: socket.socket, *, ready: Callable[[], None], ill: Callable[[], str]
) -> None:
    """Serve on a bound address until SIGTERM or SIGINT; `ready` is called when the port answers.

    Ends by itself some seconds after `ill` has a reason to tell: whoever watches has seen `/ready` by then.
    """
    server = make_server(app, config, bound)
    server.ill = ill
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    gc.freeze()  # what is there now stays: to look through all of it takes some request 0.2 s
    ready()
    server.serve()


def make_server(app: Wsgi, config: Config, bound: socket.socket) -> Server:
    """A server with our limits on a bound address."""
    limits = Adjustments(
        sockets=[bound],
        threads=config.settings.server.threads,
        connection_limit=_connections(config.settings.server.threads),
        channel_timeout=15,
        cleanup_interval=5,
        asyncore_use_poll=True,
        backlog=1024,
        max_request_header_size=LARGEST_HEAD,
        max_request_body_size=LARGEST_BODY,
        clear_untrusted_proxy_headers=True,
        ident="",
        **_proxy(config.settings.server.trusted_proxy),
    )
    limits.roomy = {path: _roomy(limits, largest) for path, largest in getattr(app, "uploads", {}).items()}
    place = (bound.family, bound.type, bound.proto, bound.getsockname())
    server = Server(app, {}, True, bound, adj=limits, bind_socket=False, sockinfo=place)
    server.security_headers = security_headers(config)
    return server


def _roomy(limits: Adjustments, largest: int) -> Adjustments:
    """The same limits, but for the size of a body."""
    roomy = copy(limits)
    roomy.max_request_body_size = largest
    return roomy


def _proxy(address: str | None) -> dict[str, Any]:
    """Nobody's forwarding headers count but those of the one proxy that is named (A29)."""
    if address is None:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {"trusted_proxy": address, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}


def _connections(threads: int) -> int:
    """As many as the descriptors allow, the limit raised as far as may be (T1). Raises `CannotListen` for too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 500
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    own = FILES + FILES_OF_THREAD * threads
    if soft < own + FEWEST_CONNECTIONS:
        raise CannotListen(
            f"only {soft} files may be open at once (ulimit -n), and {own + FEWEST_CONNECTIONS} are needed at least"
        )
    return min(MOST_CONNECTIONS, soft - own)
