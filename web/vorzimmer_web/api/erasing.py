"""Erasing a customer by API: what goes and what stays, and the act (S34, A176)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify
from flask_babel import gettext
from pydantic import BaseModel

from vorzimmer import erasure
from vorzimmer.access import Right, open_to
from vorzimmer.as_json import show
from vorzimmer.hookspecs import PersonalData
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import answered, staff_caller

erasing = Blueprint("api_erasing", __name__)


class Erasing(shapes.Taken):
    """With `dry_run` nothing is erased."""

    dry_run: bool = False


class Datum(BaseModel):
    """Something that is known of a customer; `until` is the day until which it stays."""

    text: str
    until: date | None


class Erased(BaseModel):
    """What goes and what stays; `coming` are ids of appointments that have to be cancelled first."""

    goes: list[Datum]
    stays: list[Datum]
    coming: list[str]
    erased_at: shapes.When | None


@erasing.post("/customers/<customer>/erase")
@open_to(Right.EXPORTS)
@call(Erased, key=True, refusals=(409,))
def erase(customer: str, json: Erasing) -> Response:
    """Erase all that tells who a customer is; appointments to come refuse it (`coming`). Once more changes nothing."""
    actor = staff_caller()
    if json.dry_run:
        with hall().database.reading() as session:
            return jsonify(_erased(erasure.plan(session, hall(), actor, customer)))
    return answered(lambda s: (_erased(erasure.erase(s, hall(), actor, customer)), 200))


def _erased(plan: erasure.Plan) -> dict[str, Any]:
    return {
        "goes": _told(plan.goes),
        "stays": _told(plan.stays),
        "coming": [one.uid for one in plan.coming],
        "erased_at": show(plan.erased_at, hall().config.zone) if plan.erased_at else None,
    }


def _told(data: Iterable[PersonalData]) -> list[dict[str, Any]]:
    return [
        {"text": gettext(one.text, **one.facts), "until": one.until and one.until.isoformat()} for one in data
    ]
