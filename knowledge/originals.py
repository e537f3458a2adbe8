"""The bytes of uploaded files, each kept once under its content hash."""

import hashlib
import os
from collections.abc import Set
from pathlib import Path


class Originals:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> str:
        """Store `data`, wholly or not at all, and return its hash."""
        content_hash = hashlib.sha256(data).hexdigest()
        path = self._folder / content_hash
        if path.exists() and path.stat().st_size == len(data):
            return content_hash
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{content_hash}.part")
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return content_hash

    def read(self, content_hash: str) -> bytes:
        """The bytes with that hash. Raises `OSError`."""
        return (self._folder / content_hash).read_bytes()

    def forget(self, content_hash: str) -> None:
        """Delete the bytes with that hash, if they are there."""
        (self._folder / content_hash).unlink(missing_ok=True)

    def sweep(self, used: Set[str]) -> None:
        """Delete all but `used`: what an interrupted upload left."""
        for path in self._folder.glob("*"):
            if path.name not in used:
                path.unlink(missing_ok=True)
