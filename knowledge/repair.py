"""Brings the derived indexes back into line with SQL after a crash, damage or a change of model."""

from knowledge.indexes.keyword import KeywordIndex
from knowledge.passages import PassageStore
from knowledge.serving import Serving
from knowledge.store import DocumentStore

_BATCH = 1_000


def repair_keywords(
    documents: DocumentStore, passages: PassageStore, keywords: KeywordIndex
) -> None:
    """Index what SQL shows and the index lacks; drop what SQL does not show."""
    collections = documents.collections()
    keywords.drop_others(collections)
    for collection in collections:
        shown = passages.keys(collection, embedded=False)
        indexed = keywords.keys(collection)
        keywords.delete(collection, sorted(indexed - shown))
        missing = sorted(shown - indexed)
        for first in range(0, len(missing), _BATCH):
            some = passages.texts(missing[first : first + _BATCH])
            keywords.add(collection, [(p.key, p.searchable_text) for p in some])


def repair_vectors(documents: DocumentStore, passages: PassageStore, vectors: Serving) -> None:
    """Queue for embedding what the index lacks; drop the rest and other models' vectors."""
    collections = documents.collections()
    vectors.drop_others(collections)
    for collection in collections:
        embedded = passages.keys(collection, embedded=True)
        stored = vectors.keys(collection)
        vectors.delete(collection, sorted(stored - embedded))
        passages.mark_missing(sorted(embedded - stored))
