"""The step before something can no longer be booked: how many appointments still stand there (O7, O8)."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import ColumnElement, func, select

from vorzimmer import database
from vorzimmer.booking.status import OPEN
from vorzimmer.models import Booking
from vorzimmer_web.requests import reading


def warned(name: str, concerned: ColumnElement[bool], warning: str, *, action: str, back: str) -> str:
    """The page that asks. `concerned` says which bookings are meant; `action` archives, `back` leads away."""
    session = reading()
    coming = session.scalar(
        select(func.count(Booking.id)).where(
            concerned, Booking.ends > database.now(session), Booking.status.in_(OPEN)
        )
    )
    return render_template(
        "office/settings/archive.html",
        name=name,
        coming=coming or 0,
        warning=warning,
        action=action,
        back=back,
    )
