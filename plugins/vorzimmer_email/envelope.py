"""The one builder of mails: a letter becomes an `EmailMessage` with exactly one recipient."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import cast

from jinja2 import Environment, PackageLoader

from vorzimmer.icalendar import writer as ical
from vorzimmer.settings import colors
from vorzimmer_email.letter import Letter

NUMBERS = re.compile(r"(?<=\d) (?=\w)|(?<=\d\.) (?=\w)| (?=20\d\d\b)")


def together(text: str) -> str:
    """The text with "23. November 2026", "10178 Berlin" and "10:30–11:00 Uhr" each kept on one line."""
    kept = NUMBERS.sub("\N{NO-BREAK SPACE}", text)
    return re.sub(r"(?<=\d)–(?=\d)", "\N{WORD JOINER}–\N{WORD JOINER}", kept)


PAGES = Environment(loader=PackageLoader("vorzimmer_email"), autoescape=True, trim_blocks=True)
PAGES.filters["together"] = together
ACCENT = "#0b6b6b"
"""The colour of our pages, where a practice has none of its own."""
CID = "logo@vorzimmer"
TYPES = {"png": "png", "jpg": "jpeg"}


@dataclass(frozen=True)
class Envelope:
    """What stands on the outside. The Message-ID comes from the message's key: the same at each attempt (F16)."""

    sender: ical.Person
    recipient: str
    key: str
    date: datetime


def _rgb(color: str) -> str:
    """Not "#123456": that could be taken for the code (interface.md)."""
    return f"rgb({','.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"


@dataclass(frozen=True)
class Paper:
    """What makes a mail the practice's own, as on its pages. The picture travels along: nothing is fetched (A69)."""

    practice: str
    accent: str = ""
    logo: bytes | None = None
    logo_kind: str = ""

    @property
    def color(self) -> str:
        """Of buttons and links."""
        return _rgb(self.accent or ACCENT)

    @property
    def soft(self) -> str:
        """What the code stands on."""
        return _rgb(colors.mixed(self.accent or ACCENT, "#ffffff", 0.9))


@dataclass(frozen=True)
class Invitation:
    """The calendar part: iTIP text and its method (RFC 6047). What is attached is offered, nothing is done with it."""

    method: str
    text: str
    attached: bool = False


def build(
    envelope: Envelope,
    letter: Letter,
    paper: Paper,
    invitation: Invitation | None,
    files: Sequence[Sequence[str]] = (),
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
    _add_page(mail, letter, paper)
    if invitation is not None:
        _add_calendar(mail, invitation)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        params = {"charset": "utf-8"} if main == "text" else {}
        mail.add_attachment(
            base64.b64decode(content), maintype=main, subtype=sub, filename=name, params=params
        )
    mail["Content-Language"] = letter.language  # last: the parts would take it along
    return mail


def _add_page(mail: EmailMessage, letter: Letter, paper: Paper) -> None:
    """The HTML part, with the practice's picture inside it where there is one."""
    page = PAGES.get_template("vorzimmer_email/letter.html").render(letter=letter, paper=paper, cid=CID)
    mail.add_alternative(page, subtype="html")
    if paper.logo is None:
        return
    cast("EmailMessage", mail.get_body(("html",))).add_related(
        paper.logo, maintype="image", subtype=TYPES[paper.logo_kind], cid=f"<{CID}>", disposition="inline"
    )


def _add_calendar(mail: EmailMessage, invitation: Invitation) -> None:
    """The calendar part: beside the text, or as a file."""
    params = {"method": invitation.method}
    if invitation.attached:
        mail.add_attachment(
            invitation.text, subtype="calendar", cte="base64", filename="termin.ics", params=params
        )
    else:
        mail.add_alternative(invitation.text, subtype="calendar", cte="base64", params=params)


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
