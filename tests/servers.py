"""The whole server as a process of its own, and a real mail server that keeps what it gets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

T = TypeVar("T")
PATIENCE = 60.0  # seconds
ROOT = Path(__file__).parents[1]


def eventually(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """What `look` finds, as soon as it finds anything true; fails after `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience:.0f} s in vain for {what}")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Mailbox:
    """A mail server on loopback and all that was sent to it, in order."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        """Keep a mail."""
        self.received.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
        return "250 OK"

    def mails_to(self, address: str) -> list[EmailMessage]:
        """What an address has got so far."""
        return [mail for mail in self.received if mail["To"].addresses[0].addr_spec == address]

    def wait_for(self, address: str, count: int) -> EmailMessage:
        """The address's mail number `count`, counted from one."""
        return eventually(
            lambda: found[count - 1] if len(found := self.mails_to(address)) >= count else None,
            f"mail {count} to {address}; so far {[mail['Subject'] for mail in self.mails_to(address)]}",
        )


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server until the block ends."""
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass
class Server:
    """`vorzimmer demo` in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path

    @property
    def url(self) -> str:
        """Where it is served, without a slash at the end."""
        return f"http://localhost:{self.port}"

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def demo(
    data: Path, *options: str, config: str = "", database_url: str = "", **more: Any
) -> Iterator[Server]:
    """The demo, served until the block ends; `config` is the text of a configuration file."""
    data.mkdir(parents=True, exist_ok=True)
    command = ["demo", *options]
    if config:
        (data / "demo.toml").write_text(config, encoding="utf-8")
        command += ["--config", str(data / "demo.toml")]
    if database_url:
        command += ["--database-url", database_url]
    with serving(data, *command, **more) as server:
        yield server


@contextmanager
def serving(
    data: Path,
    *command: str,
    port: int = 0,
    environment: dict[str, str] | None = None,
    patience: float = 90,
) -> Iterator[Server]:
    """`vorzimmer …` of a data folder, which serves until the block ends; on a free port unless one is named."""
    port = port or free_port()
    with started(data, *command, "--port", str(port), environment=environment) as (process, log):
        server = Server(process, port, data)
        eventually(lambda: answers(server, log), "the server's first answer", patience)
        yield server


@contextmanager
def started(
    data: Path, *command: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Any command of a data folder until the block ends, and the file of what it says."""
    log = data / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vorzimmer", *command, "--data", str(data)],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process, log
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def run(home: Path, *arguments: object, code: int = 0) -> str:
    """What a command says that ends with this code; what it remembers lies below `home`."""
    done = subprocess.run(
        [sys.executable, "-m", "vorzimmer", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def answers(server: Server, log: Path) -> bool:
    """Whether the server is up; says what it wrote if it has ended."""
    if server.process.poll() is not None:
        raise AssertionError(f"the server ended with {server.process.returncode}:\n{log.read_text()}")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
