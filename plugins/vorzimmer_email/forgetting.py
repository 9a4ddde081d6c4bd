"""Mails that are files, until a mail server is set: those to, or about, a person who is erased."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path

from vorzimmer.hookspecs import Person

_PARSER = BytesParser(policy=policy.default)


def telling(folder: Path, person: Person) -> list[Path]:
    """The files of mails that tell of them, by their texts and to whom they went."""
    return [path for path in sorted(folder.glob("*.eml")) if person.is_in("\n".join(_texts(path)))]


def _texts(path: Path) -> Iterator[str]:
    mail = _PARSER.parsebytes(path.read_bytes())
    yield f"{mail['To']} {mail['Subject']}"
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content()).replace("\r\n ", "")
