"""Calendar files: one line of an import for each event with its exceptions, or list of busy times (D2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vorzimmer.icalendar.reader import decoded
from vorzimmer.icalendar.stream import Piece, pieces
from vorzimmer.reasons import N_
from vorzimmer_import.tables import Row

NO_CALENDAR = N_("This is not a calendar file.")
TOO_LARGE = N_("The event is too large.")
NO_EVENT = N_("This is a task or a note, not an event.")


def read(path: Path) -> Iterator[Row]:
    """One row for each event, in the order of the file; its text is a calendar of its own.

    Raises ValueError (a msgid) where the file is no calendar.
    """
    found = False
    with path.open("rb") as stream:
        for piece in pieces(stream):
            found = True
            yield _row(piece)
    if not found:
        raise ValueError(NO_CALENDAR)


def _row(piece: Piece) -> Row:
    text = decoded(piece.data).replace("\0", "")
    if not piece.data:
        return Row(piece.number, piece.uid[:1000], flaw=TOO_LARGE)
    return Row(piece.number, text, flaw="" if piece.kind in ("VEVENT", "VFREEBUSY") else NO_EVENT)
