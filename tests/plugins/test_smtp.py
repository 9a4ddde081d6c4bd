"""Mail to a real SMTP server: encrypted or not at all, tried again, never lost (F16, F17)."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from vorzimmer import booking
from vorzimmer.access import Actor, Right
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Message
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, Settings
from vorzimmer.testing import Practice, berlin
from vorzimmer_email import smtp
from vorzimmer_email.settings import relay

DESK = Actor("empfang@praxis.example", "office", rights=frozenset(Right))


class Sink:
    """A mail server's mind: what it took, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.to_recipient = "250 OK"
        self.to_data = "250 OK"
        self.drop_next = False
        self.bad: str | None = None

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.bad or self.to_recipient != "250 OK":
            return "550 nobody here" if address == self.bad else self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.to_data != "250 OK":
            return self.to_data
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        if self.drop_next:
            self.drop_next = False
            server.transport.abort()
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        return [str(message_from_bytes(each)["Message-ID"]) for each in self.taken]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def certificate(folder: Path, *, host: str = "localhost") -> tuple[Path, Path]:
    """A key with a self-signed certificate for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


def tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))
    return context


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """One act, one mail: what staff are told, test_notices looks at."""
    return {**settings, "plugins": {**settings["plugins"], "off": ["vorzimmer_notices"]}}


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def server(sink: Sink) -> Iterator[Controller]:
    """A server on this machine without TLS."""
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def mailing(practice: Practice, url: str) -> Practice:
    """The practice with its mail going to `url`."""
    hall = practice.hall
    settings = hall.config.settings.model_copy(update={"mail": {"smtp": url}})
    config = Config(settings, hall.config.data)
    return Practice(Hall(config, hall.database, Plugins(config)), practice.clock)


def deliver(practice: Practice) -> Message:
    """Book, deliver; what became of the first message."""
    practice.book("massage", "2027-03-03 10:30")
    Worker(practice.hall).run_due()
    return confirmations(practice)[0]


def confirmations(practice: Practice) -> list[Message]:
    with practice.hall.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.topic == "confirmed").order_by(Message.id)))


def test_mail_is_sent(practice, server, sink):
    message = deliver(mailing(practice, f"smtp://127.0.0.1:{server.port}"))
    assert message.state == "sent"
    assert len(sink.taken) == 1


def test_mail_is_a_file_only_without_smtp(practice, server):
    deliver(mailing(practice, f"smtp://127.0.0.1:{server.port}"))
    assert not (practice.hall.config.data / "mail").exists()


@pytest.mark.parametrize("at", ["to_recipient", "to_data"])
@pytest.mark.parametrize("answer", ["451 greylisted", "421 too busy", "552 mailbox full"])
def test_a_passing_refusal_is_tried_again(practice, server, sink, answer, at):
    """F17."""
    practice = mailing(practice, f"smtp://127.0.0.1:{server.port}")
    setattr(sink, at, answer)
    assert deliver(practice).state == "due"
    setattr(sink, at, "250 OK")
    practice.clock.move(minutes=1)
    Worker(practice.hall).run_due()
    assert confirmations(practice)[0].state == "sent"


def test_a_recipient_who_does_not_exist_is_flagged(practice, server, sink):
    """F17."""
    sink.to_recipient = "550 nobody here"
    message = deliver(mailing(practice, f"smtp://127.0.0.1:{server.port}"))
    assert (message.state, message.error) == ("parked", "550 nobody here")


def test_one_bad_recipient_keeps_nobody_else_waiting(practice, server, sink):
    """F17."""
    practice = mailing(practice, f"smtp://127.0.0.1:{server.port}")
    sink.bad = "bad@kunde.example"
    practice.book("massage", "2027-03-03 09:00", email="bad@kunde.example")
    practice.book("massage", "2027-03-03 10:00", email="good@kunde.example")
    Worker(practice.hall).run_due()
    assert [message.state for message in confirmations(practice)] == ["parked", "sent"]


@pytest.mark.parametrize("database_url", [""])  # what a mail server does is the same to every database
def test_a_connection_lost_after_data_gives_one_duplicate_with_the_same_id(practice, server, sink):
    """F16: twenty times; a receiver that honours the Message-ID never sees one twice."""
    practice = mailing(practice, f"smtp://127.0.0.1:{server.port}")
    booked = practice.book("massage", "2027-03-03 10:30")
    Worker(practice.hall).run_due()
    sink.taken.clear()
    for number in range(20):
        target = booking.Target(berlin(f"2027-03-{3 + number % 2:02d} 15:00"))
        practice.hall.database.write(
            lambda session, target=target: booking.move(session, practice.hall, DESK, booked.uid, target)
        )
        sink.drop_next = True
        Worker(practice.hall).run_due()
        practice.clock.move(seconds=10)
        Worker(practice.hall).run_due()
    assert len(set(sink.ids)) == 20
    assert all(sink.ids.count(each) == 2 for each in set(sink.ids))


def test_a_server_that_is_down_is_tried_again(practice):
    assert deliver(mailing(practice, f"smtp://127.0.0.1:{free_port()}")).state == "due"


def test_a_server_that_drips_is_left(practice, monkeypatch):
    """F17: one byte now and then keeps every time limit of a single read waiting."""
    monkeypatch.setattr(smtp, "DEADLINE", 1.0)
    done = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            while not done.wait(0.1):
                connection.sendall(b"2")

    thread = threading.Thread(target=drip_safely, args=(drip,))
    thread.start()
    message = deliver(mailing(practice, f"smtp://127.0.0.1:{listener.getsockname()[1]}"))
    done.set()
    thread.join(30)
    listener.close()
    assert message.state == "due"


def drip_safely(drip: Any) -> None:
    try:
        drip()
    except OSError:
        return  # the other end has had enough, which is the point


# ---- TLS -------------------------------------------------------------------------------------------------------------


def trust(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As an administrator would: the certificate among those that OpenSSL knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))


@pytest.fixture
def starttls(sink: Sink, tmp_path: Path) -> Iterator[Controller]:
    """A server that demands STARTTLS."""
    controller = Controller(
        sink, hostname="127.0.0.1", port=free_port(), tls_context=tls(tmp_path), require_starttls=True
    )
    controller.start()
    yield controller
    controller.stop()


def test_mail_is_sent_over_starttls(practice, starttls, sink, tmp_path, monkeypatch):
    trust(monkeypatch, tmp_path)
    message = deliver(mailing(practice, f"smtp://localhost:{starttls.port}?tls=starttls"))
    assert (message.state, len(sink.taken)) == ("sent", 1)


def test_mail_is_sent_over_tls_from_the_first_byte(practice, sink, tmp_path, monkeypatch):
    context = tls(tmp_path)
    trust(monkeypatch, tmp_path)
    # The controller's own probe would have to trust the certificate too, so it runs on a thread of its own here.
    controller = ImplicitTls(sink, hostname="127.0.0.1", port=free_port(), ssl_context=context)
    controller.start()
    message = deliver(mailing(practice, f"smtps://localhost:{controller.port}"))
    controller.stop()
    assert (message.state, len(sink.taken)) == ("sent", 1)


class ImplicitTls(Controller):
    """A server with TLS from the first byte, whose start is not probed."""

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)):
            pass


def test_an_unknown_certificate_is_refused(practice, starttls, sink):
    """F17: no fallback to plain text."""
    message = deliver(mailing(practice, f"smtp://localhost:{starttls.port}?tls=starttls"))
    assert (message.state, sink.taken) == ("due", [])
    assert "CERTIFICATE_VERIFY_FAILED" in message.error


def test_a_server_without_tls_gets_nothing_when_tls_is_demanded(practice, server, sink):
    """F17: no fallback to plain text."""
    message = deliver(mailing(practice, f"smtp://localhost:{server.port}?tls=starttls"))
    assert (message.state, sink.taken) == ("due", [])


def test_the_server_is_told_user_and_password(practice, sink, tmp_path, monkeypatch):
    seen: list[LoginPassword] = []

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append(data)
        return AuthResult(success=True)

    context = tls(tmp_path)
    trust(monkeypatch, tmp_path)
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        authenticator=check,
        auth_required=True,
    )
    controller.start()
    deliver(mailing(practice, f"smtp://user:p%40ss@localhost:{controller.port}?tls=starttls"))
    controller.stop()
    assert seen == [LoginPassword(b"user", b"p@ss")]


# ---- settings --------------------------------------------------------------------------------------------------------


def test_starttls_is_the_default_for_a_server_elsewhere():
    assert (relay("smtp://mail.example").tls, relay("smtp://mail.example").port) == ("starttls", 587)


def test_smtps_is_tls_from_the_first_byte():
    assert (relay("smtps://mail.example").tls, relay("smtps://mail.example").port) == ("ssl", 465)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example?tls=none",
        "smtp://mail.example?x=1",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url):
    with pytest.raises(ValueError, match=r"tls|address"):
        relay(url)


def test_a_wrong_address_is_named_without_its_password(tmp_path):
    settings = Settings.model_validate({"mail": {"smtp": "smtp://user:secret@mail.example?tls=none"}})
    (loaded,) = [
        plugin for plugin in Plugins(Config(settings, tmp_path)).loaded if plugin.name == "vorzimmer_email"
    ]
    assert "[mail] smtp" in (loaded.error or "")
    assert "secret" not in (loaded.error or "")


def test_the_address_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VORZIMMER_MAIL_SMTP", "smtps://mail.example")
    plugins = Plugins(Config(Settings(), tmp_path))
    assert plugins.instance("vorzimmer_email").config.relay.host == "mail.example"
