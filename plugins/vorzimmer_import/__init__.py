"""Moving in: customers from tables (CSV) and calendars from files (ICS), tried out first and repeatable (D1, D2)."""

from vorzimmer_import.plugin import Plugin

__all__ = ["Plugin"]
