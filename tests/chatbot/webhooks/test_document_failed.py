"""A document that cannot be taken in is told of once, when it is known."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chatbot.outbox import record_failure
from chatbot.tables import OutboxRow
from knowledge.database import Base, open_engine, sqlite_url
from knowledge.documents import DocumentState
from knowledge.library import open_library
from tests.fakes import HashEmbedder


def told(engine: Engine) -> Sequence[OutboxRow]:
    with Session(engine) as session:
        return session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()


def test_a_failed_document_is_told_of(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "answerdesk.db"))
    Base.metadata.create_all(engine)
    embedder = HashEmbedder(fail_on="poison")
    library = open_library(tmp_path, engine, embedder, on_failed=record_failure)
    try:
        library.add_file("good.md", b"# Good\n\nAll is well.", collection="shop")
        broken = library.add_file("broken.txt", b"lamp \x00\x01 lamp", collection="shop")
        many = b"\n\n".join(b"# Part %d\n\n" % n + b"poison " * 300 for n in range(3))
        unread = library.add_file("unread.md", many, collection="faq")
        assert library.wait(60).is_finished
        failed = {record.id for record in library.list() if record.state is DocumentState.FAILED}
        assert failed == {broken.id, unread.id}
        rows = told(engine)
        assert {row.kind for row in rows} == {"document.failed"}
        assert sorted(row.data["document_id"] for row in rows) == sorted(failed)  # each once
        (row,) = [row for row in rows if row.data["document_id"] == broken.id]
        assert (row.data["name"], row.data["collection"]) == ("broken.txt", "shop")
        assert row.data["reason"] == library.get(broken.id).reason
        # Sent again it fails again, which is news again.
        library.add_file("broken.txt", b"lamp \x00\x01 lamp", collection="shop")
        assert library.wait(60).is_finished
        assert len(told(engine)) == 3
    finally:
        library.close()
        engine.dispose()
