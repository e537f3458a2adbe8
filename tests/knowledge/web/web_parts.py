"""What the tests of fetching share: a shelf in memory, and a way to fetch and wait."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.documents import DocumentRecord, DocumentState, Language
from knowledge.errors import DocumentNotFound
from knowledge.loading import check, load
from knowledge.web.errands import FetchJob, Order
from knowledge.web.jobs import WebFetching
from knowledge.web.visits import Manners

HASTY = Manners(delay=0.0, allow_private=True, seconds=5.0)


@dataclass
class MemoryShelf:
    """Documents by source, of one collection."""

    files: dict[str, tuple[DocumentRecord, bytes]] = field(
        default_factory=dict[str, tuple[DocumentRecord, bytes]]
    )
    added: list[str] = field(default_factory=list[str])

    def add_file(
        self,
        name: str,
        data: bytes,
        *,
        collection: str,
        source: str | None = None,
        bundle: str = "",
        url: str | None = None,
    ) -> DocumentRecord:
        check(name, data)
        key = source or name
        record = DocumentRecord(
            id=hashlib.sha256(f"{collection} {key}".encode()).hexdigest()[:16],
            collection=collection,
            source=key,
            name=name,
            title=name,
            language=Language.ENGLISH,
            state=DocumentState.READY,
            content_hash=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            bundle=bundle,
            url=url,
        )
        self.files[key] = (record, data)
        self.added.append(key)
        return record

    def get(self, document_id: str) -> DocumentRecord:
        for record, _ in self.files.values():
            if record.id == document_id:
                return record
        raise DocumentNotFound(document_id=document_id)

    def delete(self, document_id: str) -> None:
        del self.files[self.get(document_id).source]

    def text(self, source: str) -> str:
        """What a reader finds in a document."""
        record, data = self.files[source]
        return load(record.name, data).text

    def names(self) -> list[str]:
        """What the documents are called, after the host."""
        return sorted(r.name.partition("/")[2] for r, _ in self.files.values())


@contextmanager
def fetching(folder: Path, shelf: MemoryShelf, manners: Manners = HASTY) -> Generator[WebFetching]:
    """The background work over a folder."""
    web = WebFetching(folder, shelf, manners)
    try:
        yield web
    finally:
        web.close()


def fetch(folder: Path, shelf: MemoryShelf, order: Order, manners: Manners = HASTY) -> FetchJob:
    """Fetch to the end."""
    with fetching(folder, shelf, manners) as web:
        return web.wait(web.start(order).id)
