"""`/office/settings/webhooks`: who is told what, whether it arrives, and the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from vorzimmer.access import Right, open_to
from vorzimmer.hookspecs import Webhook
from vorzimmer.outgoing import addresses
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server import here
from vorzimmer_webhooks.events import EVENTS, TEST
from vorzimmer_webhooks.hooks import Store

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint(
    "vorzimmer_webhooks", __name__, url_prefix="/office/settings/webhooks", template_folder="templates"
)
ONE = "/<int(max=2147483647):hook_id>"
STORE = Store()


@dataclass(frozen=True)
class Typed:
    """What the form held, and what is wrong with it: field to msgid."""

    values: Mapping[str, str] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@pages.get("/")
@open_to(Right.SETTINGS)
def overview() -> ResponseReturnValue:
    """All webhooks, and the form for another one."""
    return _overview(Typed())


@pages.post("/")
@open_to(Right.SETTINGS)
def add() -> ResponseReturnValue:
    """A new one; this answer is the only one that ever shows its secret."""
    url, ticked = request.form.get("url", ""), tuple(request.form.getlist("events"))
    try:
        made, secret = _write(lambda s: STORE.add(s, here.hall(), here.actor(), url, ticked))
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        return _overview(Typed(request.form, ticked, refusal.facts["errors"])), 422
    return _log(made.id, secret), {"Cache-Control": "no-store"}


def _overview(typed: Typed) -> str:
    with here.hall().database.reading() as session:
        hooks = STORE.listed(session, here.actor())
    return render_template(
        "vorzimmer_webhooks/overview.html", hooks=hooks, typed=typed, known=EVENTS, **_words()
    )


def _words() -> dict[str, Any]:
    return {"titles": EVENTS | {TEST: "test"}, "host_of": addresses.host_of, "zone": here.hall().config.zone}


@pages.get(ONE)
@open_to(Right.SETTINGS)
def one(hook_id: int) -> str:
    """One webhook and its log."""
    return _log(hook_id)


def _log(hook_id: int, secret: str = "") -> str:
    with here.hall().database.reading() as session:
        hook = _found(session, hook_id)
        deliveries = STORE.deliveries(session, here.actor(), hook_id)
    return render_template(
        "vorzimmer_webhooks/one.html", hook=hook, deliveries=deliveries, secret=secret, **_words()
    )


def _found(session: Session, hook_id: int) -> Webhook:
    found = next((hook for hook in STORE.listed(session, here.actor()) if hook.id == hook_id), None)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


@pages.post(f"{ONE}/test")
@open_to(Right.SETTINGS)
def test(hook_id: int) -> ResponseReturnValue:
    """Send an event that says nothing."""
    _write(lambda session: STORE.test(session, here.actor(), hook_id))
    return _back(hook_id, gettext("A test is on its way; the log says whether it arrives."))


@pages.post(f"{ONE}/on")
@open_to(Right.SETTINGS)
def switch_on(hook_id: int) -> ResponseReturnValue:
    """Try again one that was switched off."""
    _write(lambda session: STORE.switch_on(session, here.actor(), hook_id))
    return _back(hook_id, gettext("The webhook is on again."))


@pages.post(f"{ONE}/delete")
@open_to(Right.SETTINGS)
def delete(hook_id: int) -> ResponseReturnValue:
    """Forget it with its log."""
    _write(lambda session: STORE.delete(session, here.actor(), hook_id))
    flash(gettext("The webhook is deleted."), "good")
    return redirect(url_for(".overview"), 303)


@pages.post(f"{ONE}/deliveries/<name>/again")
@open_to(Right.SETTINGS)
def again(hook_id: int, name: str) -> ResponseReturnValue:
    """Send one event once more, under the same id."""
    _write(lambda session: STORE.again(session, here.actor(), hook_id, name))
    return _back(hook_id, gettext("It is sent again in a moment."))


def _back(hook_id: int, said: str) -> ResponseReturnValue:
    flash(said, "good")
    return redirect(url_for(".one", hook_id=hook_id), 303)


def _write(work: Callable[[Session], Any]) -> Any:
    return here.hall().database.write(work)
