"""What Radicale may let through: one's own home and what lies in it. Everything finer is judged where it is done."""

from __future__ import annotations

from radicale.rights import BaseRights

from vorzimmer.access import APPOINTMENTS, Actor
from vorzimmer_caldav.visit import current


class Rights(BaseRights):
    """`R` on the root and the home, `rw` on calendars there with a right to appointments, nothing else (A125)."""

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """The letters of Radicale for a path."""
        parts = path.strip("/").split("/")
        if not user:
            return ""
        if path == "/":
            return "R"
        if parts[0] != user:
            return ""
        return {1: "R", 2: "rw" if opens(current().actor) else ""}.get(len(parts), "")


def opens(actor: Actor) -> bool:
    """Whether an app sees any calendar; without a right to appointments the home is empty (X3)."""
    return bool(actor.rights & {*APPOINTMENTS})
