"""An event that is called like an appointment and is none: pasted on a phone, it would be taken for one (S12)."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.icalendar.text import SafeCalendar, parse, unescaped
from vorzimmer.icalendar.writer import folded
from vorzimmer.models import Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_

_SUMMARY = re.compile(r"^(SUMMARY(?:;[^:\r\n]*)?):(.*(?:\r\n[ \t].*)*)\r\n", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(r"\r\n[ \t]")


def marked(session: Session, hall: Hall, sent: SafeCalendar) -> SafeCalendar:
    """The event with a title that says that it is blocked time; unchanged where nobody could mistake it."""
    titles = {unescaped(entry.value("SUMMARY")) for entry in sent.entries if entry.name == "VEVENT"}
    if not any(": " in title for title in titles):
        return sent
    services = session.scalars(select(Service.name)).all()
    alike = {title for title in titles if any(title.startswith(f"{name}: ") for name in services)}
    if not alike:
        return sent
    reader = hall.texts.reader(hall.config.settings.practice.languages[0])

    def called(found: re.Match[str]) -> str:
        title = _FOLD.sub("", found[2]).strip()
        if unescaped(title) not in alike:
            return found[0]
        word = reader.gettext(N_("Blocked time (%(title)s)"), title=title)
        return folded(f"{found[1]}:{word}")

    text = _SUMMARY.sub(called, sent.text)
    return SafeCalendar(text, parse(text), sent.remarks)
