"""The demo practice: the same data for the same day every time (interface.md)."""

from vorzimmer_demo.plugin import Plugin

__all__ = ["Plugin"]
