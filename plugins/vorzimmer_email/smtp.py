"""Send by SMTP: encrypted with a checked certificate or not at all (F17)."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage

from vorzimmer.hookspecs import Undeliverable, Unreachable
from vorzimmer_email.settings import Relay

TIMEOUT = 20.0
"""Seconds without a byte."""
DEADLINE = 45.0
"""Seconds for all of it: a server that drips must not outlast the lease."""
MAILBOX_FULL = 552  # permanent by its number, but empties (RFC 5321 §4.5.3.1.10)


def send(relay: Relay, mail: EmailMessage, hello: str) -> None:
    """Hand over one mail.

    Raises `Unreachable` where the server lets nobody hand over anything, `Undeliverable` if the recipient is refused
    for good, else what smtplib raises.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    server = (
        smtplib.SMTP_SSL(timeout=TIMEOUT, context=context, local_hostname=hello)
        if relay.tls == "ssl"
        else smtplib.SMTP(timeout=TIMEOUT, local_hostname=hello)
    )
    server._host = relay.host  # type: ignore[attr-defined]  # connect() alone forgets the name that TLS checks
    deadline = threading.Timer(DEADLINE, _cut, [server])
    deadline.daemon = True
    deadline.start()
    try:
        try:
            server.connect(relay.host, relay.port)
            if relay.tls == "starttls":
                server.starttls(context=context)  # raises where the server has none: no plaintext fallback
            if relay.user:
                server.login(relay.user, relay.password)
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(str(error) or repr(error)) from error
        _hand_over(server, mail)
    finally:
        deadline.cancel()
        server.close()


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        _give_up_if_final(code, text, error)
        raise
    except smtplib.SMTPDataError as error:
        _give_up_if_final(error.smtp_code, error.smtp_error, error)
        raise
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()  # it has been taken; how the server says goodbye no longer counts


def _give_up_if_final(code: int, text: bytes | str, error: Exception) -> None:
    if 500 <= code < 600 and code != MAILBOX_FULL:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        raise Undeliverable(f"{code} {said}") from error


def _cut(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with contextlib.suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)
