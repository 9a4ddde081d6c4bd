"""The practice's customers: found, kept, sorted into groups, joined; one use case a file, none commits."""

from vorzimmer.customers.export import export, export_participants, participants
from vorzimmer.customers.grouping import dissolve, group, rename
from vorzimmer.customers.history import appointments, entries, messages, past, trail
from vorzimmer.customers.known import accept, alone, find, ignore, keep, of_booking, value_of, waiting
from vorzimmer.customers.listing import NOTHING, Summary, Wish, listed, number, sizes, summaries
from vorzimmer.customers.merge import alike, joined, merge, same_name
from vorzimmer.customers.record import Record, add, change, groups, keep_note, questions, snapshot, version_of
from vorzimmer.customers.search import booked_as, found, matching, one, visible

__all__ = [
    "NOTHING",
    "Record",
    "Summary",
    "Wish",
    "accept",
    "add",
    "alike",
    "alone",
    "appointments",
    "booked_as",
    "change",
    "dissolve",
    "entries",
    "export",
    "export_participants",
    "find",
    "found",
    "group",
    "groups",
    "ignore",
    "joined",
    "keep",
    "keep_note",
    "listed",
    "matching",
    "merge",
    "messages",
    "number",
    "of_booking",
    "one",
    "participants",
    "past",
    "questions",
    "rename",
    "same_name",
    "sizes",
    "snapshot",
    "summaries",
    "trail",
    "value_of",
    "version_of",
    "visible",
    "waiting",
]
