"""Search beside a process that owns the data folder: by words only, and without writing."""

from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from knowledge.database import open_engine, sqlite_url
from knowledge.documents import Ranked
from knowledge.indexes.keyword import KeywordIndex
from knowledge.passages import PassageStore


def search_by_keyword(
    data_dir: Path, database: Path, query: str, collection: str, top_k: int
) -> list[Ranked] | None:
    """At most `top_k` passages with words of `query`, best first; None where there is no index yet."""
    path = data_dir / "index" / "keyword.db"
    if not path.is_file() or not database.is_file():
        return None
    index = KeywordIndex(path, read_only=True)
    engine = open_engine(sqlite_url(database))
    try:
        store = PassageStore(engine, "")
        hits = store.hidden.shown(collection, top_k, partial(index.search, collection, query))
        passages = store.passages([hit.key for hit in hits])
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()
        index.close()
    return [
        Ranked(passages[hit.key], hit.score, keyword_rank=rank, keyword_score=hit.score)
        for rank, hit in enumerate(hits, start=1)
        if hit.key in passages
    ]
