"""The use cases: one file each. Every door ends here (architecture §2).

Each is a function of a session inside a write transaction and never commits:
`hall.database.write(lambda session: hold(session, hall, actor, request))`. Refusals are `Refused`.
"""

from vorzimmer.booking.block import block, change_block, delete_block, delete_blocks, extend_block
from vorzimmer.booking.calls import NEWS, called, delivered, given_up, undelivered
from vorzimmer.booking.cancel import cancel
from vorzimmer.booking.change import Fields, change, version
from vorzimmer.booking.close import complete, missed, reopen
from vorzimmer.booking.closing import close_time
from vorzimmer.booking.confirm import confirm
from vorzimmer.booking.decide import accept, decline
from vorzimmer.booking.details import (
    CODES_PER_HOUR,
    HELD_AT_MOST,
    Details,
    codes_asked,
    details,
    held_in_vain,
)
from vorzimmer.booking.enter import Entry, enter
from vorzimmer.booking.expire import expire, overdue
from vorzimmer.booking.foresee import Foreseen, Stretch, foresee
from vorzimmer.booking.hold import HoldRequest, hold
from vorzimmer.booking.move import Target, look, move, stays
from vorzimmer.booking.offer import choose_until, give_up, offer, stand, unanswered
from vorzimmer.booking.parts.clashes import Clash, clashes
from vorzimmer.booking.parts.deadlines import deadlines
from vorzimmer.booking.parts.online import is_open, reaches_customers
from vorzimmer.booking.parts.override import Override
from vorzimmer.booking.pay import methods, paid, pay
from vorzimmer.booking.reassign import reassign
from vorzimmer.booking.release import release
from vorzimmer.booking.remind import remind
from vorzimmer.booking.take_back import can_be_taken_back, take_back
from vorzimmer.booking.triage import CANCEL, KEEP, NOTHING, OFFER, REASSIGN, Decisions, Triage, try_to
from vorzimmer.booking.walk_in import Chance, chances, walk_in

__all__ = [
    "CANCEL",
    "CODES_PER_HOUR",
    "HELD_AT_MOST",
    "KEEP",
    "NEWS",
    "NOTHING",
    "OFFER",
    "REASSIGN",
    "Chance",
    "Clash",
    "Decisions",
    "Details",
    "Entry",
    "Fields",
    "Foreseen",
    "HoldRequest",
    "Override",
    "Stretch",
    "Target",
    "Triage",
    "accept",
    "block",
    "called",
    "can_be_taken_back",
    "cancel",
    "chances",
    "change",
    "change_block",
    "choose_until",
    "clashes",
    "close_time",
    "codes_asked",
    "complete",
    "confirm",
    "deadlines",
    "decline",
    "delete_block",
    "delete_blocks",
    "delivered",
    "details",
    "enter",
    "expire",
    "extend_block",
    "foresee",
    "give_up",
    "given_up",
    "held_in_vain",
    "hold",
    "is_open",
    "look",
    "methods",
    "missed",
    "move",
    "offer",
    "overdue",
    "paid",
    "pay",
    "reaches_customers",
    "reassign",
    "release",
    "remind",
    "reopen",
    "stand",
    "stays",
    "take_back",
    "try_to",
    "unanswered",
    "undelivered",
    "version",
    "walk_in",
]
