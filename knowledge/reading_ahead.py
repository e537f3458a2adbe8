"""Embeds the spans of passages before anybody asks: an answer then waits for the question's vector alone."""

from collections.abc import Sequence

from knowledge.documents import Passage
from knowledge.embedding import Embedder, Vectors
from knowledge.embedding.remembering import digest
from knowledge.indexes.spans import Digest, SpanVectors
from knowledge.passages import PassageStore
from knowledge.priority import PriorityGate
from knowledge.spans import span_texts

# Passages at a time: some tenths of a second, which a question may have to wait.
_AT_ONCE = 8
# At 0.8 KB a span some 200 MB; what lies beyond is embedded when it is read.
MOST_PASSAGES = 30_000


class ReadingAhead:
    """The last of the background work. One thread at a time."""

    def __init__(
        self,
        passages: PassageStore,
        spans: SpanVectors,
        embedder: Embedder,
        gate: PriorityGate,
    ) -> None:
        self._passages = passages
        self._spans = spans
        self._embedder = embedder
        self._gate = gate
        self._left: list[int] = []

    def step(self) -> bool:
        """Embed the spans of the next few passages; False when all are done."""
        if not self._left:
            self._left = self._missing()
        some, self._left = self._left[:_AT_ONCE], self._left[_AT_ONCE:]
        if not some:
            return False
        self._gate.give_way()
        # Those deleted meanwhile are noted as done, and forgotten when the next list is made.
        found = self._passages.passages(some)
        texts = {key: _texts(found[key]) if key in found else {} for key in some}
        self._spans.add(self._embedded(texts))
        return True

    def _missing(self) -> list[int]:
        shown, done = self._passages.embedded_keys(), self._spans.keys()
        self._spans.delete(sorted(done - shown))
        room = MOST_PASSAGES - len(done & shown)
        return sorted(shown - done)[: max(0, room)]

    def _embedded(self, texts: dict[int, dict[Digest, str]]) -> dict[int, dict[Digest, Vectors]]:
        every = {name: text for spans in texts.values() for name, text in spans.items()}
        vectors = _by_name(list(every), self._embedder.embed(list(every.values()), "passage"))
        return {key: {name: vectors[name] for name in spans} for key, spans in texts.items()}


def _by_name(names: Sequence[Digest], vectors: Vectors) -> dict[Digest, Vectors]:
    return dict(zip(names, vectors, strict=True))


def _texts(passage: Passage) -> dict[Digest, str]:
    return {digest(text, "passage"): text for text in span_texts(passage)}
