"""What the API takes and gives, as pydantic models: unknown fields refused, no coercion (A5, A6, A82)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from vorzimmer.booking import Decisions
from vorzimmer_web.api.times import INSTANT, MONTH, Day, Instant, Zone

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Line = Annotated[str, StringConstraints(max_length=300)]
Name = Annotated[Line, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 80})]
Email = Annotated[Line, WithJsonSchema({"type": "string", "format": "email", "maxLength": 254})]
NoEmail = Annotated[
    Line,
    WithJsonSchema({"type": "string", "maxLength": 254, "anyOf": [{"format": "email"}, {"const": ""}]}),
]
Answers = Annotated[dict[Slug, Text | int | float | bool | None], Field(max_length=100)]
"""Answers to the practice's own questions, by slug (`fields` of a service says which there are)."""
Whole = Annotated[int, BeforeValidator(lambda value: int(value) if _is_whole(value) else value)]
When = Annotated[str, Field(pattern=INSTANT)]
Kind = Literal["text", "choice", "date", "number", "yes_no", "consent"]
Status = Literal["held", "requested", "confirmed", "declined", "cancelled", "completed", "missed", "expired"]


def _is_whole(value: object) -> bool:
    """Whether it is a float such as 2.0, which is an integer in JSON Schema."""
    return isinstance(value, float) and value.is_integer()


class Taken(BaseModel):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


Decision = Annotated[
    str, StringConstraints(pattern=r"^(keep|offer|cancel|reassign:[a-z0-9][a-z0-9_-]{0,59})$")
]


class Deciding(Taken):
    """What may close time: `decisions` says what becomes of each booking in it, by id; the `message` goes to all."""

    decisions: dict[str, Decision] = Field(default_factory=dict, max_length=1000)
    message: Text = ""

    def decided(self) -> Decisions:
        """As the use cases take it."""
        return Decisions(self.decisions, self.message)


class Query(BaseModel):
    """A query string: all values are texts."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class NoQuery(Query):
    """A call without parameters."""


class SlotQuery(Query):
    """Which slots: dates in the location's zone, `to` inclusive, at most 62 days."""

    service: Slug
    from_: Day = Field(alias="from")
    to: Day
    staff: Slug | None = None
    location: Slug | None = None
    tz: Zone | None = None


class DayQuery(Query):
    """Which days of a month have slots."""

    service: Slug
    month: Annotated[str, StringConstraints(pattern=MONTH)]
    staff: Slug | None = None
    location: Slug | None = None


class ExplainQuery(Query):
    """Why an instant is offered or not."""

    service: Slug
    start: Instant
    staff: Slug | None = None


class BookingQuery(Query):
    """Which bookings, in order of their start; `from` and `to` are dates in the practice's zone, `to` inclusive.

    `customer` is the id of a record.
    """

    from_: Day | None = Field(None, alias="from")
    to: Day | None = None
    staff: Slug | None = None
    status: Status | None = None
    customer: Token | None = None
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}-[0-9]{1,9}$")] | None = None
    limit: int = Field(50, ge=1, le=200)


class NewHold(Taken):
    """A time that a customer chose."""

    service: Slug
    start: Instant
    staff: Slug | None = None
    location: Slug | None = None
    seats: Whole = Field(1, ge=1, le=100)


class Person(Taken):
    """Who books online: name and address are needed."""

    name: Name
    email: Email
    phone: Line = ""


class NewDetails(Taken):
    """What the customer typed; without a `language` that of the practice."""

    token: Token
    customer: Person
    fields: Answers = Field(default_factory=dict)
    message: Text = ""
    consents: list[Line] = Field(default_factory=list, max_length=100)
    language: Literal["de", "en", "fr", "ru"] | None = None


class Code(Taken):
    """The code of the mail."""

    token: Token
    code: Annotated[str, StringConstraints(max_length=20)]


class OnlyToken(Taken):
    """The token of a hold."""

    token: Token


class Caller(Taken):
    """Who is booked for by staff: an address is not needed."""

    name: Name
    email: NoEmail = ""
    phone: Line = ""


class Known(Taken):
    """A customer's record, by its `id`: name and addresses are taken from there."""

    id: Token


class Overriding(Taken):
    """An explicit breach of rules (`warning`) or over another appointment (`double`)."""

    level: Literal["warning", "double"]
    reason: Line = ""


class NewBooking(Taken):
    """A booking that staff enter, for a known record or for whoever is named. `note` is the practice's own."""

    service: Slug
    start: Instant
    staff: Slug | None = None
    location: Slug | None = None
    customer: Caller | Known
    note: Text = ""
    fields: Answers = Field(default_factory=dict)
    override: Overriding | None = None


class WalkIn(Taken):
    """Somebody at the desk. Without a `customer` no record is made."""

    service: Slug
    staff: Slug | None = None
    customer: Caller | Known | None = None
    note: Text = ""


class BookingChange(Taken):
    """What changes; what is left out stays. `sequence` is the one last seen, `customer` the id of a record.

    `price` in minor units, null is no price; `place` and `link` say where, where that is not the location.
    """

    start: Instant | None = None
    staff: Slug | None = None
    service: Slug | None = None
    location: Slug | None = None
    customer: Token | None = None
    price: Whole | None = Field(None, ge=0, le=2**31 - 1)
    note: Text | None = None
    place: Line | None = None
    link: Annotated[str, StringConstraints(max_length=500)] | None = None
    message: Text = ""
    override: Overriding | None = None
    sequence: Whole = Field(ge=0, le=2**31 - 1)


class Message(Taken):
    """An optional personal message."""

    message: Text = ""


class Accepting(Message):
    """An optional personal message; time that was closed since is accepted with an `override` only."""

    override: Overriding | None = None


class Nothing(Taken):
    """An empty object."""


# ---- what is given ---------------------------------------------------------------------------------------------------


class ChoiceOut(BaseModel):
    """One of the answers that may be chosen; `labels` by language."""

    value: str
    labels: dict[str, str]


class FieldOut(BaseModel):
    """A question of the service's form; a `consent` goes into `consents`, the others into `fields`."""

    slug: str
    labels: dict[str, str]
    kind: Kind
    required: bool
    health: bool
    choices: list[ChoiceOut]


class ServiceOut(BaseModel):
    """A service. `price` in minor units, null where it is not shown."""

    slug: str
    name: str
    description: str
    category: str
    duration_minutes: int
    price: int | None
    currency: str
    policy: Literal["direct", "request"]
    capacity: int
    fields: list[FieldOut]


class NeedOut(BaseModel):
    """What a service needs."""

    kind: str
    members: list[str]
    quantity: int
    offset: int
    minutes: int | None


class StaffServiceOut(ServiceOut):
    """A service with all that the practice sets."""

    step_minutes: int
    before_minutes: int
    after_minutes: int
    buffer_rule: Literal["max", "sum"]
    buffers_inside: bool
    notice_minutes: int
    notice_working_days: int
    notice_cut_off: int | None
    horizon_days: int
    price_shown: bool
    listed: bool
    active: bool
    color: str
    reminder_hours: list[int] | None
    cancel_until_minutes: int
    move_until_minutes: int
    needs: list[NeedOut]


class Services(BaseModel):
    """The catalogue; with a key whose owner may change settings all of each service."""

    services: list[StaffServiceOut | ServiceOut]


class SlotOut(BaseModel):
    """A free time; `end` without buffers, `resources` the staff who could take it."""

    start: When
    end: When
    location: str
    resources: list[str]


class Slots(BaseModel):
    """All free times of the window in one answer."""

    slots: list[SlotOut]


class Days(BaseModel):
    """Each day of the month."""

    days: dict[str, bool]


class Hold(BaseModel):
    """A held time; `resources` is all that is held, staff first."""

    id: str
    token: str
    expires_at: When
    start: When
    end: When
    resources: list[str]


class Next(BaseModel):
    """What comes next."""

    next: Literal["code"]


class BookingOut(BaseModel):
    """A booking as its customer sees it."""

    id: str
    uid: str
    sequence: int
    status: Status
    start: When
    end: When
    service: str
    location: str
    resources: list[str]
    manage_url: str


class CustomerOut(BaseModel):
    """Who is booked for; `id` is that of the record, null during a hold."""

    id: str | None
    name: str
    email: str | None
    phone: str


class StaffBookingOut(BookingOut):
    """A booking as staff see it. `note` is null for those without the right to notes; `paid` in minor units."""

    customer: CustomerOut
    message: str
    note: str | None
    place: str
    link: str
    paid: int
    fields: dict[str, Any]
    consents: dict[str, str]
    price: int | None
    currency: str
    source: str


class Booked(BaseModel):
    """The customer's booking."""

    booking: BookingOut


class StaffBooked(BaseModel):
    """One booking."""

    booking: StaffBookingOut


class Bookings(BaseModel):
    """A page of bookings; `next` is the cursor of the next one."""

    bookings: list[StaffBookingOut]
    next: str | None


class Participants(BaseModel):
    """The bookings of one group at one time."""

    bookings: list[StaffBookingOut]


class Why(BaseModel):
    """A rule that decided; `source` is what set it.

    `rule` is a plugin's name, or a number that the manual explains: "45" at `/help/rules#rule-45`.
    """

    rule: str
    text: str
    source: str


class Explained(BaseModel):
    """The verdict and what decided it."""

    offered: bool
    reasons: list[Why]
    would_be_free_if: list[str]


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    text: str


class AffectedOut(StaffBookingOut):
    """A booking in the time of an absence; `stand_ins` are those who are free to take it over."""

    stand_ins: list[str]


class Problem(BaseModel):
    """An error (RFC 9457) with its `code` and what belongs to it."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    reasons: list[Why] | None = None
    location: str | None = None
    errors: list[FieldError] | None = None
    alternatives: list[SlotOut] | None = None
    attempts_left: int | None = None
    bookings: list[AffectedOut] | None = None
