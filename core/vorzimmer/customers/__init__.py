"""The practice's customers: found, kept, joined."""

from vorzimmer.customers.search import found, matching, one, visible

__all__ = ["found", "matching", "one", "visible"]
