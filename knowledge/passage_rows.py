"""What becomes of rows of passages with their document's version. All within the caller's transaction."""

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from knowledge.documents import DocumentState, LoadedText
from knowledge.language import detect_language
from knowledge.staging import stored_marks
from knowledge.tables import DocumentRow, DocumentTextRow, PassageRow, now

# Characters that tell a document's language.
_LANGUAGE_SAMPLE = 20_000


def swap(session: Session, document: DocumentRow, loaded: LoadedText | None) -> list[int]:
    """Make the document's version visible in the place of the one before; the keys that are gone."""
    mine = PassageRow.document_id == document.id
    old = mine & (PassageRow.version != document.version)
    gone = list(session.scalars(select(PassageRow.key).where(old)))
    session.execute(delete(PassageRow).where(old))
    session.execute(update(PassageRow).where(mine).values(live=True))
    if loaded is None:
        only = session.scalars(select(PassageRow).where(mine)).one()
        loaded = LoadedText(only.title, only.text, ())
    _keep_text(session, document, loaded)
    document.state = DocumentState.KEYWORD_READY
    document.updated_at = now()
    return gone


def _keep_text(session: Session, document: DocumentRow, loaded: LoadedText) -> None:
    session.execute(delete(DocumentTextRow).where(DocumentTextRow.document_id == document.id))
    session.add(
        DocumentTextRow(
            document_id=document.id,
            version=document.version,
            title=loaded.title,
            text=loaded.text,
            sections=[(list(s.headings), s.start, s.end) for s in loaded.sections],
            marks=stored_marks(loaded.marks),
        )
    )
    # What a person edited is replaced with the rest.
    document.title, document.edited = loaded.title, False
    document.language = document.given_language or found_language(loaded.text)


def has_unembedded() -> ColumnElement[bool]:
    """Of a row of documents: whether a visible passage has no vector yet."""
    return (
        select(PassageRow.key)
        .where(
            PassageRow.document_id == DocumentRow.id,
            PassageRow.live,
            PassageRow.embedded_with == "",
        )
        .exists()
    )


def take_up_unembedded(session: Session) -> None:
    """Documents that were ready and lack vectors are being embedded again."""
    session.execute(
        update(DocumentRow)
        .where(DocumentRow.state == DocumentState.READY, has_unembedded())
        .values(state=DocumentState.EMBEDDING)
        .execution_options(synchronize_session=False)
    )


def found_language(text: str) -> str:
    """The language of a document's text."""
    return detect_language(text[:_LANGUAGE_SAMPLE]).value
