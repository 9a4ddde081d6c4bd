"""The form of a service: its texts from a row, and values for the use case from its texts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.catalogue import Need
from vorzimmer.catalogue.services import needs_of
from vorzimmer.models import Resource, Service
from vorzimmer_web.shell.typed import Typed, clock_shown, money_shown, span_shown

TEXTS = ("name", "slug", "description", "category", "policy", "buffer_rule")
NUMBERS = ("minutes", "step", "before", "after", "notice_working_days", "horizon", "capacity")
SPANS = ("notice", "cancel_until", "move_until")
FLAGS = ("price_shown", "listed", "buffers_inside")


def shown(service: Service, needs: list[Need] | None = None) -> Typed:
    """The form as a service fills it, or with other needs than its own."""
    texts: dict[str, Any] = {name: str(getattr(service, name)) for name in TEXTS + NUMBERS}
    for name in SPANS:
        texts |= span_shown(name, getattr(service, name))
    texts |= {name: "1" for name in FLAGS if getattr(service, name)}
    texts |= {
        "currency": service.currency,
        "price": money_shown(service.price, service.currency),
        "notice_cut_off": clock_shown(service.notice_cut_off),
        "color": service.color,
        "own_color": service.color,
        "reminding": "practice" if service.reminders is None else "times",
        "reminders": ", ".join(map(str, service.reminders or [])),
    }
    return Typed(texts | _needs_shown(needs_of(service) if needs is None else needs))


def _needs_shown(needs: list[Need]) -> dict[str, Any]:
    texts: dict[str, Any] = {"need": [str(number) for number in range(len(needs))]}
    for number, need in enumerate(needs):
        texts |= {
            f"need-{number}-kind": need.kind,
            f"need-{number}-quantity": str(need.quantity),
            f"need-{number}-members": list(need.members),
            f"need-{number}-offset": str(need.offset or ""),
            f"need-{number}-minutes": "" if need.minutes is None else str(need.minutes),
        }
    return texts


def blank(session: Session) -> Typed:
    """The form of a new service; everybody gives it, in the currency of the service made last."""
    last = session.scalar(select(Service.currency).order_by(Service.id.desc()).limit(1))
    staff = session.scalars(select(Resource.slug).where(Resource.kind == "staff", Resource.active)).all()
    fresh = Service(
        **dict.fromkeys(("name", "slug", "description", "category", "color"), ""),
        **dict.fromkeys(("before", "after", "notice_working_days"), 0),
        minutes=30,
        step=30,
        horizon=90,
        capacity=1,
        policy="direct",
        buffer_rule="max",
        notice=120,
        cancel_until=1440,
        move_until=1440,
        price_shown=True,
        listed=True,
        currency=last or "EUR",
    )
    form = shown(fresh)
    for name, text in _needs_shown([Need("staff", tuple(staff))]).items():
        form.values.setlist(name, text) if isinstance(text, list) else form.values.update({name: text})
    return form


def read(typed: Typed) -> tuple[dict[str, Any], list[Need]]:
    """Values and needs for the use case; what cannot be read stands in the form's errors."""
    values: dict[str, Any] = {name: typed.values.get(name, "") for name in TEXTS}
    values |= {name: typed.number(name) for name in NUMBERS}
    values |= {name: typed.span(name) for name in SPANS}
    values |= {name: name in typed.values for name in FLAGS}
    currency = typed.get("currency").upper()
    values |= {
        "currency": currency,
        "price": typed.money("price", currency),
        "notice_cut_off": typed.clock("notice_cut_off"),
        "color": typed.get("own_color" if typed.get("color") == "own" else "color"),
        "reminders": typed.numbers("reminders") if typed.get("reminding") == "times" else None,
    }
    return values, [_need(typed, row) for row in typed.values.getlist("need")]


def _need(typed: Typed, row: str) -> Need:
    quantity = typed.number(f"need-{row}-quantity")
    return Need(
        typed.get(f"need-{row}-kind"),
        tuple(typed.values.getlist(f"need-{row}-members")),
        1 if quantity is None else quantity,
        typed.number(f"need-{row}-offset") or 0,
        typed.number(f"need-{row}-minutes"),
    )
