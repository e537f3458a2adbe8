"""Documents that came together: the members of an archive, the pages of a site."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from knowledge.document_rows import Origin
from knowledge.documents import DocumentRecord, DocumentState
from knowledge.intake import checked_collection, clean_name
from knowledge.loading.archive import Unpacked
from knowledge.store import DocumentStore

ARCHIVE_ENDING = ".zip"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Documents of one collection that came together from `source`; sizes in bytes."""

    collection: str
    source: str
    documents: int
    failed: int
    size_bytes: int


class Bundles:
    """Takes bundles in and deletes them. `delete` deletes one document, `work` starts the background."""

    def __init__(
        self,
        documents: DocumentStore,
        delete: Callable[[str], None],
        work: Callable[[], None],
    ) -> None:
        self._documents = documents
        self._delete = delete
        self._work = work

    def add(
        self, name: str, content: Unpacked, *, collection: str, source: str | None = None
    ) -> Sequence[DocumentRecord]:
        """Take in what an archive holds, each member a document; all of them, by name.

        It takes the place of what came in the bundle of that `source` (`name` if not given):
        documents that it no longer holds are deleted. What cannot be read is listed as failed,
        with the reason. Raises `InvalidCollection`.
        """
        checked_collection(collection)
        bundle = source or clean_name(name)
        kept: set[str] = set()
        for member in content.members:
            origin = Origin(f"{bundle}/{member.name}", bundle)
            self._documents.add(collection, origin, clean_name(member.name), member.data)
            kept.add(origin.source)
        for refused in content.refused:
            origin = Origin(f"{bundle}/{refused.name}", bundle)
            if origin.source not in kept:  # not the second of its name
                reasons = refused.reason, refused.reason_zh
                self._documents.add_refused(collection, origin, clean_name(refused.name), reasons)
                kept.add(origin.source)
        for gone in self._documents.of_bundle(collection, bundle):
            if gone.source not in kept:
                self._delete(gone.id)
        self._work()
        return self._documents.of_bundle(collection, bundle)

    def documents_of(self, collection: str, bundle: str) -> Sequence[DocumentRecord]:
        """The documents of a bundle, by name."""
        return self._documents.of_bundle(collection, bundle) if bundle else ()

    def list(self, collection: str | None = None) -> list[Bundle]:
        """The bundles of one collection or all, by collection and source."""
        return bundles_of(self._documents.records(collection))

    def delete(self, collection: str, bundle: str) -> int:
        """Delete all documents of a bundle; how many there were."""
        gone = self.documents_of(collection, bundle)
        for document in gone:
            self._delete(document.id)
        return len(gone)


def bundles_of(documents: Iterable[DocumentRecord]) -> list[Bundle]:
    """The bundles that `documents` came in, by collection and source."""
    grouped: dict[tuple[str, str], list[DocumentRecord]] = {}
    for document in documents:
        if document.bundle:
            grouped.setdefault((document.collection, document.bundle), []).append(document)
    return [
        Bundle(
            collection=collection,
            source=source,
            documents=len(some),
            failed=sum(document.state is DocumentState.FAILED for document in some),
            size_bytes=sum(document.size_bytes for document in some),
        )
        for (collection, source), some in sorted(grouped.items())
    ]
