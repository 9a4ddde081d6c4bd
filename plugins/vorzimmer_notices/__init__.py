"""Notices to staff: who of the practice is told what, how soon."""

from vorzimmer_notices.plugin import Plugin

__all__ = ["Plugin"]
