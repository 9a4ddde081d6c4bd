"""Every hook of Vorzimmer, grouped by concern.

A question is the noun it returns and is put with `plugins.ask` before the commit: an error refuses the act.
What is offered (pages, jobs, entries of the menu) is asked with `plugins.offers` once: an error loses that offer alone.
A fact is a subject with a past participle and is told with `plugins.tell` after the commit: an error is retried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from vorzimmer.icalendar.text import SafeCalendar
from vorzimmer.models import Booking, Customer, Location, Message, Requirement, Resource, Service
from vorzimmer.models.customer import folded
from vorzimmer.periods import Period
from vorzimmer.settings.config import Config
from vorzimmer.text.texts import Texts

if TYPE_CHECKING:
    import click
    from sqlalchemy.orm import Session

# A hook has no body: pluggy collects what the plugins say (hence `ignore[empty-body]` where that is a list).
hookspec = pluggy.HookspecMarker("vorzimmer")
hookimpl = pluggy.HookimplMarker("vorzimmer")


# ---- resources -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResourceKind:
    """A kind of resource: `title` is what one of them is called, `plural` what a list of them is called.

    `needs_hours`: without any hours it is never available (rule 12); else always.
    """

    name: str
    title: str
    plural: str
    needs_hours: bool = False


@dataclass(frozen=True)
class Candidates:
    """Who may fill a requirement: ids of resources."""

    requirement_id: int
    resource_ids: tuple[int, ...]


@hookspec
def resource_kinds() -> list[ResourceKind]:  # type: ignore[empty-body]
    """Kinds of resources that this plugin brings.

    Given: nothing. Returned: the kinds, their titles and plurals as gettext msgids.
    If it raises: the search or act is refused.

        return [ResourceKind("room", "Room", "Rooms")]
    """


@hookspec
def candidates(session: Session, requirements: Sequence[Requirement]) -> list[Candidates]:  # type: ignore[empty-body]
    """Resources that may fill the requirements of one service.

    Given: the session of the current transaction; all requirements at once. Returned: one record for each
    requirement that this plugin knows, active resources only; answers of several plugins are united.
    If it raises: the search or act is refused.

        return [Candidates(need.id, (1, 2)) for need in requirements if need.kind == "room"]
    """


# ---- availability ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Available:
    """Working time of one subject at one place.

    Subject: a resource (with or without a location), a location, or a service. `periods` overlap the asked window
    and are not clipped by it: their starts anchor the grid (rules 22, 23). An empty list means closed.
    `source` says what set it (`person:anna`). `despite_closure`: periods that also hold while the place is closed
    (rule 15: "works on holidays").
    """

    periods: Sequence[Period]
    source: str
    resource_id: int | None = None
    location_id: int | None = None
    service_id: int | None = None
    despite_closure: Sequence[Period] = ()


@dataclass(frozen=True)
class Busy:
    """A period in which a resource (or all at a location, or everything: both None) takes no customers.

    `rule` is the number of the availability rule, `text` an English msgid for people. A `closure` closes the place
    and yields to `Available.despite_closure`; anything else does not. Busy time of a plugin is a rule that staff may
    override with a warning (rules 20, 42), not an allocation. It has no buffers (rule 34). `office_text` says more
    than customers may know ("Sick"), to those who may see that calendar.
    """

    period: Period
    source: str
    rule: str
    text: str
    resource_id: int | None = None
    location_id: int | None = None
    closure: bool = False
    office_text: str = ""


@hookspec
def available_periods(  # type: ignore[empty-body]
    session: Session, resources: Sequence[Resource], service: Service | None, window: Period
) -> list[Available]:
    """Working time of the resources, of all locations, and of the service, in the window.

    Given: the session; all resources of the search at once; the service, or None where only the resources count;
    the window. Returned: one record for each subject that has any hours at all. A location or service without a
    record is always open; a resource without one is available always or never, by its kind (rule 12).
    Several records of one subject are united.
    If it raises: the search or act is refused.

        return [Available([Period(nine, noon)], "person:anna", resource_id=1, location_id=1)]
    """


@hookspec
def busy_periods(session: Session, resources: Sequence[Resource], window: Period) -> list[Busy]:  # type: ignore[empty-body]
    """Periods in which resources or places take no customers: absences, holidays, foreign calendars.

    Given: the session; all resources of the search at once; the window. Returned: what overlaps the window.
    If it raises: the search or act is refused; a busy time that failed open would double-book.

        return [Busy(Period(noon, one), "person:anna", "18", "on vacation", resource_id=1)]
    """


# ---- absences --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Absence:
    """Somebody is away, or a room is out of order. Dates are local days, `end` inclusive; times are aware.

    `kind`: `vacation`, `sick`, `break` or `other`; `note` says what for, among us.
    """

    id: int
    resource: Resource
    start: date | datetime
    end: date | datetime
    kind: str
    note: str = ""


@dataclass(frozen=True)
class NewAbsence:
    """An absence to enter, and what shall become of each appointment in it; see `booking.close_time`.

    `resource` is a slug. `decisions`: uid of an appointment to `keep`, `offer` (another time), `cancel` or
    `reassign:<slug>`.
    """

    resource: str
    start: date | datetime
    end: date | datetime
    kind: str
    decisions: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    note: str = ""


class Absences(Protocol):
    """A store of absences. All need a session in a transaction; refusals are `Refused`."""

    def listed(self, session: Session, actor: Any, window: Period) -> list[Absence]:
        """Those that overlap the window, as far as the actor's rights reach."""

    def enter(self, session: Session, hall: Any, actor: Any, wanted: NewAbsence) -> Absence:
        """Enter one, in one step with what was decided. `AFFECTED` (`bookings`, `stand_ins`) where a decision lacks."""

    def delete(self, session: Session, actor: Any, absence_id: int) -> None:
        """Take one back; `NOT_FOUND` also for one out of reach."""


@hookspec(firstresult=True)
def absences() -> Absences | None:
    """Where absences are stored, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the act is refused.

        return Store()
    """


@dataclass(frozen=True)
class MessageText:
    """The practice's own words in a message to customers; `text` is empty where the `default` is sent.

    `service` is a slug, empty for every service that has no words of its own.
    """

    topic: str
    language: str
    service: str
    text: str
    default: str


class MessageTexts(Protocol):
    """A store of own texts. All need a session; refusals are `Refused`."""

    def listed(self, session: Session, hall: Any, service: str) -> list[MessageText]:
        """Those of a service (a slug, empty for all of them), one for each topic and language."""

    def write(
        self, session: Session, hall: Any, actor: Any, service: str, topic: str, language: str, text: str
    ) -> None:
        """Set one; empty means the default again. `NOT_FOUND`, `INVALID` (`errors`)."""


@hookspec(firstresult=True)
def message_texts() -> MessageTexts | None:
    """Where the practice's own words in messages are stored, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the call fails.

        return Store()
    """


@dataclass(frozen=True)
class NoticeChoice:
    """When a login is told of one kind of event: `timing` is `at_once`, `daily` or `never`.

    `whose`: `own`, what is in the own calendar, or `all`, what is in any that the login may see. `default` holds where
    nobody has chosen.
    """

    kind: str
    whose: str
    timing: str
    default: str


class StaffNotices(Protocol):
    """A store of what each login is told. All need a session; refusals are `Refused`, `NOT_FOUND` also out of reach."""

    def listed(self, session: Session, actor: Any, account_id: int) -> list[NoticeChoice]:
        """What a login can be told by its rights, and when it is; the own, or one that the actor manages."""

    def choose(
        self, session: Session, actor: Any, account_id: int, timings: Mapping[tuple[str, str], str]
    ) -> None:
        """Set timings by kind and whose; what is left out stays. `INVALID` (`errors`)."""


@hookspec(firstresult=True)
def staff_notices() -> StaffNotices | None:
    """Where it is stored what staff are told, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the call fails.

        return Store()
    """


@dataclass(frozen=True)
class HoursOf:
    """Whose hours, by slugs: `kind` is `resource` (at a `location`), `location` or `service`."""

    kind: str
    slug: str
    location: str | None = None


@dataclass(frozen=True)
class HoursFound:
    """Hours in minutes after local midnight: by weekday (0 is Monday), and on dates that replace it (rule 14)."""

    of: HoursOf
    week: dict[int, Sequence[tuple[int, int]]]
    days: dict[date, Sequence[tuple[int, int]]]


class WorkingHours(Protocol):
    """A store of hours. All need a session in a transaction; refusals are `Refused`, also `NOT_FOUND` out of reach."""

    def listed(self, session: Session, actor: Any) -> list[HoursFound]:
        """All hours that the actor may change."""

    def set_week(
        self,
        session: Session,
        hall: Any,
        actor: Any,
        of: HoursOf,
        week: Mapping[int, Sequence[tuple[int, int]]],
        *,
        decisions: Mapping[str, str],
        message: str,
    ) -> None:
        """Replace weekly hours; `INVALID` where periods overlap, `AFFECTED` where a decision lacks (`NewAbsence`)."""

    def set_day(
        self,
        session: Session,
        hall: Any,
        actor: Any,
        of: HoursOf,
        day: date,
        periods: Sequence[tuple[int, int]] | None,
        *,
        on_holidays: bool,
        decisions: Mapping[str, str],
        message: str,
    ) -> None:
        """Replace the hours of a date; None takes that back. Refuses as `set_week`."""


@hookspec(firstresult=True)
def working_hours() -> WorkingHours | None:
    """Where hours are stored, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the act is refused.

        return Store()
    """


# ---- calendars of one's own ------------------------------------------------------------------------------------------


class OwnCalendars(Protocol):
    """Events of people's own, as their calendar apps know them. All raise `CalendarDataError` for what none may be."""

    def keep(
        self, session: Session, hall: Any, actor: Any, resource_id: int, title: str, sent: SafeCalendar
    ) -> bool:
        """Put an event into the resource's imported calendar (`title` names a new one), closing its time as a PUT does.

        False where its UID is there already. Over an appointment both stand (`booking.clashes`).
        """


@hookspec(firstresult=True)
def own_calendars() -> OwnCalendars | None:
    """Where events of people's own are stored, for those doors that are no calendar app.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the act is refused.

        return Store()
    """


# ---- calendars elsewhere ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExternalCalendar:
    """A calendar elsewhere whose events take somebody's time. Its address is a secret; `host` is what is shown of it.

    `success_at`: when it last answered as it should; `stale`: too long ago (rule 79). `error` is a msgid, `remarks` are
    records of `text` (a msgid), `facts`, `events` (of how many), and `when` the first of them is. `busy` is how many
    busy times are known that are not over.
    """

    id: int
    resource: Resource
    kind: str
    title: str
    host: str
    mine: str
    tentative_busy: bool
    all_day_busy: bool
    offer_when_stale: bool
    success_at: datetime | None
    stale: bool
    error: str
    remarks: Sequence[Mapping[str, Any]]
    busy: int


@dataclass(frozen=True)
class NewExternalCalendar:
    """A calendar elsewhere as it is entered. `kind`: `ics` or `caldav`; `mine`: the owner's e-mail address there."""

    kind: str
    title: str
    address: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    mine: str = ""
    tentative_busy: bool = True
    all_day_busy: bool = True
    offer_when_stale: bool = True


class ExternalCalendars(Protocol):
    """A store of calendars elsewhere. All need a session; refusals are `Refused`, `NOT_FOUND` also out of reach."""

    def listed(self, session: Session, actor: Any) -> list[ExternalCalendar]:
        """Those of everybody whose availability the actor may change."""

    def enter(
        self, session: Session, hall: Any, actor: Any, resource: str, wanted: NewExternalCalendar
    ) -> ExternalCalendar:
        """Add one to a resource (a slug); the worker reads it soon. `INVALID` (`errors`)."""

    def change(
        self, session: Session, hall: Any, actor: Any, calendar_id: int, wanted: NewExternalCalendar
    ) -> ExternalCalendar:
        """Set everything but whose it is; an empty address keeps address, user and password."""

    def read_soon(self, session: Session, actor: Any, calendar_id: int) -> ExternalCalendar:
        """Have the worker read it now, whatever its turn is."""

    def delete(self, session: Session, actor: Any, calendar_id: int) -> None:
        """Forget it and its busy time."""


@hookspec(firstresult=True)
def external_calendars() -> ExternalCalendars | None:
    """Where calendars elsewhere are stored, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the act is refused.

        return Store()
    """


# ---- booking policies ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BookingPolicy:
    """What a right code makes of a hold: `confirmed`, or `requested` until `expires_at` at the latest (rule 50)."""

    status: str
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """A start that a policy refuses. `rule` is the plugin's name or a rule number, `text` an English msgid."""

    start: datetime
    rule: str
    text: str
    source: str


@dataclass(frozen=True)
class Deadlines:
    """Until when a customer may cancel or move a booking online."""

    cancel_until: datetime
    move_until: datetime


@hookspec(firstresult=True)
def booking_policy(service: Service, start: datetime, now: datetime) -> BookingPolicy | None:
    """Whether a booking of the service is confirmed at once or waits for a decision (O58 to O60).

    Given: the service, the start, now. Returned: the policy, or None where this plugin has no say; the first
    answer counts. If it raises: the act is refused.

        return BookingPolicy("confirmed") if service.policy == "direct" else None
    """


@hookspec
def booking_refusals(  # type: ignore[empty-body]
    session: Session,
    service: Service,
    starts: Sequence[datetime],
    customer: Customer | None,
    ignoring: int | None,
) -> list[Refusal]:
    """Candidate starts that a policy refuses; any refusal refuses.

    Given: all candidate starts at once; the customer where known, a record that is not stored (`id` None) where it is
    somebody new; the id of the booking that this is about, which counts for nothing.
    Search, explain and hold ask without a customer; details (where this browser has proved the address before) and
    confirm ask again with the one that the code proves, a customer's move with the booking's. Staff are warned of what
    is refused to anybody; whom they enter is theirs to decide.
    If it raises: the search or act is refused.

        return [Refusal(start, "my_plugin", "Closed.", "my_plugin") for start in starts if odd(start)]
    """


@hookspec(firstresult=True)
def booking_deadlines(booking: Booking) -> Deadlines | None:
    """Until when the customer may cancel or move this booking (rule 38).

    Given: the booking. Returned: the deadlines, or None where this plugin has no say; the first answer counts.
    If it raises: the act is refused.

        return Deadlines(booking.starts - day, booking.starts - day)
    """


# ---- payments --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaymentMethod:
    """A way to pay. `title` and `note` are English msgids."""

    name: str
    title: str
    note: str = ""


@dataclass(frozen=True)
class PaymentStart:
    """What has to happen before a booking is paid: nothing now (`url` None), or a visit to `url`."""

    method: str
    url: str | None = None


@hookspec
def payment_methods(service: Service) -> list[PaymentMethod]:  # type: ignore[empty-body]
    """Ways to pay for the service; empty where it costs nothing.

    If it raises: the page shows no methods and the booking is refused.

        return [PaymentMethod("on_site", "Pay at the practice")] if service.price else []
    """


@hookspec(firstresult=True)
def payment_start(booking: Booking, method: str) -> PaymentStart | None:
    """Begin the payment of a booking by one method; None where the method is another plugin's.

    Given: the booking, before its commit. If it raises: the booking is refused.

        return PaymentStart("on_site") if method == "on_site" else None
    """


# ---- notifications ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What happened to a booking. `kind`: the act of its log; `actor` who (a login's address); `door` by which door.

    `before` (None for what is new) and `after` are those of the log: what `audit.snapshot` says of the booking, which
    may have moved on since, and what else there is to the act.
    """

    kind: str
    uid: str
    sequence: int
    actor: str
    door: str
    key: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordChange:
    """What happened to a customer's record. `kind`: `added`, `changed`, or `merged` with another that is no more.

    `uid` is the record's; `actor` who (a login's address); `door` by which door.
    """

    kind: str
    uid: str
    actor: str
    door: str
    key: str


@dataclass(frozen=True)
class Sent:
    """What left: subject and text as sent, secrets masked."""

    subject: str
    text: str


class Undeliverable(Exception):  # noqa: N818  (an answer of the far end)
    """Raised by `Channel.send` where trying again is of no use: the address does not exist."""


class Unreachable(Exception):  # noqa: N818  (what the far end is)
    """Raised by `Channel.send` where the far end cannot be reached at all: nothing is wrong with the message.

    It is tried again within two minutes for a day, then hourly, and never given up.
    """


@dataclass(frozen=True)
class Channel:
    """Something that carries messages to people. `carries` tells whether it reaches an address at all.

    `send` gets the session (to read) and the message, returns what left, and raises to be tried again later:
    `Undeliverable` to give up, `Unreachable` where no message can leave now. It runs outside any write transaction and
    should give up within 45 seconds: the message is leased for a minute. The same `message.key` must not make a
    receiver act twice.
    `is_set_up` is false while nothing leaves this machine by it: customers book online only where a channel for mail
    is set up. `is_tried` tells whether anything has left since; a practice publishes its booking only then.
    """

    name: str
    carries: Callable[[str], bool]
    send: Callable[[Session, Message], Sent]
    is_set_up: bool = True
    is_tried: Callable[[Session], bool] = lambda _session: True


@hookspec
def booking_changed(session: Session, hall: Any, change: Change) -> None:
    """A booking was made, moved, cancelled, decided or closed; told after the commit.

    Given: the session of a write transaction of its own, in which the plugin may store what it wants; the `Hall` of
    this server; the change.
    What is stored is committed together with the fact that the plugin was told: both or neither. Whatever leaves the
    machine belongs in a channel, for this transaction keeps other writers waiting.
    At least once: `change.key` is the same when it is told again.
    If it raises: rolled back, logged, counted, told again later; other plugins are still told.

        log.info("booking %s: %s", change.uid, change.kind)
    """


@hookspec
def customer_changed(session: Session, hall: Any, change: RecordChange) -> None:
    """A customer's record was added, changed or merged; told after the commit.

    Given: the session of a write transaction of its own, as for `booking_changed`; the `Hall` of this server; the
    change. What the record is now is read there; it may be gone.
    At least once: `change.key` is the same when it is told again.
    If it raises: rolled back, logged, counted, told again later; other plugins are still told.

        log.info("customer %s: %s", change.uid, change.kind)
    """


@hookspec
def message_channels(config: Config, texts: Texts) -> list[Channel]:  # type: ignore[empty-body]
    """Channels that carry messages to people, such as mail.

    Given: the settings of the server, and its texts in every language. Returned: channels; a message goes by the
    first that carries its recipient. Asked once, and again when settings have changed.
    If it raises: the plugin has no channels, which is said; the act goes on.

        return [Channel("email", carries=lambda address: "@" in address, send=self.send)]
    """


# ---- other programs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Webhook:
    """Somewhere that is told of events. `owner`: the login whose rights it has. `off_at`: switched off for failing."""

    id: int
    url: str
    events: tuple[str, ...]
    owner: str
    created_at: datetime
    failing_since: datetime | None
    off_at: datetime | None


@dataclass(frozen=True)
class WebhookDelivery:
    """One event that was sent or is to be; `id` is its `webhook-id`. `state`: `due`, `sent` or `failed`.

    `status` is that of the last answer, `error` an English msgid.
    """

    id: str
    event: str
    state: str
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None


class Webhooks(Protocol):
    """A store of webhooks. All need a session in a transaction; refusals are `Refused`."""

    def listed(self, session: Session, actor: Any) -> list[Webhook]:
        """All of the practice's."""

    def add(
        self, session: Session, hall: Any, actor: Any, url: str, events: Iterable[str]
    ) -> tuple[Webhook, str]:
        """Make one that sees what the actor may see, and its secret, this once. `INVALID` (`errors`)."""

    def delete(self, session: Session, actor: Any, hook_id: int) -> None:
        """Forget it; `NOT_FOUND`, also below."""

    def switch_on(self, session: Session, actor: Any, hook_id: int) -> None:
        """Try again one that was switched off."""

    def test(self, session: Session, actor: Any, hook_id: int) -> None:
        """Send an event that says nothing."""

    def deliveries(self, session: Session, actor: Any, hook_id: int) -> list[WebhookDelivery]:
        """What was sent to it and is to be, the newest first."""

    def again(self, session: Session, actor: Any, hook_id: int, uid: str) -> None:
        """Send one of these once more, under the same id."""


@hookspec(firstresult=True)
def webhooks() -> Webhooks | None:
    """Where webhooks are stored, for those doors that are not the plugin's own page.

    Given: nothing. Returned: the store; the first answer counts. If it raises: the act is refused.

        return Store()
    """


# ---- offers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mount:
    """A WSGI application under a path prefix (`/dav`)."""

    prefix: str
    app: Callable[..., Any]


@dataclass(frozen=True)
class NavigationEntry:
    """An entry of the office's navigation: `right` is needed to see it, `title` and `line` are English msgids.

    `section` "settings" makes it a card of the settings, where `line` says in a few words what is set there, below
    the heading of its `group`: "practice", "booking", "people", "messages", "technical".
    "resource", "location", "service" make it a link beside the settings of one of these; the endpoint gets its `slug`.
    "booking" makes it a link beside an appointment (`uid`), "day" one beside the list of a day (`day`, `staff`).
    "own" makes it an entry of one's own menu and a link on one's account, "login" a link beside a login (`account_id`).
    """

    title: str
    endpoint: str
    right: str
    section: str = ""
    line: str = ""
    group: str = "technical"


@dataclass(frozen=True)
class Job:
    """Regular work: `run(session, now)` in a write transaction of its own, every `every`, by one worker at a time.

    What takes long does a part and returns True: it is called again at once, in another transaction. `due(session,
    now)` is asked before, with a session that only reads: a job without `every` looks so each second whether there is
    anything to do, and keeps no writer waiting where there is not.
    """

    name: str
    every: timedelta
    run: Callable[[Session, datetime], bool | None] = field(repr=False)
    due: Callable[[Session, datetime], bool] = field(default=lambda _session, _now: True, repr=False)


class Pages(Protocol):
    """A Flask blueprint, as far as it concerns the core below `app` (which knows no Flask)."""

    name: str

    def register(self, app: Any, options: dict[str, Any]) -> None:
        """Called by Flask alone."""


@hookspec
def blueprints() -> list[Pages]:  # type: ignore[empty-body]
    """Pages. Ours at any path, others under `/x/<name>/`; every endpoint declares its access (see `access`).

    If it raises: the plugin is marked broken and the server starts without it.

        return [Blueprint("my_plugin", __name__, url_prefix="/x/my_plugin")]
    """


@hookspec
def wsgi_mounts(hall: Any) -> list[Mount]:  # type: ignore[empty-body]
    """Whole WSGI applications under a prefix.

    Given: the `Hall` (settings, database, plugins) of this server, which such an application answers for.
    If it raises: the plugin is marked broken and the server starts without it.

        return [Mount("/dav", application(hall))]
    """


@hookspec
def commands() -> list[click.Command]:  # type: ignore[empty-body]
    """Commands under `vorzimmer <name>`.

    If it raises: the plugin has no commands, and the command line goes on.

        return [click.Command("hello", callback=hello)]
    """


@hookspec
def navigation() -> list[NavigationEntry]:  # type: ignore[empty-body]
    """Entries of the office's navigation; asked once, and again when settings have changed.

    If it raises: the plugin has no entries, which is said; the page goes on.

        return [NavigationEntry("Absences", "vorzimmer_absences.overview", "availability")]
    """


@hookspec
def jobs(hall: Any) -> list[Job]:  # type: ignore[empty-body]
    """Regular work for the worker; asked once, and again when settings have changed.

    Given: the `Hall` of this server.
    If it raises: the plugin has no jobs, which is said; the others' are done.
    If a job raises: its transaction is rolled back, the failure is logged, the next turn tries again.

        return [Job("roll_horizon", timedelta(days=1), self.roll)]
    """


class Level(StrEnum):
    """How bad it is."""

    GOOD = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `text` is an English msgid with the `facts` in it ("%(count)d were given up")."""

    level: Level
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.facts


@hookspec
def findings(session: Session, hall: Any) -> list[Finding]:  # type: ignore[empty-body]
    """What is in order and what is wrong with your part: told by `vorzimmer doctor`, and by the office to its owners.

    Given: a session that only reads; the `Hall` of this server. Returned: findings, soon; what is not good stands on
    top of the office's first page.
    If it raises: that is told instead.

        return [Finding(Level.WARNING, "sensor: no answer for %(days)d days", {"days": 3})]
    """


@dataclass(frozen=True)
class Person:
    """Whom personal data is about. `uids` are the opaque ids of the record and of those merged into it.

    `bookings` are ids of appointments. `names`, `emails` (small letters) and `phones` are all by which somebody was
    known and nobody else in the records is: what a family shares is not among them.
    """

    uids: frozenset[str]
    bookings: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def is_in(self, text: str) -> bool:
        """Whether a text tells of them: by an address, eight digits of a number, or a name of two words and more."""
        told, numbers = folded(text), re.sub(r"(?<=\d)[\s()/+.-]+(?=\d)", "", text)
        words = set(re.findall(r"\w+", told))
        names = [set(re.findall(r"\w+", folded(name))) for name in self.names]
        digits = [re.sub(r"\D", "", phone)[-8:] for phone in self.phones]
        return (
            any(
                re.search(rf"(?<![\w.+-]){re.escape(folded(one))}(?![\w-]|\.\w)", told) for one in self.emails
            )
            or any(len(number) == 8 and number in numbers for number in digits)
            or any(len(name) > 1 and name <= words for name in names)
        )


@dataclass(frozen=True)
class PersonalData:
    """Something that is known of a person: `text` is an English msgid with the `facts` in it.

    `stays`: it is not erased; the text says why, `until` how long.
    """

    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    stays: bool = False
    until: date | None = None


@hookspec
def personal_data(session: Session, hall: Any, person: Person, erase: bool) -> list[PersonalData]:  # type: ignore[empty-body]
    """What you store about a person; with `erase` it is gone when you return, but for what has to stay.

    Given: the session of the act's transaction; the `Hall` of this server; whom it is about; whether to erase.
    Returned: what there is, or was until now: shown before staff erase a customer. Nothing known: an empty list.
    If it raises: nothing is erased.

        notes = session.scalars(select(Note).where(Note.booking_id.in_(person.bookings))).all()
        for note in notes if erase else ():
            session.delete(note)
        return [PersonalData("Notes: %(number)d", {"number": len(notes)})] if notes else []
    """


@hookspec
def schema_outdated(hall: Any) -> list[None]:  # type: ignore[empty-body]
    """Tables that hold data are about to be brought to a newer version; nothing is returned.

    Given: the `Hall` of this server. Its tables can be read and not written meanwhile.
    If it raises: that is said, and the server starts. (Of our own: the tables stay as they are, and it does not.)

        copy_away(hall.database)
    """


@dataclass(frozen=True)
class DraftHours:
    """Weekly hours of one resource at one location: for each weekday (0 is Monday) minutes after midnight."""

    resource: Resource
    location: Location
    week: Mapping[int, Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class DraftAbsence:
    """An absence of one resource, whole local days, `last` inclusive."""

    resource: Resource
    first: date
    last: date
    kind: str


@dataclass(frozen=True)
class DraftEvent:
    """A private event of one resource, as if typed into a calendar app."""

    resource: Resource
    period: Period
    title: str


@dataclass(frozen=True)
class Draft:
    """What a new practice consists of beyond the core's own tables."""

    hours: Sequence[DraftHours] = ()
    absences: Sequence[DraftAbsence] = ()
    events: Sequence[DraftEvent] = ()


@hookspec
def demo_data(session: Session, hall: Any, draft: Draft) -> list[None]:  # type: ignore[empty-body]
    """Write your own rows of the demo practice; nothing is returned.

    Given: the session of the filling transaction; the `Hall` that is filled; the draft.
    If it raises: the demo is not filled.

        session.add_all(Row(hours) for hours in draft.hours)
    """
