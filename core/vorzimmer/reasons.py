"""Why an act is refused: the one domain exception that every door catches, and its reasons."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """A refusal. The value is the `code` of the API; `TEXTS` holds the sentence for people (a gettext msgid)."""

    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    SLOT_TAKEN = "slot_taken"
    NOT_OFFERED = "not_offered"
    HOLD_EXPIRED = "hold_expired"
    WRONG_STATE = "wrong_state"
    WRONG_CODE = "wrong_code"
    CODE_VOID = "code_void"
    INVALID = "invalid"
    TOO_LATE = "too_late"
    AFFECTED = "affected"
    COMING = "coming"
    RATE_LIMITED = "rate_limited"
    ONLINE_CLOSED = "online_closed"


def N_(text: str) -> str:  # noqa: N802  (gettext's own name)
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


TEXTS: dict[Reason, str] = {
    Reason.NOT_FOUND: N_("This does not exist or no longer exists."),
    Reason.FORBIDDEN: N_("You are not allowed to do this."),
    Reason.SLOT_TAKEN: N_("This time has just been taken."),
    Reason.NOT_OFFERED: N_("This time is not offered."),
    Reason.HOLD_EXPIRED: N_("The reservation of this time has expired."),
    Reason.WRONG_STATE: N_("This appointment has changed in the meantime."),
    Reason.WRONG_CODE: N_("This code is not right."),
    Reason.CODE_VOID: N_("Too many wrong codes. Please choose a time again."),
    Reason.INVALID: N_("Something in the form is not right."),
    Reason.TOO_LATE: N_("It is too late to change this appointment online. Please call us."),
    Reason.AFFECTED: N_("There are appointments in this time."),
    Reason.COMING: N_("This customer has coming appointments. Please cancel them first."),
    Reason.RATE_LIMITED: N_("Too many tries. Please wait a little."),
    Reason.ONLINE_CLOSED: N_("Appointments cannot be booked online at the moment."),
}


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not an error)
    """An act that the rules refuse.

    `facts` are details for the door (`alternatives`, `attempts_left`, `errors`, `conflicts`).
    `keep=True` commits what the act wrote before it was refused: a wrong code must count.
    """

    def __init__(self, reason: Reason, *, keep: bool = False, **facts: Any) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.keep = keep
        self.facts = facts

    @property
    def text(self) -> str:
        """The English sentence; doors translate it."""
        return TEXTS[self.reason]


class PluginFailed(Exception):  # noqa: N818  (named in architecture §4)
    """A plugin raised while it was asked: the act is rolled back, the admin sees which plugin."""

    def __init__(self, plugin: str, hook: str) -> None:
        super().__init__(f"plugin {plugin} failed in {hook}")
        self.plugin = plugin
        self.hook = hook
