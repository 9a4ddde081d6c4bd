"""Two records of one person become one, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from vorzimmer import access, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers.record import snapshot, subject, version_of
from vorzimmer.customers.search import SAME_NUMBER, one, visible
from vorzimmer.messages import outbox
from vorzimmer.models import Booking, Customer, CustomerChange
from vorzimmer.models.customer import folded
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused

MOST = 10


def alike(session: Session, actor: Actor, customer: Customer) -> Sequence[Customer]:
    """Visible records with the same name, address or phone number: the same person, or a family (D5, T66)."""
    digits = "".join(sign for sign in customer.phone if sign.isdigit())
    same = [Customer.search_key.startswith(f" {_name(customer)} ", autoescape=True)]
    if customer.email_key:
        same.append(Customer.email_key == customer.email_key)
    if len(digits) >= SAME_NUMBER:
        same.append(Customer.search_key.contains(f"{digits[-SAME_NUMBER:]} "))
    query = select(Customer).where(Customer.id != customer.id, or_(*same), visible(actor))
    return session.scalars(query.order_by(Customer.search_key, Customer.id).limit(MOST)).all()


def same_name(customer: Customer, other: Customer) -> bool:
    """Whether both are called the same, written in any way: one person rather than a family."""
    return _name(customer) == _name(other)


def _name(customer: Customer) -> str:
    return " ".join(folded(customer.name).split())


def joined(kept: Customer, gone: Customer) -> dict[str, Any]:
    """What the kept record will be: its own values first, what it lacks from the other.

    What differs ends up in the note, so that it is read where people look.
    """
    result = snapshot(kept)
    other = snapshot(gone)
    rest = []
    for name in ("name", "email", "phone"):
        result[name] = result[name] or other[name]
        rest.append(other[name] if _differs(other[name], result[name]) else "")
    result["attributes"] = other["attributes"] | result["attributes"]
    rest += [str(value) for slug, value in other["attributes"].items() if value != result["attributes"][slug]]
    result["groups"] = sorted({*result["groups"], *other["groups"]})
    parts = [kept.note, gone.note, " · ".join(value for value in rest if value)]
    result["note"] = "\n".join(dict.fromkeys(part for part in parts if part))
    return result


def _differs(text: str, kept: str) -> bool:
    return text != "" and folded(text) != folded(kept)


def merge(
    session: Session,
    hall: Hall,
    actor: Actor,
    kept_uid: str,
    gone_uid: str,
    *,
    versions: tuple[str, str] | None = None,
) -> Customer:
    """Move appointments, groups, answers, notes and waiting changes to the kept record; the other is no more.

    Refuses with `WRONG_STATE` where either record is no longer as it was seen (`versions`), or both are one.
    """
    access.require(access.may(actor, Right.CUSTOMERS))
    kept, gone = _both(session, actor, kept_uid, gone_uid)
    if versions is not None and versions != (version_of(kept), version_of(gone)):
        raise Refused(Reason.WRONG_STATE)
    before, other = snapshot(kept), snapshot(gone)
    result = joined(kept, gone)
    groups = {group.name: group for group in [*gone.groups, *kept.groups]}
    for model in (Booking, CustomerChange):
        session.execute(update(model).where(model.customer_id == gone.id).values(customer_id=kept.id))
    kept.email, kept.email_key = (kept.email, kept.email_key) if kept.email else (gone.email, gone.email_key)
    kept.phone, kept.note, kept.attributes = result["phone"], result["note"], result["attributes"]
    kept.groups = [groups[name] for name in result["groups"]]
    session.delete(gone)
    session.flush()
    moment = database.now(session)
    told = {"record": gone.uid} | {f"other {name}": value for name, value in other.items()}
    audit.write(
        session, moment, actor, "customer_merged", subject(kept), before=before, after=snapshot(kept) | told
    )
    audit.write(
        session, moment, actor, "customer_dissolved", subject(gone), before=other, after={"record": kept.uid}
    )
    outbox.tell_of_record(session, hall, actor, "merged", kept, moment)
    return kept


def _both(session: Session, actor: Actor, kept: str, gone: str) -> tuple[Customer, Customer]:
    """Both records, locked in the order of their ids: of two who merge them crosswise one finds nothing."""
    if kept == gone:
        raise Refused(Reason.WRONG_STATE)
    if not database.alone(session):
        pair = Customer.uid.in_((kept, gone))
        session.execute(select(Customer.id).where(pair).order_by(Customer.id).with_for_update())
        session.expire_all()
    return one(session, actor, kept), one(session, actor, gone)
