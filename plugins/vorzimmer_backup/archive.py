"""The one file: a compressed tar of the manifest and all that it names, sealed."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from pydantic import ValidationError

from vorzimmer import failpoint
from vorzimmer_backup.damage import Damaged
from vorzimmer_backup.manifest import FORMAT, NAME, File, Manifest
from vorzimmer_backup.sealing import Opener, Sealer

LARGEST_MANIFEST = 64 << 20
DRAFT = ".part"
"""Behind the name of a file that is being written: what is cut off there never has the final name."""


def write(target: Path, key: str, manifest: Manifest, root: Path) -> None:
    """Write the manifest and its files below `root`; the name appears when all of it is on the disk."""
    draft = target.with_name(target.name + DRAFT)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            sealer = Sealer(stream, key)
            with (
                gzip.GzipFile("", "wb", 4, cast("BinaryIO", sealer), mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                text = manifest.model_dump_json().encode()
                _add(tar, NAME, len(text), io.BytesIO(text))
                failpoint.reach("backup")
                for name, file in manifest.files.items():
                    with (root / name).open("rb") as content:
                        _add(tar, name, file.size, content)
            sealer.close()
            stream.flush()
            os.fsync(stream.fileno())
        failpoint.reach("backup written")
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)  # of what has its name there is no draft
    _sync(target.parent)


def _add(tar: tarfile.TarFile, name: str, size: int, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, content)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """An archive being read: the manifest, then each of its files once, in their order. Raises `Damaged`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.manifest = _manifest(tar)
        self.current = ""

    def files(self) -> Iterator[tuple[str, File, IO[bytes]]]:
        """Name, what the manifest says, and the bytes."""
        left = dict(self.manifest.files)
        while entry := self._tar.next():
            told = left.pop(entry.name, None)
            if told is None or not entry.isreg() or entry.size != told.size:
                raise Damaged(f"{entry.name[:200]!r} is not what the manifest names")
            self.current = entry.name
            content = self._tar.extractfile(entry)
            assert content is not None  # noqa: S101  (a regular file)
            yield entry.name, told, content
        if left:
            raise Damaged(f"missing: {', '.join(sorted(left)[:5])}")


def _manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    content = tar.extractfile(entry) if entry and entry.isreg() and entry.name == NAME else None
    if entry is None or content is None or entry.size > LARGEST_MANIFEST:
        raise Damaged("it has no manifest")
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise Damaged(
            f"its manifest cannot be read (this server knows format {FORMAT}): {problem['msg']}"
        ) from None


@contextmanager
def opened(file: Path, key: str) -> Iterator[Reader]:
    """Read an archive; whatever is wrong with it says where."""
    reader = None
    with file.open("rb") as stream:
        try:
            with tarfile.open(fileobj=cast("BinaryIO", Opener(stream, key)), mode="r|gz") as tar:
                reader = Reader(tar)
                yield reader
        except (Damaged, tarfile.TarError, EOFError) as error:
            place = f" (in {reader.current})" if reader and reader.current else ""
            raise Damaged(f"{file}: {error}{place}") from None
