"""The demo practice: the same data for the same day every time (interface.md)."""

from vorzimmer.demo.practice import fill_practice

__all__ = ["fill_practice"]
