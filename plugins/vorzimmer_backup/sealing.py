"""A stream sealed in pieces with AES-256-GCM: a flipped byte is found, and found where it is.

Head: mark, salt of the key, start of the nonces, check of the key. Then pieces; each one's nonce holds its number and
whether it is the last, so that none can be left out, moved, or cut off at the end (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from vorzimmer_backup.damage import Damaged

MARK = b"vorzimmer backup 1\n"
SALT, PREFIX, CHECK, TAG = 16, 7, 16, 16
PIECE = 1 << 20
"""Bytes in a piece before it is sealed."""


def _opened(key: str, salt: bytes) -> tuple[AESGCM, bytes]:
    """The cipher, and what tells a wrong key from a damaged file. Slow on purpose: the key may be a word."""
    derived = Scrypt(salt=salt, length=64, n=1 << 15, r=8, p=1).derive(key.encode())
    return AESGCM(derived[:32]), hmac.new(derived[32:], MARK + salt, hashlib.sha256).digest()[:CHECK]


class Sealer:
    """Something to write to; `close` writes the last piece, without which nothing can be read."""

    def __init__(self, stream: BinaryIO, key: str) -> None:
        salt, self._prefix = os.urandom(SALT), os.urandom(PREFIX)
        self._cipher, check = _opened(key, salt)
        self._head = MARK + salt + self._prefix + check
        self._stream, self._number, self._held = stream, 0, bytearray()
        stream.write(self._head)

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._held += data
        while len(self._held) > PIECE:  # the last piece is never empty-handed: one stays until `close`
            self._seal(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(data)

    def close(self) -> None:
        """Write what is left."""
        self._seal(bytes(self._held), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last)
        self._stream.write(self._cipher.encrypt(nonce, piece, self._head))
        self._number += 1


def fits(stream: BinaryIO, key: str) -> bool:
    """Whether the key is that of the file whose head can be read next."""
    try:
        Opener(stream, key)
    except Damaged:
        return False
    return True


class Opener:
    """Something to read from. Raises `Damaged`; nothing is given out that was not checked first."""

    def __init__(self, stream: BinaryIO, key: str) -> None:
        self._stream, self._number, self._held = stream, 0, b""
        self._head = stream.read(len(MARK) + SALT + PREFIX + CHECK)
        if not self._head.startswith(MARK):
            raise Damaged("this is no backup, or its first line is damaged, or it is of a newer version")
        salt = self._head[len(MARK) : len(MARK) + SALT]
        self._prefix = self._head[len(MARK) + SALT :][:PREFIX]
        self._cipher, check = _opened(key, salt)
        if not hmac.compare_digest(self._head[-CHECK:], check):
            raise Damaged(
                f"the key is not that of this backup, or its first {len(self._head)} bytes are damaged"
            )
        self._next = stream.read(PIECE + TAG)

    def read(self, size: int) -> bytes:
        """At most so many bytes, fewer only at the end."""
        parts, wanted = [], size
        while wanted and (self._held or self._next):
            if not self._held:
                self._held = self._open()
            parts.append(self._held[:wanted])
            self._held = self._held[wanted:]
            wanted -= len(parts[-1])
        return b"".join(parts)

    def _open(self) -> bytes:
        piece, self._next = self._next, self._stream.read(PIECE + TAG)
        start = len(self._head) + self._number * (PIECE + TAG)
        try:
            nonce = _nonce(self._prefix, self._number, not self._next)
            opened = self._cipher.decrypt(nonce, piece, self._head)
        except InvalidTag:
            where = f"between byte {start:,} and byte {start + len(piece):,}"
            raise Damaged(f"it is damaged {where}, or cut off there") from None
        self._number += 1
        return opened


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
