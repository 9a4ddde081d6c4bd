"""Pictures from outside, looked at by their headers alone: nothing is decoded here."""

from __future__ import annotations

LARGEST = 256 * 1024
WIDEST = 2000
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = {0xC0, 0xC1, 0xC2}  # JPEG's frames that browsers show; each tells height and width


def kind(data: bytes) -> str:
    """`png` or `jpg`; raises `ValueError` for what is neither, too large or cut off."""
    if len(data) > LARGEST:
        raise ValueError("too large")
    found = "png" if data.startswith(_PNG) else "jpg" if data.startswith(b"\xff\xd8") else ""
    width, height = _of_png(data) if found == "png" else _of_jpeg(data) if found else (0, 0)
    if not (0 < width <= WIDEST and 0 < height <= WIDEST):
        raise ValueError("not a picture, or too many pixels")
    return found


def _of_png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR" or not data.rstrip(b"\0").endswith(b"IEND\xaeB`\x82"):
        return 0, 0
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _of_jpeg(data: bytes) -> tuple[int, int]:
    """From marker to marker until the frame's."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = (int.from_bytes(data[at + 5 + i : at + 7 + i], "big") for i in (0, 2))
            return width, height
        at += 2 + max(length, 2)
    return 0, 0
