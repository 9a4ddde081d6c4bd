"""What is stored, a file for each aggregate."""

from vorzimmer.models.account import Account, ApiKey, AppPassword, Role, User, WebAuthn, WebSession
from vorzimmer.models.booking import Allocation, Block, Booking, Status
from vorzimmer.models.calendar import Calendar, CalendarChange, CalendarObject, Occurrence
from vorzimmer.models.columns import Model, UtcInstant
from vorzimmer.models.customer import Customer
from vorzimmer.models.message import Message
from vorzimmer.models.record import AuditEntry, KeptAnswer, Setting
from vorzimmer.models.resource import Location, Resource
from vorzimmer.models.service import Offer, Requirement, Service

__all__ = [
    "Account",
    "Allocation",
    "ApiKey",
    "AppPassword",
    "AuditEntry",
    "Block",
    "Booking",
    "Calendar",
    "CalendarChange",
    "CalendarObject",
    "Customer",
    "KeptAnswer",
    "Location",
    "Message",
    "Model",
    "Occurrence",
    "Offer",
    "Requirement",
    "Resource",
    "Role",
    "Service",
    "Setting",
    "Status",
    "User",
    "UtcInstant",
    "WebAuthn",
    "WebSession",
]
