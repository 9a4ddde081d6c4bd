"""What people are told of events that were not read as they stand: the texts, and how they are gathered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vorzimmer.icalendar.text import Remark
from vorzimmer.reasons import N_

NO_CALENDAR = N_("This is not a calendar.")
NO_EVENT = N_("Its start time cannot be read.")
TOO_LARGE = N_("It is larger than %(count)d bytes.")
TOO_MANY = N_("It has more than %(count)d parts.")
CHARACTERS = N_("Some characters cannot be read.")
NESTED = N_("BEGIN and END lines do not match.")
NO_START = N_("A part without a readable start time was left out.")
METHOD = N_("It is a message (METHOD), not an entry.")
ODD_ZONE = N_("The definition of the time zone “%(zone)s” cannot be used.")
LINES = N_("Lines that are not iCalendar were left out: %(lines)s")
READ = N_("Badly written, but understood: %(line)s")
DATE = N_("An unreadable date was left out: %(line)s")
DATES = N_("It has more than %(count)d dates; the rest were left out.")
NO_END = N_("Its end cannot be read; it was taken to last an hour, or the day.")
BACKWARDS = N_("It ends before it starts; it was taken to last an hour, or the day.")
NO_LENGTH = N_("It ends on the day it starts; the whole day was taken.")
MIXED = N_("Only one of its start and its end has a time.")
RULE = N_("The recurrence rule is not allowed or not understood; only the first date was taken: %(line)s")
RULE_END = N_("The end of the recurrence rule is not understood; it was taken to go on: %(line)s")
EXRULE = N_("The rule of exceptions is not understood; nothing was taken out: %(line)s")
RULES = N_("It has more than %(count)d recurrence rules; the rest were left out.")
GUESTS = N_("It has more than %(count)d guests; the rest were left out.")
UIDS = N_("It has more than one UID.")
LONG_UID = N_("Its UID is longer than %(count)d characters.")
MORE = N_("It has more than one %(name)s; the first counts.")
TWICE = N_("Two exceptions are for the same date.")
ZONE = N_("The time zone “%(zone)s” is unknown: that of the practice was taken.")
TOLD = {
    "ATTACH": N_("A large attachment was left out."),
    "LONG": N_("A very long text was cut off."),
    "LARGE": N_("It is very large; only its times were read."),
    "UID": N_("Several events share one UID; each was read on its own."),
}
"""Of what takes files apart (`stream`)."""

_SHOWN = 200


@dataclass
class Report:
    """What is said of one object."""

    remarks: list[Remark] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    of_lines: str = ""

    def add(self, text: str, precondition: str = "", **facts: Any) -> None:
        """One more remark, once."""
        remark = Remark(text, facts, precondition)
        if remark not in self.remarks:
            self.remarks.append(remark)

    def skip(self, line: str, precondition: str = "") -> None:
        """A line was left out."""
        self.lines.append(line.strip())
        self.of_lines = self.of_lines or precondition

    @property
    def precondition(self) -> str:
        """The first with which a PUT is refused."""
        return next((remark.precondition for remark in self.whole() if remark.precondition), "")

    def whole(self) -> tuple[Remark, ...]:
        """All of it; of what was left out the beginning."""
        if not self.lines:
            return tuple(self.remarks)
        facts = {"lines": shown(" / ".join(self.lines)), "count": len(self.lines)}
        return (Remark(LINES, facts, self.of_lines), *self.remarks)


def shown(text: str) -> str:
    """So much of a text as people are shown."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
