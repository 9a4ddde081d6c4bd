"""If-Match and If-None-Match (RFC 9110 §13.1), also as proxies write our entity tags."""

from __future__ import annotations

import re
from typing import Any

_TAG = re.compile(r'\s*(?:(?:W/)?"([^"]*)"|(\*))\s*(?:,|$)')
_CODED = re.compile(r"-{1,2}(?:gzip|br|zstd|deflate)$")
"""What proxies that compress append to the tags of what they let through; nginx writes W/ instead."""


def unmet(environ: Any, etag: str | None) -> bool:
    """Whether the request forbids a write to what has this tag now, None where there is nothing."""
    wanted, unwanted = environ.get("HTTP_IF_MATCH"), environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and (etag is None or not _named(wanted, etag)):
        return True
    return unwanted is not None and etag is not None and _named(unwanted, etag)


def names_tag(environ: Any) -> bool:
    """Whether the request says which version it is about; once nothing is `unmet`, it is the present one."""
    return any(told for told, _ in _TAG.findall(environ.get("HTTP_IF_MATCH", "")))


def _named(header: str, etag: str) -> bool:
    """Our tags change with every byte, so one that a proxy has weakened names the same bytes."""
    return any(star or _CODED.sub("", told) == etag for told, star in _TAG.findall(header))
