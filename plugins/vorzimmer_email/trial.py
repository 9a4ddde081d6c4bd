"""Whether a test mail has left by the server that is set now, and in words why one did not."""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl

from sqlalchemy import delete
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Undeliverable, Unreachable
from vorzimmer.models import Setting
from vorzimmer.reasons import N_
from vorzimmer_email.settings import Config

ROW = "vorzimmer_email.tried"

WORDS: list[tuple[type[Exception], str]] = [
    (socket.gaierror, N_("There is no server of this name. Please check how it is written.")),
    (
        ConnectionRefusedError,
        N_("The server does not answer at this port. Please check port and encryption."),
    ),
    (
        TimeoutError,
        N_("The server does not answer. Please check its name, the port, and whether a firewall is between."),
    ),
    (
        ssl.SSLCertVerificationError,
        N_("The certificate of the server does not fit its name, so nothing was sent to it."),
    ),
    (ssl.SSLError, N_("The encryption does not fit: please choose the other kind, or another port.")),
    (
        smtplib.SMTPNotSupportedError,
        N_("The server does not offer this encryption or sign-in. Please choose the other kind."),
    ),
    (smtplib.SMTPAuthenticationError, N_("The server does not accept this user name and password.")),
    (
        smtplib.SMTPSenderRefused,
        N_("The server does not send mail for this sender. Use the address of the account."),
    ),
    (smtplib.SMTPRecipientsRefused, N_("The server takes no mail for your address.")),
    (Undeliverable, N_("The server has refused this mail.")),
    (smtplib.SMTPServerDisconnected, N_("The server has hung up. Please check port and encryption.")),
    (smtplib.SMTPResponseException, N_("The server has refused this mail.")),
    (OSError, N_("The server cannot be reached. Please check its name and this machine’s network.")),
]
"""What people read, the most exact first; an exception of the first kind that fits."""


def why(error: BaseException) -> str:
    """In words (a msgid) why a mail did not leave."""
    error = _cause(error)
    return next((words for kind, words in WORDS if isinstance(error, kind)), WORDS[-1][1])


def said(error: BaseException) -> str:
    """The server's own words, where it said any: who runs it may know more."""
    error = _cause(error)
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"[
            :200
        ]
    return str(error)[:200] if isinstance(error, Undeliverable) else ""


def _cause(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, Unreachable) and error.__cause__ else error


def _fingerprint(config: Config) -> str:
    relay = config.relay
    parts = [relay.host, relay.port, relay.tls, relay.user, config.sender] if relay else []
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def is_tried(session: Session, config: Config) -> bool:
    """Whether a test mail has left by just this server; a folder needs none."""
    row = session.get(Setting, ROW)
    return config.relay is None or (row is not None and row.value == _fingerprint(config))


def note(session: Session, config: Config, *, left: bool) -> None:
    """Keep how the last test went."""
    session.execute(delete(Setting).where(Setting.name == ROW))
    if left:
        session.add(Setting(name=ROW, value=_fingerprint(config)))
