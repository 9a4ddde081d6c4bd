"""The settings' pages of the plugin: how mail leaves, with a test mail; and the practice's own texts (D8)."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session

from vorzimmer import database, seen
from vorzimmer.access import Right, open_to
from vorzimmer.hookspecs import Undeliverable, Unreachable
from vorzimmer.models import Service
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.seen import Seen
from vorzimmer.server import here
from vorzimmer.settings import change
from vorzimmer_email import letter, texts, trial
from vorzimmer_email.desk import Desk, desk_of
from vorzimmer_email.sample import sample
from vorzimmer_email.settings import PORTS, fixed_by_environment

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


pages = Blueprint("vorzimmer_email", __name__, url_prefix="/office/settings", template_folder="templates")

TLS = {"starttls": N_("STARTTLS"), "ssl": N_("TLS from the start"), "none": N_("none (this machine only)")}
TYPED = ("host", "port", "tls", "user", "from")
LANGUAGES = {"de": "Deutsch", "en": "English", "fr": "Français", "ru": "Русский"}


# ---- how mail leaves -------------------------------------------------------------------------------------------------


@pages.get("/mail")
@open_to(Right.SETTINGS)
def mail() -> str:
    """The server that takes our mail."""
    shown = _shown(desk_of(here.hall()).config)
    return _mail_page(shown, Seen(seen.mark(shown)))


def _shown(config: Any) -> dict[str, str]:
    relay = config.relay
    shown = {"from": str(config.sender or ""), "tls": "starttls"}
    if relay:
        shown |= {"host": relay.host, "port": str(relay.port), "tls": relay.tls, "user": relay.user}
    return shown


@pages.post("/mail")
@open_to(Right.SETTINGS)
def save_mail() -> ResponseReturnValue:
    """Set it; an empty password keeps the one there is."""
    typed = {key: request.form.get(key, "").strip() for key in TYPED}
    values: dict[str, Any] = {"from": typed["from"] or None}
    if not _smtp_fixed():
        values["smtp"] = _address(typed, request.form.get("password", "")) or None
    values = {key: value for key, value in values.items() if not here.hall().config.is_fixed("mail", key)}
    mark = request.form.get(seen.FIELD, "")

    def work(session: Session) -> None:
        seen.check(session, mark, typed, lambda: _shown(change.held(session, here.hall(), "mail")))
        change.save(session, here.hall(), here.actor(), "mail", values)

    try:
        here.hall().database.write(work)
    except Refused as refusal:
        if found := seen.of(refusal):
            return _mail_page(typed, found), 409
        if refusal.reason is not Reason.INVALID:
            raise
        errors = {**refusal.facts["errors"]}
        if "smtp" in errors:
            errors["smtp"] = N_("This server cannot be used: please check its name, port and encryption.")
        return _mail_page(typed, Seen(mark), errors), 422
    here.hall().refresh(at_once=True)
    flash(gettext("Saved. Send yourself a test mail now."), "good")
    return redirect(url_for(".mail"), 303)


@pages.post("/mail/test")
@open_to(Right.SETTINGS)
def test_mail() -> ResponseReturnValue:
    """Send a mail to whoever asks."""
    reader, desk = here.hall().texts.reader(_language()), desk_of(here.hall())
    try:
        with here.hall().database.reading() as session:
            moment, paper = database.now(session), desk.paper(session)
        desk.try_out(here.actor().name, reader, moment, paper)
    except (OSError, smtplib.SMTPException, Undeliverable, Unreachable) as error:
        _note(desk, left=False)
        why, own = gettext(trial.why(error)), trial.said(error)
        why += " " + gettext("The server says: %(text)s", text=own) if own else ""
        flash(gettext("The test mail did not leave. %(why)s", why=why), "warning")
    else:
        _note(desk, left=True)
        flash(gettext("A test mail is on its way to %(address)s.", address=here.actor().name), "good")
    return redirect(url_for(".mail"), 303)


def _note(desk: Desk, *, left: bool) -> None:
    here.hall().database.write(lambda session: trial.note(session, desk.config, left=left))


def _address(typed: dict[str, str], password: str) -> str:
    """The address of the server as `[mail] smtp` has it; empty for none."""
    if not typed["host"]:
        return ""
    relay = desk_of(here.hall()).config.relay
    if not password and relay and (relay.host, relay.user) == (typed["host"], typed["user"]):
        password = relay.password  # never for another server: it would be handed to whoever runs that
    login = f"{quote(typed['user'], safe='')}:{quote(password, safe='')}@" if typed["user"] else ""
    port = f":{typed['port']}" if typed["port"] else ""
    return f"smtp://{login}{typed['host']}{port}?tls={typed['tls']}"


def _smtp_fixed() -> bool:
    return fixed_by_environment() or here.hall().config.is_fixed("mail", "smtp")


def _mail_page(typed: dict[str, str], found: Seen, errors: dict[str, str] | None = None) -> str:
    desk = desk_of(here.hall())
    return render_template(
        "vorzimmer_email/mail.html",
        typed=typed,
        seen=found,
        errors=errors or {},
        smtp_fixed=_smtp_fixed(),
        from_fixed=here.hall().config.is_fixed("mail", "from"),
        relay=desk.config.relay,
        is_set_up=desk.config.is_set_up,
        folder=desk.config.folder,
        sender=desk.sender().email,
        tls={key: gettext(text) for key, text in TLS.items()},
        ports=PORTS,
        person=here.actor(),
    )


# ---- own texts -------------------------------------------------------------------------------------------------------


@pages.get("/messages")
@open_to(Right.SETTINGS)
def messages() -> str:
    """What is said when: the default or an own text, for all services or one."""
    with here.hall().database.reading() as session:
        service = _service(session)
        return render_template(
            "vorzimmer_email/messages.html",
            service=service,
            services=texts.services(session),
            own=texts.of_service(session, service.id if service else None),
            everywhere=texts.of_service(session, None),
            topics={topic: letter.TITLES[topic] for topic in texts.TOPICS},
            openings=letter.OPENINGS,
            languages_of=_languages(),
        )


@pages.route("/messages/<topic>/<language>", methods=["GET", "POST"])
@open_to(Right.SETTINGS)
def message(topic: str, language: str) -> ResponseReturnValue:
    """One text, with a preview of the mail as it would leave."""
    if topic not in texts.TOPICS or language not in _languages():
        abort(404)
    typed, error = request.form.get("text", "").replace("\r\n", "\n"), None
    found, status = Seen(request.form.get(seen.FIELD, "")), 200

    def stored(session: Session) -> str:
        return texts.of_service(session, service.id if service else None).get((topic, language), "")

    with here.hall().database.reading() as session:
        service = _service(session)
        if request.method != "POST":
            typed = stored(session)
            found = Seen(seen.mark({"text": typed}))
    if request.method == "POST" and "preview" not in request.form:
        if "default" in request.form and "sure" not in request.form:
            return _sure(service, topic, language)
        typed = "" if "default" in request.form else typed

        def work(session: Session) -> None:
            seen.check(session, found.mark, {"text": typed}, lambda: {"text": stored(session)})
            texts.write(session, here.actor(), service, topic, language, typed)

        try:
            here.hall().database.write(work)
        except Refused as refusal:
            if other := seen.of(refusal):
                found, status = other, 409
            elif refusal.reason is not Reason.INVALID:
                raise
            else:
                error, status = refusal.facts["errors"]["text"], 422
        else:
            said = (
                gettext("The text is saved.") if typed.strip() else gettext("The default text is sent again.")
            )
            flash(said, "good")
            return redirect(url_for(".messages", service=service.slug if service else None), 303)
    return _text_page(service, topic, language, typed, error, found), status


def _sure(service: Service | None, topic: str, language: str) -> str:
    """The question: the own text goes, and nobody else has it."""
    whose = service.name if service else gettext("all services")
    return render_template(
        "office/sure.html",
        title=gettext("Back to the default text?"),
        consequences=[
            gettext("Your own text in %(language)s is gone for good.", language=LANGUAGES[language]),
            f"{gettext(letter.TITLES[topic])} · {whose}",
        ],
        button=gettext("Back to the default"),
        back=url_for(".message", topic=topic, language=language, service=service.slug if service else None),
    )


def _text_page(
    service: Service | None, topic: str, language: str, typed: str, error: str | None, found: Seen
) -> str:
    reader = here.hall().texts.reader(language)
    with here.hall().database.reading() as session:
        example = sample(session, here.hall(), reader, topic, service)
        inherited = texts.find(session, None, topic, language) if service else None
        own = typed.strip() or inherited
        shown = example.letter(own if own and texts.fault(own) is None else None)
    return render_template(
        "vorzimmer_email/message.html",
        service=service,
        topic=topic,
        title=letter.TITLES[topic],
        language=language,
        language_name=LANGUAGES[language],
        typed=typed,
        seen=found,
        error=error or (texts.fault(typed) if request.method == "POST" else None),
        default=inherited or reader.gettext(letter.OPENINGS[topic]),
        letter=shown,
        placeholders={
            name: (gettext(text), example.values[name]) for name, text in texts.PLACEHOLDERS.items()
        },
    )


def _service(session: Session) -> Service | None:
    """The service of the address; none for all."""
    return texts.service_of(session, request.values.get("service", ""))


def _languages() -> dict[str, str]:
    return {code: LANGUAGES[code] for code in here.hall().config.settings.practice.languages}


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else "en"
