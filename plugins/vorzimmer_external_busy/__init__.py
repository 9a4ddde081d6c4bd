"""Calendars elsewhere as busy time: their addresses are read by the worker, never by a request (rules 74 to 79)."""

from vorzimmer_external_busy.plugin import Plugin

__all__ = ["Plugin"]
