"""What is stored, a file for each aggregate."""

from vorzimmer.models.account import Account, ApiKey, AppPassword, LoginLink, Role, User, WebAuthn, WebSession
from vorzimmer.models.attribute import Attribute, FormField
from vorzimmer.models.booking import Allocation, Block, Booking, Payment, Status
from vorzimmer.models.calendar import Calendar, CalendarChange, CalendarObject, Occurrence, ShownCalendar
from vorzimmer.models.columns import Model, UtcInstant
from vorzimmer.models.customer import Customer, CustomerChange, CustomerGroup
from vorzimmer.models.message import Message
from vorzimmer.models.record import AuditEntry, Erasure, KeptAnswer, Setting
from vorzimmer.models.resource import Location, OldAddress, Resource
from vorzimmer.models.service import Offer, Requirement, Service

__all__ = [
    "Account",
    "Allocation",
    "ApiKey",
    "AppPassword",
    "Attribute",
    "AuditEntry",
    "Block",
    "Booking",
    "Calendar",
    "CalendarChange",
    "CalendarObject",
    "Customer",
    "CustomerChange",
    "CustomerGroup",
    "Erasure",
    "FormField",
    "KeptAnswer",
    "Location",
    "LoginLink",
    "Message",
    "Model",
    "Occurrence",
    "Offer",
    "OldAddress",
    "Payment",
    "Requirement",
    "Resource",
    "Role",
    "Service",
    "Setting",
    "ShownCalendar",
    "Status",
    "User",
    "UtcInstant",
    "WebAuthn",
    "WebSession",
]
