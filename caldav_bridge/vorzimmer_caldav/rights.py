"""What Radicale may let through: one's own home and what lies in it. Everything finer is judged where it is done."""

from __future__ import annotations

from radicale.rights import BaseRights


class Rights(BaseRights):
    """`R` on the root and the home, `rw` on a calendar of one's own, nothing else (A125, deny by default)."""

    def authorization(self, user: str, user_groups: set[str], path: str) -> str:
        """The letters of Radicale for a path."""
        parts = path.strip("/").split("/")
        if not user:
            return ""
        if path == "/":
            return "R"
        if parts[0] != user:
            return ""
        return {1: "R", 2: "rw"}.get(len(parts), "")
