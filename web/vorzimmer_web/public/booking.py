"""The customer's way to an appointment: what, with whom, when, who are you, the code (O23 to O27, O59 to O63)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import refresh
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import availability, database, urls
from vorzimmer import booking as use_cases
from vorzimmer.access import CUSTOMER, EVERYONE, open_to
from vorzimmer.booking import Details, HoldRequest
from vorzimmer.booking.parts import load
from vorzimmer.models import Booking, Customer, Service, Status
from vorzimmer.questions import fields
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.public import addresses, presets
from vorzimmer_web.public.appointment import calendar_answer, payment_note
from vorzimmer_web.public.choices import Finder, people_for, places
from vorzimmer_web.public.choosing import chosen_time, times_answer
from vorzimmer_web.public.times import Time
from vorzimmer_web.shell import hoarding, invitations, limits, words
from vorzimmer_web.shell.answers import Sheet
from vorzimmer_web.shell.requests import read_anew, reading
from vorzimmer_web.shell.site import is_framed

TYPED = presets.TYPED
HOLDS_REMEMBERED = 8
TOO_MANY_CODES = N_("Several codes have gone there within the last hour. Please wait a little, or call us.")
TOO_LONG_HELD = N_("This time was reserved for you long enough. Please leave it to others, or call us.")
STATUS_OF = {Reason.INVALID: 422, Reason.WRONG_CODE: 422, Reason.RATE_LIMITED: 429}


# ---- what, with whom, when -------------------------------------------------------------------------------------------


@open_to(EVERYONE)
def choose(slug: str) -> ResponseReturnValue:
    """With whom, then when; one who is alone is not asked for."""
    if presets.are_given():
        return presets.kept(".choose", slug=slug)
    try:
        service = load.service(reading(), slug)
    except Refused:
        return _leads_on(slug)
    if not use_cases.is_open(hall()):
        return _closed()
    wish = _wish(service, request.values)
    addresses.note({"service": slug, **wish["asked"].known})
    own = addresses.instead(reading(), service, request.values.get("staff")) if wish["asked"].lines else None
    if own is not None or service.slug != slug:
        return _renamed(own.slug if own else service.slug)
    wish["at_each"] = _places_to_choose(wish)
    if (wish["asked"].staff is None and len(wish["people"]) > 1) or wish["at_each"]:
        return _choose_person(wish)
    return _choose_time(wish)


def _places_to_choose(wish: dict[str, Any]) -> dict[str, Time]:
    """The first free time at each place, where the customer must choose one of several and has not (O49)."""
    if not hall().config.settings.booking.choose_location or wish["finder"].place is not None:
        return {}
    found: dict[str, Time] = wish["finder"].next_at_each(wish["places"])
    return found if len(found) > 1 else {}


def _renamed(slug: str, **other: str) -> ResponseReturnValue:
    """The same wish at the address that the service has today."""
    query = {**request.args.to_dict(flat=False), **other}
    query.pop("s", None)
    return redirect(url_for(".choose", slug=slug, **query), 303)  # type: ignore[arg-type]  # lists are repeated


def _leads_on(slug: str) -> ResponseReturnValue:
    """A service that can no longer be booked: to what took its place, else to all that can."""
    gone = addresses.called(reading(), Service, slug)
    if gone is None:
        abort(404)
    addresses.note({"service": slug})
    original = addresses.after(reading(), gone)
    if original is not None:
        return _renamed(original[0].slug, staff=original[1])
    return redirect(url_for(".services", gone=slug), 303)


def _closed() -> str:
    """Nobody can book by themselves just now; how else to reach the practice."""
    return render_template("booking/closed.html")


def _wish(service: Service, given: Any) -> dict[str, Any]:
    """What was chosen so far; what does not fit any more is chosen anew."""
    people = people_for(reading(), hall(), service)
    by_slug, here = {person.slug: person for person in people}, places(reading())
    asked = addresses.of_choice(reading(), given, people, here)
    finder = Finder(
        reading(),
        hall(),
        service,
        database.now(reading()),
        staff=by_slug.get(asked.staff or ""),
        place=here.get(asked.location or ""),
        ignoring=_live_hold(),
    )
    return {"service": service, "people": people, "places": here, "finder": finder, "asked": asked}


def _choose_person(wish: dict[str, Any]) -> str:
    finder: Finder = wish["finder"]
    soonest = finder.next_for_each(wish["people"])
    first = min(soonest.values(), key=lambda time: time.start, default=None)
    return render_template("booking/person.html", **wish, soonest=soonest, first=first)


def _choose_time(wish: dict[str, Any], **more: Any) -> str:
    finder: Finder = wish["finder"]
    query: dict[str, Any] = {
        "staff": finder.staff.slug if finder.staff else "any",
        "location": finder.place.slug if finder.place else "any",
    }
    path = partial(url_for, ".choose", slug=finder.service.slug)
    return times_answer(
        "booking/times.html",
        **wish,
        **more,
        address=partial(path, **query),
        again=partial(url_for, ".again", slug=finder.service.slug, **query) if is_framed(request) else None,
        others=path() if finder.staff and len(wish["people"]) > 1 else None,
        action=path(),
        method="post",
        hidden=query,
    )


@open_to(EVERYONE)
@limits.holds
def hold(slug: str) -> ResponseReturnValue:
    """Hold the chosen time for ten minutes (O23)."""
    start, place = chosen_time(request.form.get("time", ""))
    staff = request.form.get("staff")
    wish = HoldRequest(slug, start, _or_any(staff), _or_any(place), replaces=_last_hold())
    try:
        made = hall().database.write(lambda db: _begun(db, wish))
    except Refused as refusal:
        return _taken(slug, refusal, start)
    hoarding.note(made)
    _remember(made.uid, staff or "any")
    return _onward(details, slug, made.uid)


def _onward(
    page: Callable[[str, str], ResponseReturnValue], slug: str, uid: str, sent: str | None = None
) -> ResponseReturnValue:
    """The next page: at its own address, but in a frame at once, for no address carries what is known there (X1)."""
    if is_framed(request):
        read_anew().expire_all()
        return page(slug, uid)
    return redirect(url_for(f".{page.__name__}", slug=slug, uid=uid, sent=sent), 303)


def _begun(db: Session, wish: HoldRequest) -> Booking:
    """The hold; one who came by a link of the practice's is counted with it (K62, K63)."""
    made, secret = use_cases.hold(db, hall(), CUSTOMER, wish), session.get("invited")
    hoarding.refuse(db, made)
    if secret:
        today = made.created_at.astimezone(hall().config.zone).date()
        invitations.use(db, secret, made, today)
    return made


def _or_any(slug: str | None) -> str | None:
    return None if slug in (None, "", "any") else slug


def _taken(slug: str, refusal: Refused, wanted: datetime) -> ResponseReturnValue:
    """Somebody was quicker: the nearest alternatives above the month; nothing typed is lost."""
    if refusal.reason is Reason.NOT_FOUND:
        return _leads_on(slug)
    if refusal.reason is Reason.ONLINE_CLOSED:
        return _closed(), 409
    if "link" in refusal.facts:
        session.pop("invited")
        return render_template("booking/link_over.html"), 410
    status = STATUS_OF.get(refusal.reason, 409)
    wish = _wish(load.service(reading(), slug), request.form)
    return _choose_time(wish, refusal=refusal, wanted=wanted), status


def _remember(uid: str, staff: str) -> None:
    session["holds"] = [*session.get("holds", []), uid][-HOLDS_REMEMBERED:]
    session["wished"] = (uid, staff)


def _wished(held: Booking) -> str:
    """Whom the customer chose, who is asked for again when another time is needed; else "any"."""
    uid, staff = session.get("wished", ("", "any"))
    return staff if uid == held.uid else "any"


def _last_hold() -> str | None:
    held: list[str] = session.get("holds", [])
    return held[-1] if held else None


def _live_hold() -> Booking | None:
    """This browser's own hold: its time stays on offer to it (rule 46)."""
    uid = _last_hold()
    if uid is None:
        return None
    try:
        found = load.booking(reading(), uid)
    except Refused:
        return None
    return found if found.status == Status.HELD else None


# ---- who are you -----------------------------------------------------------------------------------------------------


def _own(slug: str, uid: str) -> Booking:
    """A booking that this browser began, whatever its service is called meanwhile."""
    if uid not in session.get("holds", []):
        abort(404)
    try:
        found = load.booking(reading(), uid)
    except Refused:
        abort(404)
    return found


@open_to(EVERYONE)
def details(slug: str, uid: str) -> ResponseReturnValue:
    """Who are you: shown while the hold stands."""
    held = _own(slug, uid)
    if held.status not in (Status.HELD, Status.EXPIRED):
        return _made_already(held)
    if not _stands(held):
        return _over(held, Refused(Reason.HOLD_EXPIRED))
    typed = {key: getattr(held, key) or session.get("typed", {}).get(key, "") for key in TYPED}
    return _details_page(held, typed, _stored(held))


def _stored(held: Booking) -> Sheet:
    return Sheet.of(_form(held), held.fields, held.consents)


def _form(held: Booking) -> list[fields.Field]:
    return fields.asked(reading(), held.service_id)


def _stands(held: Booking) -> bool:
    now = database.now(reading())
    return held.status == Status.HELD and held.expires_at is not None and held.expires_at > now


def _countdown() -> dict[str, Any]:
    """How many seconds a hold still stands, by the server's clock: the reader's may be wrong; who was chosen."""
    return {"seconds_left": _seconds_left, "wished": _wished}


def _seconds_left(held: Booking) -> int:
    now = database.now(reading())
    return max(0, int(((held.expires_at or now) - now).total_seconds()))


def _details_page(
    held: Booking,
    typed: dict[str, str],
    sheet: Sheet,
    errors: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> str:
    return render_template(
        "booking/details.html",
        held=held,
        typed=typed,
        sheet=sheet,
        errors=errors or {},
        refusal=refusal,
        message_field=hall().config.settings.booking.message_field,
    )


@open_to(EVERYONE)
def speak(slug: str, uid: str) -> ResponseReturnValue:
    """The same page in another language, with what was typed so far."""
    held = _own(slug, uid)
    typed = _typed()
    if request.form.get("language") in hall().config.settings.practice.languages:
        session["language"] = request.form["language"]
        refresh()
    if not _stands(held):
        return _over(held, Refused(Reason.HOLD_EXPIRED))
    return _details_page(held, typed, Sheet(_form(held), request.form))


def _typed() -> dict[str, str]:
    """What was typed, which is kept for the next pages."""
    typed = {key: request.form.get(key, "") for key in TYPED}
    session["typed"] = {key: value[:1000] for key, value in typed.items()}
    return typed


@open_to(EVERYONE)
@limits.code_mails
def send_details(slug: str, uid: str) -> ResponseReturnValue:
    """Keep the details and send the code."""
    held = _own(slug, uid)
    typed = _typed()
    sheet = Sheet(_form(held), request.form)
    given = Details(
        typed["name"],
        typed["email"],
        typed["phone"],
        typed["message"],
        words.language(),
        sheet.answers,
        sheet.consents,
        _proved(),
    )
    try:
        hall().database.write(lambda db: use_cases.details(db, hall(), CUSTOMER, uid, given))
    except Refused as refusal:
        if refusal.reason is Reason.INVALID:
            return _details_page(held, typed, sheet, refusal.facts["errors"]), 422
        if refusal.facts.get("reasons"):
            return _details_page(held, typed, sheet, refusal=refusal), 409
        return _over(held, refusal)
    return _onward(code, slug, uid)


def _made_already(made: Booking) -> ResponseReturnValue:
    """It is no hold any more; in a frame nothing of it is shown twice: it stands in the mail (X1)."""
    if is_framed(request):
        return render_template("booking/made_already.html"), 409
    return redirect(url_for(".done", slug=made.service.slug, uid=made.uid), 303)


def _proved() -> list[str | None]:
    """The addresses with which this browser has booked already: a code has proved them."""
    own = select(Customer.email_key).join(Booking).where(Booking.uid.in_(session.get("holds", [])))
    return list(reading().scalars(own))


def _over(held: Booking, refusal: Refused) -> ResponseReturnValue:
    """What a refusal leads to: the code again, the booking that it became, or other times."""
    if refusal.reason is Reason.WRONG_STATE:
        return _made_already(held)
    if refusal.reason is Reason.ONLINE_CLOSED:
        return _closed(), 409
    if refusal.reason is Reason.RATE_LIMITED and held.code_issue == 0:
        typed = session.get("typed", {})
        errors = {"email": TOO_LONG_HELD if "held" in refusal.facts else TOO_MANY_CODES}
        sheet = Sheet(_form(held), request.form)
        return _details_page(held, {key: typed.get(key, "") for key in TYPED}, sheet, errors), 429
    if refusal.reason is Reason.RATE_LIMITED:
        return render_template("booking/code.html", held=held, refusal=refusal), 429
    if refusal.facts.get("reasons") and _stands(held):  # the time is not refused, but to this customer
        typed = {key: getattr(held, key) for key in TYPED}
        return _details_page(held, typed, _stored(held), refusal=refusal), 409
    staff = _wished(held)
    wish = _wish(held.service, {"staff": staff, "location": "any"})
    if not refusal.facts.get("alternatives"):
        refusal.facts["alternatives"] = availability.alternatives(
            reading(), hall().plugins, held.service, held.starts, wish["finder"].now, staff=_or_any(staff)
        )
    return _choose_time(wish, refusal=refusal, wanted=held.starts, old=held), 409


# ---- the code --------------------------------------------------------------------------------------------------------


@open_to(EVERYONE)
def code(slug: str, uid: str) -> ResponseReturnValue:
    """Ask for the six digits of the mail."""
    held = _own(slug, uid)
    if held.status not in (Status.HELD, Status.EXPIRED):
        return _made_already(held)
    if held.code_issue == 0:
        return _onward(details, slug, uid)
    sent_again = "sent" in request.args or str(request.endpoint).endswith(".resend")
    return render_template("booking/code.html", held=held, sent_again=sent_again)


@open_to(EVERYONE)
@limits.code_tries
def confirm(slug: str, uid: str) -> ResponseReturnValue:
    """Prove address and intent with the code (O25, O27)."""
    held = _own(slug, uid)
    typed = request.form.get("code", "")
    try:
        hall().database.write(
            lambda db: use_cases.confirm(db, hall(), CUSTOMER, uid, typed, words.language())
        )
    except Refused as refusal:
        if refusal.reason is Reason.WRONG_CODE:
            return render_template("booking/code.html", held=held, refusal=refusal), 422
        return _over(held, refusal)
    session.pop("typed", None)
    return _onward(done, slug, uid)


@open_to(EVERYONE)
@limits.code_mails
def resend(slug: str, uid: str) -> ResponseReturnValue:
    """Send a new code to the same address; the one before it is void."""
    held = _own(slug, uid)
    given = Details(
        held.name, held.email, held.phone, held.message, words.language(), held.fields, list(held.consents)
    )
    try:
        hall().database.write(lambda db: use_cases.details(db, hall(), CUSTOMER, uid, given))
    except Refused as refusal:
        if refusal.reason is Reason.INVALID:  # the practice has changed its form in the meantime
            return _onward(details, slug, uid)
        return _over(held, refusal)
    return _onward(code, slug, uid, sent="again")


# ---- done ------------------------------------------------------------------------------------------------------------


@open_to(EVERYONE)
def done(slug: str, uid: str) -> ResponseReturnValue:
    """What was booked or asked for, to keep."""
    made = _own(slug, uid)
    if made.status in (Status.HELD, Status.EXPIRED):
        return redirect(url_for(".code", slug=slug, uid=uid), 303)
    manage_url = urls.manage(hall().config, uid).removeprefix(hall().config.base_url)
    return render_template("booking/done.html", made=made, manage_url=manage_url, payment=payment_note(made))


@open_to(EVERYONE)
def calendar_file(slug: str, uid: str) -> ResponseReturnValue:
    """The appointment as a calendar file."""
    return calendar_answer(_own(slug, uid))


def add_to(pages: Blueprint, below: str) -> None:
    """Put the pages of one booking in their places, `below` an address."""
    held = f"{below}/<uid>"
    pages.get(below)(choose)
    pages.post(below)(hold)
    pages.get(f"{held}/details")(details)
    pages.post(f"{held}/details")(send_details)
    pages.post(f"{held}/language")(speak)
    pages.get(f"{held}/code")(code)
    pages.post(f"{held}/code")(confirm)
    pages.post(f"{held}/resend")(resend)
    pages.get(f"{held}/done")(done)
    pages.get(f"{held}/calendar.ics")(calendar_file)
    pages.context_processor(_countdown)
