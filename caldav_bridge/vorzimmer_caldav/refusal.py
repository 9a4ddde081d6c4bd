"""A refused write: not a ValueError, which Radicale would answer from inside the lock, and commit."""

from __future__ import annotations

from vorzimmer.icalendar.text import CalendarDataError
from vorzimmer.reasons import Reason, Refused
from vorzimmer_caldav import multistatus
from vorzimmer_caldav.multistatus import Answer, C, D

OWN = "{urn:vorzimmer}"


class RefusalError(Exception):
    """An answer with its precondition elements; raised inside a lock it rolls the transaction back."""

    def __init__(self, status: int, *conditions: str, why: str = "") -> None:
        super().__init__(status, *conditions)
        self.answer: Answer = multistatus.error(status, *conditions, why=why)


def of_refused(refused: Refused) -> Answer:
    """A refusal of the core: 409 where the time is taken or the object has changed, else 403.

    RFC 6638 §3.2.4.2 names the precondition for changes that the server does not take. `need-privileges` makes
    clients go back to the server's version instead of trying for ever.
    """
    own = f"{OWN}{refused.reason.value.replace('_', '-')}"
    if refused.reason in (Reason.SLOT_TAKEN, Reason.WRONG_STATE):
        return multistatus.error(409, f"{C}allowed-organizer-scheduling-object-change", own, why=refused.text)
    if refused.reason is Reason.NOT_FOUND:
        return multistatus.error(404, own, why=refused.text)
    return multistatus.error(
        403, f"{C}allowed-organizer-scheduling-object-change", f"{D}need-privileges", own, why=refused.text
    )


def of_data(error: CalendarDataError) -> Answer:
    """What the guard does not take."""
    status = 413 if error.precondition == "max-resource-size" else 403
    return multistatus.error(status, f"{C}{error.precondition}", why=str(error))
