"""Payments of a booking by API: what was received, in parts, and corrections."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from vorzimmer import booking
from vorzimmer.access import APPOINTMENTS, open_to
from vorzimmer.as_json import show
from vorzimmer.models import Booking
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.api.staff import mine

money = Blueprint("api_money", __name__)


class NewPayment(shapes.Taken):
    """Money received, in minor units; a negative amount corrects an earlier one. No `method` is the usual one."""

    amount: shapes.Whole = Field(ge=-(10**9), le=10**9)
    method: shapes.Line = ""


class PaymentOut(BaseModel):
    """One payment or correction."""

    amount: int
    method: str
    at: shapes.When
    by: str


class Payments(BaseModel):
    """All payments of a booking; `open` is what is left of the price, null without one."""

    payments: list[PaymentOut]
    price: int | None
    currency: str
    paid: int
    open: int | None


@money.get("/bookings/<uid>/payments")
@open_to(*APPOINTMENTS)
@call(Payments, key=True)
def payments(uid: str) -> Response:
    """What was paid so far."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(_out(mine(session, actor, uid)))


@money.post("/bookings/<uid>/payments")
@open_to(*APPOINTMENTS)
@call(Payments, 201, key=True, refusals=(409,))
def pay(uid: str, json: NewPayment) -> Response:
    """Write a payment down."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        mine(session, actor, uid)
        return _out(booking.pay(session, hall(), actor, uid, json.amount, json.method)), 201

    return answered(work)


def _out(found: Booking) -> dict[str, Any]:
    received, zone = booking.paid(found), ZoneInfo(found.zone)
    return {
        "payments": [
            {"amount": one.amount, "method": one.method, "at": show(one.paid_at, zone), "by": one.actor}
            for one in found.payments
        ],
        "price": found.price,
        "currency": found.currency,
        "paid": received,
        "open": None if found.price is None else found.price - received,
    }
