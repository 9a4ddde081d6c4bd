"""Webhooks by API; the store is a plugin's."""

from __future__ import annotations

import re
from typing import Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import hookspecs
from vorzimmer.access import Right, open_to
from vorzimmer.as_json import show
from vorzimmer.hookspecs import Webhook, WebhookDelivery, Webhooks
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller

webhooks = Blueprint("api_webhooks", __name__)


class NewWebhook(shapes.Taken):
    """Where to, and which events: `booking.created`, `booking.moved` … It sees what the caller may see."""

    url: shapes.Text
    events: list[shapes.Line] = Field(max_length=50)


class WebhookOut(BaseModel):
    """A webhook; `owner` is the login whose rights it has. It is switched off after days without an arrival."""

    id: str
    url: str
    events: list[str]
    owner: str
    active: bool
    created_at: shapes.When
    failing_since: shapes.When | None


class NewWebhookOut(WebhookOut):
    """A new webhook with its secret, which is given this once."""

    secret: str


class AllWebhooks(BaseModel):
    """The webhooks."""

    webhooks: list[WebhookOut]


class DeliveryOut(BaseModel):
    """One event that was sent or is to be: `id` is its `webhook-id`, `status` that of the last answer."""

    id: str
    event: str
    state: Literal["due", "sent", "failed"]
    attempts: int
    status: int | None
    error: str
    created_at: shapes.When
    next_at: shapes.When | None
    sent_at: shapes.When | None


class Deliveries(BaseModel):
    """The newest two hundred."""

    deliveries: list[DeliveryOut]


def _store() -> Webhooks:
    found = hall().plugins.ask_first(hookspecs.webhooks)
    if found is None:
        raise NotFound
    return found


@webhooks.get("/webhooks")
@open_to(Right.SETTINGS)
@call(AllWebhooks, key=True)
def listed() -> Response:
    """Every webhook of the practice."""
    actor = staff_caller()
    with hall().database.reading() as session:
        return jsonify(webhooks=[_out(one) for one in _store().listed(session, actor)])


@webhooks.post("/webhooks")
@open_to(Right.SETTINGS)
@call(NewWebhookOut, 201, key=True)
def add(json: NewWebhook) -> Response:
    """Make one."""
    actor = staff_caller()

    def work(session: Session) -> Answer:
        made, secret = _store().add(session, hall(), actor, json.url, json.events)
        return _out(made) | {"secret": secret}, 201

    return answered(work)


@webhooks.delete("/webhooks/<hook_id>")
@open_to(Right.SETTINGS)
@call(None, 204, key=True)
def delete(hook_id: str) -> Response:
    """Forget one; what was not sent yet is not sent any more."""
    actor, number = staff_caller(), _number(hook_id)
    hall().database.write(lambda session: _store().delete(session, actor, number))
    return Response(status=204)


@webhooks.get("/webhooks/<hook_id>/deliveries")
@open_to(Right.SETTINGS)
@call(Deliveries, key=True)
def deliveries(hook_id: str) -> Response:
    """What was sent to one and is to be, the newest first."""
    actor, number = staff_caller(), _number(hook_id)
    with hall().database.reading() as session:
        found = _store().deliveries(session, actor, number)
    return jsonify(deliveries=[_delivery(one) for one in found])


@webhooks.post("/webhooks/<hook_id>/deliveries/<name>/again")
@open_to(Right.SETTINGS)
@call(None, 204, key=True)
def again(hook_id: str, name: str, json: shapes.Nothing) -> Response:
    """Send an event once more, under the same id."""
    actor, number = staff_caller(), _number(hook_id)
    hall().database.write(lambda session: _store().again(session, actor, number, name))
    return Response(status=204)


def _number(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,8}", text):
        raise Refused(Reason.NOT_FOUND)
    return int(text)


def _out(hook: Webhook) -> dict[str, Any]:
    zone = hall().config.zone
    return {
        "id": str(hook.id),
        "url": hook.url,
        "events": list(hook.events),
        "owner": hook.owner,
        "active": hook.off_at is None,
        "created_at": show(hook.created_at, zone),
        "failing_since": show(hook.failing_since, zone) if hook.failing_since else None,
    }


def _delivery(told: WebhookDelivery) -> dict[str, Any]:
    zone = hall().config.zone
    times = {name: getattr(told, name) for name in ("created_at", "next_at", "sent_at")}
    return vars(told) | {name: show(moment, zone) if moment else None for name, moment in times.items()}
