"""What a person does to documents after they came in; SQL first, and the indexes with it."""

from collections.abc import Callable

from sqlalchemy import Engine

from knowledge.changes import DocumentChanges
from knowledge.documents import DocumentRecord, Language
from knowledge.intake import checked_collection
from knowledge.stores import Stores
from knowledge.versions import ContentVersion


class Upkeep:
    """Switches documents off and on, moves, edits, restores and retries them. Thread-safe.

    Each raises `DocumentNotFound`. `work` tells the background that there is more to do.
    """

    def __init__(self, stores: Stores, engine: Engine, work: Callable[[], None]) -> None:
        self._stores = stores
        self._changes = DocumentChanges(engine)
        self._work = work

    def enable(self, document_id: str, *, enabled: bool) -> DocumentRecord:
        """Switch a document off, so that no search finds it, or on again; at once, and nothing is lost."""
        record = self._changes.enable(document_id, enabled=enabled)
        self._stores.passages.hidden.changed()
        return record

    def say_language(self, document_id: str, language: Language | None) -> DocumentRecord:
        """Say what a document's language is, also of what comes later; None has it found out."""
        keys = self._changes.say_language(document_id, language)
        self._stores.passages.forget(keys)
        return self._stores.documents.record(document_id)

    def move(self, document_id: str, collection: str) -> DocumentRecord:
        """Put a document into another collection, with its vectors; it leaves its bundle.

        Raises `InvalidCollection`, or `SourceTaken` when that one has a document of its source.
        """
        checked_collection(collection)
        with self._stores.changing:
            while (before := self._record(document_id)).collection != collection:
                if self._moved(before, collection):
                    self._work()
                    break
        return self._record(document_id)

    def edit_passage(self, document_id: str, passage_id: str, text: str) -> DocumentRecord:
        """Give a passage another text. Only it is embedded anew; a later upload replaces it.

        Raises `PassageNotFound`, `DocumentBusy`, `PassageEmpty` or `PassageTooLong`.
        """
        stores = self._stores
        with stores.changing:
            edit = self._changes.edit(document_id, passage_id, text)
            if edit is not None:
                stores.passages.forget([edit.gone, *edit.shifted])
                stores.passages.hidden.changed()
                staged = stores.passages.texts([edit.key])
                entries = [(p.key, p.searchable_text) for p in staged]
                stores.keywords.add(edit.collection, entries)
                stores.keywords.delete(edit.collection, [edit.gone])
                stores.vectors.delete(edit.collection, [edit.gone])
                self._work()
        return self._record(document_id)

    def versions(self, document_id: str) -> list[ContentVersion]:
        """The contents of a document that are kept, the newest first; none of ready passages."""
        return self._changes.versions(document_id)

    def restore(self, document_id: str, version: int) -> DocumentRecord:
        """Take an earlier content in again; what was edited is lost. Raises `VersionNotFound`."""
        record = self._changes.restore(document_id, version)
        self._work()
        return record

    def retry(self, document_id: str) -> DocumentRecord:
        """Try again what failed. Raises `NothingToRetry` for what was refused unread."""
        record = self._changes.retry(document_id)
        self._work()
        return record

    def _record(self, document_id: str) -> DocumentRecord:
        return self._stores.documents.record(document_id)

    def _moved(self, document: DocumentRecord, collection: str) -> bool:
        """Index the passages there, then let SQL say so, then forget them here; False to try again.

        After a crash in between, the next start drops what SQL does not show, and no vector is
        missing where it does.
        """
        stores, here = self._stores, document.collection
        keys = stores.passages.keys_of(document.id)
        entries = [(p.key, p.searchable_text) for p in stores.passages.texts(keys)]
        with stores.passages.hidden.moving(keys, here) as stand_in:
            stores.keywords.add(collection, entries)
            stores.vectors.copy(here, collection, keys)
            left = collection
            try:
                if self._changes.move(document.id, collection, keys):
                    stand_in(collection)
                    stores.passages.forget(keys)
                    stores.passages.hidden.changed()
                    left = here
            finally:
                stores.keywords.delete(left, keys)
                stores.vectors.delete(left, keys)
        return left == here
