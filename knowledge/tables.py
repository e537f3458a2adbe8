"""SQL tables of documents and their passages: the truth that every index is derived from."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.database import Base

# A mark's start and its place's kind, first, last and name.
StoredMark = tuple[int, str, int, int, str]


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """A moment that was kept in UTC; SQLite hands it back without its zone."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class DocumentRow(Base):
    """One document; (collection, source) is its identity, `content_hash` its version's content.

    `version` counts the contents that came from the source. `original` says whether
    the bytes are kept in `files/<content_hash>` (ready passages have none).
    """

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(2), default="en")
    state: Mapped[str] = mapped_column(String(16), index=True)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    original: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    enabled: Mapped[bool] = mapped_column(default=True)
    # The source of the archive or site that it came in; empty for a document of its own.
    bundle: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str | None] = mapped_column(Text, default=None)
    # What a person said its language is; empty where that is found out.
    given_language: Mapped[str] = mapped_column(String(2), default="")
    edited: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    reason_zh: Mapped[str | None] = mapped_column(Text, default=None)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    same_content_as: Mapped[str | None] = mapped_column(String(32), default=None)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    __table_args__ = (Unique("collection", "source", name="uq_documents_collection_source"),)


class DocumentTextRow(Base):
    """The plain text of a document's visible version; the positions of its passages point into it."""

    __tablename__ = "document_texts"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sections: Mapped[list[tuple[list[str], int, int]]] = mapped_column(JSON)
    marks: Mapped[list[StoredMark]] = mapped_column(JSON, default=list)


class DocumentVersionRow(Base):
    """A content that a document had; its original is kept for as long as the row is."""

    __tablename__ = "document_versions"

    document_id: Mapped[str] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class CuratedAnswerRow(Base):
    """Ways to ask, and the answer that a person wrote for them, in one language or both."""

    __tablename__ = "curated_answers"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    collection: Mapped[str] = mapped_column(String(200), index=True)
    questions: Mapped[list[str]] = mapped_column(JSON)
    answer_en: Mapped[str] = mapped_column(Text, default="")
    answer_zh: Mapped[str] = mapped_column(Text, default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)
    updated_by: Mapped[str] = mapped_column(String(64), default="")


class PassageRow(Base):
    """One passage. `key` is what the indexes know it by, and is never given out twice.

    `live` passages can be found; the others belong to a version that is being
    prepared. `embedded_with` is the fingerprint of the embedder whose vector of this
    passage is in the vector index, empty while there is none.
    """

    __tablename__ = "passages"

    key: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    collection: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    ordinal: Mapped[int]
    external_id: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    start: Mapped[int]
    end: Mapped[int]
    headings: Mapped[list[str]] = mapped_column(JSON, default=list)
    # The marks of the document's text that reach into it.
    marks: Mapped[list[StoredMark]] = mapped_column(JSON, default=list)
    url: Mapped[str | None] = mapped_column(Text, default=None)
    language: Mapped[str] = mapped_column(String(2))
    text_hash: Mapped[str] = mapped_column(String(64), index=True)
    live: Mapped[bool] = mapped_column(default=False)
    embedded_with: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        Index("ix_passages_document_id_version", "document_id", "version"),
        Index("ix_passages_collection_live", "collection", "live"),
        Index("ix_passages_live_embedded_with", "live", "embedded_with"),
        {"sqlite_autoincrement": True},
    )
