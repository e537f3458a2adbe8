"""Documents in memory, for tests of what stands before them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from knowledge.bundles import Bundle, bundles_of
from knowledge.document_errors import PassageNotFound, SourceTaken, VersionNotFound
from knowledge.documents import (
    DocumentRecord,
    DocumentState,
    Language,
    LoadedText,
    Passage,
    Position,
)
from knowledge.embedding import Vectors
from knowledge.errors import DocumentNotFound
from knowledge.indexes import Hit
from knowledge.loading.archive import members
from knowledge.passages import NamedPassage
from knowledge.versions import ContentVersion

Hits = list[Hit]


class MemoryShelf:
    """Documents in memory."""

    def __init__(self) -> None:
        self.records: dict[str, DocumentRecord] = {}
        self.data: dict[str, bytes] = {}
        self.upkeep = MemoryUpkeep(self)
        self.bundles = MemoryBundles(self)

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
        key = f"d{len(self.records)}"
        state = DocumentState.KEYWORD_READY
        self.data[key] = data
        self.records[key] = DocumentRecord(
            key, collection, source or name, name, name, Language.ENGLISH, state, "0", len(data)
        )
        self.records[key] = replace(self.records[key], bundle=bundle, url=url)
        return self.records[key]

    def add_passages(self, name: str, data: bytes, *, collection: str) -> list[DocumentRecord]:
        lines = data.splitlines()
        return [self.add_file(name, line, collection=collection) for line in lines]

    def add_archive(
        self, name: str, data: bytes, *, collection: str, source: str | None = None
    ) -> list[DocumentRecord]:
        bundle = source or name
        return [
            self.add_file(
                member.name,
                member.data,
                collection=collection,
                source=f"{bundle}/{member.name}",
                bundle=bundle,
            )
            for member in members(name, data).members
        ]

    def list(
        self,
        collection: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> list[DocumentRecord]:
        wanted = [r for r in self.records.values() if collection in (None, r.collection)]
        ordered = sorted(wanted, key=lambda r: (r.name, r.id))
        return [r for r in ordered if after is None or (r.name, r.id) > after][:limit]

    def get(self, document_id: str) -> DocumentRecord:
        if document_id not in self.records:
            raise DocumentNotFound(document_id=document_id)
        return self.records[document_id]

    def delete(self, document_id: str) -> None:
        self.get(document_id)
        del self.records[document_id]

    def loaded_text(self, document_id: str) -> LoadedText:
        record = self.get(document_id)
        return LoadedText(record.title, self.data[record.id].decode(), ())

    def original(self, document_id: str) -> bytes:
        return self.data[self.get(document_id).id]

    def passages_of(self, document_id: str) -> Sequence[Passage]:
        record, text = self.get(document_id), self.loaded_text(document_id).text
        return [
            Passage(
                f"{record.id}-0",
                record.name,
                record.title,
                text,
                Position(0, len(text)),
                record.collection,
                document_id=record.id,
            )
        ]

    def named_passage(self, collection: str, passage_id: str) -> NamedPassage | None:
        for key, record in enumerate(self.records.values()):
            if passage_id == f"{record.id}-0":
                return NamedPassage(key, self.passages_of(record.id)[0], record.enabled)
        return None

    def keyword_search(self, collection: str, query: str, limit: int) -> Hits:
        return []

    def dense_search(self, collection: str, vector: Vectors, limit: int) -> Hits:
        return []

    def vectors(self, collection: str, keys: Sequence[int]) -> dict[int, Vectors]:
        return {}


class MemoryUpkeep:
    """Changes what is told of the documents of a shelf."""

    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    def enable(self, document_id: str, *, enabled: bool) -> DocumentRecord:
        return self._changed(document_id, enabled=enabled)

    def say_language(self, document_id: str, language: Language | None) -> DocumentRecord:
        return self._changed(document_id, given_language=language)

    def move(self, document_id: str, collection: str) -> DocumentRecord:
        source = self._shelf.get(document_id).source
        for other in self._shelf.list(collection):
            if other.source == source and other.id != document_id:
                raise SourceTaken(collection=collection, source=source)
        return self._changed(document_id, collection=collection)

    def edit_passage(self, document_id: str, passage_id: str, text: str) -> DocumentRecord:
        record = self._shelf.get(document_id)
        if passage_id != f"{record.id}-0":
            raise PassageNotFound(passage_id=passage_id)
        self._shelf.data[record.id] = text.encode("utf-8", "replace")
        return self._changed(document_id, edited=True)

    def versions(self, document_id: str) -> list[ContentVersion]:
        record = self._shelf.get(document_id)
        at = datetime(2026, 3, 2, tzinfo=UTC)
        return [ContentVersion(1, record.name, "0", record.size_bytes, at, in_use=True)]

    def restore(self, document_id: str, version: int) -> DocumentRecord:
        if version != self._shelf.get(document_id).version:
            raise VersionNotFound(document_id=document_id, version=version)
        return self._changed(document_id, edited=False)

    def retry(self, document_id: str) -> DocumentRecord:
        return self._shelf.get(document_id)

    def _changed(self, document_id: str, **changes: object) -> DocumentRecord:
        record = replace(self._shelf.get(document_id), **changes)  # pyright: ignore[reportArgumentType] -- fields of a record
        self._shelf.records[record.id] = record
        return record


class MemoryBundles:
    """The documents of a shelf that came together."""

    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    def list(self, collection: str | None = None) -> list[Bundle]:
        return bundles_of(self._shelf.list(collection))

    def documents_of(self, collection: str, bundle: str) -> Sequence[DocumentRecord]:
        return [record for record in self._shelf.list(collection) if record.bundle == bundle]

    def delete(self, collection: str, bundle: str) -> int:
        gone = self.documents_of(collection, bundle)
        for record in gone:
            self._shelf.delete(record.id)
        return len(gone)
