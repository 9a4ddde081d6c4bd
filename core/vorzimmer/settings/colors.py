"""The practice's own colour: whether it can be read (WCAG 2.2, 1.4.3), and the shades that go with it."""

from __future__ import annotations

import re

ENOUGH = 4.5
"""The contrast that text needs."""
LIGHT, DARK = "#f5f7f7", "#1a2224"
"""The surfaces that text in the colour stands on: the light mode's darkest, the dark mode's lightest."""
_WRITTEN = re.compile(r"#[0-9a-fA-F]{6}")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: str) -> str:
    """The nearest colour that can be read on light surfaces, and under white: the colour itself, or a darker one."""
    return _towards(color, "#000000", LIGHT)


def on_dark(color: str) -> str:
    """The nearest one that can be read on dark surfaces: the colour itself, or a lighter one."""
    return _towards(color, "#ffffff", DARK)


def mixed(color: str, other: str, share: float) -> str:
    """A colour with a share of another one in it."""
    pairs = zip(_parts(color), _parts(other), strict=True)
    return "#" + "".join(f"{round(part * (1 - share) + more * share):02x}" for part, more in pairs)


def checked(color: str) -> str:
    """The colour as it is stored; raises `ValueError` for what is none or cannot be read."""
    if color and not _WRITTEN.fullmatch(color):
        raise ValueError("a colour is written like #0b6b6b")
    if color and contrast(color, LIGHT) < ENOUGH:
        raise ValueError(f"this colour is too pale to be read; {readable(color)} would do")
    return color.lower()


def _towards(color: str, end: str, surface: str) -> str:
    steps = (mixed(color, end, share / 50) for share in range(51))
    return next(step for step in steps if contrast(step, surface) >= ENOUGH)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
