"""What pictures of pages say, kept while a long document is read, so that an interrupted reading goes on."""

import json
from collections.abc import Set
from pathlib import Path

from knowledge.loading.answers import pieces_from, pieces_json
from knowledge.loading.frames import BrokenFrame
from knowledge.loading.progress import Pieces

_ENDING = ".jsonl"


class KeptPages:
    """A folder with a file for each document that is being read, named by its content's hash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pages(self, content_hash: str) -> dict[int, Pieces]:
        """The pages that are known, by number. What a crash cut off is not."""
        known: dict[int, Pieces] = {}
        try:
            lines = self._path(content_hash).read_text("utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return known
        for line in filter(None, lines):
            try:
                page, pieces = json.loads(line)
                known[int(page)] = pieces_from(pieces)
            except (ValueError, TypeError, BrokenFrame):
                continue
        return known

    def keep(self, content_hash: str, page: int, pieces: Pieces) -> None:
        """Note what a page says."""
        self._folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps([page, pieces_json(pieces)], ensure_ascii=False)
        with self._path(content_hash).open("a", encoding="utf-8") as file:
            # An empty line first: the one before may have been cut off by a crash.
            file.write(f"\n{line}\n")

    def forget(self, content_hash: str) -> None:
        """The document is read."""
        self._path(content_hash).unlink(missing_ok=True)

    def sweep(self, wanted: Set[str]) -> None:
        """Forget all but these."""
        for path in self._folder.glob(f"*{_ENDING}"):
            if path.stem not in wanted:
                path.unlink(missing_ok=True)

    def _path(self, content_hash: str) -> Path:
        return self._folder / f"{content_hash}{_ENDING}"
