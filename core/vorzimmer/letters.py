"""Text as people type it, without what cannot be seen."""

from __future__ import annotations

import unicodedata

CONTROL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_NO_TEXT = {"Cc", "Cs", "Co"}


def plain(text: str) -> str:
    """One line without control, format and surrogate characters, blanks folded (A77, A86)."""
    kept = "".join(" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) not in CONTROL).split())


def lines(text: str) -> str:
    """Several such lines."""
    return "\n".join(plain(line) for line in text.splitlines())


def page(text: str) -> str:
    """A text of many lines as it was set, without control and surrogate characters; soft hyphens and the like stay."""
    whole = "\n".join(text.splitlines())
    return "".join(char for char in whole if char in "\n\t" or unicodedata.category(char) not in _NO_TEXT)
