"""Erasing a customer (Art. 17 GDPR): what would go and stay, the act, and the same again after a restore."""

from vorzimmer.erasure.act import ACT, erase, replay
from vorzimmer.erasure.plan import Plan, plan

__all__ = ["ACT", "Plan", "erase", "plan", "replay"]
