"""The one builder of mails: a letter becomes an `EmailMessage` with exactly one recipient."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader

from vorzimmer import ical
from vorzimmer_email.letter import Letter

PAGES = Environment(loader=PackageLoader("vorzimmer_email"), autoescape=True, trim_blocks=True)


@dataclass(frozen=True)
class Envelope:
    """What stands on the outside. The Message-ID comes from the message's key: the same at each attempt (F16)."""

    sender: ical.Person
    recipient: str
    key: str
    date: datetime


@dataclass(frozen=True)
class Invitation:
    """The calendar part: iTIP text and its method (RFC 6047)."""

    method: str
    text: str


def build(
    envelope: Envelope, letter: Letter, invitation: Invitation | None, files: Sequence[Sequence[str]] = ()
) -> EmailMessage:
    """Text first, then HTML, then the calendar, then files (name, type, base64). Controls add no headers (A86)."""
    mail = EmailMessage(policy=SMTP)
    domain = envelope.sender.email.rpartition("@")[2]
    mail["From"] = Address(ical.plain(envelope.sender.name), addr_spec=envelope.sender.email)
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail["Subject"] = ical.plain(letter.subject)
    mail["Date"] = format_datetime(envelope.date)
    mail["Message-ID"] = f"<{hashlib.sha256(envelope.key.encode()).hexdigest()[:32]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(letter))
    page = PAGES.get_template("vorzimmer_email/letter.html").render(letter=letter)
    mail.add_alternative(page, subtype="html")
    if invitation is not None:
        mail.add_alternative(
            invitation.text, subtype="calendar", cte="base64", params={"method": invitation.method}
        )
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        params = {"charset": "utf-8"} if main == "text" else {}
        mail.add_attachment(
            base64.b64decode(content), maintype=main, subtype=sub, filename=name, params=params
        )
    mail["Content-Language"] = letter.language  # last: the parts would take it along
    return mail


def plain_text(letter: Letter) -> str:
    """The text part, which reads well by itself."""
    blocks = [letter.greeting, letter.paragraphs[0], letter.code]
    blocks.append("\n".join(f"{label} {value}" for label, value in letter.facts))
    blocks += [letter.note, *letter.paragraphs[1:]]
    if letter.button:
        blocks.append("\n".join(letter.button))
    if any(letter.footer):
        blocks.append("\n".join(["-- ", *filter(None, letter.footer)]))
    return "\n\n".join(filter(None, blocks)) + "\n"
