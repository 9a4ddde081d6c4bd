"""Webhooks: other programs are told what happens to bookings and customers, signed and at least once."""

from vorzimmer_webhooks.plugin import Plugin

__all__ = ["Plugin"]
