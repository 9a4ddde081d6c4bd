"""A refused write: not a ValueError, which Radicale would answer from inside the lock, and commit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Self

from vorzimmer.icalendar.text import CalendarDataError
from vorzimmer.reasons import Reason, Refused
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import Answer, C, D

OWN = "{urn:vorzimmer}"
OF_CONTENT = (403, 409, 413)
"""What refuses a write for what it would do. Of a wrong tag (412) the app knows that it has to read anew."""


class RefusalError(Exception):
    """An answer with its precondition elements; raised inside a lock it rolls the transaction back."""

    def __init__(self, status: int, *conditions: str, why: str = "") -> None:
        super().__init__(status, *conditions)
        self.answer: Answer = multistatus.error(status, *conditions, why=why)

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The error that ends in this answer."""
        error = cls(answer[0])
        error.answer = answer
        return error


FORBIDDEN = multistatus.error(403, f"{D}need-privileges")


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


def of_appointment(name: str, why: str) -> RefusalError:
    """A change of an appointment that means nothing here."""
    own = f"{OWN}{name}"
    return RefusalError(
        403, f"{C}allowed-organizer-scheduling-object-change", f"{D}need-privileges", own, why=why
    )


def of_data(error: CalendarDataError) -> Answer:
    """What the guard does not take; `need-privileges` for apps that would end every sync at a bare 403."""
    if error.precondition == "max-resource-size":
        return multistatus.error(413, f"{C}{error.precondition}", why=str(error))
    return multistatus.error(403, f"{C}{error.precondition}", f"{D}need-privileges", why=str(error))


def reason(answer: Answer) -> str:
    """What the log says of a refusal: our own word for it, else the precondition's."""
    body = answer[2]
    told = [child.tag for child in ET.fromstring(body)] if isinstance(body, bytes) else []  # noqa: S314  (ours)
    named = [tag for tag in told if tag.startswith(OWN)] or told or [f"{D}{answer[0]}"]
    return named[0].partition("}")[2].replace("-", "_")
