"""What the practice offers, where and with whom: services, people, rooms, devices, places (K17 to K29, O6 to O9).

Every use case needs the right to settings, claims all resources first, writes the log, and never commits.
"""

from vorzimmer.addresses import leads_to
from vorzimmer.catalogue.places import archive_location, change_location, create_location, restore_location
from vorzimmer.catalogue.resources import (
    archive_resource,
    change_resource,
    create_resource,
    restore_resource,
    set_offers,
)
from vorzimmer.catalogue.services import (
    Need,
    archive_service,
    change_service,
    create_service,
    draft_of,
    given_in,
    own_version,
    rename_category,
    restore_service,
    show_prices,
)

__all__ = [
    "Need",
    "archive_location",
    "archive_resource",
    "archive_service",
    "change_location",
    "change_resource",
    "change_service",
    "create_location",
    "create_resource",
    "create_service",
    "draft_of",
    "given_in",
    "leads_to",
    "own_version",
    "rename_category",
    "restore_location",
    "restore_resource",
    "restore_service",
    "set_offers",
    "show_prices",
]
