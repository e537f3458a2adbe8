"""Transactions that decide by what they read."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    """A transaction in which nobody else writes between its reads and its writes.

    SQLite's driver would begin it only at the first write, after the reads. On other
    databases rows that are read to be changed are locked with `with_for_update`.
    """
    with Session(engine) as session, session.begin():
        if engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session
