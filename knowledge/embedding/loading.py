"""From the name of an embedding model to the embedder."""

from pathlib import Path

from knowledge.embedding import CountingEmbedder
from knowledge.embedding.centred import centred
from knowledge.models import load_catalogue, require
from knowledge.reranking import Reranker


def load_embedder(model: str, models_dir: Path, threads: int | None = None) -> CountingEmbedder:
    """As `load_plain_embedder`, and centred by language where that was measured to help."""
    return centred(load_plain_embedder(model, models_dir, threads))


def load_reranker(model: str) -> Reranker:
    """The cross-encoder `model`, a folder or a hub id. Raises `EmbedderNotLoaded`."""
    from knowledge.embedding.sentence_transformers import CrossEncoderReranker  # noqa: PLC0415 -- torch is slow

    return CrossEncoderReranker(model)


def load_plain_embedder(
    model: str, models_dir: Path, threads: int | None = None
) -> CountingEmbedder:
    """The embedder `model`: a catalogue name, a folder or a hub id (the last two by sentence-transformers).

    A catalogue name must have been pulled: raises `ModelFileMissing` or `ModelFileAltered`.
    Anything else raises `EmbedderNotLoaded` when it cannot be opened. `threads` None: one a
    physical core. Engines are imported here, when they are needed: torch alone takes seconds.
    """
    catalogue = load_catalogue()
    if model not in catalogue:
        from knowledge.embedding.sentence_transformers import SentenceTransformersEmbedder  # noqa: PLC0415 -- torch is slow

        return SentenceTransformersEmbedder(model, threads=threads)
    entry = catalogue.entry(model)
    folder = require(model, models_dir)
    if entry.engine == "e5":
        from knowledge.embedding.onnx import OnnxEmbedder  # noqa: PLC0415 -- only when it is used

        return OnnxEmbedder(folder / entry.weights.name, threads)
    from knowledge.embedding.sentence_transformers import (  # noqa: PLC0415 -- torch is slow
        Prefixes,
        SentenceTransformersEmbedder,
    )

    prefixes = Prefixes(entry.query_prefix, entry.passage_prefix)
    return SentenceTransformersEmbedder(str(folder), threads=threads, prefixes=prefixes)
