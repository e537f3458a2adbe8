"""What a person changes about a document that is there, in SQL. The indexes follow (`knowledge.upkeep`)."""

from collections.abc import Sequence

from sqlalchemy import Engine, Select, select, update
from sqlalchemy.orm import Session

from knowledge.document_errors import NothingToRetry, SourceTaken
from knowledge.document_rows import Origin, by_source, existing, queued_row, record_of
from knowledge.documents import DocumentRecord, DocumentState, Language
from knowledge.editing import EditedPassage, replace_passage
from knowledge.language import detect_language
from knowledge.passage_rows import found_language
from knowledge.tables import DocumentRow, DocumentTextRow, PassageRow, now
from knowledge.transactions import writing
from knowledge.versions import ContentVersion, note_content, version_row, versions_of


class DocumentChanges:
    """Thread-safe; each call is a transaction, and raises `DocumentNotFound`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enable(self, document_id: str, *, enabled: bool) -> DocumentRecord:
        """Switch a document on or off."""
        with writing(self._engine) as session:
            row = existing(session, document_id, to_change=True)
            if row.enabled != enabled:
                row.enabled, row.updated_at = enabled, now()
                session.flush()
            return record_of(session, row)

    def say_language(self, document_id: str, language: Language | None) -> list[int]:
        """Say what a document's language is, or that it is to be found out; its passages' keys."""
        with writing(self._engine) as session:
            row = existing(session, document_id, to_change=True)
            row.given_language = language.value if language is not None else ""
            row.language = row.given_language or _detected(session, row)
            row.updated_at = now()
            mine = select(PassageRow.key, PassageRow.text).where(PassageRow.document_id == row.id)
            passages = list(session.execute(mine))
            said = [
                {"key": key, "language": row.given_language or detect_language(text).value}
                for key, text in passages
            ]
            if said:
                session.execute(update(PassageRow), said)
            return [key for key, _ in passages]

    def move(self, document_id: str, collection: str, shown: Sequence[int]) -> bool:
        """Put a document into another collection; False if `shown` are not its visible passages.

        A version that is being prepared is begun anew there. Raises `SourceTaken`.
        """
        with writing(self._engine) as session:
            row = existing(session, document_id, to_change=True)
            mine = PassageRow.document_id == document_id
            live = select(PassageRow.key).where(mine, PassageRow.live)
            if set(session.scalars(live)) != set(shown):
                return False
            if by_source(session, collection, [row.source]):
                raise SourceTaken(collection=collection, source=row.source)
            row.collection, row.bundle, row.updated_at = collection, "", now()
            if row.state == DocumentState.QUEUED:
                row.version += 1
                staged = update(PassageRow).where(mine, ~PassageRow.live)
                # Their vectors, if any, are under the old collection.
                session.execute(staged.values(version=row.version, embedded_with=""))
            session.execute(update(PassageRow).where(mine).values(collection=collection))
            return True

    def edit(self, document_id: str, passage_id: str, text: str) -> EditedPassage | None:
        """Give a passage another text; None when it is the same. As `replace_passage`."""
        with writing(self._engine) as session:
            return replace_passage(session, document_id, passage_id, text)

    def versions(self, document_id: str) -> list[ContentVersion]:
        """The contents of a document that are kept, the newest first."""
        with Session(self._engine) as session:
            return versions_of(session, document_id)

    def restore(self, document_id: str, version: int) -> DocumentRecord:
        """Queue an earlier content. What a person edited is lost. Raises `VersionNotFound`."""
        with writing(self._engine) as session:
            row = existing(session, document_id, to_change=True)
            kept = version_row(session, document_id, version)
            content = kept.name, kept.content_hash, kept.size_bytes
            row = queued_row(session, row, row.collection, _origin(row))
            row.name, row.content_hash, row.size_bytes = content
            row.original = True
            session.flush()
            note_content(session, row)
            return record_of(session, row)

    def retry(self, document_id: str) -> DocumentRecord:
        """Try again what failed; nothing happens to a document that did not. Raises `NothingToRetry`."""
        with writing(self._engine) as session:
            row = existing(session, document_id, to_change=True)
            if row.state != DocumentState.FAILED:
                return record_of(session, row)
            visible = session.scalar(_visible_version(document_id))
            if visible == row.version:  # it was read; its passages could not be embedded
                row.state, row.updated_at = DocumentState.EMBEDDING, now()
                row.reason = row.reason_zh = None
            elif row.original:
                queued_row(session, row, row.collection, _origin(row))
            else:
                raise NothingToRetry(name=row.name)
            session.flush()
            return record_of(session, row)


def _origin(row: DocumentRow) -> Origin:
    return Origin(row.source, row.bundle, row.url)


def _visible_version(document_id: str) -> Select[int]:
    return select(DocumentTextRow.version).where(DocumentTextRow.document_id == document_id)


def _detected(session: Session, row: DocumentRow) -> str:
    query = select(DocumentTextRow.text).where(DocumentTextRow.document_id == row.id)
    text = session.scalar(query)
    return row.language if text is None else found_language(text)
