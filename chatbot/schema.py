"""Bringing the database to the tables of this release.

A new step: change the tables, then
`python -m chatbot.schema "what changes"` writes it into `migrations/versions/`.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine

import chatbot.account_tables
import chatbot.idempotency
import chatbot.tables
import chatbot.webhooks.tables
import chatbot.widgets.tables
import knowledge.tables
from chatbot.errors import NewerDatabase
from knowledge.database import Base, open_engine, sqlite_url

METADATA = Base.metadata
# Importing the modules registers their tables.
TABLES = (
    chatbot.account_tables,
    chatbot.idempotency,
    chatbot.tables,
    chatbot.webhooks.tables,
    chatbot.widgets.tables,
    knowledge.tables,
)


def migrate(engine: Engine) -> None:
    """Run the steps that the database lacks. Raises `NewerDatabase` when it has steps unknown here."""
    config = migration_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            newest = ScriptDirectory.from_config(config).get_current_head()
            raise NewerDatabase(known=newest) from error
        connection.commit()


def migration_config() -> Config:
    """What alembic needs to know; the connection goes into its attributes."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _write_step(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(sqlite_url(Path(folder) / "empty.db"))
        migrate(engine)
        config = migration_config()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=_next_number(config))
        engine.dispose()


def _next_number(config: Config) -> str:
    steps = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    return f"{steps + 1:04d}"


if __name__ == "__main__":
    _write_step(sys.argv[1])
